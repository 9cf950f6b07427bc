"""Tokenizers and models from scratch, and the encoders that ship with the package."""

from __future__ import annotations

import json

import numpy as np
import pytest
from transformers import AutoModelForMaskedLM, AutoTokenizer

from headcount.data.blocks import blocks
from headcount.data.tokenizer import TextEncoder
from headcount.families import FAMILIES, head_shape
from headcount.miniature.articles import article
from headcount.miniature.encoders import FAMILIES as SHIPPED
from headcount.miniature.shipping import complaints
from headcount.models.pretraining import encode_blocks, pretrain, train_tokenizer
from headcount.networks.task_examples import masked
from headcount.settings.models import Pretrain

SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


def settings(family):
    shape = {FAMILIES[family].names.get(name, name): size for name, size in SIZES.items()}
    return Pretrain(shape=shape, vocabulary=900, block_tokens=40, pairs=0.5, mask=0.3, steps=6, batch=8, warmup=0.1)


@pytest.fixture(scope="module")
def articles():
    return [article(1, number) for number in range(120)]


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def made(request, articles, tmp_path_factory):
    """A family, its tokenizer's folder, and the blocks that it cuts the articles into."""
    folder = tmp_path_factory.mktemp(request.param)
    train_tokenizer([row["text"] for row in articles], request.param, 900).save_pretrained(folder)
    return request.param, folder, list(blocks(articles, TextEncoder(folder), 40))


def test_frequent_words_are_one_token_each(made):
    _, folder, _ = made
    assert TextEncoder(folder).count(["the dogs", "why does", "in other words"]) == [2, 2, 3]


def test_a_word_is_encoded_alike_at_the_beginning_and_inside_of_a_text(made):
    _, folder, _ = made
    encoder = TextEncoder(folder)
    first, inside = encoder.encode(["dogs", "the dogs"])
    assert first.ids[1] == inside.ids[2]


def test_the_tokenizer_file_alone_encodes_as_transformers_does(made):
    _, folder, _ = made
    reference = AutoTokenizer.from_pretrained(folder)
    for ours, pair in zip(
        TextEncoder(folder).encode(["the dog sleeps .", "a cat"], ["no cats sleep .", "b"]),
        [("the dog sleeps .", "no cats sleep ."), ("a cat", "b")],
        strict=True,
    ):
        theirs = reference(*pair, return_token_type_ids=True)
        assert ours.ids.tolist() == theirs["input_ids"] and ours.types.tolist() == theirs["token_type_ids"]


def test_random_substitutes_are_never_special_tokens(made):
    _, folder, _ = made
    encoder = TextEncoder(folder)
    reference = AutoTokenizer.from_pretrained(folder)
    assert not set(encoder.ordinary_ids.tolist()) & set(reference.all_special_ids)
    assert encoder.mask_id == reference.mask_token_id and encoder.pad_id == reference.pad_token_id


def test_pairs_are_cut_between_sentences_and_lose_none(made):
    family, folder, cut = made
    encoder = TextEncoder(folder)
    encoded = encode_blocks(cut, encoder, settings(family))
    assert len(encoded) == len(cut)
    two = [t for t in encoded if t.special.sum() > 2]
    assert 0.3 < len(two) / len(encoded) < 0.6
    assert sum(int((~t.special).sum()) for t in encoded) == sum(encoder.count([block.text for block in cut]))


def test_pretraining_gives_a_model_that_plain_transformers_loads(made, tmp_path):
    family, folder, cut = made
    model, history = pretrain(cut[:40], folder, family, settings(family), "cpu", tmp_path / "work")
    model.save_pretrained(tmp_path / "model")
    again = AutoModelForMaskedLM.from_pretrained(tmp_path / "model")
    assert history[-1]["seconds"] > 0
    assert again.config.vocab_size == TextEncoder(folder).vocabulary
    assert again.config.pad_token_id == TextEncoder(folder).pad_id


def test_recall_at_1_counts_the_masked_tokens_that_are_predicted_right(made, tmp_path):
    import torch

    family, folder, cut = made
    encoder = TextEncoder(folder)
    model, _ = pretrain(cut[:40], folder, family, settings(family), "cpu", tmp_path / "work")
    import pandas as pd

    ids = [t.ids for t in encoder.encode([block.text for block in cut[:20]])]
    table = pd.DataFrame({"article": ["x"] * 20, "number": range(20), "ids": ids})
    examples = masked(table, encoder, 1, 0.15)
    hits = total = 0
    for disturbed, labels in examples.masked:
        with torch.no_grad():
            logits = model(torch.from_numpy(disturbed)[None]).logits[0].numpy()
        chosen = np.flatnonzero(labels >= 0)
        hits += int((logits[chosen].argmax(-1) == labels[chosen]).sum())
        total += len(chosen)
    assert examples.score(model, 200) == pytest.approx(hits / total)


@pytest.mark.parametrize("family", SHIPPED)
def test_the_shipped_encoders_are_what_their_manifests_say_and_score_as_they_say(family):
    assert complaints(family) == []


def test_the_shipped_encoders_are_as_large_as_the_miniature_needs_and_no_larger():
    from headcount.miniature.encoders import HOME, shipped

    config = json.loads((shipped("roberta") / "config.json").read_text())
    assert config["num_hidden_layers"] >= 4 and np.prod(head_shape(config)) >= 32
    assert head_shape(json.loads((shipped("albert") / "config.json").read_text()))[0] == 1
    assert sum(path.stat().st_size for path in HOME.rglob("*") if path.is_file()) <= 6_000_000
