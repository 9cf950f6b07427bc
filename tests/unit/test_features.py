"""Outlier features: statistics against slow loops, removal against the equation, means against every token by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import torch

from headcount.analysis.features import Bounds, feature_table, outliers, outliers_of, random_sets, z
from headcount.encoders import FAMILIES, output_norms
from headcount.units.features import Features, norm_parameters


def values(layers=4, features=40, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(layers, features)), rng.normal(size=(layers, features))


def test_z_is_of_the_layers_own_entries():
    scale, _ = values()
    for layer, row in enumerate(scale):
        mean, sd = statistics.mean(row), statistics.stdev(row)
        for feature, value in enumerate(row):
            assert z(scale)[layer, feature] == pytest.approx((value - mean) / sd)


def test_z_of_a_lone_spike_is_as_far_as_any_can_be():
    spike = np.zeros((1, 128))
    spike[0, 5] = 1e6
    assert z(spike)[0, 5] == pytest.approx(127 / math.sqrt(128))
    assert not z(np.ones((2, 8))).any()


@pytest.mark.parametrize("joint", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5])
def test_outliers_are_those_that_a_slow_reading_of_the_definition_finds(joint, share):
    scale, bias = values(6, 60)
    scale[:, [3, 9, 20]] += [[9.0, 0, 9], [9, 0, 9], [9, 9, 0], [0, 9, 0], [9, 0, 9], [0, 0, 0]]
    bias[:, [3, 9, 20]] += [[9.0, 9, 9], [9, 0, 0], [9, 9, 0], [0, 9, 0], [9, 0, 0], [0, 9, 0]]
    z_scale, z_bias = z(scale), z(bias)
    found = {}
    for feature in range(60):
        far, size = 0, 0.0
        for layer in range(6):
            both = (abs(z_scale[layer, feature]), abs(z_bias[layer, feature]))
            far += (min if joint else max)(both) > 3
            size += (min if joint else max)(both) / 6
        if far > share * 6:
            found[feature] = (-far, -size, feature)
    bounds = Bounds(3.0, share, joint)
    assert outliers(z_scale, z_bias, bounds) == sorted(found, key=found.__getitem__)
    assert found or share == 0.5
    table = feature_table(scale, bias, bounds, {"study": "s", "model": "m"}).sample(frac=1.0, random_state=1)
    assert outliers_of(table, bounds) == outliers(z_scale, z_bias, bounds)
    assert int(table["outlier"].sum()) == sum(-far for far, *_ in found.values()) or share > 0


def test_random_sets_are_of_other_features_each_a_new_one():
    sets = random_sets([3, 5], 40, 10, seed=1)
    assert len({tuple(found) for found in sets}) == 10 and all(len(set(found)) == 2 for found in sets)
    assert not {3, 5} & {feature for found in sets for feature in found}
    assert random_sets([3, 5], 40, 4, seed=1) == sets[:4] != random_sets([3, 5], 40, 4, seed=2)
    with pytest.raises(ValueError, match="no set of as many others"):
        random_sets([0, 1, 2], 5, 1, seed=1)


@pytest.fixture(params=sorted(FAMILIES))
def model(request, make_model):
    torch.manual_seed(0)
    made = make_model(request.param, "ForMaskedLM").eval()
    with torch.no_grad():
        for norm in output_norms(made):
            norm.weight.normal_(1, 0.5)
            norm.bias.normal_(0, 0.5)
    return made


def hidden(model, ids):
    states = []
    hooks = [norm.register_forward_hook(lambda m, g, out: states.append(out.detach().clone())) for norm in output_norms(model)]
    with torch.no_grad():
        model(input_ids=ids)
    for hook in hooks:
        hook.remove()
    return states


def test_a_removed_feature_is_nothing_in_every_layers_output_and_no_other_norm_is_touched(model):
    ids = torch.arange(5, 17).view(2, 6)
    own = {id(parameter) for norm in output_norms(model) for parameter in norm.parameters()}
    before = {name: parameter.clone() for name, parameter in model.named_parameters()}
    features = Features(model)
    features.remove([(1,), (3,)])
    assert all((states[..., [1, 3]] == 0).all() and (states[..., 0] != 0).any() for states in hidden(model, ids))
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, before[name]) or id(parameter) in own, name
    assert (1,) not in features.left and len(features.left) == features.size - 2
    with pytest.raises(ValueError, match="feature 1 is not in the model"):
        features.remove([(1,)])


def test_a_feature_replaced_by_its_mean_is_constant_at_it(model):
    means = torch.arange(float(len(output_norms(model)) * Features(model).size)).view(len(output_norms(model)), -1)
    Features(model, means).remove([(2,)])
    states = hidden(model, torch.arange(5, 17).view(2, 6))
    rows = [0] * len(states) if len(means) == 1 else range(len(states))
    assert all((found[..., 2] == means[row, 2]).all() for found, row in zip(states, rows, strict=True))


def test_the_model_is_whole_again_even_after_an_error(model):
    scale, bias = norm_parameters(model)
    features = Features(model)
    with pytest.raises(RuntimeError), features.without([0, 1]):
        assert not norm_parameters(model)[0][:, :2].any()
        raise RuntimeError
    assert np.array_equal(norm_parameters(model)[0], scale) and np.array_equal(norm_parameters(model)[1], bias)
    assert len(features.left) == features.size


def test_without_any_feature_of_the_last_layer_every_token_is_answered_alike(model):
    features = Features(model)
    with torch.no_grad(), features.without(range(features.size)):
        logits = model(input_ids=torch.arange(5, 17).view(2, 6)).logits
    assert torch.allclose(logits, logits[0, 0].expand_as(logits), atol=1e-6)
