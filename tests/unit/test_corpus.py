"""Corpus: sampled by a rule on the article, cut into blocks without losing or doubling anything."""

from __future__ import annotations

import random
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from headcount.data.articles import corpus_files, read_articles, sampled_articles, write_shards
from headcount.data.blocks import block_table, block_tables, check_room, cut, paragraphs
from headcount.data.sampling import chosen, sample
from headcount.data.sources import data_set
from headcount.data.tokenizer import TextEncoder
from headcount.errors import SourceError
from headcount.miniature.encoders import shipped
from headcount.store.tables import read_table, read_table_metadata, write_tables


@pytest.fixture
def encoder(tmp_path):
    """One token per character, so that a text's length in tokens is known."""
    alphabet = {c: i + 4 for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    special = {"<s>": 0, "<pad>": 1, "</s>": 2, "<mask>": 3}
    tokenizer = Tokenizer(models.BPE({**special, **alphabet}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(list(special))
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    roles = '{"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>", "mask_token": "<mask>"}'
    (tmp_path / "tokenizer_config.json").write_text(roles)
    return TextEncoder(tmp_path)


ARTICLE = """The first one. It is short.

A second paragraph? Yes! It goes on for rather longer than the first one did.


Averyveryveryverylongwordthatdoesnotfitintoanyblock of text, then more. \u00c9t\u00e9 \u2014 \u6771\u4eac \U0001f600.
"""


@pytest.mark.parametrize("limit", [8, 20, 40, 1000])
def test_blocks_lose_nothing_double_nothing_and_fit(limit, encoder):
    blocks = cut("a", ARTICLE, encoder, limit)
    assert "".join("".join(b.text for b in blocks).split()) == "".join(ARTICLE.split())
    assert [b.number for b in blocks] == list(range(len(blocks)))
    assert max(encoder.count([b.text for b in blocks])) <= limit


@pytest.fixture
def particular(tmp_path):
    """A tokenizer to which a word takes one token inside of a text, and one for each letter in front of it."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["\u0120" + letter * 4 for letter in "abcdefgh"]
    pieces = ["<s>", "<pad>", "</s>", "<mask>", *letters]
    merges = []
    for word in words:
        for size in (2, 3, 4, 5):
            pieces.append(word[:size])
            merges.append((word[: size - 1], word[size - 1]))
    tokenizer = Tokenizer(models.BPE({piece: number for number, piece in enumerate(pieces)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text("{}")
    return TextEncoder(tmp_path)


@pytest.mark.parametrize("limit", [4, 7, 10, 30])
def test_blocks_fit_where_a_first_word_is_longer_than_the_same_word_inside(limit, particular):
    assert particular.count(["aaaa", " aaaa"]) == [4, 1]
    words = random.Random(0).choices([letter * 4 for letter in "abcdefgh"], k=400)
    lines = [" ".join(words[i : i + 1 + i % 23]) for i in range(0, 400, 8)]
    rows = [{"id": "1", "text": "\n".join(lines)}]
    blocks = cut("1", rows[0]["text"], particular, limit)
    assert " ".join(b.text for b in blocks).split() == " ".join(lines).split()
    assert block_table(rows, particular, limit)["ids"].map(len).max() <= limit


def test_blocks_end_with_sentences_where_they_fit(encoder):
    blocks = cut("a", ARTICLE.split("\n\n\n")[0], encoder, 70)
    assert len(blocks) > 1 and all(b.text[-1] in ".!?" for b in blocks)


def test_short_paragraphs_share_a_block(encoder):
    assert [b.text for b in cut("a", "One.\n\nTwo.\n\nThree.", encoder, 11)] == ["One. Two.", "Three."]


@pytest.mark.parametrize("text", ["", "\n\n", "   \n \n"])
def test_an_empty_article_has_no_block(text, encoder):
    assert cut("a", text, encoder, 20) == []


def test_paragraphs_are_lines_that_say_something():
    assert paragraphs("A b. C d!\n\n  \nE.") == [["A b.", "C d!"], ["E."]]


def test_a_block_table_keeps_ids_with_special_tokens_around_them(encoder):
    table = block_table([{"id": "7", "text": "One. Two."}, {"id": "8", "text": ""}], encoder, 20)
    assert table[["article", "number"]].to_numpy().tolist() == [["7", 0]]
    assert len(table["ids"][0]) == encoder.count(["One. Two."])[0]


def articles(count):
    return [{"id": str(i), "url": "u", "title": "t", "text": f"Article {i}."} for i in range(count)]


def write(rows, folder, files):
    folder.mkdir()
    for number, part in enumerate(np.array_split(np.array(rows, object), files)):
        pq.write_table(pa.Table.from_pylist(part.tolist()), folder / f"train-{number:05}.parquet")


def ids(found):
    return {row["id"] for row in found}


def sampled(folder, fraction, seed, at_most=None):
    return sampled_articles(corpus_files(data_set("corpus", str(folder), None), None), fraction, seed, at_most)


def test_the_sample_is_the_same_in_any_order_and_sharding(tmp_path):
    rows = articles(600)
    write(rows, tmp_path / "one", 1)
    random.Random(0).shuffle(rows)
    write(rows, tmp_path / "four", 4)
    first = ids(sampled(tmp_path / "one", 0.1, 1))
    assert first == ids(sampled(tmp_path / "four", 0.1, 1)) == {str(i) for i in range(600) if chosen(1, str(i), 0.1)}
    assert ids(sampled(tmp_path / "one", 0.1, 2)) != first


def test_at_most_takes_the_same_articles_in_any_order(tmp_path):
    rows = articles(300)
    write(rows, tmp_path / "one", 1)
    write(rows[::-1], tmp_path / "two", 2)
    one, two = (list(sampled(tmp_path / name, 0.5, 1, 20)) for name in ("one", "two"))
    assert one == two and len(one) == 20
    assert ids(one) <= ids(sampled(tmp_path / "one", 0.5, 1))


def most_memory(folder):
    """Bytes of Arrow's, and of Python's, that were in use at once while a tenth of a corpus was sampled."""
    before, most = pa.total_allocated_bytes(), 0
    tracemalloc.start()
    for _ in sampled(folder, 0.1, 1):
        most = max(most, pa.total_allocated_bytes() - before)
    python = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most, python


def test_a_dump_of_any_size_is_sampled_in_bounded_memory(tmp_path):
    """Neither files nor row groups are read whole: each is 20 MB of text here."""
    table = pa.Table.from_pylist([{"id": str(i), "url": "u", "title": "t", "text": f"{i} " * 800} for i in range(5000)])
    for name, files in (("small", 1), ("large", 3)):
        (tmp_path / name).mkdir()
        for number in range(files):
            pq.write_table(table, tmp_path / name / f"{number}.parquet", use_dictionary=False)
    size = table.nbytes
    del table
    small, large = most_memory(tmp_path / "small"), most_memory(tmp_path / "large")
    assert size > 19e6 and small[0] < size / 2 and small[1] < size / 20, (size, small)
    assert large[0] < 1.2 * small[0] and large[1] < 1.2 * small[1] + 1e5, (small, large)


def test_blocks_are_made_of_some_articles_at_a_time(encoder, monkeypatch):
    whole = block_table(articles(35), encoder, 20)
    monkeypatch.setattr("headcount.data.blocks.ARTICLES_AT_ONCE", 10)
    taken = []
    tables = block_tables((taken.append(row) or row for row in articles(35)), encoder, 20)
    assert len(next(tables)) == 10 and len(taken) == 10
    pd.testing.assert_frame_equal(block_table(iter(articles(35)), encoder, 20), whole)


def test_blocks_written_in_parts_are_one_table(tmp_path, encoder, monkeypatch):
    whole = block_table(articles(35), encoder, 20)
    monkeypatch.setattr("headcount.data.blocks.ARTICLES_AT_ONCE", 10)
    write_tables(tmp_path / "b.parquet", block_tables(articles(35), encoder, 20), block_tokens=20)
    found = read_table(tmp_path / "b.parquet")
    assert [ids.tolist() for ids in found["ids"]] == [ids.tolist() for ids in whole["ids"]]
    assert found["article"].tolist() == whole["article"].tolist() and found["ids"][0].dtype == np.int32
    assert read_table_metadata(tmp_path / "b.parquet") == {"block_tokens": 20}


FOREIGN = [{"id": "x", "text": "\u0416\u0416 \u0429"}, {"id": "y", "text": "\u200b"}]
"""Articles of which ``few_words`` knows no word."""


@pytest.fixture
def few_words(tmp_path):
    """A tokenizer of three words, to which every other is the unknown token."""
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "dog", "sleeps"]
    tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(words[:5])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return TextEncoder(tmp_path)


@pytest.mark.parametrize("at_once", [2, 1000])
def test_blocks_in_which_nothing_can_be_masked_are_left_out_and_named(at_once, few_words, monkeypatch):
    known = [{"id": str(i), "text": "the dog sleeps"} for i in range(3)]
    expected = block_table(known, few_words, 20)
    monkeypatch.setattr("headcount.data.blocks.ARTICLES_AT_ONCE", at_once)
    left_out: list[str] = []
    pd.testing.assert_frame_equal(block_table([*FOREIGN, *known, *FOREIGN], few_words, 20, left_out), expected)
    assert left_out == ["x/0", "y/0"] * 2


def test_a_corpus_of_such_blocks_alone_is_refused(few_words):
    with pytest.raises(SourceError, match=r"^corpus: none of its 2 blocks has a token that .* knows; give a corpus in"):
        list(block_tables(FOREIGN, few_words, 20))


def test_the_fraction_is_right_within_binomial_error():
    count = sum(chosen(3, str(i), 0.1) for i in range(20_000))
    assert abs(count - 2000) < 4 * (20_000 * 0.1 * 0.9) ** 0.5


def test_a_sample_of_examples_is_the_same_set_in_any_order():
    names = [str(i) for i in range(500)]
    shuffled = random.Random(1).sample(names, 500)
    assert {names[i] for i in sample(1, names, 0.2)} == {shuffled[i] for i in sample(1, shuffled, 0.2)}
    assert len(sample(1, names, 0.2)) == 100
    assert sample(1, names, 0.2) != sample(2, names, 0.2)


def test_articles_come_back_as_they_were_written(tmp_path):
    rows = articles(5)
    assert write_shards(rows, tmp_path) == 5
    assert list(read_articles(tmp_path)) == rows


def test_articles_without_text_are_left_out(tmp_path):
    rows = [*articles(3), {"id": "9", "url": "u", "title": "t", "text": " \n"}]
    write(rows, tmp_path / "c", 1)
    assert ids(sampled(tmp_path / "c", 1.0, 1)) == {"0", "1", "2"}


def test_an_empty_sample_is_an_error_that_names_the_key(tmp_path):
    with pytest.raises(SourceError, match=r"^corpus\.fraction: .*; give a larger fraction"):
        write_shards([], tmp_path)


def test_a_missing_column_is_an_error_that_names_it(tmp_path):
    write([{"id": "1", "text": "x"}], tmp_path / "c", 1)
    with pytest.raises(SourceError, match=r"^corpus\.source: column 'url' is missing in .*\.parquet, .*; give data with"):
        list(sampled(tmp_path / "c", 1.0, 1))


def test_a_folder_without_parquet_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceError, match=r"^corpus\.source: .* has no file 2023\.en/\*\.parquet; give a source that has one"):
        corpus_files(data_set("corpus", str(tmp_path), None), "2023.en")


def test_an_unreadable_file_is_an_error_that_names_it(tmp_path):
    write(articles(2), tmp_path / "c", 1)
    (tmp_path / "c" / "train-00001.parquet").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(SourceError, match=r"^corpus\.source: .*train-00001\.parquet cannot be read \(.*\); fetch or write"):
        list(sampled(tmp_path / "c", 1.0, 1))


@pytest.mark.parametrize("family", ["roberta", "albert"])
def test_blocks_longer_than_a_model_reads_are_refused(family):
    check_room(shipped(family), 126)
    with pytest.raises(SourceError, match=r"^mlm\.block_tokens: 127 are more than .* reads at once; give at most 126"):
        check_room(shipped(family), 127)
