"""Columns by their Arrow type, labels by their names, shards by theirs: what is data, and what only looks like it."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headcount.data.articles import corpus_files, sampled_articles
from headcount.data.shards import missing_shard, two_sets
from headcount.data.sources import data_set
from headcount.data.splits import checked, load_split
from headcount.data.tasks import TASKS
from headcount.errors import SourceError

TEXTS = ["Été", None, "c"]


def task(folder, columns, task="cola", name="train-00000-of-00001", about=None):
    """A task's split from a file with those columns."""
    (folder / task).mkdir(exist_ok=True)
    table = pa.table(columns)
    if about is not None:
        table = table.replace_schema_metadata({"huggingface": json.dumps(about)})
    pq.write_table(table, folder / task / f"{name}.parquet")
    return load_split(task, "train", data_set("glue", str(folder), None))


def corpus(folder, **columns):
    """All the articles of a corpus whose file has those columns."""
    usual = {"id": ["1", "2", "3"], "url": ["u"] * 3, "title": ["t"] * 3, "text": TEXTS}
    pq.write_table(pa.table({**usual, **columns}), folder / "a.parquet")
    return list(sampled_articles(corpus_files(data_set("corpus", str(folder), None), None), 1.0, 1))


def in_bytes(kind):
    return pa.array([text and text.encode() for text in TEXTS], kind)


TEXT = {
    "string": pa.array(TEXTS),
    "large string": pa.array(TEXTS, pa.large_string()),
    "string view": pa.array(TEXTS, pa.string_view()),
    "binary": in_bytes(pa.binary()),
    "large binary": in_bytes(pa.large_binary()),
    "dictionary": pa.array(TEXTS).dictionary_encode(),
    "dictionary of bytes": in_bytes(pa.binary()).dictionary_encode(),
}


@pytest.mark.parametrize("kind", TEXT)
def test_text_is_the_same_in_whatever_type_it_is_written(kind, tmp_path):
    assert task(tmp_path, {"sentence": TEXT[kind], "label": [0, 1, 1]})["text"].tolist() == ["Été", "", "c"]
    assert [row["text"] for row in corpus(tmp_path, text=TEXT[kind])] == ["Été", "c"]


@pytest.mark.parametrize("kind", TEXT)
def test_a_table_of_ones_own_is_read_as_a_file_is(kind):
    rows = pd.DataFrame({"sentence": TEXT[kind].to_pandas(), "label": [0, 1, 1]})
    assert checked(rows, TASKS["cola"], "here")["text"].tolist() == ["Été", "", "c"]


NO_TEXT = {
    "null": (pa.nulls(3), r"null \(no row has a value\)"),
    "list": (pa.array([["a", "b"], ["c"], ["d"]]), "list<"),
    "struct": (pa.array([{"x": 1}] * 3), "struct<"),
    "number": (pa.array([1.5, 2, 3]), "double"),
    "dictionary of numbers": (pa.array([1, 2, 1]).dictionary_encode(), "int64"),
    "day": (pa.array([1, 2, 3], pa.date32()), "date32"),
    "truth": (pa.array([True, False, True]), "bool"),
}


@pytest.mark.parametrize("kind", NO_TEXT)
def test_a_column_that_holds_no_text_is_refused_by_name_and_type(kind, tmp_path):
    column, called = NO_TEXT[kind]
    with pytest.raises(SourceError, match=rf"^glue\.source: column 'sentence' in .*parquet is of type {called}.*; give it as"):
        task(tmp_path, {"sentence": column, "label": [0, 1, 1]})
    with pytest.raises(SourceError, match=rf"^corpus\.source: column 'text' in .*parquet is of type {called}.*; give it as"):
        corpus(tmp_path, text=column)
    with pytest.raises(SourceError, match=r"^here: column 'sentence' is of type .*; give it as text"):
        checked(pd.DataFrame({"sentence": column.to_pandas(), "label": [0, 1, 1]}), TASKS["cola"], "here")


