"""Each claim on tables made to support, contradict, straddle and lack it."""

from __future__ import annotations

from dataclasses import replace

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
    c10,
    curve,
    holds,
    on_all,
    prunability,
    rows_of,
    supporting,
    with_metrics,
)
from scipy.stats import hypergeom, norm

from headcount.claims import Settings, Tables, judge, judge_claim
from headcount.claims.heads import CLAIMED, PAPER_MODELS
from headcount.claims.heads import PAPER_TASKS as TASKS
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
            assert part.value == pytest.approx(means[named], abs=1e-5)  # Fisher's z curves a little
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
    assert all("one seed" in part.note for part in claim.parts) and "at least 3 seeds" in claim.to_decide


@each_claim
@pytest.mark.parametrize("values", [SUPPORTING, CONTRADICTING], ids=["supporting", "contradicting"])
def test_two_seeds_give_an_interval_and_no_direction(identifier, values):
    two = {task: {seed: seeds[seed] for seed in (1, 2)} for task, seeds in values[identifier].items()}
    claim = judge_claim(identifier, MADE[identifier](two), SETTINGS)
    assert claim.verdict == "inconclusive" and "at least 3 seeds" in claim.to_decide
    assert all(part.low is not None and part.verdict == "inconclusive" for part in claim.parts)


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
    values = {task: {**seeds, 4: seeds[2]} for task, seeds in SUPPORTING[identifier].items()}
    values["sst2"][4] = CONTRADICTING[identifier]["sst2"][3]
    tables = MADE[identifier](values)
    whole = judge_claim(identifier, with_metrics(tables), SETTINGS)
    claim = judge_claim(identifier, with_metrics(tables, (model, "sst2", 4)), SETTINGS)
    concerned = [part for part in claim.parts if part.left_out]
    assert concerned and all(f"{model}, SST-2, seed 4 (collapsed in fine-tuning)" in part.note for part in concerned)
    assert {part.left_out for part in concerned} == {1} and {part.seeds for part in concerned} == {3}
    assert claim.verdict == "supported"
    assert all(part.left_out == 0 and part.seeds == 4 for part in whole.parts)
    assert whole.parts != claim.parts


def without_scores(tables: Tables, model: str, task: str, seed: int) -> Tables:
    """The tables where nobody was asked along the curves of one run: their points alone, and no order of heads."""
    curves = tables.curves
    own = (curves["model"] == model) & (curves["task"] == task) & (curves["seed"] == seed)
    columns = {name: curves[name].mask(own) for name in ("score", "relative_score")}
    outcomes = {source: table[: 0 if source == f"{model}/{task}/{seed}" else None] for source, table in tables.outcomes.items()}
    orders = {source: [] if source == f"{model}/{task}/{seed}" else order for source, order in tables.orders.items()}
    return replace(tables, curves=curves.assign(**columns), outcomes=outcomes, orders=orders)


def asked_along(tables: Tables) -> Tables:
    """The tables with 40 examples of each curve, right at most points, and its order of heads."""
    numbers, labels = np.arange(40), np.arange(40) % 2
    right = {f"removed_{count}": numbers % (POINTS + 5) > count / 4 for count in range(POINTS + 1)}
    answers = {name: np.where(each, labels, 1 - labels) for name, each in right.items()}
    table = pd.DataFrame({"example": numbers.astype(str), "label": labels, "masked": 1, **answers})
    heads = [(0, number) for number in range(POINTS)]
    sources = set(tables.curves["source"])
    return replace(tables, outcomes=dict.fromkeys(sources, table), orders=dict.fromkeys(sources, heads))


@pytest.mark.parametrize("identifier", ["C1", "C2", "C3", "C9"])
def test_no_verdict_reads_the_curve_of_a_collapsed_run_so_that_none_need_be_computed(identifier):
    gone = "roberta", "sst2", 2
    tables = with_metrics(asked_along(MADE[identifier](SUPPORTING[identifier])), gone)
    judged = judge_claim(identifier, tables, SETTINGS)
    assert judge_claim(identifier, without_scores(tables, *gone), SETTINGS) == judged
    assert {part.left_out for part in judged.parts} >= {1}
    assert judged.parts[0].error_of_examples or identifier != "C1", "the examples of the others are drawn again"


def test_nothing_is_drawn_again_of_a_task_on_which_every_run_collapsed():
    """Its curves come without examples, and so does the recall that needs them."""
    runs = [("roberta", "sst2", seed) for seed in (1, 2, 3)]
    mlm = MADE["C5"](SUPPORTING["C5"]).curves
    tables = asked_along(Tables(curves=pd.concat([MADE["C1"](SUPPORTING["C1"]).curves, mlm])))
    tables = replace(with_metrics(tables, *runs), recall=MADE["C4"](SUPPORTING["C4"]).recall)
    for run in runs:
        tables = without_scores(tables, *run)
    for identifier in ("C1", "C4"):
        verdicts = {part.label: part.verdict for part in judge_claim(identifier, tables, SETTINGS).parts}
        assert verdicts.pop("SST-2") == "not run" and "not run" not in verdicts.values()


