"""Each claim about several languages on tables made to support, contradict, straddle and lack it; and how it is resampled."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from language_claim_tables import (
    CHANCE,
    FACTS,
    MADE,
    MASKS,
    OTHERS,
    POINTS,
    RANKED,
    STUDY,
    TASKS,
    VALUES,
    WHOLE,
    changed,
    in_languages,
    removed,
)

from headcount.analysis.language_factors import articles_of
from headcount.claims import Settings, Tables, Verdicts, judge, judge_claim, markdown, printable, schema
from headcount.claims.by_language import Asked, measured
from headcount.claims.crosslingual import CORPUS_SIZE, behind_source
from headcount.claims.drops import drops
from headcount.claims.judge import judged_papers
from headcount.claims.keys import WHOLE as WHOLE_RUN
from headcount.claims.languages import BARS, CLAIMED
from headcount.claims.layer_sets import BOTTOM_FOR_AGGLUTINATIVE, BOTTOM_FOR_LOW, TOP_FOR_SVO
from headcount.claims.reading import READERS, together, trials
from headcount.claims.reading import removed as whose_removal
from headcount.claims.resampling import Resamples
from headcount.claims.settings import Languages
from headcount.claims.tables import TEST_SETS
from headcount.store.tables import write_table

ROOT = Path(__file__).parents[2]
each_claim = pytest.mark.parametrize("identifier", CLAIMED)
BY_LANGUAGE = ("L2", "L3", "L4", "L6")


@cache
def judged(identifier: str, verdict: str = "supported"):
    return judge_claim(identifier, MADE[identifier](VALUES[verdict][identifier]), STUDY)


def only(claim, label: str | None = None):
    return next(part for part in claim.parts if label in (None, part.label))


# --------------------------------------------------------------------------------------------------------- every claim


@each_claim
@pytest.mark.parametrize("verdict", VALUES)
def test_a_claim_is_judged_by_what_its_tables_hold(verdict, identifier):
    claim = judged(identifier, verdict)
    assert claim.verdict == verdict, claim.statement
    assert bool(claim.to_decide) == (verdict == "inconclusive") and claim.paper == "languages"


@each_claim
def test_the_value_is_the_mean_over_seeds_of_what_the_tables_were_made_of(identifier):
    part, values = judged(identifier).parts[0], VALUES["supported"][identifier]
    assert part.value == pytest.approx(np.mean(values)) and part.seeds == 3 and part.low < part.high + 1e-12


@each_claim
def test_without_tables_a_claim_is_not_run(identifier):
    claim = judge_claim(identifier, Tables(), STUDY)
    assert claim.verdict == "not run" and all(part.verdict == "not run" for part in claim.parts)


@each_claim
def test_without_the_models_a_claim_is_not_run(identifier):
    tables = MADE[identifier](VALUES["supported"][identifier])
    nobody = judge_claim(identifier, tables, replace(STUDY, languages=Languages()))
    assert nobody.verdict == "not run" and "no model of this study stands for mBERT" in nobody.statement
    absent = judge_claim(identifier, tables, replace(STUDY, languages=Languages("absent", "mono", ())))
    assert absent.verdict == "not run" and "absent" in absent.model


@each_claim
@pytest.mark.parametrize("verdict", ["supported", "contradicted"])
def test_no_direction_is_said_from_fewer_than_three_seeds(identifier, verdict):
    claim = judge_claim(identifier, MADE[identifier](VALUES[verdict][identifier][:2]), STUDY)
    assert claim.verdict == "inconclusive" and "at least 3 seeds" in claim.to_decide


@each_claim
def test_the_statement_names_the_model_and_the_sources_are_the_files_that_were_read(identifier):
    claim, tables = judged(identifier), MADE[identifier](VALUES["supported"][identifier])
    assert "multi" in claim.statement and "stands for mBERT" in claim.model and "; Budhraja et al. (2021): " in claim.statement
    assert claim.sources == sorted({source for table in tables.frames.values() for source in table.get("source", [])})


def test_models_are_told_with_the_number_of_their_heads():
    assert judged("L1").model == "multi (8 heads, stands for mBERT) against mono (8 heads, stands for BERT-base)"
    assert judged("L2").model == "multi (8 heads, stands for mBERT)"


def test_every_bar_belongs_to_a_claim_and_says_where_it_is_from_and_what_is_chosen():
    assert {name.split()[0] for name in BARS} == set(CLAIMED)
    assert all(bar.where.startswith("abstract: ") and "chosen here" in bar.where for bar in BARS.values())


# ------------------------------------------------------------------------------------------------------ which rows are read


@pytest.mark.parametrize("identifier", BY_LANGUAGE)
def test_what_was_removed_at_one_shot_decides_nothing_and_stands_beside(identifier):
    tables = MADE[identifier](VALUES["supported"][identifier])
    rows = tables.languages
    without = judge_claim(identifier, Tables(languages=rows[rows["schedule"] != "one_shot"]), STUDY)
    claim = judge_claim(identifier, tables, STUDY)
    assert without.parts == claim.parts and len(without.beside) < len(claim.beside)
    assert any("one shot" in one.quantity for one in claim.beside) and any("raw drops" in one.quantity for one in claim.beside)
    alone = judge_claim(identifier, Tables(languages=rows[rows["schedule"] != "before"]), STUDY)
    assert alone.verdict == "not run" and "one shot cannot tell" in alone.statement


def test_raw_drops_are_smaller_where_there_is_chance_to_fall_back_on():
    """By hand: of .8 to .3 by chance each drop is 5/8 as large when it is not above chance."""
    claim = judged("L2")
    raw = next(one for one in claim.beside if "raw drops" in one.quantity)
    assert raw.value == pytest.approx(claim.parts[0].value * 5 / 8)


@pytest.mark.parametrize("identifier", BY_LANGUAGE)
def test_a_run_whose_whole_model_collapsed_is_left_out_and_told(identifier):
    tables = MADE[identifier](VALUES["supported"][identifier])
    rows = tables.languages
    claim = judge_claim(identifier, Tables(languages=rows.assign(collapsed=rows["seed"] == 2)), STUDY)
    assert claim.parts[0].seeds == 2 and "multi, MNLI, seed 2 (collapsed in fine-tuning)" in claim.parts[0].note


def silent(tables: Tables, languages, seeds=(1, 2, 3)) -> Tables:
    """Nothing was transferred to these languages with these seeds."""
    rows = tables.languages.copy()
    gone = rows["language"].isin(languages) & rows["seed"].isin(seeds)
    rows.loc[gone, "transferred"] = False
    rows.loc[gone, ["drop", "drop_above_chance"]] = np.nan
    return replace(tables, languages=rows)


@pytest.mark.parametrize("identifier", BY_LANGUAGE)
def test_where_nothing_was_transferred_nothing_is_judged(identifier):
    claim = judge_claim(identifier, silent(MADE[identifier](VALUES["supported"][identifier]), OTHERS), STUDY)
    assert claim.verdict == "not run" and claim.parts[0].value is None and not claim.beside
    why = "nothing was transferred to another language" if identifier != "L6" else "fewer than 3 languages have a drop"
    assert f"every run there is was left out ({why})" in claim.statement
    assert "nothing was transferred to luma (3 of 3 seeds), sori" in claim.parts[0].note


def test_languages_that_cannot_tell_the_factors_apart_leave_them_open_and_say_so():
    """Luma and tabek have all the text: what bottom layers are to little text cannot be said, what they are to families can."""
    facts = FACTS.assign(articles=FACTS["articles"].replace({2_000: 3_000}))
    tables = in_languages(lambda seed: lambda point, language: 0.3 + 0.1 * (language["order"] == "sov"), 3, facts)
    claim = judge_claim("L4", silent(tables, [one for one in OTHERS if one not in ("luma", "tabek")]), STUDY)
    family, size = claim.parts
    assert family.verdict == "supported" and family.value == pytest.approx(0.1)
    assert size.verdict == "not run" and "luma and tabek cannot tell apart what is due to corpus size" in size.note
    assert claim.verdict == "inconclusive" and claim.to_decide == "To decide it takes data on low-resource."


def test_each_seed_is_read_over_the_languages_that_it_was_transferred_to():
    """By hand: kunde lags .9 behind, the others .1; with seed 3 it is not read."""
    lag = {"kunde": 0.7}
    drop = lambda point, language: 0.1 if language["source_language"] else 0.1 + lag.get(language["language"], 0.1)  # noqa: E731
    part = judge_claim("L2", silent(in_languages(lambda seed: drop, 3), ["kunde"], [3]), STUDY).parts[0]
    assert part.value == pytest.approx((2 * (5 * 0.1 + 0.7) / 6 + 0.1) / 3)
    assert "nothing was transferred to kunde (1 of 3 seeds)" in part.note


def test_a_seed_without_all_removals_is_left_out():
    rows = MADE["L2"](VALUES["supported"]["L2"]).languages
    less = rows[(rows["seed"] != 1) | (rows["point"] != MASKS[0])]
    part = judge_claim("L2", Tables(languages=less), STUDY).parts[0]
    assert part.seeds == 2 and "seed 1 (lacks some of the removals)" in part.note


def test_sets_of_layers_that_were_not_removed_are_named():
    rows = MADE["L3"](VALUES["supported"]["L3"]).languages
    claim = judge_claim("L3", Tables(languages=rows[rows["point"] != "top"]), STUDY)
    assert claim.verdict == "not run" and "no set of layers called top was removed before it was fine-tuned" in claim.statement


# ------------------------------------------------------------------------------------------------------------ single claims


def test_l1_is_paired_by_seed_since_both_models_lose_the_same_heads():
    """Levels that differ by .2 from seed to seed, and differences that do not."""
    tables = removed([0.0, 0.001, 0.002])
    rows = tables.removals.copy()
    rows["relative_accuracy"] -= 0.1 * rows["seed"] * (rows["schedule"] == "before")
    part = only(judge_claim("L1", Tables(removals=rows), STUDY))
    assert part.value == pytest.approx(0.001) and part.error_of_seeds == pytest.approx(0.001 / np.sqrt(3))


def test_l1_is_not_supported_where_one_of_the_papers_tasks_is_missing():
    settings = replace(STUDY, languages=Languages("multi", "mono", ("mnli", "sst2")))
    claim = judge_claim("L1", removed(VALUES["supported"]["L1"], ["mnli", "sst2"]), settings)
    assert {part.verdict for part in claim.parts} == {"supported"} and claim.verdict == "inconclusive"
    assert claim.to_decide == "To decide it takes runs on QQP and QNLI."
    against = judge_claim("L1", removed(VALUES["contradicted"]["L1"], ["mnli", "sst2"]), settings)
    assert against.verdict == "contradicted"


def test_l1_waits_for_a_task_that_the_study_has_and_that_was_not_run():
    claim = judge_claim("L1", removed(VALUES["supported"]["L1"], TASKS[:3]), STUDY)
    assert claim.parts[-1].label == "SST-2" and claim.parts[-1].verdict == "not run" and claim.verdict == "inconclusive"


def test_l1_leaves_out_a_seed_whose_whole_run_collapsed_in_either_model():
    rows = removed(VALUES["supported"]["L1"]).removals
    gone = rows.assign(collapsed=(rows["model"] == "mono") & (rows["seed"] == 3) & (rows["task"] == "mnli"))
    part = only(judge_claim("L1", Tables(removals=gone), STUDY), "MNLI")
    assert part.seeds == 2 and "multi against mono, MNLI, seed 3 (collapsed in fine-tuning: mono)" in part.note


def test_l1_has_the_tasks_metric_and_each_fraction_beside_it():
    claim = judge_claim("L1", removed([0.0, 0.0, 0.0], task_metric=0.05), STUDY)
    labels = [one.label for one in claim.beside]
    assert labels == ["MNLI", "QQP", "QNLI", "SST-2", "25% of the heads", "50% of the heads"]
    assert [one.value for one in claim.beside] == pytest.approx([0.05] * 4 + [0.0] * 2)


def test_l1_reads_masks_that_both_models_lost():
    rows = removed([0.01, 0.01, 0.01]).removals
    less = rows[(rows["model"] != "mono") | (rows["point"] != MASKS[0])].copy()
    less.loc[(less["model"] == "multi") & (less["point"] == MASKS[0]), "relative_accuracy"] = 0.0
    assert only(judge_claim("L1", Tables(removals=less), STUDY)).value == pytest.approx(0.01)


def test_l2_has_each_language_beside_it():
    lag = dict(zip(OTHERS, np.arange(6) / 20, strict=True))
    tables = in_languages(lambda seed: lambda point, language: 0.1 + lag.get(language["language"], 0.0), 3)
    claim = judge_claim("L2", tables, STUDY)
    beside = {one.label: one.value for one in claim.beside if one.label in lag}
    assert beside == pytest.approx(lag) and claim.parts[0].value == pytest.approx(np.mean([*lag.values()]))


def test_l3_and_l4_are_least_squares_over_the_other_languages():
    """Drops of no pattern, against a regression worked out by numpy's own solver."""
    rng = np.random.default_rng(4)
    lost = {(point, one): rng.uniform(0.1, 0.9) for _, point in POINTS for one in FACTS["language"]}
    tables = in_languages(lambda seed: lambda point, language: lost[point, language["language"]], 3)
    others = FACTS[~FACTS["source_language"]]
    columns = np.stack([np.ones(6), others["order"] == "svo", others["morphology"] == "agglutinative", articles_of(others)], 1)

    def fit(*points: tuple[float, str]) -> np.ndarray:
        y = [sum(weight * lost[point, one] for weight, point in points) for one in others["language"]]
        return np.linalg.lstsq(columns.astype(float), np.array(y), rcond=None)[0]

    both, bottom = fit((1, "top"), (-1, "bottom")), fit((1, "bottom"))
    assert judge_claim("L3", tables, STUDY).parts[0].value == pytest.approx(both[1] - both[2])
    l4 = judge_claim("L4", tables, STUDY)
    assert [part.value for part in l4.parts] == pytest.approx([bottom[2] - bottom[1], -bottom[3]])
    low, high = ([lost["bottom", one] for one in half] for half in (RANKED[:3], RANKED[3:]))
    assert next(one for one in l4.beside if one.label == "low minus high").value == pytest.approx(np.mean(low) - np.mean(high))


