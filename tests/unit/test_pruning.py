"""Removal of heads from the weights: the same function as gates of 0, whatever is left."""

from __future__ import annotations

import ast
import json
import pickle
import sys
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from headcount.criteria.gate_gradient import estimate
from headcount.families import FAMILIES
from headcount.order.curve import COLUMNS, InOrder, one_shot, order_table, table, trace, units_in
from headcount.order.norms import normalize
from headcount.order.outcomes import Answer
from headcount.order.ranking import order
from headcount.order.schedules import iterative
from headcount.units import cutting
from headcount.units.gates import gated, head_counts
from headcount.units.heads import Heads


def logits(model, examples):
    inputs, _ = examples.batch(range(12), model.device)
    return model(**inputs).logits


def gates_without(model, heads):
    gates = [torch.ones(count, dtype=model.dtype) for count in head_counts(model)]
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


PURPOSES = ("ForSequenceClassification", "ForMaskedLM")
OTHERS: dict[str, dict[str, Any]] = {
    "queries and keys of positions": {"family": "deberta-v2", "share_att_key": False},
    "positions of keys alone": {"family": "deberta-v2", "share_att_key": False, "pos_att_type": ["c2p"]},
    "no distances": {"family": "deberta-v2", "relative_attention": False, "position_biased_input": True},
    "another head": {"family": "deberta-v2", "legacy": False},
    "biases": {"family": "modernbert", "attention_bias": True},
}
"""What models of a family may have instead of what those of ``SHAPES`` have."""


def agreement(make, examples):
    """Over all removals: the largest difference from closed gates, and the smallest change, both by the logits' size."""
    differences, changes = [], []
    for _, heads in removals(make()):
        model, pruned = make(), make()
        Heads(pruned).remove(heads)
        whole, left = logits(model, examples), logits(pruned, examples)
        with gated(model, gates_without(model, heads)):
            differences.append(((left - logits(model, examples)).abs().max() / whole.abs().max()).item())
        changes.append(((left - whole).abs().max() / whole.abs().max()).item())
    return max(differences), min(changes)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_removing_heads_equals_closing_their_gates(purpose, family, make_model, examples):
    """Up to rounding: in double precision, which shows every error that is not one."""
    difference, change = agreement(partial(make_model, family, purpose, torch.float64), examples)
    assert difference < 1e-13
    assert change > 0.01, "too small a change to show an error"


@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
def test_removing_heads_equals_closing_their_gates_whatever_a_familys_models_have(settings, make_model, examples):
    for purpose in PURPOSES:
        difference, change = agreement(partial(make_model, purpose=purpose, dtype=torch.float64, **settings), examples)
        assert difference < 1e-13 and change > 0.01


def test_a_smaller_model_is_copied_and_pickled_and_loses_more(family, make_model, examples):
    """Whatever makes it smaller goes with it, and stays its own."""
    smaller, at_once = Heads(make_model(family)), Heads(make_model(family))
    first, more = smaller.left[1::3], smaller.left[::3]
    at_once.remove(first + more)
    smaller.remove(first)
    before = logits(smaller.model, examples)
    for copied in (deepcopy(smaller), pickle.loads(pickle.dumps(smaller))):
        assert torch.equal(logits(copied.model, examples), before)
        copied.remove(more)
        assert torch.equal(logits(copied.model, examples), logits(at_once.model, examples))
        assert torch.equal(logits(smaller.model, examples), before)


def test_a_smaller_model_shows_the_attention_of_the_heads_that_it_has(family, make_model, examples):
    model, smaller = make_model(family), make_model(family)
    for each in (model, smaller):
        each.set_attn_implementation("eager")
    inputs, _ = examples.batch(range(12), model.device)
    heads = Heads(smaller)
    heads.remove([head for head in heads.left if head[0] == 3 or head in [(0, 1), (0, 2)]])
    whole, left = (each(**inputs, output_attentions=True).attentions for each in (model, smaller))
    assert [len(maps[0]) for maps in left] == ([2] * 4 if len(heads.kept) == 1 else [2, 4, 4, 0])
    assert torch.equal(left[0], whole[0][:, [0, 3]])


def test_weights_that_are_not_there_yet_are_removed_alike(family, make_model):
    """A class builds its model without weights, and has them filled in afterwards."""
    model = make_model(family)
    with torch.device("meta"):
        empty = type(model)(model.config)
    gone = random_heads(model, 0.5)
    for each in (model, empty):
        Heads(each).remove(gone)
    assert {name: tuple(p.shape) for name, p in empty.named_parameters()} == {
        name: tuple(p.shape) for name, p in model.named_parameters()
    }
    assert all(parameter.is_meta for parameter in empty.parameters())


@pytest.mark.parametrize("place", [3, -1])
def test_a_place_without_a_head_is_refused_before_any_weight_is_lost(place, make_model, examples):
    model = make_model("bert")
    heads = Heads(model)
    heads.remove([(0, 3)])
    whole = logits(model, examples)
    with pytest.raises(ValueError, match=f"no head at place {place}: the layer has 3"):
        cutting.cut(heads.sites[0].block, cutting.Cut(**FAMILIES["bert"].cut), [0, place], 6)
    assert torch.equal(logits(model, examples), whole)


def test_what_is_copied_beside_a_smaller_models_weights_needs_torch_alone():
    tree = ast.parse(Path(cutting.__file__).read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} - {"torch"} <= sys.stdlib_module_names


def test_where_a_layer_keeps_its_heads_can_stand_in_a_config_json(family):
    assert json.loads(json.dumps(FAMILIES[family].cut)) == FAMILIES[family].cut
    assert cutting.Cut(**FAMILIES[family].cut).output == FAMILIES[family].output


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


def test_a_point_keeps_two_bytes_of_each_example(make_model, examples):
    model = make_model("roberta")
    (kept,) = trace(InOrder(Heads(model), one_shot([])), [0], lambda: examples.answer(model, 40))
    assert kept.outcomes.nbytes == 2 * len(examples.lengths) and kept.losses is None


def test_a_point_where_nothing_goes_removes_nothing(make_model):
    heads = InOrder(Heads(make_model("bert")), one_shot([(1, 1), (0, 0)]))
    for removed in (0, 1, 1):
        heads.shrink(removed)
    assert heads.gone == [(1, 1)] and heads.size == 16 and len(heads.units.left) == 15
