"""Gates: what they do to a model, and that nothing is left of them."""

from __future__ import annotations

import pytest
import torch

from headcount.encoders import sites
from headcount.units.gates import gated, head_counts


def logits(model, examples):
    inputs, _ = examples.batch(range(4), model.device)
    return model(**inputs).logits


def hooks(model):
    return sum(len(site.projection("output")._forward_pre_hooks) for site in sites(model))


def ones(model):
    return [torch.ones(count, dtype=model.dtype) for count in head_counts(model)]


def test_gates_of_one_change_nothing(family, make_model, examples):
    model = make_model(family)
    whole = logits(model, examples)
    with gated(model, ones(model)):
        assert torch.equal(logits(model, examples), whole)


def test_a_gate_of_zero_changes_the_logits(family, make_model, examples):
    model = make_model(family)
    gates = ones(model)
    gates[0][1] = 0
    with gated(model, gates):
        closed = logits(model, examples)
    assert not torch.allclose(closed, logits(model, examples))


def test_each_example_obeys_its_own_gates(family, make_model, examples):
    model = make_model(family)
    whole = logits(model, examples)
    gates = [gate.repeat(4, 1) for gate in ones(model)]
    gates[0][2] = 0
    with gated(model, gates):
        some = logits(model, examples)
    kept = [0, 1, 3]
    assert torch.allclose(some[kept], whole[kept], atol=1e-6)
    assert not torch.allclose(some[2], whole[2], atol=1e-3)


def test_a_gate_leaves_the_projection_bias_alone(family, make_model, examples):
    model = make_model(family)
    seen = []
    site = sites(model)[0]
    handle = site.projection("output").register_forward_hook(lambda _, __, output: seen.append(output))
    with gated(model, [torch.zeros_like(gate) for gate in ones(model)]):
        logits(model, examples)
    handle.remove()
    bias = site.projection("output").bias
    assert torch.equal(seen[0][0, 0], torch.zeros(24) if bias is None else bias)


def test_no_hook_survives_success(family, make_model, examples):
    model = make_model(family)
    with gated(model, ones(model)):
        assert hooks(model) == len(sites(model))
    assert hooks(model) == 0


def test_no_hook_survives_an_error_inside(family, make_model):
    model = make_model(family)
    with pytest.raises(RuntimeError, match="inside"), gated(model, ones(model)):
        raise RuntimeError("inside")
    assert hooks(model) == 0


def test_a_wrong_number_of_gates_is_refused_before_any_hook(make_model):
    model = make_model("bert")
    with pytest.raises(ValueError, match="3 gates for a model with 4 sets of heads"), gated(model, ones(model)[:3]):
        pass
    assert hooks(model) == 0
