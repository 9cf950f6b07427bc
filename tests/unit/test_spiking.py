"""The encoder with a known outlier: the same function, until its feature is disabled."""

from __future__ import annotations

import pytest
import torch

from headcount import encoders
from headcount.encoders import FAMILIES, output_norms
from headcount.models import weights
from headcount.models.spiking import spike, spike_saved
from headcount.settings.models import Encoder, Spike
from headcount.units.features import Features

UNSHARED = sorted(name for name, kind in FAMILIES.items() if not kind.shared)
IDS = torch.arange(5, 25).view(4, 5)


@pytest.fixture(params=UNSHARED)
def model(request, make_model):
    made = make_model(request.param, "ForMaskedLM", dtype=torch.float64)
    with torch.no_grad():
        for norm in output_norms(made):
            norm.weight.normal_(1, 0.5)
            norm.bias.normal_(0, 0.5)
    return made


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


def without(model, feature, means=None):
    with Features(model, means).without([feature]):
        return logits(model)


def test_a_spike_changes_nothing_until_the_feature_is_disabled(model):
    whole, unspiked = logits(model), without(model, 3)
    losses = []
    for _ in range(3):
        spike(model, 3, 2.0)
        torch.testing.assert_close(logits(model), whole, rtol=1e-9, atol=1e-9)
        losses.append(float((without(model, 3) - whole).abs().mean()))
        others = without(model, 4)
    plain = float((unspiked - whole).abs().mean())
    assert plain < losses[0] < losses[1] < losses[2]
    fresh = [float(found) for found in (others - whole).abs().mean(dim=(0, 1))]
    assert sum(fresh) / len(fresh) < losses[2]


def test_the_mean_in_its_place_undoes_the_damage(model):
    """With the feature constant over tokens, the mean is exact: zeroing breaks the model, the mean changes nothing."""
    with torch.no_grad():
        for norm in output_norms(model):
            norm.weight[3] = 0.0
    whole = logits(model)
    spike(model, 3, 8.0)
    means = torch.stack([norm.bias for norm in output_norms(model)]).detach().clone()
    torch.testing.assert_close(without(model, 3, means), whole, rtol=1e-9, atol=1e-9)
    assert (without(model, 3) - whole).abs().mean() > 0.05


def test_what_a_family_shares_or_lacks_is_refused(make_model):
    with pytest.raises(ValueError, match="albert shares its layers"):
        spike(make_model("albert", "ForMaskedLM"), 0, 1.0)
    model = make_model("bert", "ForMaskedLM")
    with pytest.raises(
        ValueError, match=rf"spike\.feature: 99 is not in the model; allowed is 0 to {len(output_norms(model)[0].weight) - 1}"
    ):
        spike(model, 99, 1.0)
    for wrong in ({"family": "albert", "source": "embedded"}, {"family": "bert", "pretrain": {"from": "a/b", "steps": 1}}):
        with pytest.raises(ValueError, match="`spike`"):
            Encoder.model_validate({**wrong, "spike": {"feature": 0, "bias": 1.0}})


def test_a_job_about_an_encoder_without_a_spike_is_told_nothing_of_spikes():
    plain = {"family": "roberta", "source": "embedded"}
    assert "spike" not in Encoder.model_validate(plain).alone.model_dump(mode="json")
    spiked = Encoder.model_validate({**plain, "spike": {"feature": 0, "bias": 8.0}}).alone
    assert spiked.model_dump(mode="json")["spike"] == {"feature": 0, "bias": 8.0}


def test_a_saved_model_is_spiked_with_the_pooler_that_lies_beside_it(make_model, tmp_path):
    torch.manual_seed(0)
    bare = make_model("bert", "Model")
    masked = make_model("bert", "ForMaskedLM")
    masked.bert.load_state_dict({name: value for name, value in bare.state_dict().items() if "pooler" not in name})
    masked.save_pretrained(tmp_path)
    pooler = {f"bert.{name}": value for name, value in bare.state_dict().items() if "pooler" in name}
    weights.write(tmp_path, {**weights.read(tmp_path), **pooler})
    before = logits(encoders.load(tmp_path, "ForMaskedLM"))
    with torch.no_grad():
        pooled = bare(input_ids=IDS).pooler_output
    spike_saved(tmp_path, Spike(feature=2, bias=4.0))
    torch.testing.assert_close(logits(encoders.load(tmp_path, "ForMaskedLM")), before, rtol=1e-4, atol=1e-4)
    again = type(bare).from_pretrained(tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(again(input_ids=IDS).pooler_output, pooled, rtol=1e-4, atol=1e-4)
    assert float(again.encoder.layer[0].output.LayerNorm.bias[2]) == pytest.approx(
        float(bare.encoder.layer[0].output.LayerNorm.bias[2]) + 4.0
    )
