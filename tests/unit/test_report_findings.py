"""What the page says is seen in a figure: the numbers are those of the table behind it, worked out by hand here."""

from __future__ import annotations

import pandas as pd
from report_samples import claims, curve, reliability

from headcount.report import findings, verdicts


def test_curves_are_read_at_the_point_nearest_to_half_of_the_heads():
    rows = [
        curve("m", "cola", "l1", [1, 0.95, 0.8, 0.5, 0], collapsed=1),
        curve("m", "qqp", "l1", [1, 0.9, 0.775, 0.5, 0]),
        curve("n", "cola", "none", [1, 0.6, 0.3, 0]),
    ]
    assert list(findings.curves(pd.concat(rows))) == [
        "Without 50.0% of its heads (l1 norm), m keeps 80.0% on CoLA and 77.5% on QQP of its unpruned score.",
        "Without 33.3% of its heads (no norm), n keeps 60.0% on CoLA of its unpruned score.",
        "Left out of the means: 1 run of m on CoLA (collapsed in fine-tuning).",
    ]


def test_what_the_best_constant_answer_reaches_is_said_once_a_model():
    """Whatever the norm of a curve, where it is known."""
    norms = [curve("m", task, norm, [1, 0]) for norm in ("l1", "l2") for task in ("cola", "qqp")]
    table = pd.concat(norms).assign(constant=lambda rows: rows["task"].map({"qqp": 0.6}))
    assert [said for said in findings.curves(table) if "constant" in said] == [
        "The best constant answer alone reaches 60.0% on QQP of the unpruned score of m."
    ]


def test_the_most_important_head_of_each_task_is_named_once_for_all_tasks_that_it_is_that_of():
    shares = {"cola": [0.2, 1.0], "qqp": [1.0, 0.1], "mlm": [0.3, 1.0]}
    rows = [pd.DataFrame({"model": "m", "task": task, "layer": [1, 2], "head": 3, "share": v}) for task, v in shares.items()]
    shared = pd.DataFrame({"model": "n", "task": "cola", "layer": 1, "head": [1, 2], "share": [0.1, 1.0]})
    assert list(findings.importances(pd.concat([*rows, shared], ignore_index=True))) == [
        "The most important head of m is head 3 of layer 2 on CoLA and Masked LM; head 3 of layer 1 on QQP.",
        "The most important head of n is head 2 on CoLA.",
    ]


def test_each_unit_and_criterion_is_read_by_itself():
    heads, layers = (curve("m", "cola", "l1", scores).drop(columns="norm") for scores in ([1, 0.9, 0.5], [1, 0.4, 0.1]))
    table = pd.concat([heads.assign(unit="head", criterion="gate_gradient"), layers.assign(unit="layer", criterion="top")])
    assert list(findings.curves(table)) == [
        "Without 50.0% of its heads (importance on the task), m keeps 90.0% on CoLA of its unpruned score.",
        "Without 50.0% of its layers (top layer first), m keeps 40.0% on CoLA of its unpruned score.",
    ]


def test_a_model_without_a_mean_is_said_to_have_no_curve():
    said = findings.curves(curve("m", "cola", "l1", [None, None, None], collapsed=2))
    assert "The curves of m over its heads (l1 norm) cannot be read." in said


def test_only_the_norm_of_the_verdicts_or_the_only_one_is_read():
    parts = [curve("m", "cola", norm, [1, 0]) for norm in ("l1", "l2")] + [curve("n", "cola", "none", [1, 0])]
    read = findings.read_under(pd.concat(parts, ignore_index=True), "l2")
    assert read[["model", "norm"]].drop_duplicates().to_numpy().tolist() == [["m", "l2"], ["n", "none"]]


def test_verdicts_are_quoted_in_their_own_words_unless_they_were_not_run():
    found = verdicts.claims(claims())
    assert list(findings.quoted(found, ["C2", "C4", "C9", "C1"])) == [
        "C2 (contradicted): measured <b>2</b> & more",
        "C1 (supported): measured <b>1</b> & more",
    ]


def test_recall_is_read_at_its_level_beside_chance():
    columns = ["model", "task", "x", "mean", "chance", "undefined", "empty", "collapsed"]
    rows = [
        ("m", "cola", 0.7, 0.1, 0.1, 0, 0, 1),
        ("m", "cola", 0.75, 0.47, 0.33, 0, 0, 1),
        ("m", "qqp", 0.75, None, None, 0, 2, 0),
    ]
    assert list(findings.recall(pd.DataFrame(rows, columns=columns))) == [
        "Where masked LM keeps 75% of its score, the recall of m is 47.0% on CoLA (chance 33.0%).",
        "Left out of the means: 1 run of m on CoLA (collapsed in fine-tuning) and 2 runs of m on QQP (in need of no head).",
    ]


def test_agreement_is_told_from_the_lowest_pair_of_tasks_to_the_highest():
    rows = [
        ("m", "cola", "cola", 0.2),
        ("m", "qqp", "qqp", 0.12),
        ("m", "cola", "qqp", -0.05),
        ("m", "qqp", "mlm", 0.3),
        ("m", "mlm", "mlm", 0.9),
    ]
    assert list(findings.agreement(pd.DataFrame(rows, columns=["model", "task_a", "task_b", "excess"]))) == [
        "In m, the overlap of required heads less what chance gives is, in points, between +12.0 and +20.0 for two seeds of one"
        " task, −5.0 for two tasks and +30.0 for masked LM and a task."
    ]


