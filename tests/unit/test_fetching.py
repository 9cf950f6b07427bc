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
from transformers import AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer, BertTokenizer

from headcount import encoders
from headcount.data.identity import identity
from headcount.data.sources import NOT_LOCAL
from headcount.data.tasks import TASKS
from headcount.errors import SourceError
from headcount.miniature.encoders import shipped
from headcount.models.fetching import fetch, fetch_finetuned
from headcount.models.finetuning import classifier
from headcount.models.weights import FILES
from headcount.settings.models import Encoder, FineTuned, Recipe


def take(folder, source, family="roberta", key="encoders.mine", random_weights=False, heads=None):
    """Fetch from a local directory."""
    folder.mkdir(exist_ok=True)
    encoder = Encoder(family=family, source=str(source), random_weights=random_weights, heads=heads)
    return fetch(folder, key, encoder, NOT_LOCAL, folder.parent / "seen.json")


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
    (local / "tokenizer.json").write_text(json.dumps(content, indent=7))  # transformers would write it in another way
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


def changed_weights(local, change):
    save_file(change(load_tensors(local / "model.safetensors")), local / "model.safetensors", {"format": "pt"})


def with_changed(rename):
    return lambda local: changed_weights(local, lambda tensors: {rename(name): tensor for name, tensor in tensors.items()})


def with_another_layer(local):
    name = "roberta.encoder.layer.{}.output.dense.weight"
    changed_weights(local, lambda tensors: tensors | {name.format(4): tensors[name.format(3)].clone()})


def with_nothing_learnt(local):
    changed_weights(local, lambda tensors: tensors | {"lm_head.dense.weight": tensors["lm_head.dense.weight"] * float("nan")})


def with_settings(**changes):
    def change(local):
        settings = json.loads((local / "config.json").read_text()) | changes
        (local / "config.json").write_text(json.dumps(settings))

    return change


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


def test_a_model_without_a_masked_lm_head_is_taken_and_refused_where_masked_lm_is_asked_for(local, tmp_path, caplog):
    without_head(local)
    take(tmp_path / "m", local)
    assert not [name for name in load_file(tmp_path / "m" / "model.safetensors") if "lm_head" in name]
    encoders.load(tmp_path / "m", encoders.BODY_ALONE)
    with pytest.raises(ValueError, match=r"was not saved with a head for masked LM: it lacks lm_head\."):
        encoders.load(tmp_path / "m", "ForMaskedLM")
    assert "leave masked LM out (`mlm: null`), or go on pre-training with a new head" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (without_weights, "source: .* has no model.safetensors; .*pytorch_model.bin, may run code .*: give a model"),
        (with_changed(lambda name: f"module.{name}"), r"source: .* has no roberta\..*; it has module\.roberta\..*; give one"),
        (with_changed(lambda name: name.replace("layer.1.", "layer.9.")), r"source: .* has no roberta\.encoder\.layer\.1\..*"),
        (
            with_another_layer,
            r"source: .* it has roberta\.encoder\.layer\.4\..*, which a RoBERTa of this config.json has no use",
        ),
        (with_nothing_learnt, r"source: .* has values in lm_head\.dense\.weight that are no finite numbers; give"),
        (with_settings(hidden_size=16), r"source: .* has the shape \[.*\], config.json describes \[.*16.*\]; give"),
        (with_settings(pad_token_id=None), "source: .* pad_token_id is null; allowed is a whole number"),
        (with_settings(num_hidden_layers="4"), 'source: .* num_hidden_layers is "4"; allowed is a whole number'),
        (
            with_settings(position_embedding_type="relative_key"),
            "source: .* position_embedding_type is .relative_key.; allowed",
        ),
        (with_settings(pruned_heads={"0": [1]}), "source: .* pruned_heads says that an older library removed heads; give"),
        (with_a_pointer, "source: .* cannot be loaded .*; give a model"),
        (without_tokenizer, "source: .* has no tokenizer; give a model"),
        (with_another_tokenizer, "source: .* has a tokenizer of 1057 tokens for weights of 1056; give a model"),
        (lambda local: (local / "config.json").unlink(), "source: .* has no config.json that can be read; give a model"),
        (lambda local: (local / "config.json").write_text("{"), "source: .* has no config.json that can be read; give a model"),
    ],
    ids=[
        "pickle alone",
        "wrapper",
        "layer missing",
        "layer too many",
        "not a number",
        "sizes",
        "no padding",
        "text for a number",
        "relative positions",
        "pruned before",
        "weights not fetched",
        "no tokenizer",
        "its tokenizer",
        "no config",
        "half a config",
    ],
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


