"""Each claim about outlier features on tables made to support, contradict, straddle and lack it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from claim_tables import c1, on_all, with_metrics
from feature_claim_tables import (
    DRAWS,
    ENCODERS,
    MADE,
    OUTLYING,
    SAMPLED,
    SEEDS,
    VALUES,
    ablation,
    emergence,
    features,
    n5,
    n7,
    playing,
)
from scipy.stats import hypergeom

from headcount.analysis.coincidence import SHUFFLES, shared_by_chance
from headcount.claims import Settings, Tables, Verdicts, judge, judge_claim, markdown, printable, schema
from headcount.claims.features import BARS, CLAIMED
from headcount.claims.resampling import Resamples
from headcount.report import verdicts as report
from headcount.store.tables import write_table

ROOT = Path(__file__).parents[2]
each_claim = pytest.mark.parametrize("identifier", CLAIMED)
each_sampled = pytest.mark.parametrize("identifier", SAMPLED)
CASES = [(verdict, identifier) for verdict, values in VALUES.items() for identifier in values]


# --------------------------------------------------------------------------------------------------------- every claim


@pytest.mark.parametrize(("verdict", "identifier"), CASES)
def test_a_claim_is_judged_by_what_its_tables_hold(verdict, identifier):
    claim = judge_claim(identifier, MADE[identifier](VALUES[verdict][identifier]), playing(identifier))
    assert claim.verdict == verdict, claim.statement
    assert bool(claim.to_decide) == (verdict == "inconclusive") and claim.paper == "features"


@each_claim
def test_without_tables_a_claim_is_not_run(identifier):
    claim = judge_claim(identifier, Tables(), playing(identifier))
    assert claim.verdict == "not run" and "this study has no data for it" in claim.statement
    assert all(part.value is None and part.verdict == "not run" for part in claim.parts)


@pytest.mark.parametrize("identifier", [one for one in CLAIMED if one != "N6"])
def test_a_claim_about_an_encoder_that_is_not_in_the_tables_is_not_run(identifier):
    claim = judge_claim(identifier, MADE[identifier](VALUES["supported"][identifier]), replace(ENCODERS, encoders=("absent",)))
    assert claim.verdict == "not run" and "absent" in claim.model and "absent" in claim.statement


@each_claim
def test_nothing_that_is_said_of_a_claim_is_said_of_another_paper(identifier):
    for verdict in VALUES:
        if identifier in VALUES[verdict]:
            claim = judge_claim(identifier, MADE[identifier](VALUES[verdict][identifier]), playing(identifier))
            told = [claim.claim, claim.where, claim.statement, claim.note, claim.to_decide]
            told += [f"{one.quantity} {one.note} {one.published}" for one in [*claim.parts, *claim.beside]]
            assert not any("the paper" in text or "RoBERTa-large" in text for text in told)
            assert all(model in claim.statement for model in playing(identifier).encoders)


@each_claim
def test_the_sources_are_the_files_that_were_read(identifier):
    tables = MADE[identifier](VALUES["supported"][identifier])
    sources = judge_claim(identifier, tables, playing(identifier)).sources
    assert sources == sorted({source for table in tables.frames.values() for source in table.get("source", [])})


@each_sampled
def test_the_value_is_the_mean_over_seeds_of_what_the_tables_were_made_of(identifier):
    values = VALUES["supported"][identifier]
    (part,) = judge_claim(identifier, MADE[identifier](values), ENCODERS).parts
    assert part.value == pytest.approx(np.mean(values)) and part.low < part.value < part.high
    assert part.error_of_seeds == pytest.approx(np.std(values, ddof=1) / np.sqrt(3)) and part.seeds == 3


@each_sampled
@pytest.mark.parametrize("verdict", ["supported", "contradicted"])
def test_no_direction_is_said_from_fewer_than_three_seeds(identifier, verdict):
    for count in (1, 2):
        claim = judge_claim(identifier, MADE[identifier](VALUES[verdict][identifier][:count]), ENCODERS)
        assert claim.verdict == "inconclusive" and "at least 3 seeds" in claim.to_decide
        assert (claim.parts[0].low is None) == (count == 1)


@each_sampled
def test_the_other_encoders_stand_beside_the_first(identifier):
    tables = MADE[identifier](VALUES["supported"][identifier])
    other = tables.ablations.assign(model="albert")
    both = Tables(ablations=pd.concat([tables.ablations, other]))
    settings = replace(ENCODERS, encoders=("roberta", "albert"))
    claim, alone = judge_claim(identifier, both, settings), judge_claim(identifier, tables, ENCODERS)
    assert claim.parts == alone.parts and claim.verdict == "supported"
    (beside,) = [one for one in claim.beside if one.label == "albert" and one.quantity == claim.parts[0].quantity]
    assert (beside.value, beside.low, beside.high) == (claim.parts[0].value, claim.parts[0].low, claim.parts[0].high)


@pytest.mark.parametrize("identifier", ["N3", "N4", "N5", "N8"])
def test_without_outliers_nothing_was_disabled(identifier):
    task = "cola" if identifier == "N5" else "mlm"
    runs = [ablation(task, seed) for seed in SEEDS]
    bare = pd.concat([run[run["arm"] == "none"] for run in runs])
    claim = judge_claim(identifier, Tables(ablations=bare), ENCODERS)
    assert claim.verdict == "not run" and "it has no outlier, so that nothing was disabled" in claim.statement


def test_every_bar_belongs_to_a_claim_and_says_where_it_is_from():
    assert {name.split()[0] for name in BARS} == set(CLAIMED) - {"N7"}
    assert all(bar.where for bar in BARS.values())


# -------------------------------------------------------------------------------------------------------------- counts


@pytest.mark.parametrize(
    ("count", "verdicts"), [(0, ["contradicted", "supported"]), (7, ["supported"] * 2), (8, ["supported", "contradicted"])]
)
def test_n1_asks_for_some_outliers_that_are_fewer_than_one_percent(count, verdicts):
    claim = judge_claim("N1", MADE["N1"]((count,)), ENCODERS)
    assert [part.value for part in claim.parts] == [count, pytest.approx(count / 768)]
    assert [part.verdict for part in claim.parts] == verdicts
    assert "Fewer than 1% of 768 features are at most 7" in claim.note


def test_n1_has_no_interval_and_says_what_its_verdict_rests_on():
    claim = judge_claim("N1", MADE["N1"]((2,)), ENCODERS)
    for part in claim.parts:
        assert part.exact and part.seeds == 0 and part.seeds_to_decide is None
        assert {part.low, part.high, part.error_of_seeds, part.freedom} == {None}
        assert "no seed or example enters, and there is no interval" in part.note and part.published
    assert "rests on that count in this one pre-trained model" in claim.note and " to " not in claim.statement


def test_n1_counts_outliers_of_the_model_by_the_bounds_of_the_study():
    """One feature is an outlier in one layer of four: not in more than a quarter of them, but in more than a fifth."""
    by_layer = [{5}, set(), set(), set()]
    found = {
        share: judge_claim("N1", Tables(features=features("roberta", by_layer, share=share)), ENCODERS) for share in (0.25, 0.2)
    }
    assert {share: claim.parts[0].value for share, claim in found.items()} == {0.25: 0, 0.2: 1}
    assert "more than 3 standard deviations" in found[0.2].note and "more than 20% of the layers" in found[0.2].note


def test_n1_has_the_other_reading_beside_it():
    """Where scale and bias must both stand out, one whose bias alone does is none; it is, where one is enough."""
    table = features("roberta", [{5}] * 4)
    bias_alone = table.assign(z_bias=np.where(table["feature"] == 8, 9.0, table["z_bias"]))
    claim = judge_claim("N1", Tables(features=bias_alone), ENCODERS)
    assert claim.parts[0].value == 1 and "feature 5" in claim.parts[0].note
    assert [one.value for one in claim.beside] == [2] and "scale or bias" in claim.beside[0].quantity


# ---------------------------------------------------------------------------------------------------------- coincidence


def test_independent_layers_against_all_their_sets():
    """Of five features, two, one and two are drawn: every combination counted one by one."""
    sizes, features = (2, 1, 2), 5
    layers = [list(combinations(range(features), size)) for size in sizes]
    most = [max(sum(feature in chosen for chosen in sets) for feature in range(features)) for sets in product(*layers)]
    found = shared_by_chance(sizes, features)
    assert len(found) == SHUFFLES and found.mean() == pytest.approx(np.mean(most), abs=0.02)
    for share in (1, 2, 3):
        assert (found >= share).mean() == pytest.approx(np.mean(np.array(most) >= share), abs=0.015)


def test_two_independent_layers_against_the_hypergeometric_distribution():
    found = shared_by_chance((9, 6), 40)
    assert (found == 1).mean() == pytest.approx(hypergeom.pmf(0, 40, 9, 6), abs=0.015)
    assert set(shared_by_chance((3, 0, 0), 40)) == {1} and set(shared_by_chance((0, 0), 40)) == {0}
    assert set(shared_by_chance((40, 40, 40), 40)) == {3}


def test_chance_is_the_same_each_time():
    assert (shared_by_chance((2, 3), 20) == shared_by_chance((2, 3), 20)).all()


def test_n2_is_the_share_of_layers_less_what_chance_gives():
    """Two features, both outliers in two of four layers; of 128, two layers share one by chance in 3.1 % of all cases."""
    claim = judge_claim("N2", MADE["N2"](VALUES["inconclusive"]["N2"]), ENCODERS)
    by_chance = 1 - hypergeom.pmf(0, 128, 2, 2)
    (part,) = claim.parts
    assert by_chance == pytest.approx(0.031, abs=0.001)
    assert part.value == pytest.approx(0.5 - (0.25 + 0.25 * by_chance), abs=0.002)
    assert part.exact and part.low is None and "as much or more in 3." in part.note
    assert claim.to_decide == "To decide it takes more layers."


def test_n2_chooses_the_most_widespread_outlier_whether_or_not_it_is_one_of_the_model():
    """In two of twelve layers, which is not more than a quarter of them: still it is the one that says how they agree."""
    table = features("roberta", [{4}, {4}, {9}, *[set()] * 9], size=1000)
    (part,) = judge_claim("N2", Tables(features=table), ENCODERS).parts
    assert "feature 4, in 2 of 12 layers" in part.note and part.verdict == "supported"
    assert judge_claim("N1", Tables(features=table), ENCODERS).parts[0].value == 0


def test_n2_is_not_run_where_there_is_nothing_to_agree_on():
    shared = judge_claim("N2", Tables(features=features("roberta", [{3}])), ENCODERS)
    assert shared.verdict == "not run" and "share one LayerNorm" in shared.statement
    none = judge_claim("N2", Tables(features=features("roberta", [set()] * 4)), ENCODERS)
    assert none.verdict == "not run" and "no feature is an outlier in any layer" in none.statement


# ------------------------------------------------------------------------------------------------------------ emergence


def first_for_good(table: pd.DataFrame, feature: int) -> int:
    """The first snapshot from which on a feature is an outlier at every later one, looked for step by step."""
    steps = sorted(set(table["step"]))
    for step in steps:
        later = table[(table["step"] >= step) & (table["feature"] == feature)]
        if later["outlier"].all():
            return step
    raise AssertionError


def test_n6_against_a_search_step_by_step():
    """A feature that is an outlier, then none, then one again has emerged only then."""
    rng = np.random.default_rng(4)
    steps, features_there = (0, 50, 100, 200, 400), range(20)
    rows = [(step, feature, rng.random() < 0.6) for step in steps for feature in features_there]
    table = pd.DataFrame(rows, columns=["step", "feature", "outlier"]).assign(study="test", model="roberta")
    claim = judge_claim("N6", Tables(emergence=table), ENCODERS)
    final = table[(table["step"] == 400) & table["outlier"]]["feature"].tolist()
    assert [part.label for part in claim.parts] == [f"feature {feature} of roberta" for feature in final]
    assert [part.value for part in claim.parts] == [first_for_good(table, feature) / 400 for feature in final]


def test_n6_knows_no_more_than_its_snapshots():
    """Emerged between a quarter and the end: whether in the first half nobody looked."""
    claim = judge_claim("N6", Tables(emergence=emergence({3: 8000}, steps=(0, 2000, 8000))), ENCODERS)
    (part,) = claim.parts
    assert (part.value, part.verdict, part.exact, part.low) == (1.0, "inconclusive", True, None)
    assert "from step 8,000 of 8,000 on, not yet at 2,000" in part.note
    assert claim.to_decide == "To decide it takes more snapshots."


def test_n6_is_about_a_model_that_was_followed_whatever_else_is_looked_at():
    """An encoder before others; any other model that was looked at along its pre-training stands beside it."""
    others = pd.concat([emergence({5: 4000}, model="fresh"), emergence({3: 1000}, model="spiked")])
    settings = replace(ENCODERS, encoders=("roberta", "spiked"))
    claim = judge_claim("N6", Tables(emergence=others), settings)
    assert claim.model == "spiked (stands for their BERT-medium)" and claim.verdict == "supported"
    assert [one.label for one in claim.beside] == ["feature 5 of fresh"]
    alone = judge_claim("N6", Tables(emergence=emergence({5: 4000}, model="fresh")), settings)
    assert "fresh" in alone.claim and alone.verdict == "inconclusive"


def test_n6_is_not_run_where_there_is_no_outlier_at_the_end():
    table = emergence({3: 1000}).assign(outlier=False)
    claim = judge_claim("N6", Tables(emergence=table), ENCODERS)
    assert claim.verdict == "not run" and "no feature is an outlier at the last snapshot" in claim.statement


# ------------------------------------------------------------------------------------------------------------ disabling


def outcomes_of(run: pd.DataFrame, rng: np.random.Generator, examples: int = 60) -> pd.DataFrame:
    """Outcomes and losses of each example in each trial of a run, random about what the run says; blocks for masked LM."""
    names = {"example": [str(number) for number in range(examples)]}
    masked = rng.integers(5, 20, examples)
    asked = {"masked": masked} if run["task"].iloc[0] == "mlm" else {"label": rng.integers(0, 2, examples)}
    columns = {}
    for trial in run.itertuples():
        size = masked if "masked" in asked else np.ones(examples, int)
        columns[f"removed_{trial.row}"] = rng.binomial(size, 0.7).astype(np.int16)
        columns[f"loss_{trial.row}"] = (trial.loss * size * rng.gamma(4, 1 / 4, examples)).astype(np.float32)
    return pd.DataFrame({**names, **asked, **columns})


def drawn(outcomes: pd.DataFrame, task: str):
    """The examples of each resample, one after the other, each as often as it is drawn."""
    for times in Resamples(task, outcomes["example"]).times(outcomes["example"].tolist()):
        yield outcomes.loc[np.repeat(np.arange(len(outcomes)), times.astype(int))]


def loss_of(sample: pd.DataFrame, rows: list[int]) -> float:
    asked = sample["masked"].sum() if "masked" in sample else len(sample)
    return float(np.mean([sample[f"loss_{row}"].sum() / asked for row in rows]))


def rows_in(run: pd.DataFrame, arm: str, replace: str) -> list[int]:
    return run.loc[(run["arm"] == arm) & (run["replace"] == replace), "row"].tolist()


SLOW = {
    "N3": lambda loss: loss("all", "zero") / loss("none", "none"),
    "N4": lambda loss: loss("random", "zero") / loss("none", "none"),
    "N8": lambda loss: (loss("all", "mean") - loss("none", "none")) / (loss("all", "zero") - loss("none", "none")),
}


@pytest.mark.parametrize("identifier", SLOW)
def test_the_examples_blur_a_ratio_of_losses_as_drawing_them_one_by_one_says(identifier):
    rng = np.random.default_rng(7)
    runs = [ablation("mlm", seed, gone=3.0, mean=1.5) for seed in SEEDS]
    outcomes = {run["source"].iloc[0]: outcomes_of(run, rng) for run in runs}
    tables = Tables(ablations=pd.concat(runs), ablation_outcomes=outcomes)
    (part,) = judge_claim(identifier, tables, ENCODERS).parts
    draws = []
    for run, table in zip(runs, outcomes.values(), strict=True):
        of_run = [
            SLOW[identifier](lambda arm, replace, run=run, sample=sample: loss_of(sample, rows_in(run, arm, replace)))
            for sample in drawn(table, "mlm")
        ]
        draws.append(of_run)
    assert part.error_of_examples == pytest.approx(np.mean(draws, axis=0).std(ddof=1), rel=1e-3)
    assert part.error_of_examples > 0 and part.error_of_seeds == pytest.approx(0, abs=1e-12)


def test_the_examples_blur_n5_as_drawing_them_one_by_one_says():
    """Accuracies over the whole model's, of random sets minus of the outliers; each task has examples of its own."""
    rng = np.random.default_rng(8)
    runs = [ablation(task, seed) for task in ("sst2", "mnli") for seed in SEEDS]
    outcomes = {run["source"].iloc[0]: outcomes_of(run, rng) for run in runs}
    (part,) = judge_claim("N5", Tables(ablations=pd.concat(runs), ablation_outcomes=outcomes), ENCODERS).parts
    by_task = {"sst2": [], "mnli": []}
    for run, table in zip(runs, outcomes.values(), strict=True):
        of_run = []
        for sample in drawn(table, run["task"].iloc[0]):
            right = {row: float((sample[f"removed_{row}"] == sample["label"]).mean()) for row in run["row"]}
            lost = [np.mean([right[row] for row in rows_in(run, *arm)]) for arm in (("random", "zero"), ("all", "zero"))]
            of_run.append((lost[0] - lost[1]) / right[0])
        by_task[run["task"].iloc[0]].append(of_run)
    mean = np.mean([np.mean(draws, axis=0) for draws in by_task.values()], axis=0)
    assert part.error_of_examples == pytest.approx(mean.std(ddof=1), rel=1e-5)


