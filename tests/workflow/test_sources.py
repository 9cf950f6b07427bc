"""Local sources of a study: what is made from them follows what they hold, and they are never written to."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from checkout import ROOT, TINY, Checkout

from headcount.miniature.files import write_articles, write_task

SEED1, OWN_RUN = "results/tiny/roberta/cola/seed1", "results/own/roberta/cola/seed1"
CURVE = f"{SEED1}/curve/head/gate_gradient-l1.parquet"
MASKED = "results/tiny/roberta/mlm/seed1/curve/head/gate_gradient-l1.parquet"

Configs = tuple[str, ...]


def jobs(*once: str, **others: int) -> dict[str, int]:
    """Jobs per rule: one for each named, and the numbers given."""
    return {**dict.fromkeys(once, 1), **others}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, tiny: Configs) -> tuple[Checkout, Configs]:
    """The tiny study up to one curve, on local files: of the world's own tasks and corpus, and a copy of a shipped encoder."""
    place = tmp_path_factory.mktemp("local")
    checkout = Checkout.of_sources(place / "checkout")
    (place / "glue/cola").mkdir(parents=True)
    write_task(place / "glue/cola", "cola", 1, 60, 40, 0.0)
    (place / "wiki").mkdir()
    write_articles(place / "wiki", 1, 20000, 24)
    shutil.copytree(ROOT / "src/headcount/miniature/weights/roberta", place / "roberta")
    checkout.overlay(TINY, "tiny.yaml")
    sources = {"glue": {"source": "../glue"}, "corpus": {"source": "../wiki", "subset": None}}
    checkout.overlay({**sources, "encoders": {"roberta": {"source": "../roberta"}}}, "local.yaml")
    configs = (*tiny, "local.yaml")
    checkout.run(CURVE, MASKED, "--cores", "2", "--configfile", *configs)
    assert checkout.plan(CURVE, MASKED, configs=configs).jobs == {}
    return checkout, configs


def other_label(place: Path) -> None:
    path = place / "glue/cola/train-00000-of-00001.parquet"
    table = pd.read_parquet(path)
    table.loc[0, "label"] = 1 - table.loc[0, "label"]
    table.to_parquet(path)


def other_article(place: Path) -> None:
    path = next((place / "wiki").glob("*.parquet"))
    table = pd.read_parquet(path)
    table.loc[0, "text"] += " And so on."
    table.to_parquet(path)


def other_weights(place: Path) -> None:
    (place / "roberta/config.json").write_text((place / "roberta/config.json").read_text() + "\n")


def touched(place: Path) -> None:
    for path in place.rglob("glue/cola/*"):
        os.utime(path)


ASKED_ABOUT_TASK = ("finetune", "estimate_importance", "normalize_importance", "prune_curve")
SOURCES_CHANGED: dict[str, tuple[Callable[[Path], None], dict[str, int]]] = {
    "a label": (other_label, jobs("prepare_task", *ASKED_ABOUT_TASK)),
    "an article": (
        other_article,
        jobs("sample_corpus", "cut_blocks", "estimate_importance", "normalize_importance", "prune_curve"),
    ),
    "weights": (
        other_weights,
        jobs("fetch_model", "cut_blocks", "finetune", estimate_importance=2, normalize_importance=2, prune_curve=2),
    ),
    "times alone": (touched, {}),
}


@pytest.mark.parametrize(("change", "planned"), SOURCES_CHANGED.values(), ids=SOURCES_CHANGED)
def test_a_changed_source_reruns_exactly_what_is_made_from_it(
    change: Callable[[Path], None], planned: dict[str, int], local: tuple[Checkout, Configs], tmp_path: Path
) -> None:
    checkout, configs = local
    copy = Checkout(shutil.copytree(checkout.path.parent, tmp_path / "copy", symlinks=True) / "checkout")
    change(copy.path.parent)
    assert copy.plan(CURVE, MASKED, configs=configs).jobs == planned


def test_a_fine_tuned_model_of_ones_own_is_taken_as_it_is_and_never_written_to(
    local: tuple[Checkout, Configs], tmp_path: Path
) -> None:
    checkout, configs = local
    copy = Checkout(shutil.copytree(checkout.path.parent, tmp_path / "copy", symlinks=True) / "checkout")
    mine = copy.path.parent / "mine"
    shutil.copytree(copy.path / SEED1 / "checkpoint", mine)
    before = {path.name: path.read_bytes() for path in mine.iterdir()}
    none = {part: {"models": []} for part in ("freezing", "before_after", "layers")}
    own = {"study": "own", "encoders": {"roberta": {"finetuned": {"cola": {"source": "../mine"}}}}, **none}
    configs = (*configs, copy.overlay(own, "own.yaml"))
    curve = CURVE.replace("results/tiny", "results/own")
    done = copy.run(curve, "--cores", "2", "--configfile", *configs)
    assert "finetune" not in done.jobs and done.jobs["fetch_finetuned"] == 1
    assert {path.name: path.read_bytes() for path in mine.iterdir()} == before
    ours, theirs = (json.loads((copy.path / folder / "metrics.json").read_text()) for folder in (OWN_RUN, SEED1))
    assert ours["score"] == theirs["score"]
    shutil.rmtree(copy.path / OWN_RUN)
    shutil.copytree(mine, copy.path / OWN_RUN / "checkpoint")
    shutil.rmtree(copy.path / ".snakemake")
    shutil.rmtree(copy.path / "results/own/checksums")
    refused = copy.snakemake(curve, "--dry-run", "--configfile", *configs)
    assert refused.returncode != 0 and "no record says that this workflow made what is there now" in refused.stdout


def test_a_task_of_ones_own_is_read_scored_by_its_metric_and_made_again_when_its_file_changes(
    local: tuple[Checkout, Configs], tmp_path: Path
) -> None:
    checkout, configs = local
    copy = Checkout(shutil.copytree(checkout.path.parent, tmp_path / "copy", symlinks=True) / "checkout")
    path = copy.path.parent / "reviews.csv"
    rows = pd.DataFrame({"review": [f"the dog sees {number} cats" for number in range(90)], "stars": [5, 1, 10] * 30})
    rows.to_csv(path, index=False)
    told = {"source": "../reviews.csv", "text": "review", "label": "stars", "metric": "f1_macro"}
    own = {"datasets": {"reviews": told}, "tasks": ["cola", "reviews"]}
    configs = (*configs, copy.overlay({**own, "finetuning": {"roberta": {"reviews": {"epochs": 1}}}}, "own.yaml"))
    curve = CURVE.replace("cola", "reviews")
    assert copy.plan(CURVE, MASKED, configs=configs).jobs == {}  # a task beside changes nothing for the others
    assert copy.run(curve, "--cores", "2", "--configfile", *configs).jobs == jobs("prepare_task", *ASKED_ABOUT_TASK)
    run = copy.path / SEED1.replace("cola", "reviews")
    assert list(json.loads((run / "checkpoint/config.json").read_text())["id2label"].values()) == ["1", "5", "10"]
    assert json.loads((run / "metrics.json").read_text())["metric"] == "f1_macro"
    assert set(pd.read_parquet(copy.path / curve)["metric"]) == {"f1_macro"}
    rows.assign(stars=rows["stars"].replace(10, 5)).to_csv(path, index=False)
    assert copy.plan(CURVE, MASKED, curve, configs=configs).jobs == jobs("prepare_task", *ASKED_ABOUT_TASK)