@pytest.mark.parametrize("kind", ["binary", "string"])
def test_bytes_that_are_not_utf8_are_refused_with_their_row(kind, tmp_path):
    content = pa.array([b"a"] * 300 + [b"caf\xe9"], pa.binary())
    column = content if kind == "binary" else pa.Array.from_buffers(pa.string(), 301, content.buffers())
    message = r"in .* is not UTF-8 in row 300; write that text again in UTF-8"
    with pytest.raises(SourceError, match=rf"^glue\.source: column 'sentence' {message}"):
        task(tmp_path, {"sentence": column, "label": [0] * 301})
    ids = [str(n) for n in range(301)]
    with pytest.raises(SourceError, match=rf"^corpus\.source: column 'text' {message}"):
        corpus(tmp_path, id=ids, url=ids, title=ids, text=column)


@pytest.mark.parametrize("texts", [[None, None], ["", " "]], ids=["null", "empty"])
def test_a_text_column_without_a_text_is_refused(texts, tmp_path):
    with pytest.raises(SourceError, match=r"column 'question2' holds no text in any row; give data"):
        pair = {"question1": ["a", "b"], "question2": pa.array(texts, pa.string()), "label": [0, 1]}
        task(tmp_path, pair, "qqp")


def test_a_corpus_without_rows_or_texts_is_refused_as_such(tmp_path):
    with pytest.raises(SourceError, match=r"^corpus\.source: none of the 3 rows of its files has a text"):
        corpus(tmp_path, text=pa.array([None] * 3, pa.string()))
    nothing = pa.array([], pa.string())
    with pytest.raises(SourceError, match=r"^corpus\.source: none of the 0 rows"):
        corpus(tmp_path, id=nothing, url=nothing, title=nothing, text=nothing)


def test_articles_have_names_and_may_lack_what_nothing_depends_on(tmp_path):
    assert [row["id"] for row in corpus(tmp_path, id=[7, 8, 9])] == ["7", "9"]
    assert corpus(tmp_path, title=pa.nulls(3), url=["u", None, None])[1] == {"id": "3", "url": "", "title": "", "text": "c"}
    with pytest.raises(SourceError, match=r"^corpus\.source: column 'id' in .* is null in row 1; name every row"):
        corpus(tmp_path, id=["1", None, "3"])


def test_values_of_several_types_are_refused():
    with pytest.raises(SourceError, match=r"^here: column 'sentence' holds values of several types .*; give texts alone"):
        checked(pd.DataFrame({"sentence": ["a", 1], "label": [0, 1]}), TASKS["cola"], "here")


def test_a_column_that_stands_twice_is_refused(tmp_path):
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array([0])], ["sentence", "sentence", "label"])
    with pytest.raises(SourceError, match=r"^glue\.source: column 'sentence' stands twice in .*; keep one"):
        task(tmp_path, twice)


# ------------------------------------------------------------------------------------------------------------- labels


def named(*names):
    return {"info": {"features": {"label": {"names": list(names), "_type": "ClassLabel"}}}}


PAIRS = {"question1": ["a", "b", "c"], "question2": ["a", "c", "c"], "label": [0, 1, 0]}


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (("not_duplicate", "duplicate"), [0, 1, 0]),
        (("duplicate", "not_duplicate"), [1, 0, 1]),
        (("Duplicate", "not duplicate"), [1, 0, 1]),
        (("1", "0"), [1, 0, 1]),
    ],
    ids=["as the task", "swapped", "spelled otherwise", "numbers"],
)
def test_labels_are_taken_by_the_names_that_their_file_gives_them(names, labels, tmp_path):
    assert task(tmp_path, PAIRS, "qqp", about=named(*names))["label"].tolist() == labels


def test_each_file_is_read_by_its_own_names(tmp_path):
    task(tmp_path, PAIRS, "qqp", name="train-a", about=named("not_duplicate", "duplicate"))
    assert task(tmp_path, PAIRS, "qqp", name="train-b", about=named("duplicate", "not_duplicate"))["label"].tolist() == [
        *(0, 1, 0),
        *(1, 0, 1),
    ]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("same", "not_duplicate"), "names a label 'same', allowed are not_duplicate, duplicate; name"),
        (("duplicate", "DUPLICATE"), "names one label twice: duplicate, DUPLICATE; allowed are"),
    ],
)
def test_names_that_are_not_the_tasks_are_refused(names, message, tmp_path):
    with pytest.raises(SourceError, match=rf"^glue\.source: .*parquet {message}"):
        task(tmp_path, PAIRS, "qqp", about=named(*names))