def test_the_importance_that_fewest_examples_carry_is_named():
    assert list(findings.reliability(reliability())) == [
        "Fewest examples carry the importance of roberta on QQP, seed 1: the 1% of its 400 examples with the largest part make"
        " up 87.5% of the sum, and two halves of the examples rank the heads with a correlation of 0.620."
    ]
    assert list(findings.reliability(reliability().assign(largest_percent_share=None))) == []


def test_the_lowest_layer_stands_beside_the_highest_without_the_embeddings():
    rows = [("m", "cola", 0, None, 9.0), ("m", "cola", 1, 0.1, 1.0), ("m", "cola", 2, 0.9, 7.0), ("m", "cola", 3, 0.3, 3.0)]
    assert list(findings.layers(pd.DataFrame(rows, columns=["model", "task", "layer", "js_mean", "l2"]))) == [
        "In m's lowest and highest layer attention diverges by 0.100 and 0.300 on CoLA (nats).",
        "In m's lowest and highest layer hidden states move by 1.000 and 3.000 on CoLA (in l2 distance).",
    ]


def test_the_heads_that_move_most_and_least_are_named():
    rows = [("m", "cola", 1, 1, 0.1), ("m", "qqp", 2, 3, 0.4), ("m", "qqp", 2, 4, 0.2)]
    assert list(findings.heads(pd.DataFrame(rows, columns=["model", "task", "layer", "head", "js_mean"]))) == [
        "In m, head 3 of layer 2 on QQP moves most (0.400 nats), head 1 of layer 1 on CoLA least (0.100 nats)."
    ]


def test_correlations_are_those_over_all_seeds():
    rows = [
        ("m", "cola", "pre-train", "1", 0.9),
        ("m", "cola", "pre-train", "all", -0.2),
        ("m", "cola", "downstream", "all", None),
    ]
    assert list(findings.correlations(pd.DataFrame(rows, columns=["model", "task", "importance", "seed", "r"]))) == [
        "With the importance on the pre-train task, r over all seeds together is −0.20 on CoLA for m."
    ]


def test_features_that_stand_out_are_counted_by_layer_and_a_model_without_any_is_told():
    rows = [("m", 1, 5, True), ("m", 2, 5, False), ("m", 1, 9, True), ("m", 2, 9, True), ("n", 1, None, None)]
    table = pd.DataFrame(rows, columns=["model", "layer", "feature", "outlier"]).assign(features=768)
    assert list(findings.features(table)) == [
        "Of the 768 features of m, feature 5 in 1 of its 2 layers and feature 9 in 2 of its 2 layers stand out.",
        "Of the 768 features of n, none stands out.",
    ]


def test_what_is_left_is_read_without_all_outliers_and_without_random_features():
    rows = [
        ("mlm", "loss", "none", "none", 0, 1.0, 0),
        ("mlm", "loss", "zero", "outlier", 1, 1.2, 0),
        ("mlm", "loss", "zero", "all", 2, 1.706, 0),
        ("mlm", "loss", "zero", "random", 2, 1.004, 0),
        ("mlm", "loss", "mean", "all", 2, 1.01, 0),
        ("cola", "score", "zero", "all", 2, 0.25, 1),
        ("qqp", "score", "zero", "all", 2, 0.5, 0),
        ("cola", "score", "zero", "random", 2, 0.99, 1),
        ("qqp", "score", "zero", "random", 2, None, 0),
    ]
    columns = ["task", "measure", "replace", "arm", "count", "relative", "collapsed"]
    table = pd.DataFrame(rows, columns=columns).assign(model="m", undefined=0)
    assert list(findings.ablation(table)) == [
        "With outlier features replaced by zero, the masked-LM loss of m is 1.71 times the whole model's; with outlier"
        " features replaced by their means, 1.01 times the whole model's; with as many random features replaced by zero, 1.00"
        " times the whole model's.",
        "With outlier features replaced by zero, m keeps, of its score, 25.0% on CoLA and 50.0% on QQP; with as many random"
        " features replaced by zero, 99.0% on CoLA.",
        "Left out of the means: 1 run of m on CoLA (collapsed in fine-tuning).",
    ]


def test_emergence_is_read_at_the_first_snapshot_and_at_the_last():
    rows = [("m", 0, 5, 0.51, 0.4, 7.0), ("m", 600, 5, 1.0, 0.9, 3.0), ("m", 9000, 5, 3.7, 11.2, 0.5)]
    rows += [("n", 0, None, None, None, 7.0), ("n", 9000, None, None, None, 0.5)]
    table = pd.DataFrame(rows, columns=["model", "step", "feature", "z_scale", "z_bias", "loss"])
    assert list(findings.emergence(table)) == [
        "From step 0 to step 9,000 of the pre-training of m, the loss goes from 7.000 to 0.500; |z|, in the mean over the"
        " layers, of feature 5 from 0.5 to 3.7 in scale and from 0.4 to 11.2 in bias.",
        "From step 0 to step 9,000 of the pre-training of n, the loss goes from 7.000 to 0.500; no feature is an outlier in the"
        " end.",
    ]
    assert list(findings.emergence(table[table["step"] == 0])) == []


def test_before_and_after_are_compared_at_the_shares_that_were_tried_before():
    rows = [
        ("m", "cola", arm, x, y) for arm, x, y in [("after_own", 0.5, 0.8), ("after_own", 0.25, 0.9), ("before", 0.5, 0.95)]
    ]
    table = pd.DataFrame(rows, columns=["model", "task", "arm", "removed_fraction", "mean"])
    assert list(findings.arms(table)) == [
        "Without 50.0% of its heads, m keeps 95.0% on CoLA if they are removed before fine-tuning in the pre-train task's"
        " order; 80.0% on CoLA if they are removed after it in the task's own order."
    ]
