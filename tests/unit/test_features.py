"""Outlier features: statistics against slow loops, removal against the equation, means against every token by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoConfig, AutoModel

from headcount.analysis.ablation import ABLATION_COLUMNS, ablation_table, example_table, trials
from headcount.analysis.features import Bounds, emergence_rows, feature_table, outliers, outliers_of, random_sets, z
from headcount.encoders import FAMILIES, output_norms
from headcount.families import ends_layers_with_norms
from headcount.models.outliers import main as described
from headcount.networks.batching import model_inputs
from headcount.networks.hidden_means import hidden_means
from headcount.order.outcomes import Answer
from headcount.units.features import Features, norm_parameters
from headcount.units.norm_weights import OTHERS, norm_weights


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


@pytest.fixture(params=sorted(name for name in FAMILIES if ends_layers_with_norms(name)))
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


# ------------------------------------------------------------------------------------------------------------- from files


def test_a_family_without_a_norm_at_a_layers_end_has_no_features_to_remove(make_model):
    with pytest.raises(ValueError, match="modernbert has no LayerNorm at the end of a layer"):
        Features(make_model("modernbert"))
    with pytest.raises(ValueError, match="a layer of a ModernBERT ends with no LayerNorm"):
        norm_weights({}, "modernbert")


def test_weights_alone_say_what_the_model_says(model):
    """With the names under which a whole model is saved, and those of its body alone."""
    whole = {name: tensor for name, tensor in model.state_dict().items()}
    prefix = f"{FAMILIES[model.config.model_type].body}."
    bare = {name.removeprefix(prefix): tensor for name, tensor in whole.items() if name.startswith(prefix)}
    for weights in (whole, bare):
        for found, expected in zip(norm_weights(weights, model.config.model_type), norm_parameters(model), strict=True):
            assert np.array_equal(found, expected)


TINY = {
    "gpt2": {"n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16, "vocab_size": 30},
    "bart": {
        "d_model": 16,
        "encoder_layers": 1,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
    }
    | {"encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "vocab_size": 30, "max_position_embeddings": 16},
    "xlnet": {"d_model": 16, "n_layer": 2, "n_head": 2, "d_inner": 24, "vocab_size": 30},
}


@pytest.mark.parametrize("model_type", sorted(OTHERS))
def test_other_families_end_their_layers_with_what_makes_the_hidden_states(model_type):
    """A feature whose entries are zero there is zero in what the operation gives, in every layer."""
    torch.manual_seed(0)
    model = AutoModel.from_config(AutoConfig.for_model(model_type, **TINY[model_type])).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    scale, bias = norm_weights(model.state_dict(), model_type)
    given, last = [], OTHERS[model_type].operation
    operations = {name: module for name, module in model.named_modules() if name.endswith(last)}
    with torch.no_grad():
        for module in operations.values():
            (module.weight[:, 3] if OTHERS[model_type].dense else module.weight[3:4]).zero_()
            module.bias[3] = 0
            module.register_forward_hook(lambda module, inputs, output: given.append(output))
        model(input_ids=torch.arange(5, 13).view(1, 8))
    assert len(scale) == len(bias) == len(operations) == len(given) and scale[:, 3].all() and bias[:, 3].all()
    assert not any(states[..., 3].any() for states in given) and all(states[..., 2].any() for states in given)
    emptied = norm_weights(model.state_dict(), model_type)
    assert not emptied[0][:, 3].any() and np.array_equal(emptied[0][:, :3], scale[:, :3])


def test_weights_of_another_model_are_refused():
    with pytest.raises(ValueError, match=r"no layer of a bert ends with output\.LayerNorm"):
        norm_weights({"encoder.layer.0.attention.output.LayerNorm.weight": torch.ones(4)}, "bert")


# --------------------------------------------------------------------------------------------------------------- ablation


class Texts:
    """Texts of several lengths, as the means ask for them."""

    texts = tuple(np.arange(5, 5 + length) for length in (3, 9, 6))
    lengths = tuple(map(len, texts))

    def batch(self, indices, device):
        return model_inputs([self.texts[i] for i in indices], [np.zeros_like(self.texts[i]) for i in indices], 1), None


@pytest.mark.parametrize("budget", [9, 100])
def test_means_are_those_of_every_token_read_alone_and_padding_is_none(model, budget):
    with torch.no_grad():
        states = [hidden(model, torch.as_tensor(ids)[None]) for ids in Texts.texts]
    layers = len(states[0])
    every = [torch.cat([each[layer][0] for each in states]).mean(0) for layer in range(layers)]
    norms = len(output_norms(model))
    expected = torch.stack(every) if norms == layers else torch.stack(every).mean(0, keepdim=True)
    torch.testing.assert_close(hidden_means(model, Texts(), budget), expected, atol=1e-5, rtol=1e-5)


def test_a_run_asks_for_each_outlier_all_of_them_and_random_sets():
    asked = trials([7, 2], 40, ["zero", "mean"], 3, seed=1)
    arms = [(trial.arm, trial.replace, trial.features, trial.draw) for trial in asked]
    each = [("outlier", way, (feature,), None) for way in ("zero", "mean") for feature in (7, 2)]
    assert arms[0] == ("none", "none", (), None) and set(each) < set(arms)
    assert [arm for arm in arms if arm[0] == "all"] == [("all", way, (7, 2), None) for way in ("zero", "mean")]
    drawn = [tuple(found) for found in random_sets([7, 2], 40, 3, seed=1)]
    assert arms[-3:] == [("random", "zero", features, draw) for draw, features in enumerate(drawn, start=1)]
    assert len(arms) == 1 + 4 + 2 + 3 and trials([], 40, ["zero"], 3, seed=1) == asked[:1]


def test_the_ablation_is_relative_to_the_whole_model_and_keeps_every_example():
    asked = trials([2], 40, ["zero"], 1, seed=1)
    answers = [Answer(0.8 - 0.2 * i, 1.0 + i, np.array([1, i]), np.array([0.5, 1.5 + 2 * i])) for i in range(len(asked))]
    keys = {"study": "s", "model": "m", "task": "mlm", "seed": 1, "metric": "recall_at_1"}
    table = ablation_table(asked, answers, keys)
    assert tuple(table.columns) == ABLATION_COLUMNS
    assert table["relative_score"].tolist() == pytest.approx([1, 0.75, 0.5, 0.25])
    assert table["relative_loss"].tolist() == [1, 2, 3, 4] and table["count"].tolist() == [0, 1, 1, 1]
    each = example_table(pd.DataFrame({"example": ["a", "b"], "masked": [2, 3]}), answers)
    assert [each[f"removed_{row}"].tolist() for row in range(4)] == [[1, row] for row in range(4)]
    assert [each[f"loss_{row}"].mean() for row in range(4)] == [answer.loss for answer in answers]


def test_emergence_is_the_mean_over_the_layers_and_says_who_stands_out():
    scale, bias = values(2, 50)
    scale[:, 4] = bias[:, 4] = 40.0
    rows = emergence_rows(scale, bias, Bounds(3.0, 0.25), {"study": "s", "model": "m", "step": 10, "loss": 2.0, "recall": 0.5})
    assert rows.loc[rows["outlier"], "feature"].tolist() == [4]
    assert rows["z_scale"].tolist() == pytest.approx(np.abs(z(scale)).mean(0).tolist())
    assert set(rows["step"]) == {10} and set(rows["loss"]) == {2.0}


def test_a_saved_model_is_told_its_outliers_from_its_files(make_model, tmp_path, capsys):
    made = make_model("bert", "Model")
    with torch.no_grad():
        for norm in output_norms(made)[:2]:
            norm.weight[5], norm.bias[5] = 30.0, -30.0
    made.save_pretrained(tmp_path / "mine")
    described([str(tmp_path / "mine")])
    said = capsys.readouterr().out
    assert said.startswith(
        f"mine: 1 of {len(output_norms(made)[0].weight)} features stand out in more than 25% of 4 layers\nfeature 5"
    )
    assert [line.startswith("  * ") for line in said.splitlines()[2:]] == [True, True, False, False]
    with pytest.raises(SystemExit, match=r"config\.json"):
        described([str(tmp_path)])
