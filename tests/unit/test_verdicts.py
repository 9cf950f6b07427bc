"""Intervals against slow and hand-made ones, verdicts from intervals, and the files and texts that tell them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from itertools import product
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from claim_tables import CONTRADICTING, MADE, STRADDLING, SUPPORTING, c1, on_all, prunability, with_metrics

from headcount.claims import Claim, Settings, Tables, Verdicts, judge, markdown, printable, schema
from headcount.claims.bars import BARS, CLAIMED, Bar
from headcount.claims.statistics import Estimate, Term, estimate
from headcount.claims.verdicts import claim_verdict, meets, part_verdict
from headcount.claims.writing import folded

ROOT = Path(__file__).parents[2]


# ----------------------------------------------------------------------------------------------------------- statistics


def test_the_interval_of_two_seeds_runs_from_one_to_the_other():
    # A resample is one seed twice with probability 1/4 each: more than 2.5 %.
    assert estimate([Term({1: 0.2, 2: 0.6})]) == Estimate(pytest.approx(0.4), 0.2, 0.6, 2)


def test_the_interval_of_three_seeds_by_enumeration():
    values = [0.0, 0.3, 0.9]
    means = sorted(np.mean(drawn) for drawn in product(values, repeat=3))
    # 27 equally probable resamples: each extreme has probability 1/27 > 2.5 %, so the percentiles are the extremes.
    found = estimate([Term(dict(enumerate(values)))])
    assert (found.low, found.high) == (means[0], means[-1])
    narrower = estimate([Term(dict(enumerate(values)))], confidence=0.8)
    assert (narrower.low, narrower.high) == (pytest.approx(means[27 // 10]), pytest.approx(means[-1 - 27 // 10]))


def test_the_interval_against_a_slow_bootstrap():
    a, b, c = {1: 0.3, 2: 0.5, 3: 0.1, 4: 0.8, 5: 0.4}, {1: 0.9, 2: 0.2, 3: 0.7, 5: 0.6}, {7: 0.5, 8: 0.1, 9: 0.3}
    rng, sums = np.random.default_rng(11), []
    while len(sums) < 5_000:
        together, alone = rng.choice([1, 2, 3, 4, 5], 5), rng.choice([7, 8, 9], 3)
        if there := [b[seed] for seed in together if seed in b]:
            total = np.mean([a[seed] for seed in together]) + 0.5 * np.mean(there) - np.mean([c[seed] for seed in alone])
            sums.append(total)
    found = estimate([Term(a, 1, "x"), Term(b, 0.5, "x"), Term(c, -1, "y")])
    assert found.value == pytest.approx(np.mean(list(a.values())) + 0.3 - 0.3)
    assert [found.low, found.high] == pytest.approx(np.percentile(sums, [2.5, 97.5]), abs=0.02)
    assert found.seeds == 3


def test_terms_of_one_block_are_resampled_together_and_others_are_not():
    values = {1: 0.1, 2: 0.5, 3: 0.9}
    paired = estimate([Term(values, 1, "x"), Term(values, -1, "x")])
    unpaired = estimate([Term(values, 1, "x"), Term(values, -1, "y")])
    assert (paired.low, paired.high) == (0, 0)
    assert unpaired.low < -0.3 and unpaired.high > 0.3


def test_estimates_are_the_same_each_time_and_undefined_without_values():
    terms = [Term({1: 0.1, 2: 0.5, 3: 0.9, 4: 0.4})]
    assert estimate(terms) == estimate(terms)
    assert estimate([]) is None and estimate([*terms, Term({})]) is None
    assert estimate([*terms, Term({1: 3.0})])[1:] == (None, None, 1)
    with pytest.raises(ValueError, match="undefined"):
        estimate([Term({1: float("nan")})])


@pytest.mark.parametrize(
    ("relation", "bar", "low", "high", "verdict"),
    [
        (">", 0.5, 0.51, 0.6, "supported"),
        (">", 0.5, 0.5, 0.6, "inconclusive"),
        (">", 0.5, 0.4, 0.5, "contradicted"),
        (">", 0.3, 0.1 + 0.2, 0.4, "inconclusive"),
        (">=", 0.3, 0.3, 0.4, "supported"),
        (">=", 0.9, 0.9 - 1e-15, 0.95, "supported"),
        ("<", 0.0, -0.2, -0.1, "supported"),
        ("<", 0.0, -0.2, 0.0, "inconclusive"),
        ("<", 0.0, 0.0, 0.1, "contradicted"),
        ("within", 0.1, -0.1, 0.1, "supported"),
        ("within", 0.1, 0.05, 0.2, "inconclusive"),
        ("within", 0.1, -0.2, 0.2, "inconclusive"),
        ("within", 0.1, 0.11, 0.2, "contradicted"),
        ("within", 0.1, -0.3, -0.2, "contradicted"),
    ],
)
def test_a_part_is_judged_by_the_whole_interval(relation, bar, low, high, verdict):
    assert part_verdict(Estimate((low + high) / 2, low, high, 3), Bar(relation, bar, "")) == verdict


def test_a_part_without_data_or_interval():
    assert part_verdict(None, BARS["C1"]) == "not run"
    assert part_verdict(Estimate(0.9, None, None, 1), BARS["C1"]) == "inconclusive"
    assert meets(0.9, BARS["C1"])


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "inconclusive"], "inconclusive"),
        (["supported", "not run"], "inconclusive"),
        (["inconclusive", "not run"], "inconclusive"),
        (["supported", "contradicted", "not run"], "contradicted"),
        (["not run", "not run"], "not run"),
        ([], "not run"),
    ],
)
def test_a_claim_follows_from_its_parts(verdicts, verdict):
    assert claim_verdict(verdicts) == verdict
    assert claim_verdict(verdicts, complete=False) == ("inconclusive" if verdict == "supported" else verdict)


# ----------------------------------------------------------------------------------------------------- files and texts


@pytest.fixture(scope="module")
def verdicts() -> Verdicts:
    """A study with some of everything: verdicts of all four kinds, runs left out, one model absent."""
    parts = [MADE[identifier](SUPPORTING[identifier]) for identifier in ("C4", "C6", "C7")]
    together = {one.name: pd.concat([getattr(part, one.name) for part in parts]) for one in fields(Tables)}
    kept = {seed: 1 - share for seed, share in CONTRADICTING["C5"]["cola"].items()}
    curves = pd.concat([c1(STRADDLING["C1"]).curves, prunability({"mlm": kept})])
    tables = with_metrics(Tables(**{**together, "heads": pd.DataFrame(), "curves": curves}), ("roberta", "qqp", 1))
    return judge(tables, Settings("test", {"main": "roberta", "shared": None, "appendix": None}))


def test_all_claims_are_judged_in_the_papers_order(verdicts):
    assert [claim.id for claim in verdicts.claims] == [f"C{number}" for number in range(1, 10)]
    assert {claim.verdict for claim in verdicts.claims} == {"supported", "contradicted", "inconclusive", "not run"}


def test_the_json_validates_and_comes_back_as_it_was(verdicts, tmp_path):
    text = json.dumps(verdicts.model_dump(mode="json"), allow_nan=False)
    jsonschema.validate(json.loads(text), schema(), cls=jsonschema.Draft202012Validator)
    assert Verdicts.model_validate_json(text) == verdicts


def test_the_schema_refuses_another_verdict(verdicts):
    content = verdicts.model_dump(mode="json")
    content["claims"][0]["verdict"] = "proven"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, schema())


def test_the_schema_file_is_the_one_that_the_models_give():
    assert json.loads((ROOT / "workflow/schemas/claims.schema.json").read_text(encoding="utf-8")) == schema()


def test_every_bar_is_used_and_names_its_section(verdicts):
    used = {(part.relation, part.bar) for claim in verdicts.claims for part in claim.parts}
    assert used <= {(bar.relation, bar.value) for bar in BARS.values()}
    assert {name.split()[0] for name in BARS} == set(CLAIMED)
    assert all(bar.where.startswith(("§", "App.")) for bar in BARS.values())


def test_the_page_has_a_row_and_a_section_for_every_claim(verdicts):
    page = markdown(verdicts)
    for claim in verdicts.claims:
        assert f"| {claim.id} | " in page and f"\n## {claim.id}. {claim.claim}\n" in page
        assert claim.statement in page
    assert "`roberta` for RoBERTa-large" in page and "Nothing stands for ALBERT-base-v1 and ALBERT-xxlarge-v2" in page
    assert "roberta, QQP, seed 1 (collapsed in fine-tuning)" in page


def test_every_row_of_the_pages_tables_has_as_many_cells_as_its_heading(verdicts):
    for block in markdown(verdicts).split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1


def test_the_terminal_gets_an_aligned_line_per_claim(verdicts):
    lines = printable(verdicts, width=100).splitlines()
    assert len(lines) == 9 and max(map(len, lines)) <= 100
    for line, claim in zip(lines, verdicts.claims, strict=True):
        assert line.startswith(claim.id) and line[4:].startswith(claim.verdict)
        assert claim.statement.startswith(line[18:].rstrip("…"))


def test_paths_that_differ_in_a_name_are_folded_into_one():
    paths = [f"r/{model}/{task}/c.parquet" for model in "ab" for task in "xy"]
    assert folded(paths) == ["r/{a,b}/{x,y}/c.parquet"]
    assert folded([*paths, "r/b/z/c.parquet", "r/s.csv"]) == [
        "r/a/{x,y}/c.parquet",
        "r/b/{x,y,z}/c.parquet",
        "r/s.csv",
    ]
    assert folded([]) == [] and folded(["a", "a"]) == ["a"]


def test_folded_paths_unfold_to_what_they_were():
    rng = np.random.default_rng(5)
    paths = sorted({"/".join(rng.choice(list("abc"), 3)) for _ in range(15)})
    command = "printf '%s\\n' " + " ".join(folded(paths))
    unfolded = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout.split()
    assert sorted(unfolded) == paths


def test_the_script_writes_both_files_from_tables_on_disk(tmp_path):
    from headcount.store.tables import write_table

    tables = c1(on_all(0.6, 0.7))
    for (task, seed), rows in tables.curves.groupby(["task", "seed"]):
        write_table(tmp_path / f"{task}{seed}.parquet", rows.drop(columns="source"), order=[])
        record = {"study": "test", "model": "roberta", "task": task, "seed": int(seed), "collapsed": False}
        (tmp_path / f"{task}{seed}.json").write_text(json.dumps(record))
    settings = {"study": "test", "roles": {"main": "roberta"}, "transfer": {"norm": "l1", "crossing": "first_crossing"}}
    settings["pruning"] = {"schedule": "one_shot"}
    command = [sys.executable, str(ROOT / "workflow/scripts/judge_claims.py"), "--settings", json.dumps(settings)]
    command += ["--curves", *map(str, sorted(tmp_path.glob("*.parquet")))]
    command += ["--metrics", *map(str, sorted(tmp_path.glob("*.json"))), "--claims", str(tmp_path / "out/claims.json")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = Verdicts.model_validate_json((tmp_path / "out/claims.json").read_text())
    first = found.claims[0]
    assert first.verdict == "supported" and len(first.sources) == 16
    assert printed.startswith("C1  supported") and (tmp_path / "out/claims.md").read_text() == markdown(found)
    again = [sys.executable, "-m", "headcount.claims", str(tmp_path / "out/claims.json")]
    assert printed in subprocess.run(again, capture_output=True, text=True, check=True).stdout


def test_judging_needs_no_deep_learning_library():
    code = "import sys, headcount.claims; print({'torch', 'transformers', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


def test_a_claim_is_frozen(verdicts):
    claim: Claim = verdicts.claims[0]
    with pytest.raises(ValueError, match="frozen"):
        claim.verdict = "supported"  # type: ignore[misc]
