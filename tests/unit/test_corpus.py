"""Corpus: sampled by a rule on the article, cut into blocks without losing or doubling anything."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers

from headcount.corpus import block_table, cut, paragraphs, read_articles, sampled_articles, write_shards
from headcount.sampling import chosen, sample
from headcount.tasks import DataError
from headcount.text import TextEncoder


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


def test_the_sample_is_the_same_in_any_order_and_sharding(tmp_path):
    rows = articles(600)
    write(rows, tmp_path / "one", 1)
    random.Random(0).shuffle(rows)
    write(rows, tmp_path / "four", 4)
    one = sampled_articles(str(tmp_path / "one"), None, None, 0.1, 1)
    four = sampled_articles(str(tmp_path / "four"), None, None, 0.1, 1)
    assert (first := ids(one)) == ids(four)
    assert ids(sampled_articles(str(tmp_path / "one"), None, None, 0.1, 2)) != first


def test_at_most_takes_the_same_articles_in_any_order(tmp_path):
    rows = articles(300)
    write(rows, tmp_path / "one", 1)
    write(rows[::-1], tmp_path / "two", 2)
    found = [ids(sampled_articles(str(tmp_path / name), None, None, 0.5, 1, 20)) for name in ("one", "two")]
    assert found[0] == found[1] and len(found[0]) == 20
    assert found[0] <= ids(sampled_articles(str(tmp_path / "one"), None, None, 0.5, 1))


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
    assert ids(sampled_articles(str(tmp_path / "c"), None, None, 1.0, 1)) == {"0", "1", "2"}


def test_an_empty_sample_is_an_error_that_names_the_key(tmp_path):
    with pytest.raises(DataError, match=r"corpus\.fraction"):
        write_shards([], tmp_path)


def test_a_missing_column_is_an_error_that_names_it(tmp_path):
    write([{"id": "1", "text": "x"}], tmp_path / "c", 1)
    with pytest.raises(DataError, match="no column 'url'"):
        list(sampled_articles(str(tmp_path / "c"), None, None, 1.0, 1))


def test_a_folder_without_parquet_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DataError, match=r"corpus\.source: .* holds no parquet file"):
        list(sampled_articles(str(tmp_path), None, None, 1.0, 1))