@each_claim
def test_the_sources_are_the_files_that_were_read(identifier):
    tables = supporting(identifier)
    sources = judge_claim(identifier, tables, SETTINGS).sources
    every = {source for table in tables.frames.values() for source in table.get("source", [])}
    assert set(sources) == every and sources == sorted(sources)


@each_claim
def test_the_statement_names_the_models_and_holds_the_values_and_intervals(identifier):
    claim = judge_claim(identifier, supporting(identifier), SETTINGS)
    for role in CLAIMED[identifier].roles:
        assert all(SETTINGS.roles[role] in text for text in (claim.statement, claim.claim, claim.model))
        assert f"stands for {PAPER_MODELS[role]}" in claim.model and PAPER_MODELS[role] not in claim.claim
    assert claim.statement.endswith(".") and claim.statement.count(" to ") >= len(claim.parts)


# -------------------------------------------------------------------------------------------------------- single claims


def test_a_prunable_share_is_read_off_where_the_curve_falls_through_the_level():
    wiggle = [1.0, 0.95, 0.8, 0.95, 0.1]
    tables = Tables(curves=pd.concat([curve("roberta", "cola", seed, wiggle) for seed in (1, 2)]))
    first = judge_claim("C1", tables, SETTINGS).parts[0]
    last = judge_claim("C1", tables, replace(SETTINGS, crossing="last_crossing")).parts[0]
    # From .95 to .8 a third of the way to .9; from .95 to .1 a seventeenth of it.
    assert (first.value, last.value) == (pytest.approx(0.25 + 0.25 / 3), pytest.approx(0.75 + 0.25 / 17))


def test_only_curves_of_heads_in_the_runs_own_order_under_the_wanted_norm_are_read():
    good, bad = on_all(0.64, 0.65, 0.66), on_all(0.1, 0.11, 0.12)
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
    sooner, later = {1: -0.2, 2: -0.205, 3: -0.21}, {1: -0.1, 2: -0.105, 3: -0.11}
    values = {task: sooner if task in ("sst2", "qqp") else later for task in TASKS}
    claim = judge_claim("C2", MADE["C2"](values), SETTINGS)
    assert [part.verdict for part in claim.parts] == ["supported"] * 4 + ["contradicted"]
    assert claim.parts[-1].value == pytest.approx(0.1)
    assert claim.verdict == "contradicted"


def test_c2_takes_the_seeds_of_two_models_for_unrelated():
    shared, main = on_all(0.2, 0.4), on_all(0.6, 0.8)
    tables = Tables(curves=pd.concat([prunability(shared, "albert", "none"), prunability(main)]))
    part = judge_claim("C2", tables, SETTINGS).parts[0]
    # Each mean has the standard error .1; their difference the root of the sum of squares, with 1 + 1 degrees of freedom.
    assert part.value == pytest.approx(-0.4)
    assert (part.error_of_seeds, part.freedom) == (pytest.approx(0.1 * np.sqrt(2)), pytest.approx(2))


def test_c2_takes_the_seeds_of_one_model_together_over_its_tasks():
    shared = {task: {1: 0.1, 2: 0.3} if task in ("cola", "mnli") else {1: 0.2, 2: 0.4} for task in TASKS}
    main = {task: {1: 0.75, 2: 0.95} if task in ("cola", "mnli") else {1: 0.6, 2: 0.8} for task in TASKS}
    tables = Tables(curves=pd.concat([prunability(shared, "albert", "none"), prunability(main)]))
    most = judge_claim("C2", tables, SETTINGS).parts[-1]
    # Each model's own difference between the tasks is the same for every seed: -0.1 and 0.15.
    assert (most.low, most.high) == (pytest.approx(-0.25), pytest.approx(-0.25))


def test_c3_is_paired_by_seed_so_that_what_seeds_have_in_common_is_no_doubt():
    shares = {1: 0.2, 2: 0.9, 3: 0.5}
    parts = [
        curve("roberta", task, seed, holds(share + gain), norm)
        for task in TASKS
        for seed, share in shares.items()
        for norm, gain in (("l1", 0.01), ("l2", 0.0), ("none", 0.0))
    ]
    part = judge_claim("C3", Tables(curves=pd.concat(parts)), SETTINGS).parts[0]
    assert (part.low, part.high) == (pytest.approx(0.01), pytest.approx(0.01))
    assert part.verdict == "supported"


