"""Curves and orders of the shipped encoders, made by commit f40a84c, before a curve knew of anything but heads.

Scores are ratios of whole numbers and must be the same to the last digit. The order follows from the importances stored
beside it, so that another machine's rounding of a gradient does not change what is asked.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headcount import encoders
from headcount.criteria import ranked
from headcount.criteria.gate_gradient import estimate
from headcount.data.blocks import block_table
from headcount.data.tokenizer import TextEncoder
from headcount.miniature.articles import article
from headcount.miniature.encoders import shipped
from headcount.networks.task_examples import masked
from headcount.order.curve import COLUMNS, InOrder, one_shot, order_table, table, trace, units_in
from headcount.order.norms import normalize
from headcount.order.outcomes import outcomes_table
from headcount.order.points import points
from headcount.order.schedules import iterative
from headcount.units import REMOVERS, UNITS

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.json"))
KEYS = ("study", "model", "task", "seed", "unit", "criterion", "norm", "schedule", "metric")


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_curve_and_order_of_heads_are_what_they_were(path):
    golden = json.loads(path.read_text())
    directory = shipped(golden["model"])
    encoder = TextEncoder(directory)
    blocks = block_table([article(1, number) for number in range(30_000, 30_004)], encoder, 40)
    assert len(blocks) == golden["blocks"]
    examples = masked(blocks, encoder, golden["seed"], 0.15)
    model = encoders.load(directory, "ForMaskedLM")
    raw = np.array(golden["importance"])
    assert np.stack(estimate(model, examples, 4096)) == pytest.approx(raw, rel=1e-4)

    unit = UNITS[golden["unit"]]
    units = REMOVERS[golden["unit"]](model)
    if golden["schedule"] == "iterative":
        following = iterative(partial(estimate, model, examples, 4096), golden["norm"])
    else:
        following = one_shot(ranked(golden["criterion"], golden["unit"], units.left, normalize(raw, golden["norm"])))
    shrinking, removed = InOrder(units, following), points(len(units.left), 0.1, 24)
    answers = trace(shrinking, removed, lambda: examples.answer(model, 4096))

    curve = table(removed, answers, {key: golden[key] for key in KEYS})
    expected = pd.DataFrame({name: golden[name] for name in COLUMNS if name != "loss"})
    pd.testing.assert_frame_equal(curve.drop(columns="loss"), expected.astype({"relative_score": "Float64"}), check_exact=True)
    order = order_table(shrinking.gone, unit.columns)
    assert [list(head) for head in units_in(order)] == golden["order"]

    outcomes = outcomes_table(pd.DataFrame({"masked": examples.masked_tokens}), removed, answers)
    again = [outcomes[f"removed_{count}"].sum() / outcomes["masked"].sum() for count in removed]
    assert again == golden["score"]
