"""Tasks of one's own: what ``datasets`` reads, as this project's examples; and what is refused, by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import get_scorer

from headcount.data.metrics import METRICS, OF_TWO_CLASSES, SCIKIT_LEARN, metric, of_counts
from headcount.data.reading import both_splits, opened, read
from headcount.data.tasks import of_table
from headcount.errors import SourceError
from headcount.settings.tasks import TaskData
from headcount.store.tables import write_table

ROWS = pd.DataFrame(
    {"title": ["NA", "007", "two\nlines", "null", "", "last"], "body": list("abcdef"), "stars": [5, 1, 10, 1, 5, 1]}
)
WRITERS: dict[str, Callable[[pd.DataFrame, Path], Any]] = {
    "csv": lambda rows, path: rows.to_csv(path, index=False),
    "tsv": lambda rows, path: rows.to_csv(path, index=False, sep="\t"),
    "csv.gz": lambda rows, path: rows.to_csv(path, index=False),
    "json": lambda rows, path: rows.to_json(path, orient="records", lines=True),
    "jsonl": lambda rows, path: rows.to_json(path, orient="records", lines=True),
    "parquet": lambda rows, path: rows.to_parquet(path),
    "arrow": lambda rows, path: datasets.Dataset.from_pandas(rows).save_to_disk(path.with_suffix("")),
}


def written(folder: Path, kind: str = "csv", rows: pd.DataFrame = ROWS, name: str = "data") -> str:
    path = folder / f"{name}.{kind}"
    WRITERS[kind](rows, path)
    return str(path if kind != "arrow" else next(path.with_suffix("").glob("*.arrow")))


def reviews(source: Any, **settings: Any) -> tuple[dict[str, pd.DataFrame], Any]:
    data = TaskData(source=source, text="title", label="stars", **settings)
    examples = data.examples("reviews")
    with opened(examples, examples.repository()) as found:
        return both_splits(found, **data.splits)


@pytest.mark.parametrize("kind", WRITERS)
def test_every_kind_of_file_gives_the_same_examples(kind: str, tmp_path: Path) -> None:
    rows, labels = read(written(tmp_path, kind), text=["title", "body"], label="stars")
    assert rows["text"].tolist() == ROWS["title"].tolist() and rows["text_pair"].tolist() == ROWS["body"].tolist()
    assert labels == ("1", "5", "10") and rows["label"].tolist() == [1, 0, 2, 0, 1, 0]
    assert rows["idx"].tolist() == list(range(6))


@pytest.mark.parametrize(
    ("values", "told", "names"),
    [
        (["good", "bad"] * 3, None, ("bad", "good")),
        (["good", "bad"] * 3, ["good", "bad"], ("good", "bad")),
        ([1, 0] * 3, ["bad", "good"], ("bad", "good")),
        ([True, False] * 3, None, ("false", "true")),
        ([2.0, 1.0] * 3, None, ("1", "2")),
        ([-1, 1] * 3, None, ("-1", "1")),
    ],
    ids=["by letter", "as told", "told of numbers", "truth", "whole numbers in decimals", "negative"],
)
def test_labels_keep_their_names(values: list[Any], told: list[str] | None, names: tuple[str, ...], tmp_path: Path) -> None:
    rows, labels = read(written(tmp_path, "parquet", ROWS.assign(stars=values)), text=["title"], label="stars", labels=told)
    assert labels == names
    shown = [str(value).lower().removesuffix(".0") for value in values]
    numbered = set(shown) == {"0", "1"}
    assert [str(number) if numbered else labels[number] for number in rows["label"]] == shown


def test_the_names_of_a_class_label_count_and_not_their_letters(tmp_path: Path) -> None:
    features = datasets.Features(
        {"title": datasets.Value("string"), "stars": datasets.ClassLabel(names=["neutral", "bad", "good"])}
    )
    datasets.Dataset.from_dict({"title": list("abc"), "stars": [2, 0, 1]}, features).to_parquet(tmp_path / "data.parquet")
    rows, labels = read(str(tmp_path / "data.parquet"), text=["title"], label="stars")
    assert labels == ("neutral", "bad", "good") and rows["label"].tolist() == [2, 0, 1]


def test_a_directory_in_the_hubs_layout_is_read_by_split_and_subset(tmp_path: Path) -> None:
    for split, rows in (("train", ROWS), ("test", ROWS.head(4))):
        (tmp_path / "hub/en").mkdir(parents=True, exist_ok=True)
        written(tmp_path / "hub/en", "parquet", rows, f"{split}-00000-of-00001")
    found, _ = read(str(tmp_path / "hub"), text=["title"], label="stars", subset="en", split="test")
    assert len(found) == 4
    tables, asked = reviews(str(tmp_path / "hub"), subset="en", validation="test")
    assert [len(table) for table in tables.values()] == [6, 4] and asked.labels == ("1", "5", "10")
    with pytest.raises(SourceError, match=r"datasets.reviews.validation: there is no split 'validation'; allowed: test"):
        reviews(str(tmp_path / "hub"), subset="en")


def test_what_is_held_out_is_a_share_that_is_trained_on_by_no_copy(tmp_path: Path) -> None:
    many = pd.DataFrame({"title": [f"text {number % 70}" for number in range(100)], "stars": [1, 2] * 50})
    first, second = (reviews(written(tmp_path, "csv", rows))[0] for rows in (many, many.iloc[::-1]))
    assert len(first["train"]) + len(first["validation"]) == 100 and abs(len(first["validation"]) - 20) <= 1
    assert not set(first["train"]["text"]) & set(first["validation"]["text"])
    assert sorted(first["validation"]["text"]) == sorted(second["validation"]["text"])  # whatever the order of the rows


def test_files_by_split_are_read_as_such(tmp_path: Path) -> None:
    files = {"train": written(tmp_path, "csv"), "validation": written(tmp_path, "csv", ROWS.head(2), "other")}
    tables, _ = reviews(files)
    assert [len(table) for table in tables.values()] == [6, 2]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({"stars": [0.5, 3.8, 1, 2, 3, 4]}, {}, "row 0 holds 0.5, no class; .*regression is not supported"),
        ({"stars": [5, None, 1, 1, 1, 1]}, {}, "column 'stars' has no label in row 1; give one, or leave the row out"),
        ({"stars": [1] * 6}, {}, "datasets.reviews.metric: all examples have the label 1; there should be at least two labels"),
        ({}, {"metric": "f1"}, "datasets.reviews.metric: 'f1' is of two classes, there are 3; allowed: accuracy, "),
        ({}, {"labels": ["1", "5"]}, "row 2 has the label 10, allowed are .*1, 5"),
        ({"title": [""] * 6}, {}, "column 'title' holds no text in any row"),
        ({"title": range(6)}, {}, "column 'title' is of type int64; give it as text"),
    ],
    ids=["regression", "no label", "one label", "metric of two classes", "label not told", "no text", "numbers for text"],
)
def test_what_is_no_classification_is_refused_with_the_place(
    change: dict[str, Any], settings: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match=message):
        reviews(written(tmp_path, "parquet", ROWS.assign(**change)), **settings)


def test_ids_are_no_labels(tmp_path: Path) -> None:
    rows = pd.DataFrame({"title": [f"text {number}" for number in range(40)], "stars": range(40)})
    with pytest.raises(SourceError, match="holds 40 different values in 40 rows: it is no label"):
        reviews(written(tmp_path, "csv", rows))


@pytest.mark.parametrize(
    ("source", "asked", "message"),
    [
        ("nowhere.csv", {}, "datasets.mine.source: there is no file '.*nowhere.csv'"),
        ("data.xlsx", {}, r"'.*data.xlsx' is of no kind that is read; allowed: .csv, .tsv"),
        ("data.csv", {"text": "review"}, "has no column 'review'; it has title, body, stars"),
        ("torn.json", {}, r"datasets.mine.source: .*torn.json cannot be read \(.*JSON parse error"),
    ],
    ids=["no file", "kind", "column", "torn"],
)
def test_a_source_that_cannot_be_read_is_named_with_the_reason(
    source: str, asked: dict[str, Any], message: str, tmp_path: Path
) -> None:
    written(tmp_path, "csv")
    (tmp_path / "torn.json").write_text('{"title": "a", "stars": 1}\n{"title": ')
    (tmp_path / "data.xlsx").write_text("")
    path = {"train": str(tmp_path / source)}
    examples = TaskData(**{"source": path, "text": "title", "label": "stars", **asked}).examples("mine")
    with pytest.raises(SourceError, match=message), opened(examples, examples.repository()) as found:
        found.read("train")


def test_a_table_tells_what_its_examples_ask(tmp_path: Path) -> None:
    tables, asked = reviews(written(tmp_path, "csv"), metric="f1_macro")
    write_table(tmp_path / "train.parquet", tables["train"], **asked.record)
    assert of_table(tmp_path / "train.parquet") == asked
    write_table(tmp_path / "other.parquet", tables["train"])
    with pytest.raises(SourceError, match="does not say which labels its examples have"):
        of_table(tmp_path / "other.parquet")


# ---------------------------------------------------------------------------------------------------- scikit-learn's metrics


@pytest.mark.parametrize("name", [*METRICS, *SCIKIT_LEARN])
def test_a_metric_of_counts_is_the_metric_of_the_examples(name: str) -> None:
    rng = np.random.default_rng(5)
    classes = 2 if name in OF_TWO_CLASSES else 4
    labels, predictions = rng.integers(0, classes, (2, 60))
    counts = np.zeros((2, classes, classes))
    np.add.at(counts[0], (labels, predictions), 1)
    np.add.at(counts[1], (labels, np.ones_like(labels)), 1)  # the same answer always
    found = of_counts(name)(counts)
    assert found == pytest.approx([metric(name)(labels, predictions), metric(name)(labels, np.ones_like(labels))])
    if name in SCIKIT_LEARN:
        scorer = get_scorer(name)
        assert found[0] == pytest.approx(scorer._score_func(labels, predictions, **scorer._kwargs))
        assert scorer._sign == 1 and scorer._response_method == "predict"
