"""Tasks: metrics against scikit-learn."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, f1_score, matthews_corrcoef

from headcount.data.metrics import accuracy, f1, matthews
from headcount.data.sources import NOT_LOCAL
from headcount.data.tasks import TASKS
from headcount.settings.data import Source

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


@pytest.mark.parametrize("limits", [{}, {"max_train": 7}, {"max_validation": 5}, {"max_train": 7, "max_validation": 500}])
def test_at_most_so_many_examples_are_taken_of_each_split(limits, tmp_path, monkeypatch):
    (tmp_path / "glue/sst2").mkdir(parents=True)
    for split, count in (("train", 30), ("validation", 20)):
        rows = pd.DataFrame(
            {"sentence": [f"text {i}" for i in range(count)], "label": [0, 1] * (count // 2), "idx": range(count)}
        )
        rows.to_parquet(tmp_path / f"glue/sst2/{split}-00000-of-00001.parquet")
    settings = Source(source=str(tmp_path / "glue"), **limits)
    given = {"task": "sst2", "settings": settings.model_dump_json(), "source": settings.source, "content": NOT_LOCAL}
    given |= {"seen": tmp_path / "seen.json", "directory": tmp_path / "made"}
    monkeypatch.setattr(sys, "argv", ["", *(word for name, value in given.items() for word in (f"--{name}", str(value)))])
    runpy.run_path(str(Path(__file__).parents[2] / "workflow/scripts/prepare_task.py"), run_name="__main__")
    found = {split: pd.read_parquet(tmp_path / f"made/{split}.parquet") for split in ("train", "validation")}
    assert len(found["train"]) == min(30, limits.get("max_train", 30))
    assert len(found["validation"]) == min(20, limits.get("max_validation", 20))
    assert all(table["idx"].is_unique for table in found.values())
    assert json.loads((tmp_path / "made.json").read_text())["settings"]["max_validation"] == limits.get("max_validation")
