"""The encoder with a known outlier: the same function, until its feature is disabled."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from transformers import BertConfig, BertForPreTraining

from headcount import encoders
from headcount.data.blocks import block_table
from headcount.data.sources import NOT_LOCAL
from headcount.data.tokenizer import TextEncoder
from headcount.encoders import FAMILIES, output_norms, sites
from headcount.errors import SourceError
from headcount.miniature.articles import article
from headcount.miniature.encoders import shipped
from headcount.models import weights
from headcount.models.fetching import fetch
from headcount.models.spiking import spike, spike_saved
from headcount.networks.hidden_means import hidden_means
from headcount.networks.task_examples import masked
from headcount.settings import files
from headcount.settings.models import Encoder, Spike
from headcount.study.commands import options
from headcount.study.jobs import StudyJobs
from headcount.study.told import About, told
from headcount.units.features import Features

ROOT = Path(__file__).parents[2]
UNSHARED = sorted(name for name, kind in FAMILIES.items() if not kind.shared and kind.output_norm)
IDS = torch.arange(5, 25).view(4, 5)
HEADS = {
    "bert": "cls.predictions.transform.dense",
    "roberta": "lm_head.dense",
    "xlm-roberta": "lm_head.dense",
    "camembert": "lm_head.dense",
    "electra": "generator_predictions.dense",
    "distilbert": "vocab_transform",
    "mpnet": "lm_head.dense",
    "deberta-v2": "cls.predictions.transform.dense",
}
"""The matrix of each family's head for masked LM that reads the last layer's hidden states."""


def made(make_model, family, dtype=torch.float64):
    """A random model whose LayerNorms, every one, are far from the identity."""
    own = {"share_att_key": False} if family == "deberta-v2" else {}
    model = make_model(family, "ForMaskedLM", dtype=dtype, **own)
    with torch.no_grad():
        for norm in (module for module in model.modules() if isinstance(module, nn.LayerNorm)):
            norm.weight.normal_(2, 2)
            norm.bias.normal_(0, 3)
    return model


@pytest.fixture(params=UNSHARED)
def model(request, make_model):
    return made(make_model, request.param)


def logits(model):
    with torch.no_grad():
        return model(input_ids=IDS).logits


def without(model, feature, means=None):
    with Features(model, means).without([feature]):
        return logits(model)


def means_of(model):
    found = []
    hooks = [norm.register_forward_hook(lambda _, given, out: found.append(out.mean((0, 1)))) for norm in output_norms(model)]
    logits(model)
    for hook in hooks:
        hook.remove()
    return torch.stack(found)


@pytest.mark.parametrize(("dtype", "off"), [(torch.float64, 1e-12), (torch.float32, 1e-3)], ids=["float64", "float32"])
@pytest.mark.parametrize("family", UNSHARED)
def test_a_spike_changes_no_logit(make_model, family, dtype, off):
    model = made(make_model, family, dtype)
    whole = logits(model)
    for feature in (0, 23):
        before = [norm.bias[feature].item() for norm in output_norms(model)]
        spike(model, feature, 8.0)
        assert [norm.bias[feature].item() for norm in output_norms(model)] == pytest.approx([value + 8 for value in before])
        assert (logits(model) - whole).abs().max() < off * whole.abs().max()


def test_positions_that_share_queries_and_keys_are_no_place_for_a_spike(make_model):
    with pytest.raises(ValueError, match=r"spike: its queries and keys are made of positions too \(share_att_key"):
        spike(make_model("deberta-v2", "ForMaskedLM"), 0, 8.0)


def test_what_reads_a_zeroed_feature_is_off_by_what_it_takes_back(model, make_model):
    """One layer's feature zeroed: its readers differ from those of the model without a spike by bias times their column."""
    family, feature = model.config.model_type, 5

    def read(bias, layer):
        """What the readers of a layer give where its feature is zeroed, and the bias after attention."""
        spiked = made(make_model, family)
        spike(spiked, feature, bias)
        norm = output_norms(spiked)[layer]
        norm.weight[feature] = norm.bias[feature] = 0.0
        above = sites(spiked)[layer + 1 : layer + 2]
        readers = [site.projection(part) for site in above for part in ("query", "key", "value")]
        readers = readers or [spiked.get_submodule(HEADS[family])]
        given = {}
        for reader in readers:
            reader.register_forward_hook(lambda module, inputs, output: given.update({module: output}))
        logits(spiked)
        found = [(given[reader], reader.weight[:, feature]) for reader in readers]
        return found, [site.projection("output").bias for site in above]

    for layer in range(len(output_norms(model))):
        plain, offsets = read(0.0, layer)
        for bias in (0.5, 8.0):
            found, moved = read(bias, layer)
            for (before, column), (after, _) in zip(plain, found, strict=True):
                torch.testing.assert_close(after, before - bias * column, rtol=1e-9, atol=1e-9)
            for before, after in zip(offsets, moved, strict=True):
                assert torch.equal((after - before).nonzero(), torch.tensor([[feature]]))
                assert (before - after)[feature].item() == pytest.approx(bias)