def test_arms_are_paired_by_example():
    """Twice the loss on every example is twice the loss on any sample of them."""
    runs = [ablation("mlm", seed) for seed in SEEDS]
    outcomes = {}
    for run in runs:
        table = outcomes_of(run, np.random.default_rng(1))
        (gone,), (whole,) = rows_in(run, "all", "zero"), rows_in(run, "none", "none")
        outcomes[run["source"].iloc[0]] = table.assign(**{f"loss_{gone}": 2 * table[f"loss_{whole}"]})
    (part,) = judge_claim("N3", Tables(ablations=pd.concat(runs), ablation_outcomes=outcomes), ENCODERS).parts
    assert part.error_of_examples == pytest.approx(0, abs=1e-6) and part.verdict == "supported"


def test_n3_has_each_outlier_alone_and_random_features_beside_it():
    claim = judge_claim("N3", Tables(ablations=pd.concat([ablation("mlm", seed, gone=3.0) for seed in SEEDS])), ENCODERS)
    beside = {one.quantity.partition(", ")[2]: one.value for one in claim.beside}
    assert beside == {
        **{f"feature {feature} disabled alone": pytest.approx(2.0) for feature in OUTLYING},
        "as many random features disabled, mean over the sets": pytest.approx(1.0),
    }


def test_n4_says_what_single_sets_do():
    (part,) = judge_claim("N4", MADE["N4"]((1.0, 1.0, 1.0)), ENCODERS).parts
    assert part.note == f"{3 * DRAWS} sets, from 0.990 to 1.010"