def test_c3_has_the_mean_difference_beside_it_over_the_region_and_the_whole_curve():
    curves = {"l1": [1.0, 0.95, 0.8, 0.2, 0.0], "l2": [1.0, 0.85, 0.6, 0.4, 0.0], "none": [1.0, 0.85, 0.95, 0.4, 0.0]}
    rows = [curve("roberta", task, seed, values, norm) for task in TASKS for seed in (1, 2) for norm, values in curves.items()]
    beside = judge_claim("C3", Tables(curves=pd.concat(rows)), SETTINGS).beside
    found = {(one.label, "all points" in one.quantity): one.value for one in beside}
    assert found == {
        ("l1 minus l2", False): pytest.approx((0 + 0.1) / 2),
        ("l1 minus l2", True): pytest.approx((0.1 + 0.2 - 0.2) / 5),
        ("l1 minus no norm", False): pytest.approx((0.1 - 0.15) / 3),
        ("l1 minus no norm", True): pytest.approx((0.1 - 0.15 - 0.2) / 5),
    }


def test_c3_refuses_curves_with_different_points():
    short = curve("roberta", "cola", 1, [1.0, 0.5], "l2")
    tables = Tables(curves=pd.concat([curve("roberta", "cola", 1, [1.0, 0.8, 0.5]), short]))
    with pytest.raises(ValueError, match="different points"):
        judge_claim("C3", tables, SETTINGS)


def test_c3_without_one_of_the_norms_is_not_run_on_that():
    curves = c3(SUPPORTING["C3"]).curves
    claim = judge_claim("C3", Tables(curves=curves[curves["norm"] != "none"]), SETTINGS)
    assert [part.verdict for part in claim.parts] == ["supported", "not run"] and claim.verdict == "inconclusive"


def test_c4_holds_the_mean_over_seeds_against_the_mean_of_as_many_random_sets():
    """Of ten random heads of twenty, each of eight is one with probability a half: a recall of .5, standard deviation .14."""
    scipy_error = np.sqrt(hypergeom.var(20, 8, 10)) / 8
    assert scipy_error == pytest.approx(0.1405, abs=0.0001)
    part = judge_claim("C4", c4(on_all(0.65, 0.65)), SETTINGS).parts[0]
    assert f"chance level 0.500 ± {scipy_error / np.sqrt(2):.3f} (mean of 2 random sets)" in part.note
    assert "no more than chance" in part.note and "at most 1.000" in part.note
    p = norm.sf(0.15 / (scipy_error / np.sqrt(4)))
    assert f"above it with p = {p:.3f}" in judge_claim("C4", c4(on_all(0.65, 0.65, 0.65, 0.65)), SETTINGS).parts[0].note
    recall = c4(on_all(0.65, 0.65)).recall.assign(pretrain_heads=4)
    claim = judge_claim("C4", Tables(recall=recall), SETTINGS)
    assert "at most 0.500" in claim.parts[0].note and "by chance 20.0%, at most 50.0%" in claim.statement


def test_c4_leaves_out_a_null_recall():
    recall = c4(on_all(0.95, 0.96, 0.97)).recall
    recall.loc[(recall["task"] == "qqp") & (recall["seed"] == 2), ["recall", "chance"]] = None
    part = judge_claim("C4", Tables(recall=recall), SETTINGS).parts[2]
    assert (part.seeds, part.left_out) == (2, 1) and part.value == pytest.approx(0.96)


def test_c6_reads_neither_the_embeddings_nor_the_middle_layer():
    claim = judge_claim("C6", c6(on_all(0.125, 0.125)), SETTINGS)
    assert [part.value for part in claim.parts] == [pytest.approx(0.125)] * 8


def test_c6_has_two_controls_beside_it():
    """Each layer fed the pre-trained states; and the model with shared layers, where a gap comes from depth alone."""
    own, shared = c6(on_all(0.125, 0.125)), c6(on_all(0.25, 0.25))
    both = {name: pd.concat([getattr(own, name), getattr(shared, name).assign(model="albert")]) for name in ("heads", "layers")}
    beside = judge_claim("C6", Tables(**both), SETTINGS).beside
    values = {(one.label, "albert" in one.quantity): one.value for one in beside}
    for label in ("SST-2, JS", "SST-2, L2"):
        assert (values[label, False], values[label, True]) == (pytest.approx(0.0625), pytest.approx(0.25))


def test_c7_has_a_bar_of_its_own_for_cola_and_the_embeddings_beside_it():
    claim = judge_claim("C7", c7(on_all(0.954, 0.955, 0.956)), SETTINGS)
    assert [(part.relation, part.bar) for part in claim.parts] == [(">=", 0.91)] + [(">", 0.98)] * 3
    assert [part.verdict for part in claim.parts] == ["supported"] + ["contradicted"] * 3
    assert [one.value for one in claim.beside] == [pytest.approx(0.955 / 2)] * 4


