"""How far an importance can be trusted, against one backward pass an example and cases counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from test_importance import GRADIENTS, signed_one_by_one

from headcount.analysis.reliability import Reliability, largest_share, reliability, reliability_table
from headcount.criteria.contributions import Contributions
from headcount.criteria.estimators import ESTIMATORS, PerExampleNormalized
from headcount.criteria.gate_gradient import estimate, gate_gradients


def collected(model, examples, budget, estimator="per_example"):
    """The importance, and what each example added to it."""
    found = Contributions(len(examples.lengths))
    return estimate(model, examples, budget, estimator, 5, contributions=found), found


def obvious(sizes):
    """From the sizes of all examples' gradients, ``[examples, heads]``: what ``reliability`` says, the long way."""
    even, odd = sizes[0::2].mean(0), sizes[1::2].mean(0)
    carried = sorted((float(row.sum()) for row in sizes), reverse=True)
    return spearmanr(even, odd).statistic, carried[0] / sum(carried)


@pytest.mark.parametrize("budget", [12, 40, 10_000])
def test_halves_and_shares_agree_with_one_backward_pass_per_example(family, budget, make_model, examples):
    model = make_model(family, dtype=torch.float64)
    signed = signed_one_by_one(model, examples).flatten(1).abs().numpy()
    each = collected(model, examples, budget)[1]
    assert np.allclose(each.halves, [signed[0::2].sum(0), signed[1::2].sum(0)], rtol=1e-9)
    assert np.allclose(each.totals, signed.sum(1), rtol=1e-9)
    found = reliability(each)
    assert (found.split_half, found.largest_percent_share) == pytest.approx(obvious(signed), rel=1e-9)


def test_of_per_token_gradients_the_sizes_are_summed_over_tokens(make_model, examples):
    model = make_model("bert", dtype=torch.float64)
    sizes = [
        torch.cat([row.abs().sum(1) for row in gate_gradients(model, examples, [i], per_token=True)], 1)
        for i in range(len(examples.lengths))
    ]
    found = reliability(collected(model, examples, 40, "per_token")[1])
    expected = obvious(torch.cat(sizes).numpy())
    assert (found.split_half, found.largest_percent_share) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("estimator", sorted(ESTIMATORS))
def test_looking_at_the_examples_changes_no_number(estimator, make_model, examples):
    model = make_model("roberta")
    without = estimate(model, examples, 40, estimator, 5)
    assert np.array_equal(np.stack(collected(model, examples, 40, estimator)[0]), np.stack(without))


@pytest.mark.parametrize("estimator", ["per_batch", "running_sum"])
def test_where_examples_are_summed_first_nothing_can_be_said(estimator, make_model, examples):
    assert reliability(collected(make_model("bert"), examples, 40, estimator)[1]) == Reliability(None, None)


def test_a_batch_that_memory_does_not_hold_counts_once(make_model, examples, monkeypatch):
    model = make_model("albert", dtype=torch.float64)
    expected, whole = collected(model, examples, 60)[1], examples.batch

    def small(indices, device):
        if len(indices) > 2:
            raise torch.OutOfMemoryError
        return whole(indices, device)

    monkeypatch.setattr(examples, "batch", small)
    found = collected(model, examples, 60)[1]
    np.testing.assert_allclose(found.totals, expected.totals, rtol=1e-12)
    np.testing.assert_allclose(found.halves, expected.halves, rtol=1e-12)


@pytest.mark.parametrize(
    ("totals", "share"),
    [
        pytest.param([1, 1, 6], 0.75, id="at least one example"),
        pytest.param([1] * 99 + [101], 0.505, id="one of a hundred"),
        pytest.param([1] * 247 + [100, 53, 100], 0.4, id="two of two hundred and fifty"),
        pytest.param([2] * 300, 0.01, id="all alike"),
        pytest.param([0, 0], None, id="nothing at all"),
    ],
)
def test_the_share_of_the_largest_percent_by_hand(totals, share):
    assert largest_share(np.array(totals, float)) == (share if share is None else pytest.approx(share))


def test_one_example_alone_has_no_second_half():
    found = Contributions(1)
    found.add([0], [GRADIENTS[:1]])
    assert reliability(found) == Reliability(None, 1.0)


# ----------------------------------------------------------------------------------- an estimator that no example can carry


def test_normalised_gradients_agree_with_one_backward_pass_per_example(family, make_model, examples):
    model = make_model(family, dtype=torch.float64)
    by_example = []
    for signed in signed_one_by_one(model, examples):
        by_example.append((signed / signed.abs().sum()).abs().numpy())
    found = np.stack(estimate(model, examples, 40, "per_example_normalized"))
    assert np.allclose(found, np.mean(by_example, axis=0), rtol=1e-9)
    assert found.sum() == pytest.approx(1)


def test_normalised_by_hand_over_the_heads_of_all_layers():
    """Sizes 1, 2 | 1 and 3, 4 | 1, of which the sums are 4 and 8; the third example has no gradient, and no say."""
    layers = torch.tensor([[1.0, -2.0], [-3.0, 4.0], [0.0, 0.0]]), torch.tensor([[1.0], [-1.0], [0.0]])
    first, second = PerExampleNormalized.prepared([layer.double() for layer in layers])
    assert first.tolist() == [[0.25, -0.5], [-0.375, 0.5], [0, 0]]
    assert second.tolist() == [[0.25], [-0.125], [0]]


def test_an_example_of_large_gradients_carries_eq_2_and_not_the_normalised_mean(make_model, examples, monkeypatch):
    model = make_model("roberta", dtype=torch.float64)
    before = estimate(model, examples, 10_000, "per_example_normalized")
    losses = examples.losses

    def one_is_large(model, inputs, targets):
        weights = torch.ones(len(targets), dtype=torch.float64)
        weights[0] = 1e4
        return losses(model, inputs, targets) * weights

    monkeypatch.setattr(examples, "losses", one_is_large)
    assert reliability(collected(model, examples, 10_000)[1]).largest_percent_share > 0.95
    after, each = collected(model, examples, 10_000, "per_example_normalized")
    assert np.allclose(np.stack(after), np.stack(before), rtol=1e-9)
    assert reliability(each).largest_percent_share == pytest.approx(1 / len(examples.lengths))


# ------------------------------------------------------------------------------------------------------------- the table


def test_the_table_has_a_row_an_importance_and_null_where_nothing_can_be_said():
    run = {"study": "s", "model": "m", "task": "cola", "estimator": "per_example", "examples": 500}
    known, unknown = ({"split_half": half, "largest_percent_share": share} for half, share in ((0.9, 0.25), (None, None)))
    table = reliability_table([{**run, "seed": 1, "reliability": known}, {**run, "seed": 2, "reliability": unknown}])
    assert table.columns.tolist() == ["study", "model", "task", "seed", "examples", "split_half", "largest_percent_share"]
    assert table.loc[0, ["seed", "split_half", "largest_percent_share"]].tolist() == [1, 0.9, 0.25]
    assert table.loc[1, ["split_half", "largest_percent_share"]].isna().all()
    assert table["split_half"].dtype == pd.Float64Dtype()