def test_n5_has_each_task_and_the_change_of_its_score_beside_it():
    claim = judge_claim("N5", n5((0.2, 0.2, 0.2)), ENCODERS)
    beside = {(one.label, one.quantity.partition(" ")[0]): one for one in claim.beside}
    assert beside["CoLA, roberta", "relative"].value == pytest.approx(0.3)
    assert beside["MNLI, roberta", "relative"].value == pytest.approx(0.1)
    assert beside["MNLI, roberta", "score"].value == pytest.approx(0.8 * 0.5 - 0.8)
    assert "−27.9 points" in beside["MNLI, roberta", "score"].published and not beside["CoLA, roberta", "score"].published


def test_n5_leaves_out_a_run_that_collapsed_and_a_task_without_any_other():
    tables = n5(VALUES["supported"]["N5"])
    one = judge_claim("N5", with_metrics(tables, ("roberta", "cola", 1)), ENCODERS)
    assert (one.parts[0].left_out, one.parts[0].seeds, one.verdict) == (1, 2, "inconclusive")
    assert "roberta, CoLA, seed 1 (collapsed in fine-tuning)" in one.parts[0].note
    alone = judge_claim("N5", with_metrics(tables, *(("roberta", "cola", seed) for seed in SEEDS)), ENCODERS)
    assert alone.parts[0].value == pytest.approx(0.1) and "on MNLI" in alone.parts[0].note
    assert alone.verdict == "inconclusive" and "runs on CoLA that have learnt" in alone.to_decide


