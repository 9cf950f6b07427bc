"""A very small study without masked LM, of an encoder that has no head for it, and one of its fine-tuned model alone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
from checkout import MINIATURE, TINY, Checkout
from safetensors.torch import load_file, save_file

NONE: dict[str, Any] = {part: {"models": []} for part in ("before_after", "freezing", "layers")}
WITHOUT: dict[str, Any] = {
    **{name: value for name, value in TINY.items() if name not in ("mlm", "before_after")},
    **NONE,
    "study": "alone",
    "seeds": [1, 2],
    "encoders": {"roberta": {"source": "headless"}},
    "outliers": {"models": ["roberta"], "draws": 1},
    "corpus": None,
    "mlm": None,
}
LEFT_OUT = "this study leaves masked LM out (mlm: null)"


def without_a_head(model: Path, place: Path) -> None:
    """A saved masked LM, cut to its body."""
    shutil.copytree(model, place)
    weights = place / "model.safetensors"
    save_file({name: tensor for name, tensor in load_file(weights).items() if "lm_head" not in name}, weights, {"format": "pt"})


def test_no_corpus_is_read_and_what_is_left_out_is_said(checkout: Checkout) -> None:
    without_a_head(checkout.path / "src/headcount/miniature/weights/roberta", checkout.path / "headless")
    checkout.overlay({**WITHOUT, "corpus": {"source": "embedded"}, "mlm": {}}, "asked.yaml")
    refused = checkout.snakemake("--dry-run", "--configfile", MINIATURE, "asked.yaml").stdout
    assert "encoders.roberta.source: 'headless' has no head for masked LM; leave masked LM out (`mlm: null`), or" in refused
    assert "(encoders.roberta.pretrain.from)" in refused

    checkout.overlay(WITHOUT, "alone.yaml")
    done = checkout.run("--cores", "2", "--configfile", MINIATURE, "alone.yaml")
    assert done.jobs["estimate_importance"] == done.jobs["prune_curve"] == done.jobs["ablate_features"] == 2
    assert not {"write_world_corpus", "sample_corpus", "cut_blocks"} & set(done.jobs)
    results = checkout.path / "results/alone"
    assert not [path for path in results.rglob("*") if path.name in ("mlm", "corpus", "blocks", "figure2.svg", "figure3.svg")]
    agreement, recall = (pd.read_parquet(results / f"roberta/{name}.parquet") for name in ("agreement", "recall"))
    assert agreement[["task_a", "task_b"]].to_numpy().tolist() == [["cola", "cola"]] and recall.empty
    heads = pd.read_parquet(results / "heads.parquet")
    assert heads[["attention_js", "importance"]].notna().all(axis=None) and heads["pretrain_importance"].isna().all()
    claims = {claim["id"]: claim for claim in json.loads((results / "claims.json").read_text())["claims"]}
    for name in ("C4", "C5", "C10", "N3", "N4", "N8"):
        assert claims[name]["statement"] == f"Not run on roberta: {LEFT_OUT}.", name
    page = (results / "report.html").read_text()
    assert page.count("This study leaves masked LM out (mlm: null).") == 3  # figures 2 and 3, heads removed before fine-tuning
    assert checkout.plan(configs=(MINIATURE, "alone.yaml")).jobs == {}
    asked = {"mlm": {"max_blocks": 20}, "corpus": {"source": "embedded"}}
    with_it = checkout.overlay({"encoders": {"roberta": {"source": "embedded"}}, **asked})
    again = checkout.plan(configs=(MINIATURE, "alone.yaml", with_it)).jobs
    assert {"sample_corpus", "cut_blocks"} < set(again), "a later file may ask for it again"

    shutil.copytree(results / "roberta/cola/seed1/checkpoint", checkout.path / "mine")
    mine = {"study": "mine", "models": ["mine"], "tasks": ["cola"], "seeds": [1], "world": TINY["world"], "mlm": None}
    encoder = {"encoders": {"mine": {"family": "roberta", "finetuned": {"cola": {"source": "mine"}}}}}
    roles = {"roles": {"main": "mine", "shared": None}}
    configs = (MINIATURE, checkout.overlay({**mine, **encoder, **roles, **NONE, "norms": ["l1"]}, "mine.yaml"))
    planned = checkout.plan(configs=configs).jobs
    assert planned == {
        **dict.fromkeys(("write_world_task", "prepare_task", "fetch_finetuned", "estimate_importance"), 1),
        **dict.fromkeys(("normalize_importance", "prune_curve", "tabulate_reliability", "tabulate_scores"), 1),
        **dict.fromkeys(("judge_claims", "write_report"), 1),
        "draw_figure": 2,  # figure 1, table 1
    }
    ours = "results/mine/mine/cola/seed1/metrics.json"
    checkout.run(ours, "--cores", "1", "--configfile", *configs)
    theirs = results / "roberta/cola/seed1/metrics.json"
    scores = [json.loads(path.read_text())["score"] for path in (checkout.path / ours, theirs)]
    assert scores[0] == scores[1]