def test_the_mean_in_its_place_does_what_it_did_before_the_spike(model):
    """However large the spike is; zeroing does more, the larger it is."""
    whole, feature = logits(model), 3
    averaged, zeroed = without(model, feature, means_of(model)), without(model, feature)
    off = [float((zeroed - whole).square().mean())]
    for _ in range(2):
        spike(model, feature, 20.0)
        torch.testing.assert_close(without(model, feature, means_of(model)), averaged, rtol=1e-8, atol=1e-8)
        off.append(float((without(model, feature) - whole).square().mean()))
    assert off[0] < off[1] and float((averaged - whole).square().mean()) < off[2]


def test_a_pooler_takes_it_back_too():
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32, "vocab_size": 60}
    torch.manual_seed(0)
    model = BertForPreTraining(BertConfig(**sizes, initializer_range=0.3)).double().eval().requires_grad_(False)
    before = model(input_ids=IDS)
    spike(model, 2, 8.0)
    for after, expected in zip(model(input_ids=IDS).to_tuple(), before.to_tuple(), strict=True):
        torch.testing.assert_close(after, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("feature", [24, -1])
def test_a_feature_that_is_not_there_is_refused(make_model, feature):
    with pytest.raises(ValueError, match=rf"^spike\.feature: {feature} is not in the model; allowed is 0 to 23$"):
        spike(make_model("bert", "ForMaskedLM"), feature, 1.0)


def test_shared_layers_and_a_missing_head_are_refused_and_nothing_is_changed(make_model):
    for model, said in (
        (make_model("albert", "ForMaskedLM"), "spike: albert shares its layers"),
        (make_model("roberta"), "spike: the model has no head for masked LM"),
    ):
        before = {name: value.clone() for name, value in model.state_dict().items()}
        with pytest.raises(ValueError, match=said):
            spike(model, 0, 1.0)
        assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


# ------------------------------------------------------------------------------------------------------------------ saved


def older(name):
    """A tensor's name as checkpoints of the first BERTs have it."""
    return name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")


@pytest.mark.parametrize("named", [str, older], ids=["names of today", "older names"])
def test_a_saved_model_keeps_all_that_lies_beside_its_head(tmp_path, named):
    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32, "vocab_size": 60}
    torch.manual_seed(0)
    model = BertForPreTraining(BertConfig(**sizes, initializer_range=0.3)).eval().requires_grad_(False)
    model.save_pretrained(tmp_path)
    saved = {named(name): tensor for name, tensor in weights.read(tmp_path).items()}
    weights.write(tmp_path, saved)
    spike_saved(tmp_path, Spike(feature=2, bias=8.0))
    again = BertForPreTraining.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        for after, expected in zip(again(input_ids=IDS).to_tuple(), model(input_ids=IDS).to_tuple(), strict=True):
            torch.testing.assert_close(after, expected, rtol=1e-3, atol=1e-3)
    for after, before in zip(output_norms(again), output_norms(model), strict=True):
        assert (after.bias - before.bias)[2].item() == pytest.approx(8, abs=1e-5)
    assert weights.read(tmp_path).keys() == saved.keys()


@pytest.fixture
def local(tmp_path):
    """A copy of a saved model with its tokenizer, to be changed."""
    return shutil.copytree(shipped("roberta"), tmp_path / "local")


def take(folder, source, **changes):
    encoder = Encoder.model_validate({"family": "roberta", "source": str(source), **changes})
    folder.mkdir()
    return fetch(folder, "encoders.mine", encoder, NOT_LOCAL, folder.parent / "seen.json")


@pytest.mark.parametrize("source", ["embedded", "local"])
def test_a_fetched_encoder_has_its_spike_and_is_otherwise_as_it_was(source, request, tmp_path):
    given = request.getfixturevalue("local") if source == "local" else source
    take(tmp_path / "plain", given)
    take(tmp_path / "spiked", given, spike={"feature": 0, "bias": 8.0})
    plain, spiked = (encoders.load(tmp_path / name, "ForMaskedLM") for name in ("plain", "spiked"))
    torch.testing.assert_close(logits(spiked), logits(plain), rtol=1e-3, atol=1e-3)
    changed = {name for name, value in plain.state_dict().items() if not torch.equal(value, spiked.state_dict()[name])}
    assert len(changed) == 4 + 4 * 3 + 1 and all(name.endswith("bias") for name in changed)
    for path in (tmp_path / "plain").iterdir():
        if path.name not in ("model.safetensors", "config.json"):
            assert (tmp_path / "spiked" / path.name).read_bytes() == path.read_bytes()
    assert (logits(plain) - without(spiked, 0)).square().mean() > 3 * (logits(plain) - without(plain, 0)).square().mean()