def answered(right: np.ndarray) -> pd.DataFrame:
    """Outcomes on examples of one class, some of which are right."""
    names = [str(number) for number in range(len(right))]
    return pd.DataFrame({"example": names, "label": 1, "removed_0": right.astype(int)})


def test_c7_and_c10_are_paired_by_example():
    """Two runs that are wrong on the same examples differ by nothing that the examples could blur."""
    ordinary = np.arange(400) >= 80
    found = {}
    for name, again in {"same": ordinary, "other": np.roll(ordinary, 200)}.items():
        answers = {("roberta", "sst2", seed, how): answered(again) for seed in (1, 2, 3) for how in ("layers", 2)}
        answers |= {("roberta", "sst2", seed, None): answered(ordinary) for seed in (1, 2, 3)}
        for identifier, made in {"C7": c7, "C10": c10}.items():
            tables = replace(made(on_all(1.0, 1.0, 1.0)), answers=answers)
            (part,) = [part for part in judge_claim(identifier, tables, SETTINGS).parts if part.label == "SST-2"]
            found[identifier, name] = part
    for identifier in ("C7", "C10"):
        assert found[identifier, "same"].error_of_examples == pytest.approx(0, abs=1e-12)
        # Each run misses 80 other examples of 400: the variance of the difference is (.2 + .2) / 400, over .8².
        other = found[identifier, "other"]
        assert other.error_of_examples == pytest.approx(np.sqrt(0.4 / 400) / 0.8, rel=0.12)
        assert other.high - other.value == pytest.approx(norm.isf(0.025) * other.error_of_examples)


@pytest.mark.parametrize("r", [-0.6, 0.6])
def test_c8_is_contradicted_by_a_correlation_of_either_sign(r):
    assert judge_claim("C8", c8(on_all(r, r * 0.99, r * 0.995)), SETTINGS).verdict == "contradicted"


def test_c8_knows_that_few_heads_say_little_whatever_the_seeds_agree_on():
    """Fisher: with h heads, z has the standard error 1 / √(h - 3), however many seeds look at the same heads."""
    heads = c8(on_all(0.5, 0.5, 0.5)).heads
    few = heads[heads["head"] < 28]
    part = judge_claim("C8", Tables(heads=few), SETTINGS).parts[0]
    half = norm.isf(0.025) / np.sqrt(28 - 3)
    expected = np.tanh([np.arctanh(0.5) - half, np.arctanh(0.5) + half])
    assert [part.low, part.high] == pytest.approx(expected) and part.verdict == "inconclusive"


def test_c8_has_the_normalised_importance_beside_it():
    rng = np.random.default_rng(5)
    layer, js, importance = np.repeat([0, 1], 10), rng.random(20), rng.random(20)
    columns = {
        "layer": layer,
        "head": range(20),
        "attention_js": js,
        "importance": importance,
        "pretrain_importance": importance,
    }
    heads = pd.concat([rows_of("roberta", "cola", seed, **columns) for seed in (1, 2)])
    beside = judge_claim("C8", Tables(heads=heads), SETTINGS).beside
    by_layer = np.concatenate([part / part.sum() for part in (importance[:10], importance[10:])])
    assert beside[0].value == pytest.approx(np.corrcoef(by_layer, js)[0, 1])


def test_c10_reads_the_largest_share_at_which_masked_lm_keeps_three_quarters():
    claim = judge_claim("C10", supporting("C10"), SETTINGS)
    assert "Share of the heads removed: 50%" in claim.note
    too_much = supporting("C10").before_after.assign(pretrain_relative_score=0.7)
    assert judge_claim("C10", Tables(before_after=too_much), SETTINGS).verdict == "not run"


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


def test_a_relative_score_over_next_to_nothing_is_not_measurable():
    """Less than five standard errors above zero: the value is told, and decides nothing."""
    tables = with_metrics(c1(SUPPORTING["C1"]))
    weak = tables.metrics["task"] == "cola"
    metrics = tables.metrics.assign(score=np.where(weak, 0.117, 0.5), standard_error=0.03)
    claim = judge_claim("C1", replace(tables, metrics=metrics), SETTINGS)
    assert [part.verdict for part in claim.parts] == ["not measurable here"] + ["supported"] * 3
    assert claim.parts[0].value == pytest.approx(0.65) and "0.117, 3.9 standard errors above 0" in claim.parts[0].note
    assert claim.verdict == "inconclusive" and "unpruned scores farther above zero on CoLA" in claim.to_decide


def test_rows_of_another_study_are_refused():
    with pytest.raises(ValueError, match="rows of study 'test'"):
        judge(c1(on_all(0.6)), replace(SETTINGS, study="other"))