def test_l5_is_read_on_each_task_with_the_local_divergence_and_the_other_model_beside_it():
    tables = changed((0.1, 0.1, 0.1))
    both = Tables(heads=pd.concat([tables.heads, changed((0.03, 0.03, 0.03), "mono").heads]))
    claim = judge_claim("L5", both, STUDY)
    assert [(part.label, part.value) for part in claim.parts] == [("MNLI", pytest.approx(0.1)), ("SST-2", pytest.approx(0.1))]
    assert [one.value for one in claim.beside] == pytest.approx([0.0, 0.0, 0.03, 0.03])


def test_l6_has_the_source_beside_it_and_the_error_of_so_many_languages():
    """By hand: the source has most text and loses most, against six in order: 1 - 6 (25 + 9 + 1 + 1 + 9 + 25) / (7 * 48)."""
    claim = judged("L6")
    part, source = claim.parts[0], claim.beside[0]
    assert part.value == pytest.approx(-1) and part.error_of_examples == pytest.approx(1 / np.sqrt(5))
    assert (part.low, part.high) == (-1, pytest.approx(-1 + 1.96 / np.sqrt(5), abs=1e-3))
    assert "the fine-tuning among them" in source.quantity and source.value == pytest.approx(-0.25)


def test_l6_says_no_direction_over_four_languages():
    """Four are in order by chance one time in 24."""
    claim = judge_claim("L6", silent(MADE["L6"](VALUES["supported"]["L6"]), ["vemo", "pilu"]), STUDY)
    assert claim.parts[0].value == pytest.approx(-1) and claim.verdict == "inconclusive"
    assert "more languages" in claim.to_decide