def test_n5_is_not_measurable_over_next_to_nothing():
    tables = with_metrics(n5(VALUES["supported"]["N5"]))
    weak = tables.metrics["task"] == "cola"
    metrics = tables.metrics.assign(score=np.where(weak, 0.1, 0.8), standard_error=0.03)
    claim = judge_claim("N5", replace(tables, metrics=metrics), ENCODERS)
    assert claim.parts[0].verdict == "not measurable here" and "3.3 standard errors above 0" in claim.parts[0].note


@pytest.mark.parametrize("gone", [0.99, 1.001])
def test_n8_is_not_measurable_where_zero_does_no_damage(gone):
    rng = np.random.default_rng(3)
    runs = [ablation("mlm", seed, gone=gone, mean=1.0) for seed in SEEDS]
    outcomes = {run["source"].iloc[0]: outcomes_of(run, rng) for run in runs}
    claim = judge_claim("N8", Tables(ablations=pd.concat(runs), ablation_outcomes=outcomes), ENCODERS)
    assert claim.parts[0].verdict == "not measurable here" and "what zeroing adds to the loss" in claim.parts[0].note
    assert claim.verdict == "inconclusive" and "outliers whose zeroing raises the loss" in claim.to_decide


def test_n8_without_means_is_not_run():
    runs = pd.concat([ablation("mlm", seed) for seed in SEEDS])
    assert judge_claim("N8", Tables(ablations=runs[runs["replace"] != "mean"]), ENCODERS).verdict == "not run"


