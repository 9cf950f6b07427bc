"""Models fetched: what is taken over as it is, what is drawn anew, and what is refused."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from safetensors.torch import load_file as load_tensors
from safetensors.torch import save_file
from transformers import AutoModelForMaskedLM, AutoTokenizer

from headcount import encoders
from headcount.errors import SourceError
from headcount.miniature.encoders import shipped
from headcount.models.fetching import fetch
from headcount.settings.models import Encoder


def take(folder, source, family="roberta", key="encoders.mine", random_weights=False, heads=None):
    """Fetch from a local directory."""
    folder.mkdir(exist_ok=True)
    encoder = Encoder(family=family, source=str(source), random_weights=random_weights, heads=heads)
    return fetch(folder, key, encoder)


@pytest.fixture
def local(tmp_path):
    """A copy of a saved model with its tokenizer, to be changed."""
    return shutil.copytree(shipped("roberta"), tmp_path / "local")


def test_a_local_model_comes_as_it_is_and_loads_plainly(local, tmp_path):
    assert take(tmp_path / "m", local) == {"origin": f"{local}, a local directory", "source": str(local), "commit": None}
    ours, theirs = load_file(tmp_path / "m" / "model.safetensors"), load_file(local / "model.safetensors")
    assert ours.keys() == theirs.keys() and all(np.array_equal(ours[name], theirs[name]) for name in ours)
    assert AutoModelForMaskedLM.from_pretrained(tmp_path / "m").config.model_type == "roberta"
    assert AutoTokenizer.from_pretrained(tmp_path / "m")("the dog").input_ids


def test_the_tokenizer_file_is_the_models_own_to_the_byte(local, tmp_path):
    content = json.loads((local / "tokenizer.json").read_text())
    content["normalizer"] = {"type": "Lowercase"}  # transformers leaves this out in a file of its own making
    (local / "tokenizer.json").write_text(json.dumps(content))
    take(tmp_path / "m", local)
    assert (tmp_path / "m" / "tokenizer.json").read_bytes() == (local / "tokenizer.json").read_bytes()


def test_weights_of_half_precision_are_written_in_full(local, tmp_path):
    half = {name: tensor.to(torch.bfloat16) for name, tensor in load_tensors(local / "model.safetensors").items()}
    save_file(half, local / "model.safetensors", {"format": "pt"})
    settings = json.loads((local / "config.json").read_text()) | {"dtype": "bfloat16"}
    (local / "config.json").write_text(json.dumps(settings))
    take(tmp_path / "m", local)
    assert {tensor.dtype for tensor in load_tensors(tmp_path / "m" / "model.safetensors").values()} == {torch.float32}
    assert next(encoders.load(tmp_path / "m", "ForMaskedLM").parameters()).dtype == torch.float32


def test_weights_in_several_files_are_read(local, tmp_path, make_model):
    AutoModelForMaskedLM.from_pretrained(local).save_pretrained(tmp_path / "parts", max_shard_size="400KB")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(local / name, tmp_path / "parts")
    assert len(list((tmp_path / "parts").glob("model-*-of-*.safetensors"))) > 1
    take(tmp_path / "m", tmp_path / "parts")
    name = "lm_head.dense.weight"
    assert np.array_equal(load_file(tmp_path / "m" / "model.safetensors")[name], load_file(local / "model.safetensors")[name])


def test_random_weights_keep_the_architecture_and_nothing_that_was_learnt(tmp_path):
    folders = [tmp_path / name for name in ("a", "b", "c")]
    for folder, random_weights in zip(folders, (False, True, True), strict=True):
        take(folder, "embedded", random_weights=random_weights, heads=32)
    learnt, first, second = (load_file(folder / "model.safetensors") for folder in folders)
    name = "roberta.encoder.layer.0.attention.self.query.weight"
    assert learnt[name].shape == first[name].shape and not np.allclose(learnt[name], first[name])
    assert np.array_equal(first[name], second[name])


def without_weights(local):
    (local / "model.safetensors").rename(local / "pytorch_model.bin")


def without_head(local):
    kept = {name: tensor for name, tensor in load_tensors(local / "model.safetensors").items() if "lm_head" not in name}
    save_file(kept, local / "model.safetensors", {"format": "pt"})


def with_a_pointer(local):
    (local / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")


def without_tokenizer(local):
    for path in local.glob("tokenizer*"):
        path.unlink()


def with_another_tokenizer(local):
    content = json.loads((local / "tokenizer.json").read_text())
    content["added_tokens"].append({**content["added_tokens"][-1], "id": 1056, "content": "<more>"})
    (local / "tokenizer.json").write_text(json.dumps(content))


def with_code(local):
    """A model whose tokenizer is a class of its own: never run."""
    settings = json.loads((local / "tokenizer_config.json").read_text())
    settings |= {"auto_map": {"AutoTokenizer": ["own.Own", None]}, "tokenizer_class": "Own"}
    (local / "tokenizer_config.json").write_text(json.dumps(settings))
    (local / "own.py").write_text("raise SystemExit('code was run')")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_weights, "source: .* has no model.safetensors; .*pytorch_model.bin, may run code .*: give a model"),
        (without_head, r"source: .* was not pre-trained by masked language modelling: it lacks lm_head\.dense\.weight; give"),
        (with_a_pointer, "source: .* cannot be loaded .*; give a model"),
        (without_tokenizer, "source: .* has no tokenizer; give a model"),
        (with_another_tokenizer, "source: .* has a tokenizer of 1057 tokens for weights of 1056; give a model"),
        (lambda local: (local / "config.json").unlink(), "source: .* has no config.json that can be read; give a model"),
        (lambda local: (local / "config.json").write_text("{"), "source: .* has no config.json that can be read; give a model"),
    ],
    ids=["pickle alone", "no head", "weights not fetched", "no tokenizer", "its tokenizer", "no config", "half a config"],
)
def test_a_model_that_cannot_be_used_is_refused_in_one_line(change, message, local, tmp_path):
    change(local)
    with pytest.raises(SourceError, match=rf"^encoders\.mine\.{message}") as raised:
        take(tmp_path / "m", local)
    assert "\n" not in str(raised.value)


def test_code_beside_a_model_is_never_run(local, tmp_path):
    with_code(local)
    try:
        take(tmp_path / "m", local)
    except SourceError as refusal:
        assert "code was run" not in str(refusal)


@pytest.mark.parametrize(
    ("source", "family", "heads", "message"),
    [
        ("embedded", "roberta", 31, "heads: 'embedded' has 32 heads, not 31; correct"),
        (str(shipped("albert")), "roberta", None, "family: .* is of family 'albert', not 'roberta'; correct"),
        (str(shipped("albert")), "albert", 32, "heads: .* has 8 heads, not 32; correct"),
        ("embedded", "bert", None, "source: no bert ships with the package, roberta and albert do; give another"),
        ("./nowhere", "roberta", None, r"source: '\./nowhere' is no directory; give one that exists"),
    ],
    ids=["heads of the shipped", "family", "heads", "none shipped", "folder"],
)
def test_a_model_that_is_not_what_the_config_says_is_refused(source, family, heads, message, tmp_path):
    with pytest.raises(SourceError, match=rf"^encoders\.mine\.{message}"):
        take(tmp_path / "m", source, family, heads=heads)
