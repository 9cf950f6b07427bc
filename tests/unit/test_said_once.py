"""A number is computed once: what a caption says stands in the claims or in the table behind the figure."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from report_samples import settings
from test_figures import curve

from headcount.claims import Settings, Tables, judge
from headcount.figures.curves import relative_curves
from headcount.phrasing import percent
from headcount.report.page import compose
from headcount.report.sources import Picture, Sources

WIGGLES = {1: [1.0, 0.95, 0.8, 0.92, 0.1], 2: [1.0, 0.93, 0.7, 0.85, 0.2], 3: [1.0, 0.9, 0.85, 0.6, 0.0]}
"""Relative scores by seed: where their mean falls below 0.9 is not the mean of where each of them does, and one lies on it."""


def figure1(crossing: str):
    """The caption of figure 1, the claims and the table behind the figure, all made of the same curves."""
    tasks = ["cola", "sst2", "qqp", "mnli"]
    curves = pd.concat([curve(scores, task=task, seed=seed) for task in tasks for seed, scores in WIGGLES.items()])
    roles = {"main": "roberta", "shared": None, "appendix": None}
    verdicts = judge(Tables(curves=curves), Settings("test", roles, crossing=crossing))
    _, table = relative_curves(curves, ["roberta"], tasks)
    pictures = {"figure1": Picture(table=table)}
    page = compose(Sources(settings(), claims=verdicts.model_dump(mode="json"), pictures=pictures))
    return " ".join(page.figures[0].seen), verdicts, table


@pytest.mark.parametrize("crossing", ["first_crossing", "last_crossing"])
def test_the_share_of_heads_that_can_go_is_the_claims(crossing):
    caption, verdicts, _ = figure1(crossing)
    for part in verdicts.claims[0].parts:
        wanted = f"{part.label} {percent(part.value)} ({percent(part.low)} to {percent(part.high)}"
        assert wanted in caption


@pytest.mark.parametrize("crossing", ["first_crossing", "last_crossing"])
def test_every_percentage_in_a_caption_stands_in_the_claims_or_in_the_table(crossing):
    caption, verdicts, table = figure1(crossing)
    parts = [part for claim in verdicts.claims for part in claim.parts]
    known = [number for part in parts for number in (part.value, part.low, part.high, part.bar) if number is not None]
    known += [0.9, *table["mean"], *table["removed_fraction"]]
    said = re.findall(r"(\d+(?:\.\d+)?)%", caption)
    assert said
    for text in said:
        digits = len(text.partition(".")[2])
        assert any(f"{abs(100 * number):.{digits}f}" == text for number in known), text