# ---------------------------------------------------------------------------------------------------------------- examples

EXAMPLES, SEEDS = 40, (1, 2)


def spoken_answers(rng: np.random.Generator) -> dict[tuple, pd.DataFrame]:
    """Outcomes in all languages, whole and at each point; the whole model's are good enough to lie above chance always."""
    labels = rng.integers(0, 3, EXAMPLES)
    found = {}
    for seed in SEEDS:
        for key in [WHOLE_RUN, *(("before", *point) for point in POINTS)]:
            parts = []
            for language in FACTS["language"]:
                right = rng.random(EXAMPLES) < (0.97 if key == WHOLE_RUN else rng.uniform(0.5, 0.9))
                answers = np.where(right, labels, (labels + 1) % 3).astype(np.int16)
                names = [f"pair {number}" for number in range(EXAMPLES)]
                parts.append(pd.DataFrame({"language": language, "example": names, "label": labels, "removed_0": answers}))
            found["multi", seed, *key] = pd.concat(parts, ignore_index=True)
    return found


def scored(outcomes: dict[tuple, pd.DataFrame], rows: np.ndarray) -> Tables:
    """The table of these outcomes on some of the examples, by number, each as often as it is there: slowly."""
    best = None
    parts = []
    for (model, seed, schedule, criterion, point), table in outcomes.items():
        for _, language in FACTS.iterrows():
            own = table[table["language"] == language["language"]].reset_index(drop=True)
            best = own["label"].mode()[0] if best is None else best
            drawn = own.iloc[rows]
            parts.append(
                {**language, "model": model, "seed": seed, "schedule": schedule, "criterion": criterion, "point": point}
                | {"score": (drawn["label"] == drawn["removed_0"]).mean(), "constant_score": (drawn["label"] == best).mean()}
            )
    found = pd.DataFrame(parts).assign(study="test", task="mnli", transferred=True, collapsed=False, source="languages")
    whole = found[found["schedule"] == "whole"].set_index(["seed", "language"])["score"]
    whole = np.array([whole[seed, language] for seed, language in zip(found["seed"], found["language"], strict=True)])
    chance = found["constant_score"]
    drops = {"drop": 1 - found["score"] / whole, "drop_above_chance": 1 - (found["score"] - chance) / (whole - chance)}
    return Tables(languages=found.assign(**drops, removed=1, removed_fraction=1 / 8))