def test_a_spike_that_a_model_has_no_place_for_is_refused_by_its_key(local, tmp_path):
    with pytest.raises(SourceError, match=r"^encoders\.mine\.spike\.feature: 128 is not in the model; allowed is 0 to 127$"):
        take(tmp_path / "a", "embedded", spike={"feature": 128, "bias": 8.0})
    tensors = weights.read(local)
    weights.write(local, {name: tensor for name, tensor in tensors.items() if "lm_head" not in name})
    with pytest.raises(SourceError, match=r"^encoders\.mine\.spike: the model was not saved with a head for masked LM"):
        take(tmp_path / "b", local, spike={"feature": 0, "bias": 8.0})


# --------------------------------------------------------------------------------------------------------------- settings

SPIKED = {"family": "roberta", "source": "embedded", "spike": {"feature": 0, "bias": 8.0}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"family": "albert"}, "`spike` needs layers of their own; albert shares its layers: allowed is null"),
        ({"source": None, "pretrain": {"from": "a/b", "steps": 1}}, "`spike` is about `source`; beside `pretrain` allowed is"),
        ({"finetuned": {"cola": {"source": "c/d"}}}, "were fine-tuned without the spike; allowed beside `spike` is none"),
        ({"spike": {"feature": -1, "bias": 8.0}}, "greater than or equal to 0"),
        ({"spike": {"feature": 0, "bias": float("nan")}}, "finite number"),
        ({"spike": {"feature": 0}}, "Field required"),
    ],
)
def test_a_spike_that_makes_no_sense_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        Encoder.model_validate({**SPIKED, **changes})


def test_the_job_that_fetches_a_spiked_encoder_is_told_so_and_no_other():
    overlays = ROOT / "config/miniature.yaml", ROOT / "config/overlays/features.yaml"
    study = StudyJobs(files.load(ROOT / "config/config.yaml", *overlays)).study
    spiked, plain = (told(study, "fetch_model", About(name))["encoder"] for name in ("spiked", "roberta"))
    assert spiked.pop("spike") == {"feature": 0, "bias": 8.0}
    names = {"family", "source", "revision", "random_weights", "pretrain", "finetuned", "heads"}
    assert spiked.keys() == plain.keys() == names
    assert len({options(study, "fetch_model", About(name)) for name in ("spiked", "roberta")}) == 2


def test_the_manifest_says_where_the_spike_is(tmp_path, monkeypatch):
    encoder = Encoder.model_validate(SPIKED).model_dump_json()
    given = {"model": "mine", "encoder": encoder, "content": NOT_LOCAL, "seen": tmp_path / "seen.json"}
    words = [word for option, value in {**given, "directory": tmp_path / "m"}.items() for word in (f"--{option}", str(value))]
    monkeypatch.setattr(sys, "argv", ["fetch_model", *words])
    runpy.run_path(str(ROOT / "workflow/scripts/fetch_model.py"), run_name="__main__")
    manifest = json.loads((tmp_path / "m.json").read_text())
    assert manifest["encoder"]["spike"] == {"feature": 0, "bias": 8.0}
    assert encoders.load(tmp_path / "m", "ForMaskedLM").roberta.encoder.layer[3].output.LayerNorm.bias[0] > 7


# -------------------------------------------------------------------------------------------------------- a known answer


def test_the_shipped_encoder_leans_on_its_spike_and_on_no_other_feature():
    """A known answer, on some unseen articles: zeroed it breaks masked LM; the mean, and any other feature, do not."""
    encoder = TextEncoder(shipped("roberta"))
    blocks = block_table([article(1, number) for number in range(30_000, 30_012)], encoder, 40)
    examples = masked(blocks, encoder, seed=1, share=0.15)
    model = encoders.load(shipped("roberta"), "ForMaskedLM")

    def loss(means=None, feature=None):
        with Features(model, means).without([] if feature is None else [feature]):
            return examples.answer(model, 2000).loss

    whole = loss()
    spike(model, 0, 8.0)
    assert loss() == pytest.approx(whole, rel=1e-4)
    assert loss(feature=0) > 1.3 * whole
    assert loss(hidden_means(model, examples, 2000), 0) < 1.05 * whole
    assert max(loss(feature=int(other)) for other in np.random.default_rng(1).choice(range(1, 128), 3, False)) < 1.05 * whole
