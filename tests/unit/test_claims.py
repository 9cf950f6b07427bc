"""Each claim on tables made to support, contradict, straddle and lack it."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from claim_tables import (
    CONTRADICTING,
    MADE,
    POINTS,
    SETTINGS,
    STRADDLING,
    SUPPORTING,
    c1,
    c3,
    c4,
    c6,
    c7,
    c8,
    curve,
    on_all,
    prunability,
    rows_of,
    supporting,
    with_metrics,
)

from headcount.claims import Settings, Tables, judge, judge_claim
from headcount.claims.bars import CLAIMED
from headcount.claims.bars import PAPER_TASKS as TASKS
from headcount.data.tasks import title

each_claim = pytest.mark.parametrize("identifier", CLAIMED)


# --------------------------------------------------------------------------------------------------------- every claim


@each_claim
@pytest.mark.parametrize(
    ("values", "verdict"),
    [(SUPPORTING, "supported"), (CONTRADICTING, "contradicted"), (STRADDLING, "inconclusive")],
    ids=["supported", "contradicted", "inconclusive"],
)
def test_a_claim_is_judged_by_where_its_intervals_lie(identifier, values, verdict):
    claim = judge_claim(identifier, MADE[identifier](values[identifier]), SETTINGS)
    assert claim.verdict == verdict, claim.statement
    assert {part.seeds for part in claim.parts} == {3}


@each_claim
def test_the_value_is_the_mean_over_seeds_of_what_the_tables_were_made_of(identifier):
    claim = judge_claim(identifier, supporting(identifier), SETTINGS)
    means = {title(task): np.mean(list(SUPPORTING[identifier][task].values())) for task in TASKS}
    for part in claim.parts:
        named = part.label.partition(",")[0]
        if named in means:
            assert part.value == pytest.approx(means[named])
            assert part.low <= part.value <= part.high
    assert len(claim.parts) == {"C2": 5, "C3": 2, "C5": 1, "C6": 8, "C8": 8}.get(identifier, 4)


@each_claim
def test_without_tables_a_claim_is_not_run(identifier):
    claim = judge_claim(identifier, Tables(), SETTINGS)
    assert claim.verdict == "not run" and claim.statement.startswith("Not run")
    assert all(part.value is None and part.verdict == "not run" for part in claim.parts)


@each_claim
def test_a_claim_about_a_model_that_the_study_does_not_have_is_not_run(identifier):
    roles = CLAIMED[identifier].roles
    tables = supporting(identifier)
    unknown = judge_claim(identifier, tables, Settings("test", {**SETTINGS.roles, roles[0]: "absent"}))
    assert unknown.verdict == "not run" and "absent" in unknown.model
    for role in roles:
        nobody = judge_claim(identifier, tables, Settings("test", {**SETTINGS.roles, role: None}))
        assert nobody.verdict == "not run" and nobody.model is None and nobody.parts == []


@each_claim
def test_one_seed_has_no_interval_and_settles_nothing(identifier):
    one = {task: {1: seeds[1]} for task, seeds in SUPPORTING[identifier].items()}
    claim = judge_claim(identifier, MADE[identifier](one), SETTINGS)
    assert claim.verdict == "inconclusive"
    assert all(part.value is not None and part.low is None and part.high is None for part in claim.parts)
    assert all("one seed" in part.note for part in claim.parts)


@each_claim
def test_some_of_the_tasks_contradict_but_never_support(identifier):
    if identifier == "C5":
        pytest.skip("C5 is about masked LM alone")
    some = {task: SUPPORTING[identifier][task] for task in ("cola", "sst2", "qqp")}
    assert judge_claim(identifier, MADE[identifier](some), SETTINGS).verdict == "inconclusive"
    some = {task: CONTRADICTING[identifier][task] for task in ("cola", "sst2", "qqp")}
    assert judge_claim(identifier, MADE[identifier](some), SETTINGS).verdict == "contradicted"


@each_claim
def test_a_collapsed_run_is_left_out_and_told(identifier):
    if identifier == "C5":
        pytest.skip("the pre-trained model is not fine-tuned")
    model = SETTINGS.roles[CLAIMED[identifier].roles[0]]
    values = {task: dict(seeds) for task, seeds in SUPPORTING[identifier].items()}
    values["sst2"][3] = CONTRADICTING[identifier]["sst2"][3]
    tables = MADE[identifier](values)
    whole = judge_claim(identifier, with_metrics(tables), SETTINGS)
    claim = judge_claim(identifier, with_metrics(tables, (model, "sst2", 3)), SETTINGS)
    concerned = [part for part in claim.parts if part.left_out]
    assert concerned and all(f"{model}, SST-2, seed 3 (collapsed in fine-tuning)" in part.note for part in concerned)
    assert {part.left_out for part in concerned} == {1} and {part.seeds for part in concerned} == {2}
    assert claim.verdict == "supported"
    assert all(part.left_out == 0 and part.seeds == 3 for part in whole.parts)
    assert whole.parts != claim.parts


@each_claim
def test_the_sources_are_the_files_that_were_read(identifier):
    tables = supporting(identifier)
    sources = judge_claim(identifier, tables, SETTINGS).sources
    every = {source for one in fields(tables) for source in getattr(tables, one.name).get("source", [])}
    assert set(sources) == every and sources == sorted(sources)


@each_claim
def test_the_statement_names_the_models_and_holds_the_values_and_intervals(identifier):
    claim = judge_claim(identifier, supporting(identifier), SETTINGS)
    assert all(SETTINGS.roles[role] in claim.statement for role in CLAIMED[identifier].roles)
    assert claim.statement.endswith(".") and claim.statement.count(" to ") >= len(claim.parts)


# -------------------------------------------------------------------------------------------------------- single claims


def test_a_prunable_fraction_ends_where_the_curve_first_falls_below_the_level():
    wiggle = [1.0, 0.95, 0.8, 0.95, 0.1]
    tables = Tables(curves=pd.concat([curve("roberta", "cola", seed, wiggle) for seed in (1, 2)]))
    first = judge_claim("C1", tables, SETTINGS).parts[0]
    last = judge_claim("C1", tables, replace(SETTINGS, crossing="last_crossing")).parts[0]
    assert (first.value, last.value) == (0.25, 0.75)


def test_only_curves_of_heads_in_the_runs_own_order_under_the_wanted_norm_are_read():
    good, bad = on_all(0.6, 0.7), on_all(0.1, 0.2)
    foreign = {"criterion": "pretrain_gate_gradient", "unit": "layer_heads", "schedule": "iterative"}
    others = [prunability(bad).assign(**{column: name}) for column, name in foreign.items()]
    tables = Tables(curves=pd.concat([prunability(good), prunability(bad, norm="l2"), *others]))
    assert judge_claim("C1", tables, SETTINGS).verdict == "supported"
    assert judge_claim("C1", tables, replace(SETTINGS, norm="l2")).verdict == "contradicted"


def test_an_undefined_relative_score_is_left_out():
    tables = c1(on_all(0.6, 0.7))
    undefined = curve("roberta", "cola", 3, [None] * (POINTS + 1))
    part = judge_claim("C1", Tables(curves=pd.concat([tables.curves, undefined])), SETTINGS).parts[0]
    assert (part.seeds, part.left_out) == (2, 1) and part.value == pytest.approx(0.65)
    assert "seed 3 (undefined)" in part.note


def test_a_task_of_which_every_run_was_left_out_is_not_run():
    tables = with_metrics(c1(on_all(0.6, 0.7)), *[("roberta", "cola", seed) for seed in (1, 2)])
    claim = judge_claim("C1", tables, SETTINGS)
    assert claim.verdict == "inconclusive"
    assert (claim.parts[0].verdict, claim.parts[0].left_out, claim.parts[0].value) == ("not run", 2, None)


def test_c2_is_contradicted_if_the_difference_is_not_largest_on_cola_and_mnli():
    values = {task: {1: -0.2, 2: -0.25} if task in ("sst2", "qqp") else {1: -0.1, 2: -0.15} for task in TASKS}
    claim = judge_claim("C2", MADE["C2"](values), SETTINGS)
    assert [part.verdict for part in claim.parts] == ["supported"] * 4 + ["contradicted"]
    assert claim.parts[-1].value == pytest.approx(0.1)
    assert claim.verdict == "contradicted"


def test_c2_takes_the_seeds_of_two_models_for_unrelated():
    shared, main = on_all(0.2, 0.4), on_all(0.6, 0.8)
    tables = Tables(curves=pd.concat([prunability(shared, "albert", "none"), prunability(main)]))
    part = judge_claim("C2", tables, SETTINGS).parts[0]
    assert part.value == pytest.approx(-0.4)
    # One model at its best where the other is at its worst has probability 1/16 either way; paired, nothing would vary.
    assert (part.low, part.high) == (pytest.approx(-0.6), pytest.approx(-0.2))


def test_c2_takes_the_seeds_of_one_model_together_over_its_tasks():
    shared = {task: {1: 0.1, 2: 0.3} if task in ("cola", "mnli") else {1: 0.2, 2: 0.4} for task in TASKS}
    main = {task: {1: 0.75, 2: 0.95} if task in ("cola", "mnli") else {1: 0.6, 2: 0.8} for task in TASKS}
    tables = Tables(curves=pd.concat([prunability(shared, "albert", "none"), prunability(main)]))
    most = judge_claim("C2", tables, SETTINGS).parts[-1]
    # Each model's own difference between the tasks is the same for every seed: -0.1 and 0.15.
    assert (most.low, most.high) == (pytest.approx(-0.25), pytest.approx(-0.25))


def test_c3_is_paired_by_seed_so_that_what_seeds_have_in_common_is_no_doubt():
    parts = [
        curve("roberta", task, seed, [score + gain] * 5, norm)
        for task in TASKS
        for seed, score in enumerate((0.2, 0.9, 0.5), 1)
        for norm, gain in (("l1", 0.01), ("l2", 0.0), ("none", 0.0))
    ]
    part = judge_claim("C3", Tables(curves=pd.concat(parts)), SETTINGS).parts[0]
    assert (part.low, part.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert part.verdict == "supported"


def test_c3_refuses_curves_with_different_points():
    short = curve("roberta", "cola", 1, [1.0, 0.5], "l2")
    tables = Tables(curves=pd.concat([curve("roberta", "cola", 1, [1.0, 0.8, 0.5]), short]))
    with pytest.raises(ValueError, match="different points"):
        judge_claim("C3", tables, SETTINGS)


def test_c3_without_one_of_the_norms_is_not_run_on_that():
    curves = c3(SUPPORTING["C3"]).curves
    claim = judge_claim("C3", Tables(curves=curves[curves["norm"] != "none"]), SETTINGS)
    assert [part.verdict for part in claim.parts] == ["supported", "not run"] and claim.verdict == "inconclusive"


def test_c4_tells_the_chance_level_and_when_that_explains_the_value():
    low, high = (judge_claim("C4", c4(on_all(value, value)), SETTINGS) for value in (0.92, 0.99))
    assert all("chance level 0.500 (95% of random sets: 0.400 to 0.950)" in part.note for part in low.parts)
    assert "no more than chance" in low.parts[0].note and "no more than chance" not in high.parts[0].note
    assert "by chance 50.0%" in low.statement


def test_c4_leaves_out_a_null_recall():
    recall = c4(on_all(0.95, 0.96, 0.97)).recall
    recall.loc[(recall["task"] == "qqp") & (recall["seed"] == 2), ["recall", "chance", "chance_low", "chance_high"]] = None
    part = judge_claim("C4", Tables(recall=recall), SETTINGS).parts[2]
    assert (part.seeds, part.left_out) == (2, 1) and part.value == pytest.approx(0.96)


def test_c6_reads_neither_the_embeddings_nor_the_middle_layer():
    claim = judge_claim("C6", c6(on_all(0.125, 0.125)), SETTINGS)
    assert [part.value for part in claim.parts] == [pytest.approx(0.125)] * 8


def test_c7_reads_the_layers_alone_whatever_the_embeddings_do():
    alone = c7(on_all(0.95, 0.96))
    both = alone.freezing.assign(frozen="layers and embeddings", relative_score=0.1)
    with_both = Tables(freezing=pd.concat([alone.freezing, both], ignore_index=True))
    assert judge_claim("C7", with_both, SETTINGS) == judge_claim("C7", alone, SETTINGS)


def test_c7_has_a_bar_of_its_own_for_cola():
    claim = judge_claim("C7", c7(on_all(0.95, 0.96)), SETTINGS)
    assert [(part.relation, part.bar) for part in claim.parts] == [(">=", 0.91)] + [(">", 0.98)] * 3
    assert [part.verdict for part in claim.parts] == ["supported"] + ["contradicted"] * 3


@pytest.mark.parametrize("r", [-0.6, 0.6])
def test_c8_is_contradicted_by_a_correlation_of_either_sign(r):
    assert judge_claim("C8", c8(on_all(r, r * 0.9)), SETTINGS).verdict == "contradicted"


def test_c8_against_scipy_and_undefined_where_layers_share_their_heads():
    from scipy.stats import pearsonr

    rng = np.random.default_rng(3)
    columns = {name: rng.normal(size=30) for name in ("attention_js", "importance", "pretrain_importance")}
    heads = pd.concat([rows_of("roberta", "cola", seed, layer=0, head=range(30), **columns) for seed in (1, 2)])
    claim = judge_claim("C8", Tables(heads=heads), SETTINGS)
    js = columns["attention_js"]
    expected = [pearsonr(columns[name], js).statistic for name in ("pretrain_importance", "importance")]
    assert [claim.parts[0].value, claim.parts[4].value] == pytest.approx(expected)
    shared = judge_claim("C8", Tables(heads=heads.assign(importance=np.nan)), SETTINGS)
    assert (shared.parts[4].verdict, shared.parts[4].left_out) == ("not run", 2)


def test_rows_of_another_study_are_refused():
    with pytest.raises(ValueError, match="rows of study 'test'"):
        judge(c1(on_all(0.6)), replace(SETTINGS, study="other"))