def test_examples_are_drawn_once_for_all_languages_seeds_and_removals():
    """Each statistic on a table that is made anew of drawn examples, one by one, is what its resamples say."""
    outcomes = spoken_answers(np.random.default_rng(7))
    names = [f"pair {number}" for number in range(EXAMPLES)]
    observed = scored(outcomes, np.arange(EXAMPLES))
    known = replace(observed, language_outcomes=outcomes)
    times = Resamples(TEST_SETS, names).times(names)
    slow: dict[str, list[list[float]]] = {one: [] for one in BY_LANGUAGE}
    some = [times[row] for row in range(0, 500, 60)]
    for counts in some:
        again = scored(outcomes, np.repeat(np.arange(EXAMPLES), counts.astype(int)))
        for identifier in slow:
            slow[identifier].append([part.value for part in judge_claim(identifier, again, STUDY).parts])
    asked = {
        "L2": [Asked("L2", "", "", behind_source)],
        "L3": [TOP_FOR_SVO],
        "L4": [BOTTOM_FOR_AGGLUTINATIVE, BOTTOM_FOR_LOW],
        "L6": [CORPUS_SIZE],
    }
    for identifier, each in asked.items():
        for place, one in enumerate(each):
            ((_, runs),) = measured(known, "multi", one).terms
            fast = np.mean([runs.draws[seed] for seed in SEEDS], axis=0)[::60]
            assert fast == pytest.approx([row[place] for row in slow[identifier]], rel=1e-5, abs=1e-9), identifier
        part = judge_claim(identifier, known, STUDY).parts[0]
        assert part.error_of_examples > 0
    l2 = judge_claim("L2", known, STUDY).parts[0]
    ((_, runs),) = measured(known, "multi", asked["L2"][0]).terms
    assert l2.error_of_examples == pytest.approx(np.mean([runs.draws[seed] for seed in SEEDS], axis=0).std(ddof=1))


