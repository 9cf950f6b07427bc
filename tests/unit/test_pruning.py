"""Removal of heads from the weights: the same function as gates of 0, whatever is left."""

from __future__ import annotations

from copy import deepcopy
from functools import partial

import numpy as np
import pytest
import torch

from headcount.criteria.gate_gradient import estimate
from headcount.order.curve import COLUMNS, InOrder, one_shot, order_table, table, trace, units_in
from headcount.order.norms import normalize
from headcount.order.outcomes import Answer
from headcount.order.ranking import order
from headcount.order.schedules import iterative
from headcount.units.gates import gated, head_counts
from headcount.units.heads import Heads


def logits(model, examples):
    inputs, _ = examples.batch(range(12), model.device)
    return model(**inputs).logits


def gates_without(model, heads):
    gates = [torch.ones(count) for count in head_counts(model)]
    for row, head in heads:
        gates[row][head] = 0
    return gates


def random_heads(model, share):
    rng = np.random.default_rng(3)
    return [head for head in Heads(model).left if rng.random() < share]


def answer(score, loss=0.0):
    return Answer(score, loss, np.empty(0, np.int64))


def removals(model):
    every = Heads(model).left
    yield "some", random_heads(model, 0.5)
    yield "a whole layer", [head for head in every if head[0] == 0]
    yield "another number in each layer", [(row, head) for row, head in every if head >= row]
    yield "all", every


def test_removing_heads_equals_closing_their_gates(family, make_model, examples):
    for what, heads in removals(make_model(family)):
        model, pruned = make_model(family), make_model(family)
        Heads(pruned).remove(heads)
        whole = logits(model, examples)
        with gated(model, gates_without(model, heads)):
            assert torch.allclose(logits(pruned, examples), logits(model, examples), atol=1e-6), what
        assert (logits(pruned, examples) - whole).abs().max() > 0.01, f"{what}: too small a change to show an error"


def test_removing_heads_in_steps_equals_removing_them_at_once(family, make_model, examples):
    at_once, in_steps = make_model(family), make_model(family)
    heads = random_heads(at_once, 0.7)
    Heads(at_once).remove(heads)
    cumulative = Heads(in_steps)
    for head in heads:
        cumulative.remove([head])
    assert torch.equal(logits(in_steps, examples), logits(at_once, examples))
    assert cumulative.left == [head for head in Heads(make_model(family)).left if head not in heads]


def test_removal_makes_the_weights_smaller(family, make_model):
    model = make_model(family)
    before = sum(p.numel() for p in model.parameters())
    heads = Heads(model)
    heads.remove(heads.left[:2])
    per_head = 4 * 24 * 6 + (0 if family == "modernbert" else 3 * 6)  # which has no biases
    assert sum(p.numel() for p in model.parameters()) == before - 2 * per_head


@pytest.mark.parametrize("head", [(0, 4), (4, 0), (0, 1)], ids=["no such head", "no such layer", "gone already"])
def test_a_head_that_is_not_there_is_refused(head, make_model):
    heads = Heads(make_model("roberta"))
    heads.remove([(0, 1)])
    with pytest.raises(ValueError, match=r"not in the model: it has 15 heads left"):
        heads.remove([head])


def test_a_curve_scores_the_model_without_its_least_important_heads(make_model, examples):
    model = make_model("roberta")
    whole = deepcopy(model)
    ranked = order(np.stack(estimate(model, examples, 100)))
    removed = [0, 3, 8, 16]
    heads = InOrder(Heads(model), one_shot(ranked))
    answers = trace(heads, removed, lambda: answer(float(logits(model, examples).sum())))
    scores = [each.score for each in answers]
    assert heads.gone == ranked
    for count, score in zip(removed, scores, strict=True):
        with gated(whole, gates_without(whole, ranked[:count])):
            assert score == pytest.approx(float(logits(whole, examples).sum()), abs=1e-4)


def test_the_iterative_schedule_ranks_what_is_left_anew(make_model, examples):
    model = make_model("roberta", dtype=torch.float64)
    again = partial(estimate, model, examples, 1000)
    heads = InOrder(Heads(model), iterative(again, "l1"))
    trace(heads, [0, 4, 10, 16], lambda: answer(0.0))
    slow = make_model("roberta", dtype=torch.float64)
    expected: list[tuple[int, int]] = []
    for count in (4, 6, 6):
        gates = [gate.double() for gate in gates_without(slow, expected)]
        rows = np.zeros((4, 4))
        for index in range(12):
            leaves = [gate.clone().requires_grad_() for gate in gates]
            inputs, targets = examples.batch([index], slow.device)
            with gated(slow, leaves):
                loss = examples.losses(slow, inputs, targets).sum()
            rows += torch.stack(torch.autograd.grad(loss, leaves)).abs().numpy() / 12
        for row, head in expected:
            rows[row, head] = 0
        scored = [h for h in order(normalize(rows, "l1")) if h not in expected]
        expected += scored[:count]
    assert heads.gone == expected


KEYS = {"seed": 1, **dict.fromkeys(("study", "model", "task", "norm", "unit", "criterion", "schedule", "metric"), "x")}


def test_a_curves_table_has_the_defined_columns_and_undefined_relative_scores_are_null():
    fine = table([0, 5, 10], [answer(0.5, 1.5), answer(0.25, 2.0), answer(0.0, 7.0)], KEYS)
    assert tuple(fine.columns) == COLUMNS and COLUMNS[-2:] == ("relative_score", "loss")
    assert fine["relative_score"].tolist() == [1.0, 0.5, 0.0]
    assert fine["removed_fraction"].tolist() == [0.0, 0.5, 1.0]
    assert fine["loss"].tolist() == [1.5, 2.0, 7.0]
    assert table([0, 5], [answer(0.0), answer(0.1)], KEYS)["relative_score"].isna().all()
    assert table([0, 5], [answer(-0.1), answer(0.1)], KEYS)["relative_score"].isna().all()


def test_an_order_survives_its_table():
    gone = [(1, 2), (0, 3), (1, 0)]
    written = order_table(gone, ("row", "head"))
    assert written.to_dict("list") == {"place": [0, 1, 2], "row": [1, 0, 1], "head": [2, 3, 0]}
    assert units_in(written) == gone
    assert list(order_table([], ("layer",)).columns) == ["place", "layer"] and units_in(order_table([], ("layer",))) == []


def test_a_point_where_nothing_goes_removes_nothing(make_model):
    heads = InOrder(Heads(make_model("bert")), one_shot([(1, 1), (0, 0)]))
    for removed in (0, 1, 1):
        heads.shrink(removed)
    assert heads.gone == [(1, 1)] and heads.size == 16 and len(heads.units.left) == 15
