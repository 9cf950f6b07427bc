"""Importance against slow and obvious implementations: finite differences, one example at a time, hand-computed signs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from headcount.criteria.estimators import ESTIMATORS, PerBatch, PerExample, RunningSum
from headcount.criteria.gate_gradient import estimate, gate_gradients
from headcount.networks.batching import token_batches
from headcount.networks.examples import REDUCED
from headcount.units.gates import gated, head_counts


def shared_gates(model, requires_grad=False):
    return [torch.ones(count, dtype=model.dtype, requires_grad=requires_grad) for count in head_counts(model)]


def signed_one_by_one(model, examples):
    """``∂L(x)/∂ξ`` of each example by a backward pass of its own: ``[examples, rows, heads]``."""
    found = []
    for index in range(len(examples.lengths)):
        inputs, targets = examples.batch([index], model.device)
        gates = shared_gates(model, requires_grad=True)
        with gated(model, gates):
            loss = examples.losses(model, inputs, targets).sum()
        found.append(torch.stack(torch.autograd.grad(loss, gates)))
    return torch.stack(found)


def test_gradients_agree_with_finite_differences(family, make_model, examples):
    model = make_model(family, dtype=torch.float64)
    index, step = 3, 1e-5
    inputs, targets = examples.batch([index], model.device)
    exact = signed_one_by_one(model, examples)[index]

    def loss(row, head, value):
        gates = shared_gates(model)
        gates[row][head] = value
        with gated(model, gates):
            return float(examples.losses(model, inputs, targets)[0])

    slopes = [
        [(loss(row, head, 1 + step) - loss(row, head, 1 - step)) / (2 * step) for head in range(len(exact[row]))]
        for row in range(len(exact))
    ]
    assert np.allclose(slopes, exact.numpy(), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("budget", [12, 40, 10_000])
def test_batches_of_any_size_agree_with_one_backward_pass_per_example(family, budget, make_model, examples):
    model = make_model(family, dtype=torch.float64)
    obvious = signed_one_by_one(model, examples).abs().mean(0).numpy()
    assert np.allclose(np.stack(estimate(model, examples, budget)), obvious, rtol=1e-9, atol=1e-12)


def test_no_parameter_gets_a_gradient(family, make_model, examples):
    model = make_model(family)
    estimate(model, examples, 1000)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_shared_heads_sum_signed_gradients_over_layers_before_the_absolute_value(make_model, examples):
    """Eq. 3, on a case where the layers' gradients have different signs."""
    model = make_model("albert", dtype=torch.float64)
    per_layer = []
    for index in range(len(examples.lengths)):
        inputs, targets = examples.batch([index], model.device)
        gates = [torch.ones(4, dtype=torch.float64, requires_grad=True) for _ in range(4)]
        calls = iter(gates)
        projection = model.albert.encoder.albert_layer_groups[0].albert_layers[0].attention.dense

        def hook(_, given, calls=calls):
            return ((given[0].unflatten(-1, (4, -1)) * next(calls)[:, None]).flatten(-2),)

        handle = projection.register_forward_pre_hook(hook)
        loss = examples.losses(model, inputs, targets).sum()
        handle.remove()
        per_layer.append(torch.stack(torch.autograd.grad(loss, gates)))
    gradients = torch.stack(per_layer)
    sum_then_absolute = gradients.sum(1).abs().mean(0)
    absolute_then_sum = gradients.abs().sum(1).mean(0)
    assert not torch.allclose(sum_then_absolute, absolute_then_sum, rtol=0.01)
    assert np.allclose(estimate(model, examples, 1000)[0], sum_then_absolute.numpy(), rtol=1e-9)


def test_per_token_gradients_sum_to_the_example_gradient(family, make_model, examples):
    model = make_model(family, dtype=torch.float64)
    batches = token_batches(examples.lengths, 50)
    whole = [gate_gradients(model, examples, batch) for batch in batches]
    by_token = [gate_gradients(model, examples, batch, per_token=True) for batch in batches]
    for example_rows, token_rows in zip(whole, by_token, strict=True):
        for of_example, of_tokens in zip(example_rows, token_rows, strict=True):
            assert torch.allclose(of_tokens.sum(1), of_example, rtol=1e-9, atol=1e-12)


