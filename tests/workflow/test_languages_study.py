"""A very small study of several languages, from the shipped encoders to the tables, the verdicts and the page."""

from __future__ import annotations

import json

import pandas as pd
from checkout import MINIATURE, TINY, Checkout

from headcount.store.tables import read_table_metadata

RECIPE = {"default": {"learning_rate": 5.0e-4, "batch": 32, "epochs": 1}}
SMALL = {
    **TINY,
    "study": "spoken",
    "models": ["multilingual", "roberta"],
    "tasks": ["mnli"],
    "encoders": {"multilingual": {"family": "roberta", "source": "embedded-multilingual"}},
    "world": {"articles": 24, "train": {"mnli": 64}, "validation": 40},
    "finetuning": {"multilingual": RECIPE, "roberta": RECIPE},
    **{part: {"models": []} for part in ("pruning", "before_after", "freezing", "layers")},
    "roles": {"main": None, "shared": None},
    "languages": {
        "multilingual": "multilingual",
        "monolingual": "roberta",
        "tasks": ["mnli"],
        "fractions": [0.5],
        "draws": 2,
        "sets": "halves",
        "test": {"source": "embedded", "languages": ["en", "kunde"], "examples": 30},
    },
}


def test_heads_go_before_and_after_and_every_language_is_asked(checkout: Checkout) -> None:
    checkout.overlay(SMALL, "small.yaml")
    planned = checkout.run("--cores", "2", "--configfile", MINIATURE, "small.yaml")
    assert planned.jobs["transfer_pruned"] == 4 and planned.jobs["finetune_pruned"] == 2
    results = checkout.path / "results/spoken"
    languages, removals = (pd.read_parquet(results / f"{name}.parquet") for name in ("languages", "removals"))
    points = ["0.5-1", "0.5-2", "bottom", "top"]
    for schedule, wanted in {"whole": ["whole"], "before": points, "one_shot": points}.items():
        rows = languages[languages["schedule"] == schedule]
        assert {code: sorted(own["point"]) for code, own in rows.groupby("language")} == dict.fromkeys(["en", "kunde"], wanted)
    assert set(languages["removed"][languages["schedule"] != "whole"]) == {2, 16}  # layers, or heads
    assert removals.groupby("model")["point"].apply(sorted).to_dict() == {
        "multilingual": [*points, "whole"],
        "roberta": [*points[:2], "whole"],
    }
    whole = read_table_metadata(results / "multilingual/mnli/seed1/languages.outcomes.parquet")
    assert [trial["point"] for trial in whole["trials"]] == ["whole", *points]
    claims = {claim["id"] for claim in json.loads((results / "claims.json").read_text())["claims"]}
    assert claims == {f"L{number}" for number in range(1, 7)}
    assert (results / "report.html").is_file()
    assert checkout.plan(configs=(MINIATURE, "small.yaml")).jobs == {}
    edit = {**SMALL, "languages": {**SMALL["languages"], "draws": 1}}
    checkout.overlay(edit, "fewer.yaml")
    again = checkout.plan(configs=(MINIATURE, "fewer.yaml")).jobs
    assert not {"transfer_pruned", "finetune_pruned", "finetune"} & set(again), "what was trained stays"
