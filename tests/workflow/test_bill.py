"""The plan before the bill: it counts the jobs that Snakemake counts, and knows every rule of the workflow."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from checkout import MINIATURE, ROOT, Checkout

from headcount.planning.bill import bill
from headcount.planning.rates import card
from headcount.planning.targets import part
from headcount.settings import files

PAPER = "config/config.yaml"
BY_THEMSELVES = ("miniature", "encoders", "laptop", "outliers", "weights", "languages")
SMALLER = {
    "study": "smaller",
    "models": ["roberta-large"],
    "norms": ["l2"],
    "transfer": {"norm": "l2"},
    "seeds": [7],
    "freezing": {"models": []},
    "before_after": {"models": ["roberta-large", "albert-base-v1"], "tasks": ["qqp"], "fractions": [0.5]},
    "encoders": {"roberta-large": {"finetuned": {"cola": {"source": "somebody/roberta-large-cola"}}}},
}


ON_DEMAND = {"compare_readings", "readings"}
"""Rules that nothing in a whole study needs: they run for those who ask."""


def counts(*configs: Path) -> dict[str, int]:
    return bill(files.load(*configs), card("h200")).counts


@pytest.mark.parametrize("config", [PAPER, *(f"config/{name}.yaml" for name in BY_THEMSELVES)])
def test_the_plan_counts_what_snakemake_counts(config: str, checkout: Checkout) -> None:
    planned = checkout.plan(configs=(config,), options=("--resources", "gpu=1"))
    assert counts(checkout.path / PAPER, checkout.path / config) == planned.jobs


def test_the_plan_counts_what_snakemake_counts_of_a_part(checkout: Checkout) -> None:
    overlay = checkout.overlay(SMALLER)
    assert counts(checkout.path / PAPER, checkout.path / overlay) == checkout.plan(configs=(overlay,)).jobs


TARGETS = {
    "a figure and a table": ("results/miniature/figures/figure3.svg", "results/miniature/scores.csv"),
    "a model of many jobs": ("./results/miniature/albert/cola/seed2/checkpoint",),
}


@pytest.mark.parametrize("targets", TARGETS.values(), ids=TARGETS)
def test_the_plan_of_targets_counts_what_snakemake_counts(
    targets: tuple[str, ...], checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout.path)
    study = files.load(Path(PAPER), Path(MINIATURE))
    asked = part(study, [Path(MINIATURE)], targets)
    assert asked.needed == asked.left
    planned = checkout.plan(*(target.removeprefix("./") for target in targets), configs=(MINIATURE,))
    assert bill(study, card("h200"), asked).counts == planned.jobs


@pytest.mark.parametrize("config", BY_THEMSELVES)
def test_a_config_counts_the_same_by_itself(config: str) -> None:
    """So that its plan may be asked for without naming the paper's config, over which Snakemake lays it."""
    path = ROOT / f"config/{config}.yaml"
    assert counts(path) == counts(ROOT / PAPER, path)


def test_every_rule_of_the_workflow_is_in_some_plan(checkout: Checkout) -> None:
    text = "\n".join(path.read_text() for path in sorted((ROOT / "workflow").rglob("*.smk")))
    rules = set(re.findall(r"^ *(?:rule|checkpoint) (\w+):", text, re.MULTILINE))
    assert len(rules) > 20
    planned = [counts(path) for path in (ROOT / "config").glob("*.yaml")]
    overlays = [ROOT / "config/overlays" / f"{name}.yaml" for name in ("features", "languages")]
    planned += [counts(ROOT / "config/miniature.yaml", overlay) for overlay in overlays]
    part = counts(ROOT / PAPER, checkout.path / checkout.overlay(SMALLER))
    assert set(part).union(*planned) == rules - ON_DEMAND