def test_masked_lm_importance_is_of_the_mean_over_an_examples_masked_tokens(family, make_model, tokens):
    from headcount.networks.examples import MaskedExamples

    class Encoder:
        pad_id, mask_id, ordinary_ids = 1, 4, np.arange(5, 60)

    masked = MaskedExamples(tokens, [str(i) for i in range(len(tokens))], Encoder(), seed=1, share=0.4)  # type: ignore[arg-type]
    model = make_model(family, "ForMaskedLM", torch.float64)
    inputs, targets = masked.batch([3], model.device)
    full = model(**inputs).logits[0]
    chosen = targets[0] >= 0
    by_hand = torch.nn.functional.cross_entropy(full[chosen], targets[0][chosen])
    assert chosen.sum() > 1
    assert float(masked.losses(model, inputs, targets)[0]) == pytest.approx(float(by_hand), rel=1e-12)
    obvious = signed_one_by_one(model, masked).abs().mean(0).numpy()
    assert np.allclose(np.stack(estimate(model, masked, 30)), obvious, rtol=1e-9, atol=1e-12)


GRADIENTS = torch.tensor([[1.0, -2.0], [-3.0, 4.0], [2.0, 2.0]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("kind", "batches", "expected"),
    [
        pytest.param(PerExample, [slice(0, 3)], [2.0, 8 / 3], id="per_example"),
        pytest.param(PerBatch, [slice(0, 2), slice(2, 3)], [1.5, 1.5], id="per_batch"),
        pytest.param(RunningSum, [slice(0, 1), slice(1, 2), slice(2, 3)], [1.0, 8 / 3], id="running_sum"),
    ],
)
def test_estimators_on_hand_computed_gradients(kind, batches, expected):
    statistic = kind()
    for batch in batches:
        statistic.update(GRADIENTS[batch])
    assert statistic.value().tolist() == pytest.approx(expected)


@pytest.mark.parametrize("estimator", sorted(ESTIMATORS))
def test_every_estimator_gives_finite_float64_rows(estimator, make_model, examples):
    rows = estimate(make_model("roberta"), examples, 50, estimator, batch=5)
    assert [row.shape for row in rows] == [(4,)] * 4
    assert all(row.dtype == np.float64 and np.isfinite(row).all() and (row > 0).all() for row in rows)


def test_per_batch_of_one_example_is_per_example(make_model, examples):
    model = make_model("bert", dtype=torch.float64)
    one = np.stack(estimate(model, examples, 50, "per_batch", batch=1))
    assert np.allclose(one, np.stack(estimate(model, examples, 50)), rtol=1e-9)


@pytest.mark.parametrize("estimator", sorted(ESTIMATORS))
def test_running_out_of_memory_changes_no_number(estimator, family, make_model, examples, monkeypatch):
    model = make_model(family, dtype=torch.float64)
    expected = estimate(model, examples, 60, estimator, 5)
    whole = examples.batch

    def small(indices, device):
        if len(indices) > 2:
            raise torch.OutOfMemoryError
        return whole(indices, device)

    monkeypatch.setattr(examples, "batch", small)
    found = estimate(model, examples, 60, estimator, 5)
    for a, b in zip(expected, found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_reduced_precision_changes_importance_little(family, make_model, examples, monkeypatch):
    model = make_model(family)
    exact = np.stack(estimate(model, examples, 60))
    monkeypatch.setitem(REDUCED, "cpu", torch.bfloat16)
    gradients = gate_gradients(model, examples, range(4))
    assert {gradient.dtype for gradient in gradients} == {torch.float64}
    reduced = np.stack(estimate(model, examples, 60))
    assert not np.array_equal(reduced, exact)
    assert np.corrcoef(reduced.ravel(), exact.ravel())[0, 1] > 0.99
