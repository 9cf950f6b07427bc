"""Estimates against slow and hand-made ones, what is concluded from them, and how they are calibrated."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t

from headcount.claims.bars import Bar
from headcount.claims.calibration import LIKE, World, calibrate, like
from headcount.claims.resampling import RESAMPLES, Resamples, scores
from headcount.claims.statistics import Estimate, Term, estimate, is_beyond, meets, rejected, tail_of
from headcount.claims.verdicts import Verdicts
from headcount.data.tasks import TASKS
from headcount.order.outcomes import Answer, outcomes_table

# -------------------------------------------------------------------------------------------------- intervals over seeds


def test_without_examples_the_interval_is_students():
    values = [0.3, 0.5, 0.1, 0.8]
    found = estimate([Term(dict(enumerate(values)))])
    half = t.isf(0.025, 3) * np.std(values, ddof=1) / 2
    assert found.value == pytest.approx(np.mean(values)) and found.seeds == 4
    assert found.interval == (pytest.approx(found.value - half), pytest.approx(found.value + half))


def test_terms_of_one_block_are_paired_by_seed_and_others_are_not():
    values = {1: 0.1, 2: 0.5, 3: 0.9}
    paired = estimate([Term(values, 1, "x"), Term(values, -1, "x")])
    unpaired = estimate([Term(values, 1, "x"), Term(values, -1, "y")])
    assert paired.error_of_seeds == 0
    assert unpaired.error_of_seeds == pytest.approx(np.sqrt(2) * 0.4 / np.sqrt(3))


def test_a_paired_difference_is_the_interval_of_the_differences():
    a, b = {1: 0.3, 2: 0.5, 3: 0.1}, {1: 0.2, 2: 0.1, 3: 0.3}
    together = estimate([Term(a), Term(b, -1)])
    alone = estimate([Term({seed: a[seed] - b[seed] for seed in a})])
    assert together.interval == pytest.approx(alone.interval)


def test_welchs_rule_for_two_models():
    a, b = [0.3, 0.5, 0.1, 0.8], [0.9, 0.2, 0.7]
    found = estimate([Term(dict(enumerate(a)), 1, "x"), Term(dict(enumerate(b)), -1, "y")])
    variances = np.var(a, ddof=1) / 4, np.var(b, ddof=1) / 3
    assert found.error_of_seeds == pytest.approx(np.sqrt(sum(variances)))
    assert found.freedom == pytest.approx(sum(variances) ** 2 / (variances[0] ** 2 / 3 + variances[1] ** 2 / 2))


def test_examples_come_on_top_of_seeds_and_are_the_same_for_all_of_them():
    rng = np.random.default_rng(4)
    common, values = rng.normal(0, 0.05, RESAMPLES), {1: 0.4, 2: 0.5, 3: 0.6}
    draws = {seed: value + common for seed, value in values.items()}
    found = estimate([Term(values, draws=draws)])
    assert found.error_of_examples == pytest.approx(common.std(ddof=1))
    half = np.hypot(t.isf(0.025, 2) * 0.1 / np.sqrt(3), norm.isf(0.025) * common.std(ddof=1))
    assert found.interval[1] - found.value == pytest.approx(half)
    paired = estimate([Term(values, draws=draws), Term(values, -1, draws=draws)])
    assert paired.error_of_examples == pytest.approx(0)


def test_an_estimate_without_values_or_with_one_seed():
    terms = [Term({1: 0.1, 2: 0.5, 3: 0.9, 4: 0.4})]
    assert estimate([]) is None and estimate([*terms, Term({})]) is None
    assert estimate([*terms, Term({1: 3.0})]).interval is None
    with pytest.raises(ValueError, match="undefined"):
        estimate([Term({1: float("nan")})])


# ------------------------------------------------------------------------------------------------------------ conclusions


def test_the_tail_is_the_level_at_which_the_interval_touches_the_bar():
    found = Estimate(0.4, 4, 0.03, 3.0, 0.02)
    assert found.half(found.tail_beyond(0.1)) == pytest.approx(0.1)
    assert Estimate(0.4, 4, 0.03, 3.0).tail_beyond(0.06) == pytest.approx(t.sf(2, 3))
    assert Estimate(0.4, 4, 0.0, 3.0, 0.02).tail_beyond(0.03) == pytest.approx(norm.sf(1.5))


@pytest.mark.parametrize(
    ("relation", "bar", "low", "high", "beyond", "against"),
    [
        (">", 0.5, 0.51, 0.6, True, False),
        (">", 0.5, 0.5, 0.6, False, False),
        (">", 0.5, 0.3, 0.49, False, True),
        (">", 0.3, 0.1 + 0.2, 0.4, False, False),
        (">=", 0.3, 0.3, 0.4, True, False),
        (">=", 0.9, 0.9 - 1e-15, 0.95, True, False),
        ("<", 0.0, -0.2, -0.1, True, False),
        ("<", 0.0, -0.2, 0.0, False, False),
        ("<", 0.0, 0.01, 0.1, False, True),
        ("within", 0.1, -0.1, 0.1, True, False),
        ("within", 0.1, 0.05, 0.2, False, False),
        ("within", 0.1, -0.2, 0.2, False, False),
        ("within", 0.1, 0.11, 0.2, False, True),
        ("within", 0.1, -0.3, -0.2, False, True),
    ],
)
def test_a_direction_is_said_where_the_whole_interval_lies_on_a_side(relation, bar, low, high, beyond, against):
    middle, half = (low + high) / 2, (high - low) / 2
    found = Estimate(middle, 3, half / t.isf(0.025, 2), 2.0)
    assert is_beyond(found, Bar(relation, bar, "")) is beyond
    assert (tail_of(found, Bar(relation, bar, "")) < 0.025) is against
    two = Estimate(middle, 2, half / t.isf(0.025, 2), 2.0)
    assert not is_beyond(two, Bar(relation, bar, "")) and tail_of(two, Bar(relation, bar, "")) == 1


def test_what_rounding_alone_puts_beside_the_bar_lies_on_it():
    assert not meets(0.1 + 0.2, Bar(">", 0.3, "")) and meets(0.72 / 0.8, Bar(">=", 0.9, ""))


def test_holms_rule_by_hand():
    assert rejected([0.01, 0.04, 0.03, 0.005], level=0.05) == [True, False, False, True]
    assert rejected([0.01, 0.04, 0.02, 0.005], level=0.05) == [True, True, True, True]
    assert rejected([0.02, 0.02], level=0.025) == [False, False]  # neither is below half of it
    assert rejected([]) == []


def test_holms_rule_keeps_the_chance_of_any_false_rejection():
    rng = np.random.default_rng(6)
    any_false = [any(rejected(rng.random(4).tolist(), level=0.05)) for _ in range(4000)]
    assert np.mean(any_false) < 0.06


@pytest.mark.parametrize("found", [Estimate(0.45, 3, 0.05, 2.0, 0.01), Estimate(0.45, 4, 0.01, 3.0, 0.02)])
def test_the_seeds_it_takes_bring_the_interval_to_the_bar_and_one_less_does_not(found):
    seeds = found.seeds_for(0.05)
    spread, each = found.error_of_seeds * np.sqrt(found.seeds), found.freedom / (found.seeds - 1)

    def half(n):
        return Estimate(0, n, spread / np.sqrt(n), each * (n - 1), found.error_of_examples).half()

    assert half(seeds) < 0.05 and (seeds == 3 or half(seeds - 1) >= 0.05)
    assert found.seeds_for(1.9 * found.error_of_examples) is None  # the examples alone leave it open


# ------------------------------------------------------------------------------------------------------ resampled examples


@pytest.mark.parametrize("task", TASKS)
def test_scores_on_a_resample_are_the_metric_of_the_examples_drawn(task):
    rng = np.random.default_rng(8)
    classes = len(TASKS[task].labels)
    labels, points = rng.integers(0, classes, 30), [0, 3, 9]
    predictions = [rng.integers(0, classes, 30) for _ in points[1:]] + [np.zeros(30, int)]
    examples = pd.DataFrame({"example": [str(i) for i in range(30)], "label": labels})
    table = outcomes_table(examples, points, [Answer(0.0, 0.0, answer) for answer in predictions])
    times = Resamples(task, list(examples["example"])).times(list(examples["example"]))
    found = scores(TASKS[task].metric_name, table, points, times)
    assert found.shape == (RESAMPLES, 3) and (times.sum(axis=1) == 30).all()
    for resample, point in product(range(5), range(3)):
        drawn = np.repeat(np.arange(30), times[resample].astype(int))
        assert found[resample, point] == pytest.approx(TASKS[task].metric(labels[drawn], predictions[point][drawn]))


def test_masked_lms_score_on_a_resample_is_hits_over_masked_tokens():

    examples = pd.DataFrame({"example": ["a/0", "a/1", "b/0"], "masked": [2, 5, 3]})
    table = outcomes_table(examples, [0, 1], [Answer(0, 0, np.array([2, 4, 0])), Answer(0, 0, np.array([1, 0, 0]))])
    times = np.array([[1, 1, 1], [0, 2, 1]], np.float32)
    assert scores("recall_at_1", table, [0, 1], times) == pytest.approx(np.array([[6 / 10, 1 / 10], [8 / 13, 0]]))


def test_the_same_example_is_drawn_as_often_whatever_else_a_run_was_asked():
    all_of_them = [str(i) for i in range(50)]
    resamples = Resamples("sst2", all_of_them)
    assert (resamples.times(["7", "3"]) == resamples.times(all_of_them)[:, [7, 3]]).all()
    assert (Resamples("sst2", all_of_them[::-1]).times(["7"]) == resamples.times(["7"])).all()


def test_the_resampled_standard_error_of_an_accuracy_is_the_binomial_one():

    right = (np.arange(400) < 300).astype(int)
    examples = pd.DataFrame({"example": [str(i) for i in range(400)], "label": np.ones(400, int)})
    table = outcomes_table(examples, [0], [Answer(0, 0, right)])
    found = scores("accuracy", table, [0], Resamples("sst2", list(examples["example"])).times(list(examples["example"])))
    assert found.std(ddof=1) == pytest.approx(np.sqrt(0.75 * 0.25 / 400), rel=0.1)


# ----------------------------------------------------------------------------------------------------------- calibration


def percentile_bootstrap(runs, rng):
    """The interval that this project once had: resampled seeds, and examples taken for certain."""
    values = np.array(list(runs.by_seed.values()))
    means = values[rng.integers(len(values), size=(400, len(values)))].mean(axis=1)
    return np.percentile(means, [2.5, 97.5])


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_intervals_cover_as_often_as_they_say_and_the_bootstrap_over_seeds_does_not(seeds):
    world, rng = World(spread=0.05, examples=200), np.random.default_rng(seeds)
    resamples, truth = Resamples(LIKE, [str(number) for number in range(world.examples)]), 0.5
    expected, covered, bootstrap = world.expected(truth), [], []
    for _ in range(60):
        for quantity in world.study(rng, truth, seeds, resamples):
            low, high = quantity.interval
            covered.append(low <= expected <= high)
            low, high = percentile_bootstrap(quantity.terms[0][1], rng)
            bootstrap.append(low <= expected <= high)
    assert np.mean(covered) >= 0.93 > 0.9 > np.mean(bootstrap)


def test_a_claim_at_its_bar_is_seldom_decided_and_one_far_from_it_often():
    row = calibrate(World(spread=0.05, examples=200), seeds=5, studies=60)
    assert max(row.contradicted_true, row.contradicted_at_bar, row.supported_at_bar) <= 0.05
    assert row.contradicted_far > 0.6 and row.supported_far > 0.1


def test_a_simulated_world_blurs_as_much_as_the_study_that_it_is_like():
    part = {"label": "CoLA", "quantity": "", "value": 0.5, "low": 0.4, "high": 0.6, "bar": 0.5, "relation": ">", "note": ""}
    part |= {"error_of_seeds": 0.03, "freedom": 3.0, "error_of_examples": 0.01, "verdict": "inconclusive"}
    part |= {"seeds": 4, "left_out": 0, "seeds_to_decide": None}
    claim = {"id": "C1", "claim": "", "where": "", "model": "m", "verdict": "inconclusive", "statement": "", "parts": [part]}
    claim |= {"beside": [], "to_decide": "", "sources": [], "note": ""}
    content = {"study": "s", "roles": {"main": "m"}, "confidence": 0.95, "resamples": 500, "claims": [claim]}
    world = like(Verdicts.model_validate(content))
    assert world.spread == pytest.approx(0.06)
    resamples = Resamples(LIKE, [str(number) for number in range(world.examples)])
    errors = [one.found.error_of_examples for one in world.study(np.random.default_rng(3), 0.5, 4, resamples)]
    assert np.mean(errors) == pytest.approx(0.01, rel=0.4)
