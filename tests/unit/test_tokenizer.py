"""Tokenizers: read as AutoTokenizer reads them, or what speaks against it is said; names of tokens; lengths; segments."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from headcount.data.tokenizer import TextEncoder
from headcount.data.tokenizer_probes import disagreements
from headcount.errors import SourceError
from headcount.miniature.encoders import shipped

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROLES = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
LETTERS = "abcdefghijklmnopqrstuvwxyzéABCDE"
MODEL = {"model_type": "bert", "vocab_size": 100, "type_vocab_size": 2, "max_position_embeddings": 64, "pad_token_id": 0}


@pytest.fixture
def make(tmp_path):
    """Write a WordPiece tokenizer as save_pretrained lays it out, with the files and traits given."""

    def write(roles=None, config=None, lowercase=True, accents=None, around=True, normalizer=None, **settings):
        entries = [*SPECIAL, "the", "cat", *LETTERS, *("##" + letter for letter in LETTERS)]
        made = Tokenizer(models.WordPiece({word: i for i, word in enumerate(entries)}, unk_token="[UNK]"))
        made.normalizer = normalizer or normalizers.BertNormalizer(lowercase=lowercase, strip_accents=accents)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        if around:
            made.post_processor = processors.TemplateProcessing(
                single="[CLS]:0 $A:0 [SEP]:0",
                pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1",
                special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
            )
        made.add_special_tokens(SPECIAL)
        made.save(str(tmp_path / "tokenizer.json"))
        given = {**(ROLES if roles is None else roles), "tokenizer_class": "BertTokenizer", **settings}
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(given))
        (tmp_path / "config.json").write_text(json.dumps(MODEL if config is None else MODEL | config))
        return tmp_path

    return write


# ------------------------------------------------------------------------------------------------- as AutoTokenizer


@pytest.mark.parametrize("family", ["roberta", "albert"])
def test_the_shipped_tokenizers_are_read_as_autotokenizer_does(family):
    assert disagreements(shipped(family)) == []


AGREE = {
    "uncased": {},
    "cased": {"lowercase": False, "do_lower_case": False},
    "accents kept": {"accents": False, "strip_accents": False},
    "cut in front": {"truncation_side": "left"},
    "one kind of segment": {"config": {"type_vocab_size": 1}},
    "the smallest model": {"config": {"max_position_embeddings": 16}},
    "loaded as it is": {"tokenizer_class": "PreTrainedTokenizerFast", "normalizer": normalizers.NFC()},
}


@pytest.mark.parametrize("case", AGREE)
def test_a_tokenizer_that_is_whole_is_agreed_on(case, make):
    assert disagreements(make(**AGREE[case])) == []


DISAGREE = {
    "no special tokens": ({"around": False}, "tokenizer.json puts no special tokens around texts"),
    "nobody adds them": (
        {"around": False, "tokenizer_class": "PreTrainedTokenizerFast"},
        "tokenizer.json puts no special tokens",
    ),
    "case by the settings alone": ({"lowercase": False, "do_lower_case": True}, "'The Cat SAT on the Mat.' is read as"),
    "cased by the settings alone": ({"do_lower_case": False}, "'The Cat SAT on the Mat.' is read as"),
    "accents by the settings alone": ({"strip_accents": False}, "'Été à la Café, naïve Ärger, Ångström' is read as"),
    "more ids than embeddings": (
        {"config": {"vocab_size": 60}},
        "the tokenizer gives ids up to 70, config.json's vocab_size is 60",
    ),
    "positions from another token": (
        {"config": {"model_type": "roberta", "pad_token_id": 1, "type_vocab_size": 1}},
        "config.json's pad_token_id is 1, the tokenizer pads with 0",
    ),
}


@pytest.mark.parametrize("case", DISAGREE)
def test_what_differs_is_said_in_a_line(case, make):
    traits, message = DISAGREE[case]
    found = disagreements(make(**traits))
    assert [line for line in found if line.startswith(message)], found
    assert not any("\n" in line for line in found)


def test_a_tokenizer_that_autotokenizer_cannot_read_is_refused(make):
    directory = make(tokenizer_class="NoSuchTokenizer")
    (directory / "config.json").write_text("{}")
    (directory / "tokenizer.json").write_text("{}")
    with pytest.raises(SourceError, match=r"tokenizer\.json cannot be read .*; fetch or write that file again"):
        disagreements(directory)


# ------------------------------------------------------------------------------------------------------ special tokens

PLACES = {
    "in the settings": (ROLES, None),
    "as mappings": ({role: {"content": token, "lstrip": True} for role, token in ROLES.items()}, None),
    "null there, in the map": (dict.fromkeys(ROLES), ROLES),
    "in the map alone": ({"do_lower_case": True}, ROLES),
    "in the vocabulary alone": ({"do_lower_case": True}, None),
    "as opening and closing": (
        {"bos_token": "[CLS]", "eos_token": "[SEP]", "pad_token": "[PAD]", "mask_token": "[MASK]"},
        None,
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_special_tokens_are_found_wherever_they_are_named(place, make):
    roles, listed = PLACES[place]
    directory = make(roles=roles)
    if listed is not None:
        (directory / "special_tokens_map.json").write_text(json.dumps(listed))
    encoder = TextEncoder(directory)
    assert (encoder.pad_id, encoder.mask_id) == (0, 4)
    assert encoder.boundary_ids == {"bos_token_id": 2, "eos_token_id": 3}


def test_special_tokens_are_found_without_any_settings(make):
    directory = make()
    (directory / "tokenizer_config.json").unlink()
    assert TextEncoder(directory).pad_id == 0


def test_a_special_token_that_nothing_names_is_refused(make):
    directory = make(roles={})
    content = (directory / "tokenizer.json").read_text()
    (directory / "tokenizer.json").write_text(content.replace("[MASK]", "[BLANK]"))
    with pytest.raises(SourceError, match=r"names no mask_token in tokenizer_config\.json or .*; name it in tokenizer_config"):
        _ = TextEncoder(directory).mask_id


def test_a_special_token_outside_the_vocabulary_is_refused(make):
    with pytest.raises(SourceError, match=r"its pad_token '<nothing>' is not in the vocabulary"):
        _ = TextEncoder(make(roles=ROLES | {"pad_token": "<nothing>"})).pad_id


# ------------------------------------------------------------------------------------------------ lengths and segments


def test_texts_longer_than_the_positions_are_refused_before_one_is_read(make):
    encoder = TextEncoder(make())
    assert len(encoder.encode(["a " * 200], max_length=64)[0]) == 64
    with pytest.raises(SourceError, match=r"^max_length: 65 tokens are more than .* reads at once; give at most 64$"):
        encoder.encode(["a"], max_length=65)
    with pytest.raises(SourceError, match=r"^finetuning\.mine\.default\.max_length: 65 tokens"):
        encoder.check_length(65, "finetuning.mine.default.max_length")


def test_positions_that_count_past_the_padding_are_not_there_for_tokens(make):
    directory = make(config={"model_type": "roberta", "pad_token_id": 1})
    assert TextEncoder(directory).longest == 62


def test_a_tokenizer_without_a_model_reads_any_length(make):
    directory = make()
    (directory / "config.json").unlink()
    assert len(TextEncoder(directory).encode(["a " * 600])[0]) == 602


@pytest.mark.parametrize(("kinds", "expected"), [(1, [0] * 5), (2, [0, 0, 0, 1, 1])])
def test_segments_stay_within_the_models_kinds(kinds, expected, make):
    found = TextEncoder(make(config={"type_vocab_size": kinds})).encode(["the"], ["cat"])
    assert found[0].types.tolist() == expected


@pytest.mark.parametrize("pairs", [None, ["a cat", "", "the the", "cat", "a"]], ids=["texts", "pairs"])
def test_texts_are_encoded_as_one_by_one_in_a_few_bytes_a_token(pairs, make, monkeypatch):
    encoder, texts = TextEncoder(make()), ["the", "", "a dog sleeps", "\u0416", "the cat [MASK]"]
    alone = [encoder.encode([text], pairs and [pairs[number]])[0] for number, text in enumerate(texts)]
    monkeypatch.setattr("headcount.data.tokenizer.TEXTS_AT_ONCE", 2)
    found = encoder.encode(texts, pairs)
    for one, other in zip(found, alone, strict=True):
        for mine, theirs in ((one.ids, other.ids), (one.types, other.types), (one.special, other.special)):
            assert mine.tolist() == theirs.tolist() and mine.dtype == theirs.dtype
    assert found.lengths == [len(tokens) for tokens in alone]
    assert found.ids.nbytes + found.types.nbytes + found.special.nbytes == 6 * sum(found.lengths)


def test_a_text_of_unknown_words_asks_nothing(make):
    encoder = TextEncoder(make())
    assert [encoder.can_mask(encoder.encode([text])[0].ids) for text in ("the", "Ж Щ", "the Ж", "", "[MASK]")] == [
        *(True, False, True, False, False),
    ]