@pytest.mark.parametrize("change", [{"num_hidden_groups": 2}, {"inner_group_num": 2}], ids=str)
def test_an_albert_of_several_groups_is_refused_when_it_is_fetched(change, tmp_path):
    local = shutil.copytree(shipped("albert"), tmp_path / "local")
    with_settings(**change)(local)
    with pytest.raises(SourceError, match=r"^encoders\.mine\.source: .* is 2; allowed is 1, one group"):
        take(tmp_path / "m", local, "albert")


RECIPE = Recipe(learning_rate=1e-4, batch=2, steps=1, max_length=36)
PRETRAINED = {"bert": "ForPreTraining", "albert": "ForPreTraining", "electra": "ForPreTraining"}
"""What published checkpoints of a family were saved as, where that has more than the masked-LM model."""


@pytest.mark.parametrize("saved_as", ["pretrained", "Model", "ForMaskedLM"])
def test_fine_tuning_begins_with_the_weights_of_plain_from_pretrained(saved_as, family, make_model, tmp_path):
    """Weights, fetched, with a new classifier: every tensor is that of the standard script on the same directory."""
    source = tmp_path / "source"
    purpose = PRETRAINED.get(family, "ForMaskedLM") if saved_as == "pretrained" else saved_as
    make_model(family, purpose).save_pretrained(source)
    small_tokenizer(source)
    take(tmp_path / "m", source, family)
    torch.manual_seed(3)
    ours = classifier(tmp_path / "m", TASKS["mnli"], RECIPE).state_dict()
    torch.manual_seed(3)
    theirs = AutoModelForSequenceClassification.from_pretrained(source, num_labels=3).state_dict()
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not torch.equal(ours[name], theirs[name])] == []
    brought, kept = load_file(source / "model.safetensors"), load_file(tmp_path / "m" / "model.safetensors")
    assert brought.keys() == kept.keys() and all(np.array_equal(brought[name], kept[name]) for name in brought)


def test_the_pooler_that_fine_tuning_begins_with_is_the_pre_trained_one(make_model, tmp_path):
    """Or the comparison above would hold for two random ones."""
    model = make_model("bert", "ForPreTraining")
    model.save_pretrained(tmp_path / "source")
    small_tokenizer(tmp_path / "source")
    take(tmp_path / "m", tmp_path / "source", "bert")
    tuned = classifier(tmp_path / "m", TASKS["mnli"], RECIPE)
    assert torch.equal(encoders.body(tuned).pooler.dense.weight, model.bert.pooler.dense.weight)


def small_tokenizer(directory):
    """A tokenizer of 60 words that pads with the model's own token."""
    special = ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    special.insert(json.loads((directory / "config.json").read_text())["pad_token_id"], "[PAD]")
    (directory / "vocab.txt").write_text("\n".join([*special, *(f"w{i}" for i in range(55))]))
    BertTokenizer(str(directory / "vocab.txt")).save_pretrained(directory)


def test_texts_longer_than_the_model_reads_are_refused_before_training(make_model, tmp_path):
    make_model("roberta", "ForMaskedLM").save_pretrained(tmp_path)
    with pytest.raises(SourceError, match=r"finetuning: max_length 39 is more than .* allowed is at most 38"):
        classifier(tmp_path, TASKS["mnli"], Recipe(learning_rate=1e-4, batch=2, steps=1, max_length=39))


# --------------------------------------------------------------------------------------------------- fine-tuned models


@pytest.fixture
def tuned(tmp_path):
    """A model that was fine-tuned for MNLI elsewhere, with its tokenizer; its classifier answers by its labels' names."""
    names = {0: "CONTRADICTION", 1: "ENTAILMENT", 2: "NEUTRAL"}
    torch.manual_seed(1)
    folder = tmp_path / "tuned"
    told = {"id2label": names, "label2id": {name: i for i, name in names.items()}}
    AutoModelForSequenceClassification.from_pretrained(shipped("roberta"), **told).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(shipped("roberta") / name, folder / name)
    return folder


