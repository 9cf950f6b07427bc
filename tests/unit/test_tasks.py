"""Tasks: metrics against scikit-learn, data checked before it is used."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from headcount.tasks import TASKS, DataError, accuracy, checked, f1, load_split, majority_score, matthews

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 2, 200)
PREDICTIONS = {
    "normal": np.where(RNG.random(200) < 0.8, LABELS, 1 - LABELS),
    "random": RNG.integers(0, 2, 200),
    "inverted": 1 - LABELS,
    "collapsed to 0": np.zeros(200, int),
    "collapsed to 1": np.ones(200, int),
}


@pytest.mark.parametrize("kind", PREDICTIONS)
@pytest.mark.parametrize(
    ("metric", "reference"),
    [(accuracy, accuracy_score), (f1, f1_score), (matthews, matthews_corrcoef)],
    ids=["accuracy", "f1", "matthews"],
)
def test_metrics_agree_with_scikit_learn(metric, reference, kind):
    assert metric(LABELS, PREDICTIONS[kind]) == pytest.approx(reference(LABELS, PREDICTIONS[kind]), abs=1e-12)


def test_qqp_is_the_mean_of_accuracy_and_f1():
    guess = PREDICTIONS["normal"]
    expected = (accuracy_score(LABELS, guess) + f1_score(LABELS, guess)) / 2
    assert TASKS["qqp"].metric(LABELS, guess) == pytest.approx(expected)


def test_three_classes_are_scored_by_accuracy():
    labels, guess = RNG.integers(0, 3, 100), RNG.integers(0, 3, 100)
    assert TASKS["mnli"].metric(labels, guess) == pytest.approx(accuracy_score(labels, guess))


def test_the_majority_score_is_that_of_the_training_sets_most_frequent_class():
    train, validation = np.array([1, 1, 0]), np.array([1, 0, 0, 0])
    assert majority_score("sst2", train, validation) == 0.25
    assert majority_score("cola", train, validation) == 0.0


def test_pairs_and_single_texts_come_in_the_same_columns():
    pair = checked(pd.DataFrame({"premise": ["a"], "hypothesis": ["b"], "label": [2], "idx": [5]}), "mnli", "here")
    assert pair.iloc[0].tolist() == [5, "a", "b", 2]
    single = checked(pd.DataFrame({"sentence": ["a", None], "label": [1, 0]}), "cola", "here")
    assert single["text_pair"].isna().all() and single["idx"].tolist() == [0, 1] and single["text"].tolist() == ["a", ""]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"question": ["a"], "label": [0]}, "column 'sentence' is missing"),
        ({"sentence": ["a"]}, "column 'label' is missing"),
        ({"sentence": ["a", "b"], "label": [0, -1]}, r"row 1 has label -1; allowed are \[0, 1\]"),
    ],
    ids=["text column", "label column", "label out of range"],
)
def test_unusable_rows_are_refused_with_what_is_wrong(rows, message):
    with pytest.raises(DataError, match=f"here: {message}"):
        checked(pd.DataFrame(rows), "cola", "here")


def test_local_files_in_the_hubs_layout_are_read(tmp_path):
    (tmp_path / "cola").mkdir()
    table = pa.table({"sentence": ["a", "b"], "label": [0, 1], "idx": [0, 1]})
    pq.write_table(table, tmp_path / "cola" / "train-00000-of-00001.parquet")
    assert load_split("cola", "train", str(tmp_path))["text"].tolist() == ["a", "b"]


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(DataError, match=r"glue\.source: .*cola has no file train-\*\.parquet"):
        load_split("cola", "train", str(tmp_path))


def test_an_unreadable_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "cola").mkdir()
    path = tmp_path / "cola" / "train-00000-of-00001.parquet"
    path.write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"glue\.source: .*train-00000-of-00001\.parquet cannot be read"):
        load_split("cola", "train", str(tmp_path))