def test_languages_that_are_not_parallel_are_refused():
    outcomes = spoken_answers(np.random.default_rng(7))
    tables = scored(outcomes, np.arange(EXAMPLES))
    key = ("multi", 1, *WHOLE_RUN)
    shuffled = outcomes[key].copy()
    shuffled.loc[shuffled["language"] == "sori", "example"] = [f"pair {number}" for number in reversed(range(EXAMPLES))]
    with pytest.raises(ValueError, match="the examples of sori are not those of en, in its order"):
        judge_claim("L2", replace(tables, language_outcomes={**outcomes, key: shuffled}), STUDY)


def test_a_drop_is_undefined_where_the_whole_model_is_not_above_chance():
    """By hand: half of the way from .7 to .3 is lost; from .3 to .3 nothing can be."""
    found = drops(np.array([[0.5, 0.3]]), np.array([0.7, CHANCE]), np.array([CHANCE, CHANCE]))
    assert found[0, 0] == pytest.approx(0.5) and np.isnan(found[0, 1]) and WHOLE > CHANCE


def test_examples_blur_l1_paired_over_the_models_and_removals():
    rng, names = np.random.default_rng(2), [str(number) for number in range(30)]
    tables, outcomes = removed([0.0, 0.0], ["mnli"]), {}
    labels = rng.integers(0, 3, 30)
    rows = tables.removals[tables.removals["criterion"] != "set"]
    for row in rows.itertuples():
        right = rng.random(30) < row.accuracy
        table = pd.DataFrame({"example": names, "label": labels, "removed_0": np.where(right, labels, (labels + 1) % 3)})
        outcomes[row.model, "mnli", row.seed, row.schedule, row.criterion, row.point] = table
    part = only(judge_claim("L1", replace(tables, removal_outcomes=outcomes), STUDY), "MNLI")

    def accuracy(key: tuple, rows: np.ndarray) -> float:
        drawn = outcomes[key].iloc[rows]
        return (drawn["label"] == drawn["removed_0"]).mean()

    slow = []
    for counts in Resamples("mnli", names).times(names):
        rows = np.repeat(np.arange(30), counts.astype(int))
        kept = {
            (model, seed): np.mean([accuracy((model, "mnli", seed, "before", "random", point), rows) for point in MASKS])
            / accuracy((model, "mnli", seed, *WHOLE_RUN), rows)
            for model in ("multi", "mono")
            for seed in SEEDS
        }
        slow.append(np.mean([kept["multi", seed] - kept["mono", seed] for seed in SEEDS]))
    assert part.error_of_examples == pytest.approx(np.std(slow, ddof=1), rel=1e-5)