# ---------------------------------------------------------------------------------------------------------- every model


def test_n7_is_a_conjunction_of_n1_and_n3_over_the_encoders():
    settings = playing("N7")
    claim = judge_claim("N7", n7(VALUES["supported"]["N7"]), settings)
    assert len(claim.parts) == 6 and claim.verdict == "supported"
    assert "roberta (4 layers of 768 features) and albert (4 layers of 768 features)" in claim.model
    for spoilt, verdict in ((VALUES["contradicted"]["N7"], "contradicted"), (VALUES["inconclusive"]["N7"], "inconclusive")):
        tables, good = n7(spoilt), n7(VALUES["supported"]["N7"])
        mixed = pd.concat([good.ablations.query("model == 'roberta'"), tables.ablations.query("model == 'albert'")])
        assert judge_claim("N7", replace(good, ablations=mixed), settings).verdict == verdict
    none = features("albert", [set()] * 4)
    without = pd.concat([n7(VALUES["supported"]["N7"]).features.query("model == 'roberta'"), none])
    found = judge_claim("N7", replace(n7(VALUES["supported"]["N7"]), features=without), settings)
    assert found.verdict == "contradicted"
    assert [part.label for part in found.parts if part.verdict == "contradicted"] == ["albert"]


def test_n7_is_not_supported_by_one_encoder_alone():
    claim = judge_claim("N7", n7(VALUES["supported"]["N7"]), ENCODERS)
    assert {part.verdict for part in claim.parts} == {"supported"} and claim.verdict == "inconclusive"
    assert claim.to_decide == "To decide it takes encoders of other families."