def take_tuned(folder, source, task="mnli", alone=False, **settings):
    folder.mkdir(exist_ok=True)
    own = FineTuned(source=str(source), **settings)
    key, seen = f"encoders.mine.finetuned.{task}", folder.parent / "seen.json"
    return fetch_finetuned(folder, key, own, "roberta", None if alone else shipped("roberta"), TASKS[task], NOT_LOCAL, seen)


def test_a_fine_tuned_model_answers_in_the_order_of_the_tasks_labels_and_stays_as_it_was(tuned, tmp_path):
    before = {path.name: path.read_bytes() for path in tuned.iterdir()}
    take_tuned(tmp_path / "m", tuned)
    assert {path.name: path.read_bytes() for path in tuned.iterdir()} == before
    theirs = AutoModelForSequenceClassification.from_pretrained(tuned).eval()
    ours = AutoModelForSequenceClassification.from_pretrained(tmp_path / "m").eval()
    text = AutoTokenizer.from_pretrained(tuned)("the dog", return_tensors="pt")
    with torch.no_grad():
        torch.testing.assert_close(ours(**text).logits, theirs(**text).logits[:, [1, 2, 0]])
    assert list(ours.config.id2label.values()) == ["entailment", "neutral", "contradiction"]


def test_a_fine_tuned_model_without_the_pre_trained_one_is_taken_as_the_same(tuned, tmp_path):
    records = [take_tuned(tmp_path / f"{alone}", tuned, alone=alone) for alone in (False, True)]
    assert records[0] == records[1]
    alone, beside = (load_tensors(tmp_path / name / "model.safetensors") for name in ("True", "False"))
    assert alone.keys() == beside.keys() and all(torch.equal(alone[name], beside[name]) for name in alone)
    with_words_of_its_own(tuned)
    take_tuned(tmp_path / "other", tuned, alone=True)


def without_classifier(tuned):
    kept = {name: value for name, value in load_tensors(tuned / "model.safetensors").items() if "classifier" not in name}
    save_file(kept, tuned / "model.safetensors", {"format": "pt"})


def with_words_of_its_own(tuned):
    content = json.loads((tuned / "tokenizer.json").read_text())
    words = content["model"]["vocab"]
    words["a"], words["t"] = words["t"], words["a"]
    (tuned / "tokenizer.json").write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "told", "message"),
    [
        (without_classifier, {}, r"source: .*: it was not saved with a classifier: it lacks classifier\."),
        (lambda tuned: None, {"task": "sst2"}, "source: .*: it: num_labels is 3; allowed is 2: negative, positive"),
        (lambda tuned: None, {"max_length": 129}, r"max_length: 129 tokens are more than it reads at once; allowed: 128"),
        (with_words_of_its_own, {}, "source: .* as other tokens than the pre-trained model"),
        (with_settings(num_attention_heads=4), {}, "source: .* has 4 rows of 4 heads, the pre-trained model 4 of 8"),
    ],
    ids=["no classifier", "another task", "too long", "tokenizer", "heads"],
)
def test_a_fine_tuned_model_that_does_not_fit_is_refused_in_one_line(change, told, message, tuned, tmp_path):
    change(tuned)
    with pytest.raises(SourceError, match=rf"^encoders\.mine\.finetuned\.\w+\.{message}"):
        take_tuned(tmp_path / "m", tuned, **told)


def test_files_that_changed_since_they_were_planned_are_refused(local, tmp_path):
    encoder = Encoder(family="roberta", source=str(local))
    seen = tmp_path / "seen.json"
    planned = identity(local, seen, FILES)
    (tmp_path / "m").mkdir()
    assert fetch(tmp_path / "m", "encoders.mine", encoder, planned, seen)["content"] == planned
    with_settings(layer_norm_eps=1e-6)(local)
    with pytest.raises(SourceError, match=r"encoders\.mine\.source: .* has changed since this run began; run again"):
        fetch(tmp_path / "m", "encoders.mine", encoder, planned, seen)
