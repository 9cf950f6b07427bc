"""What the page says is seen in a figure: the numbers are those of the table behind it, worked out by hand here."""

from __future__ import annotations

import pandas as pd
import pytest
from report_samples import curve

from headcount.report import findings as seen


def test_curves_are_read_at_half_of_the_heads_and_at_their_level():
    rows = [curve("m", "cola", "l1", [1, 0.95, 0.8, 0.5, 0]), curve("m", "cola", "l2", [1, 0.95, 0.7, 0.95, 0], collapsed=1)]
    said = list(seen.curves(pd.concat(rows)))
    assert said == [
        "With half of its heads removed (the l1 norm), m keeps 80% on CoLA of its unpruned score; its mean curve"
        " stays at 90% or above until 25% on CoLA of its heads are gone.",
        "Averaged over tasks, m then keeps 80.0% with the l1 norm and 70.0% with the l2 norm.",
        "Left out of the means: 1 run of m on CoLA (collapsed in fine-tuning).",
    ]


def test_a_curve_that_dips_below_a_level_holds_it_no_further():
    assert seen.share_held(curve("m", "cola", "l1", [1, 0.8, 0.95, 0.95, 0]), 0.9) == 0.0
    assert seen.share_held(curve("m", "cola", "l1", [1, 1, 1, 1, 0.9]), 0.9) == 1.0
    assert seen.share_held(curve("m", "cola", "l1", [None, None]), 0.9) is None


def test_a_model_without_a_mean_is_said_to_have_no_curve():
    assert "The curves of m cannot be read." in seen.curves(curve("m", "cola", "l1", [None, None, None], collapsed=2))
    assert list(seen.masked_lm(curve("m", "mlm", "l1", [None, None, None]))) == ["The curve of m cannot be read."]


def test_the_masked_lm_curve_is_read_at_its_level_in_heads_that_are_left():
    assert list(seen.masked_lm(curve("m", "mlm", "none", [1, 0.9, 0.76, 0.5, 0]))) == [
        "The mean curve of m stays at 75% of its masked-LM score or above until 50% of its heads are gone; with half of them"
        " gone it is at 76%."
    ]


def test_recall_is_read_at_its_level_beside_chance():
    columns = ["model", "task", "x", "mean", "chance", "undefined", "empty", "collapsed"]
    rows = [
        ("m", "cola", 0.7, 0.1, 0.1, 0, 0, 1),
        ("m", "cola", 0.75, 0.47, 0.33, 0, 0, 1),
        ("m", "qqp", 0.75, None, None, 0, 2, 0),
    ]
    assert list(seen.recall(pd.DataFrame(rows, columns=columns))) == [
        "Where masked LM keeps 75% of its score, the recall of m is 47% on CoLA (chance 33%).",
        "Left out of the means: 1 run of m on CoLA (collapsed in fine-tuning) and 2 runs of m on QQP (in need of no head).",
    ]


def test_agreement_weighs_pairs_of_tasks_by_their_pairs_of_runs():
    rows = [
        ("m", "cola", "cola", 1, 0.2),
        ("m", "qqp", "qqp", 3, 0.12),
        ("m", "cola", "qqp", 4, -0.05),
        ("m", "qqp", "mlm", 4, 0.3),
    ]
    rows.append(("m", "mlm", "mlm", 1, 0.9))
    said = list(seen.agreement(pd.DataFrame(rows, columns=["model", "task_a", "task_b", "sets", "excess"])))
    by_hand = 100 * (1 * 0.2 + 3 * 0.12) / 4
    assert by_hand == pytest.approx(14)
    assert said == [
        "In m, the overlap of required heads less what chance gives is +14 points for two seeds of one task, −5 points for two"
        " tasks and +30 points for masked LM and a task, on average."
    ]


def test_layers_are_read_in_halves_without_the_embeddings():
    rows = [("m", 0, None, 9.0), ("m", 1, 0.1, 1.0), ("m", 2, 0.2, 2.0), ("m", 3, 0.3, 3.0), ("m", 4, 0.5, 5.0)]
    assert list(seen.layers(pd.DataFrame(rows, columns=["model", "layer", "js_mean", "l2"]))) == [
        "Lower against upper half of m's layers, averaged over tasks: its attention diverges by 0.150 nats below and 0.400"
        " above and its hidden states by 1.50 below and 4.00 above."
    ]


def test_the_head_that_moves_most_is_named():
    rows = [("m", "cola", 1, 1, 0.1), ("m", "qqp", 2, 3, 0.4), ("m", "qqp", 2, 4, 0.2)]
    assert list(seen.heads(pd.DataFrame(rows, columns=["model", "task", "layer", "head", "js_mean"]))) == [
        "In m, head 3 of layer 2 on QQP moves most: 0.400 nats, against 0.200 for the median head."
    ]


def test_correlations_are_those_over_all_seeds():
    rows = [
        ("m", "cola", "pre-train", "1", 0.9),
        ("m", "cola", "pre-train", "all", -0.2),
        ("m", "cola", "downstream", "all", None),
    ]
    assert list(seen.correlations(pd.DataFrame(rows, columns=["model", "task", "importance", "seed", "r"]))) == [
        "With the importance on the pre-train task, r over all seeds together is −0.20 on CoLA for m."
    ]


def test_before_and_after_are_compared_at_the_shares_that_were_tried_before():
    rows = [
        ("m", "cola", arm, x, y) for arm, x, y in [("after_own", 0.5, 0.8), ("after_own", 0.25, 0.9), ("before", 0.5, 0.95)]
    ]
    table = pd.DataFrame(rows, columns=["model", "task", "arm", "removed_fraction", "mean"])
    assert list(seen.arms(table)) == [
        "Without 50% of its heads, m keeps 95% on CoLA if they are removed before fine-tuning in the pre-train task's order;"
        " 80% on CoLA if they are removed after it in the task's own order."
    ]