# ------------------------------------------------------------------------------------------------------ files and texts


@pytest.fixture(scope="module")
def both() -> Verdicts:
    """A study of heads and features."""
    tables = n7(VALUES["inconclusive"]["N7"])
    heads = c1(on_all(0.64, 0.65, 0.66))
    settings = Settings("test", {"main": "roberta", "shared": None, "appendix": None}, encoders=("roberta", "albert"))
    return judge(with_metrics(replace(tables, curves=heads.curves, features=pd.DataFrame())), settings)


def test_claims_about_features_are_judged_where_a_study_looks_at_them(both):
    assert [claim.id for claim in both.claims if claim.paper == "features"] == list(CLAIMED)
    alone = judge(c1(on_all(0.64)), Settings("test", {"main": "roberta", "shared": None, "appendix": None}))
    assert {claim.paper for claim in alone.claims} == {"heads"}
    content = json.dumps(alone.as_json())
    assert not any(f'"{name}"' in content for name in ("paper", "exact", "published", "encoders"))


def test_the_json_of_two_papers_validates_and_comes_back_as_it_was(both):
    content = both.as_json()
    jsonschema.validate(content, schema(), cls=jsonschema.Draft202012Validator)
    assert Verdicts.model_validate_json(json.dumps(content, allow_nan=False)) == both


