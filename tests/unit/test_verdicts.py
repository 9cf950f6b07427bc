"""Claims from their parts, and the files and texts that tell them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import numpy as np
import pandas as pd
import pytest
from claim_tables import CONTRADICTING, MADE, POINTS, STRADDLING, SUPPORTING, c1, on_all, prunability, with_metrics

from headcount.claims import Claim, Settings, Tables, Verdicts, judge, markdown, printable, schema
from headcount.claims.heads import BARS, CLAIMED
from headcount.claims.verdicts import claim_verdict
from headcount.claims.writing import folded

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        (["supported", "supported"], "supported"),
        (["supported", "inconclusive"], "inconclusive"),
        (["supported", "not run"], "inconclusive"),
        (["inconclusive", "not run"], "inconclusive"),
        (["supported", "contradicted", "not run"], "contradicted"),
        (["not run", "not run"], "not run"),
        (["supported", "not measurable here"], "inconclusive"),
        (["not measurable here", "not run"], "inconclusive"),
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
    fourth = {
        identifier: {task: {**seeds, 4: seeds[2]} for task, seeds in SUPPORTING[identifier].items()}
        for identifier in ("C4", "C6", "C7")
    }
    parts = [MADE[identifier](values) for identifier, values in fourth.items()]
    together = {name: pd.concat([part.frames[name] for part in parts]) for name in Tables().frames}
    kept = {seed: 1 - share for seed, share in CONTRADICTING["C5"]["cola"].items()}
    curves = pd.concat([c1(STRADDLING["C1"]).curves, prunability({"mlm": kept}, level=0.75)])
    tables = with_metrics(Tables(**{**together, "heads": pd.DataFrame(), "curves": curves}), ("roberta", "qqp", 1))
    return judge(tables, Settings("test", {"main": "roberta", "shared": None, "appendix": None}))


def test_all_claims_are_judged_in_the_papers_order(verdicts):
    assert [claim.id for claim in verdicts.claims] == [f"C{number}" for number in range(1, 11)]
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
    assert len(lines) == 10 and max(map(len, lines)) <= 100
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
    from headcount.order.curve import order_table
    from headcount.store.tables import write_table

    tables = c1(on_all(0.64, 0.65, 0.66))
    for (task, seed), rows in tables.curves.groupby(["task", "seed"]):
        write_table(tmp_path / f"{task}{seed}.parquet", rows.drop(columns="source"), order=[])
        asked = pd.DataFrame({"example": [str(number) for number in range(40)], "label": [0, 1] * 20})
        right = {f"removed_{count}": [0, 1] * 20 for count in range(POINTS + 1)}
        write_table(tmp_path / f"outcomes/{task}{seed}.parquet", asked.assign(**right))
        order = order_table([(0, head) for head in range(POINTS)], ["row", "head"])
        write_table(tmp_path / f"orders/{task}{seed}.parquet", order)
        record = {"study": "test", "model": "roberta", "task": task, "seed": int(seed), "collapsed": False}
        (tmp_path / f"{task}{seed}.json").write_text(json.dumps(record))
    settings = {"study": "test", "roles": {"main": "roberta"}, "transfer": {"norm": "l1", "crossing": "first_crossing"}}
    settings["pruning"] = {"schedule": "one_shot"}
    command = [sys.executable, str(ROOT / "workflow/scripts/judge_claims.py"), "--settings", json.dumps(settings)]
    for option, folder in {"curves": ".", "outcomes": "outcomes", "orders": "orders"}.items():
        command += [f"--{option}", *map(str, sorted((tmp_path / folder).glob("*.parquet")))]
    command += ["--metrics", *map(str, sorted(tmp_path.glob("*.json"))), "--claims", str(tmp_path / "out/claims.json")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = Verdicts.model_validate_json((tmp_path / "out/claims.json").read_text())
    first = found.claims[0]
    assert first.verdict == "supported" and len(first.sources) == 24
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