def test_three_labels_in_a_cycle_come_in_the_tasks_order(tmp_path):
    rows = {"premise": ["a", "b", "c"], "hypothesis": ["a", "b", "c"], "label": [0, 1, 2]}
    found = task(tmp_path, rows, "mnli", about=named("contradiction", "entailment", "neutral"))
    assert found["label"].tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    "about", [{}, {"info": {"features": {}}}, {"info": None}, named()], ids=["none", "others", "null", "no name"]
)
def test_a_file_that_says_nothing_of_its_labels_is_taken_by_number(about, tmp_path):
    assert task(tmp_path, PAIRS, "qqp", about=about)["label"].tolist() == [0, 1, 0]


CARD = """---
dataset_info:
- config_name: qqp
  features:
  - {name: question1, dtype: string}
  - name: label
    dtype: {class_label: {names: {'0': duplicate, '1': not_duplicate}}}
---
"""


def test_the_card_names_labels_where_the_file_does_not(tmp_path):
    (tmp_path / "README.md").write_text(CARD)
    assert task(tmp_path, PAIRS, "qqp")["label"].tolist() == [1, 0, 1]
    assert task(tmp_path, PAIRS, "qqp", about=named("not_duplicate", "duplicate"))["label"].tolist() == [0, 1, 0]


def test_a_label_may_be_its_name(tmp_path):
    for labels in (pa.array(["duplicate", "not_duplicate"]), pa.array(["duplicate", "not_duplicate"]).dictionary_encode()):
        rows = {"question1": ["a", "b"], "question2": ["a", "c"], "label": labels}
        assert task(tmp_path, rows, "qqp", about=named("duplicate", "not_duplicate"))["label"].tolist() == [1, 0]


def test_a_hidden_label_of_a_named_file_is_refused_with_its_row(tmp_path):
    with pytest.raises(SourceError, match=r"row 2 has the label -1, allowed are \[0, 1\]"):
        task(tmp_path, PAIRS | {"label": [0, 1, -1]}, "qqp", about=named("duplicate", "not_duplicate"))


@pytest.mark.parametrize("labels", [pa.nulls(3), pa.array([[0], [1], [0]])], ids=["null", "list"])
def test_labels_that_are_none_are_refused(labels, tmp_path):
    with pytest.raises(SourceError, match=r"^glue\.source: column 'label' in .* is of type .*; give labels by"):
        task(tmp_path, PAIRS | {"label": labels}, "qqp")


# ------------------------------------------------------------------------------------------------------------- shards


def shards(folder, *names):
    folder.mkdir(exist_ok=True)
    paths = [folder / name for name in names]
    for path in paths:
        path.touch()
    return paths


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        (("a-00000-of-00002.parquet", "a-00001-of-00002.parquet"), None),
        (("a-00001-of-00002.parquet", "a-00002-of-00002.parquet"), None),
        (("a-00000-of-00003.parquet",), "a-00001-of-00003.parquet"),
        (("a-00002-of-00003.parquet", "a-00001-of-00003.parquet"), "a-00000-of-00003.parquet"),
        (("a-00003-of-00003.parquet", "a-00001-of-00003.parquet"), "a-00002-of-00003.parquet"),
        (("a-0-of-1.parquet", "b-0-of-2.parquet"), "b-1-of-2.parquet"),
        (("articles-00000.parquet", "part.parquet"), None),
    ],
)
def test_a_shard_that_the_others_count_is_missed(names, missing, tmp_path):
    found = missing_shard(shards(tmp_path / "s", *names))
    assert (found and found.name) == missing


def test_a_local_copy_with_some_shards_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"^glue\.source: .* lacks cola/train-00001-of-00003\.parquet, .*; fetch it too"):
        task(tmp_path, {"sentence": ["a"], "label": [0]}, name="train-00000-of-00003")


def test_shards_of_two_sets_are_not_added_up(tmp_path):
    names = ("a-0-of-1.parquet", "a-0-of-2.parquet", "a-1-of-2.parquet")
    assert two_sets(shards(tmp_path / "s", *names[1:])) is None and two_sets(shards(tmp_path / "s", *names)) is not None
    rows = {"sentence": ["a"], "label": [0]}
    task(tmp_path, rows, name="train-0-of-1")
    pq.write_table(pa.table(rows), tmp_path / "cola" / "train-1-of-2.parquet")
    with pytest.raises(SourceError, match=r"cola/train-0-of-1.* and cola/train-0-of-2.*, of two sets of shards; remove one"):
        task(tmp_path, rows, name="train-0-of-2")