def test_the_page_says_whose_claims_are_whose(both):
    page = markdown(both)
    assert page.startswith("# Verdicts on the papers' claims: study test")
    assert "N1 to N8 are claims of Kovaleva et al. (2021) on features, judged on `roberta`" in page
    assert "| published |" in page and "almost 4 (RoBERTa, one feature)" in page
    for block in page.split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1
    assert printable(both).splitlines()[-1].startswith("N8 ")


def test_the_headline_counts_the_claims_of_each_paper(both):
    found = report.claims(both.as_json())
    headline = report.headline(found)
    assert "Of the ten claims of the paper on heads this study supports one (C1)" in headline
    assert "Of the eight claims of Kovaleva et al. (2021) this study" in headline
    assert {claim.paper for claim in found} == {"heads", "features"}


def test_the_report_shows_published_values_and_no_seeds_of_a_count():
    settings = playing("N1")
    verdicts = judge(MADE["N1"]((2,)), settings).as_json()
    (claim,) = [one for one in report.claims(verdicts) if one.id == "N1"]
    assert (claim.parts[0].value, claim.parts[0].seeds, claim.parts[0].interval) == ("2", "–", "–")
    assert claim.published and claim.parts[0].published.startswith("2 in BERT-base")


def test_the_script_judges_features_from_tables_on_disk(tmp_path):
    bounds = ("sigma", "share", "joint")
    table = features("roberta", [{3, 7}] * 4)
    write_table(
        tmp_path / "features.parquet",
        table.drop(columns=[*bounds, "source"]),
        outliers=[3, 7],
        sigma=3.0,
        share=0.25,
        joint=True,
    )
    rng, options = np.random.default_rng(2), {"ablations": [], "ablation-outcomes": []}
    for seed in SEEDS:
        run = ablation("mlm", seed)
        for option, rows in (("ablations", run.drop(columns=["row", "source"])), ("ablation-outcomes", outcomes_of(run, rng))):
            path = tmp_path / option / f"{seed}.parquet"
            write_table(path, rows)
            options[option].append(str(path))
    write_table(tmp_path / "emergence.parquet", emergence({3: 1000}).drop(columns="source"))
    settings = {"study": "test", "roles": {"main": None}, "transfer": {"norm": "l1", "crossing": "first_crossing"}}
    settings |= {"pruning": {"schedule": "one_shot"}, "outliers": {"models": ["roberta"]}}
    command = [sys.executable, str(ROOT / "workflow/scripts/judge_claims.py"), "--settings", json.dumps(settings)]
    command += ["--features", str(tmp_path / "features.parquet"), "--emergence", str(tmp_path / "emergence.parquet")]
    command += [word for option, paths in options.items() for word in (f"--{option}", *paths)]
    subprocess.run([*command, "--claims", str(tmp_path / "claims.json")], capture_output=True, text=True, check=True)
    found = {claim.id: claim for claim in Verdicts.model_validate_json((tmp_path / "claims.json").read_text()).claims}
    assert {found[one].verdict for one in ("N1", "N2", "N6")} == {"supported"}
    assert found["N3"].parts[0].value == pytest.approx(2.0) and found["N3"].parts[0].error_of_examples > 0
    assert found["N3"].sources == sorted(options["ablations"])
