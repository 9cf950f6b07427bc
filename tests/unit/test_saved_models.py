"""Saved models: what one says of itself is asked where it is loaded."""

from __future__ import annotations

import json

import pytest
import torch

from headcount import encoders

LABELS = ("entailment", "neutral", "contradiction")


def test_labels_are_put_in_order_by_name(family, make_model, tmp_path, examples):
    model = make_model(family)
    names = ("Contradiction", "ENTAILMENT", "neutral")
    model.config.id2label = dict(enumerate(names))
    model.save_pretrained(tmp_path)
    inputs, _ = examples.batch(range(4), torch.device("cpu"))
    found = encoders.load(tmp_path, "ForSequenceClassification", LABELS)(**inputs).logits
    assert torch.equal(found, model(**inputs).logits[:, [1, 2, 0]])
    assert tuple(encoders.load(tmp_path, "ForSequenceClassification").config.id2label.values()) == names


def test_labels_without_names_are_taken_as_they_come(make_model, tmp_path):
    model = make_model("bert")
    model.save_pretrained(tmp_path)
    again = encoders.load(tmp_path, "ForSequenceClassification", LABELS)
    assert torch.equal(again.classifier.weight, model.classifier.weight)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("a", "b", "c"), "its labels are a, b, c; the task's are entailment, neutral, contradiction"),
        (("entailment", "neutral"), "num_labels is 2; allowed is 3"),
    ],
)
def test_other_labels_are_refused(names, message, make_model, tmp_path):
    model = make_model("bert", num_labels=len(names))
    model.config.id2label = dict(enumerate(names))
    model.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=message):
        encoders.load(tmp_path, "ForSequenceClassification", LABELS)


def test_a_random_head_never_passes_for_a_trained_one(family, make_model, tmp_path):
    for purpose, other, words in (
        ("ForMaskedLM", "ForSequenceClassification", "with a classifier"),
        ("ForSequenceClassification", "ForMaskedLM", "with a head for masked LM"),
    ):
        make_model(family, purpose).save_pretrained(tmp_path / purpose)
        encoders.load(tmp_path / purpose, purpose)
        encoders.load(tmp_path / purpose, encoders.BODY_ALONE)
        with pytest.raises(ValueError, match=f"was not saved {words}: it lacks "):
            encoders.load(tmp_path / purpose, other)


def test_a_checkpoint_with_values_that_are_no_numbers_is_refused(make_model, tmp_path):
    model = make_model("albert")
    encoders.sites(model)[0].projection("key").weight[2, 3] = float("inf")
    model.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match=r"attention\.key\.weight holds values that are no finite numbers"):
        encoders.load(tmp_path, "ForSequenceClassification")


def test_the_way_attention_is_computed_is_not_the_files_to_choose(make_model, tmp_path):
    make_model("bert").save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text())
    chosen = dict.fromkeys(("attn_implementation", "_attn_implementation"), "eager")
    (tmp_path / "config.json").write_text(json.dumps({**settings, **chosen}))
    assert (
        encoders.load(tmp_path, "ForSequenceClassification").config._attn_implementation == encoders.family_of("bert").attention
    )