# ------------------------------------------------------------------------------------------------------- files and settings


def test_claims_about_languages_are_judged_where_a_study_has_several():
    assert judged_papers(STUDY) == ["languages"]
    assert judged_papers(replace(STUDY, languages=Languages(None, "mono"))) == ["heads"]
    told = {
        "study": "s",
        "roles": {},
        "transfer": {"norm": "l1", "crossing": "first_crossing"},
        "pruning": {"schedule": "one_shot"},
    }
    assert Settings.of(told).languages == Languages()
    given = {"multilingual": "multi", "monolingual": None, "tasks": ["mnli"]}
    assert Settings.of({**told, "languages": given}).languages == Languages("multi", None, ("mnli",))
    alone = judge_claim("L1", removed([0, 0, 0]), replace(STUDY, languages=Languages("multi", None, TASKS)))
    assert alone.verdict == "not run" and "no model of this study stands for BERT-base" in alone.statement


def everything() -> Tables:
    made = {one: MADE[one](VALUES["supported"][one]) for one in ("L1", "L3", "L5")}
    return Tables(languages=made["L3"].languages, removals=made["L1"].removals, heads=made["L5"].heads)


def test_all_verdicts_are_valid_and_are_told():
    verdicts = judge(everything(), STUDY)
    assert [claim.id for claim in verdicts.claims] == [*CLAIMED]
    jsonschema.validate(verdicts.as_json(), schema())
    assert Verdicts.model_validate(verdicts.as_json()) == verdicts and verdicts.multilingual == "multi"
    text = markdown(verdicts)
    assert "on several languages, judged on `multi`, held against `mono`" in text and "L6" in printable(verdicts)


