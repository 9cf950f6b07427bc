"""What every rule must have, asked of Snakemake's own rule objects once all rules files are read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from checkout import MINIATURE, ROOT, Checkout

from headcount.study.layout import Layout, manifest
from headcount.study.rules import RULES
from headcount.study.told import OPTIONS

DESCRIBE = """
import json
from snakemake.io import is_flagged

include: "workflow/Snakefile"

descriptions = {
    each.name: {
        "shell": each.shellcmd,
        "log": list(map(str, each.log)),
        "benchmark": str(each.benchmark or ""),
        "conda": str(each.conda_env or ""),
        "message": each.message,
        "params": list(each.params.keys()),
        "resources": list(each.resources),
        "outputs": list(map(str, each.output)),
        "directories": [str(path) for path in each.output if is_flagged(path, "directory")],
    }
    for each in workflow.rules
    if not each.norun
}
Path("rules.json").write_text(json.dumps(descriptions))
"""


@pytest.fixture(scope="module")
def rules(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Every rule that computes, described: those that exist under some configs only are among them."""
    checkout = Checkout.of_sources(tmp_path_factory.mktemp("rules") / "checkout")
    made = yaml.safe_load((ROOT / "config" / "encoders.yaml").read_text())["encoders"]["albert"]
    own = {"finetuned": {"cola": {"source": "mine/seed{seed}"}}}
    further = {"family": "roberta", "pretrain": {"from": "embedded", "steps": 2}}
    one_made_here = checkout.overlay(
        {
            "models": ["roberta", "albert", "further"],
            "encoders": {"albert": {"source": None, **made, **own}, "further": further},
            "finetuning": {"further": {"default": {"learning_rate": 1.0e-4, "batch": 4, "epochs": 1}}},
            "roles": {"shared": None, "appendix": "albert"},
        }
    )
    (checkout.path / "Snakefile").write_text(DESCRIBE)
    listed = checkout.snakemake("--list-rules", "--configfile", MINIATURE, one_made_here)
    assert listed.returncode == 0, listed.stdout
    found: dict[str, Any] = json.loads((checkout.path / "rules.json").read_text())
    return found


def test_rules_that_compute_are_shell_rules_over_the_script_of_their_name(rules: dict[str, Any]) -> None:
    """Not `script:`, `run:` or the like: Snakemake compares those by time, or starts itself anew for them."""
    for name, rule in rules.items():
        assert re.fullmatch(rf'python "\$HEADCOUNT_JOB" {name} .*', rule["shell"] or "")


def test_every_script_has_its_rule(rules: dict[str, Any]) -> None:
    assert {path.stem for path in (ROOT / "workflow" / "scripts").glob("*.py")} == set(rules)


@pytest.mark.parametrize("directive", ["log", "benchmark", "conda", "message"])
def test_every_rule_has_it(directive: str, rules: dict[str, Any]) -> None:
    assert [name for name, rule in rules.items() if not rule[directive]] == []


def test_every_rule_knows_the_code_it_runs_on(rules: dict[str, Any]) -> None:
    assert [name for name, rule in rules.items() if "code" not in rule["params"]] == []


def test_every_rule_logs_what_it_prints_and_notes_what_it_wrote(rules: dict[str, Any]) -> None:
    end = '> {log} 2>&1 && python "$HEADCOUNT_CHECKSUMS" results/miniature/checksums {output}'
    assert [name for name, rule in rules.items() if not rule["shell"].endswith(end)] == []


def test_the_list_of_jobs_knows_every_file_that_a_rule_makes(rules: dict[str, Any]) -> None:
    layout = Layout("miniature")
    for name, rule in rules.items():
        made = [re.sub(r"\{(\w+),[^}]*\}", r"{\1}", path) for path in rule["outputs"]]
        if name == "draw_figure":
            assert sorted(made) == sorted(layout.figure("{figure}").values())
        else:
            assert layout.artifact(name) in made or RULES[name].holds
            places = (*(RULES[name].holds or (RULES[name].artifact,)), *RULES[name].beside)
            known = [getattr(layout, place) for place in places]
            beside = [manifest(getattr(layout, RULES[name].artifact))] if RULES[name].directory else []
            assert sorted(made) == sorted([*known, *beside])


def test_rules_ask_for_a_gpu_if_and_only_if_they_are_told_a_device(rules: dict[str, Any]) -> None:
    told_a_device = {name for name, options in OPTIONS.items() if "device" in options}
    assert {name for name, rule in rules.items() if "gpu" in rule["resources"]} == told_a_device


def test_every_directory_has_its_manifest_beside_it(rules: dict[str, Any]) -> None:
    for rule in rules.values():
        assert {f"{directory}.json" for directory in rule["directories"]} <= set(rule["outputs"])
