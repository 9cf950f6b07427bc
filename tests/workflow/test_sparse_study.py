"""A very small study of single weights, from the shipped encoder to the table and the page."""

from __future__ import annotations

import json

import pandas as pd
from checkout import MINIATURE, TINY, Checkout

SMALL = {
    **TINY,
    "study": "sparse",
    "pruning": {"models": [], "validation_fractions": {"cola": 1.0}},
    "before_after": {"models": []},
    "freezing": {"models": []},
    "layers": {"models": []},
    "weights": {
        "models": ["roberta"],
        "tasks": ["cola"],
        "fractions": [0.0, 0.75],
        "random": [],
        "pretrain": {"steps": 4, "batch": 8, "block_tokens": 40, "held_out": 0.25},
        "deleted": {"epochs": 1, "more": 0, "more_from": 1.0},
        "after": {"epochs": 1, "more": 0, "more_from": 1.0},
        "keep": False,
    },
}


def test_every_arm_runs_and_sparse_models_go_when_all_is_made_of_them(checkout: Checkout) -> None:
    checkout.overlay(SMALL, "small.yaml")
    asked = ("--cores", "2", "--configfile", MINIATURE, "small.yaml")
    planned = checkout.run(*asked)
    assert planned.jobs["pretrain_sparse"] == 2 and planned.jobs["finetune_sparse"] == 6
    results = checkout.path / "results/sparse"
    table = pd.read_parquet(results / "weights.parquet")
    points = table.groupby(["task", "schedule"])["removed_fraction"].apply(lambda shares: [round(x, 3) for x in shares])
    assert points.to_dict() == {
        ("mlm", "retrained"): [0.0, 0.75],
        **{("cola", arm): [0.0, 0.75] for arm in ("after", "deleted", "retrained")},
    }
    assert table.loc[table["task"] == "cola", ["accuracy", "training_loss", "loss"]].notna().all(axis=None)
    assert json.loads((results / "roberta/cola/seed1/metrics.json").read_text())["collapsed"]
    curves = {task: results / f"roberta/{task}/seed1/weights/one_shot/magnitude.parquet" for task in ("cola", "mlm")}
    at_once = {task: pd.read_parquet(path) for task, path in curves.items()}
    assert at_once["cola"]["score"].isna().all() and at_once["mlm"]["score"].notna().all(), "who has collapsed is not asked"
    assert at_once["cola"]["removed"].tolist() == at_once["mlm"]["removed"].tolist()
    assert not list(results.glob("roberta/sparse/*/seed1/pretrained")), "gone"
    manifests = [json.loads(path.read_text()) for path in results.glob("roberta/sparse/*/seed1/pretrained.json")]
    assert sorted(each["settings"]["fraction"] for each in manifests) == [0.0, 0.75]
    assert (results / "report.html").is_file()
    assert checkout.plan(configs=(MINIATURE, "small.yaml")).jobs == {}