def test_a_table_of_languages_is_read_with_both_of_its_sources(tmp_path):
    path = tmp_path / "languages.parquet"
    rows = everything().languages.drop(columns="source").rename(columns={"source_language": "source"})
    write_table(path, rows)
    read = together(READERS["languages"], [path], "test")
    assert set(read.loc[read["source_language"], "language"]) == {"en"} and set(read["source"]) == {path.as_posix()}


def with_trials(path: Path, outcomes: dict[tuple, pd.DataFrame], seed: int) -> None:
    own = {key[2:]: table for key, table in outcomes.items() if key[1] == seed}
    frame = next(iter(own.values()))[["language", "example", "label"]]
    frame = frame.assign(**{f"removed_{row}": table["removed_0"] for row, table in enumerate(own.values())})
    about = [dict(zip(("schedule", "criterion", "point"), key, strict=True)) for key in own]
    write_table(path, frame, model="multi", task="mnli", seed=seed, trials=about)


def test_outcomes_are_read_trial_by_trial(tmp_path):
    outcomes, path = spoken_answers(np.random.default_rng(7)), tmp_path / "outcomes.parquet"
    with_trials(path, outcomes, 2)
    found = trials([path])
    assert set(found) == {key for key in outcomes if key[1] == 2}
    for key, table in found.items():
        pd.testing.assert_frame_equal(table.astype({"language": object, "example": object}), outcomes[key], check_dtype=False)
    with pytest.raises(ValueError, match="are in another file too"):
        trials([path, path])
    write_table(path, outcomes["multi", 1, *WHOLE_RUN], model="multi", task="mnli", seed=1, trials=[])
    with pytest.raises(ValueError, match="tells of 0 trials"):
        trials([path])


def test_a_file_of_outcomes_says_which_heads_were_removed(tmp_path):
    path, table = tmp_path / "outcomes.parquet", pd.DataFrame({"example": ["a"], "label": [0], "removed_0": [0]})
    write_table(path, table, model="multi", task="mnli", seed=3)
    assert whose_removal(path) == ("multi", "mnli", 3, "whole", "none", "whole")
    write_table(path, table, model="mono", task="qqp", seed=1, schedule="before", criterion="random", point="0.5-2")
    assert whose_removal(path) == ("mono", "qqp", 1, "before", "random", "0.5-2")


def test_the_command_judges_the_files_of_a_study(tmp_path):
    tables, outcomes = everything(), spoken_answers(np.random.default_rng(7))
    spoken = scored(outcomes, np.arange(EXAMPLES)).languages.drop(columns="source")
    paths = {name: tmp_path / f"{name}.parquet" for name in ("languages", "removals", "language_outcomes", "removal_outcomes")}
    write_table(paths["languages"], spoken.rename(columns={"source_language": "source"}))
    write_table(paths["removals"], tables.removals.drop(columns="source"))
    with_trials(paths["language_outcomes"], outcomes, 1)
    answers = outcomes["multi", 1, *WHOLE_RUN].drop(columns="language").head(EXAMPLES)
    write_table(paths["removal_outcomes"], answers, model="multi", task="mnli", seed=1)
    settings = {"study": "test", "roles": {}, "transfer": {"norm": "l1", "crossing": "first_crossing"}}
    settings |= {"pruning": {"schedule": "one_shot"}}
    settings |= {"languages": {"multilingual": "multi", "monolingual": "mono", "tasks": [*TASKS]}}
    command = [sys.executable, str(ROOT / "workflow/scripts/judge_claims.py"), "--settings", json.dumps(settings)]
    command += [word for name, path in paths.items() for word in (f"--{name.replace('_', '-')}", str(path))]
    subprocess.run([*command, "--claims", str(tmp_path / "claims.json")], check=True, capture_output=True)
    verdicts = Verdicts.model_validate_json((tmp_path / "claims.json").read_text())
    by_id = {claim.id: claim for claim in verdicts.claims}
    assert [*by_id] == [*CLAIMED] and by_id["L1"].verdict == "supported" and by_id["L5"].verdict == "not run"
    assert by_id["L2"].parts[0].seeds == 2 and by_id["L2"].parts[0].error_of_examples > 0
