"""Lists of any length reach a script; the workflow writes them once, when a job needs them, and sees every change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from headcount.jobs import argument_file
from headcount.jobs.argument_file import ArgumentFile
from headcount.jobs.command_line import any_paths, arguments, mapping, paths

SNAKEFILE = """
from headcount.jobs import argument_file

FILES = config["files"].split(",")

def listed(**options):
    return argument_file.ArgumentFile("lists", options, lambda: workflow.dryrun)

rule:
    input: FILES
    output: "out.txt"
    params: lists=lambda wildcards: listed(files=FILES)
    shell: "{sys.executable} script.py {params.lists} --output {output}"
"""
SCRIPT = """
from pathlib import Path
from headcount.jobs.command_line import arguments, paths
given = arguments(None, files=paths, output=Path)
given.output.write_text(" ".join(map(str, given.files)))
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given(monkeypatch: pytest.MonkeyPatch, *told: str) -> list[str]:
    monkeypatch.setattr(sys, "argv", ["script.py", *told])
    return list(told)


def test_a_script_reads_what_a_rule_says_however_long(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"results/with a space/seed{n}.parquet" for n in range(10_000)]
    told = ArgumentFile("lists", {"long_list": names, "runs": '[{"n": 1, "é": "\\u2028"}]', "none": []})
    given(monkeypatch, f"{told}", "--output", "o")
    found = arguments(None, long_list=paths, runs=mapping, none=any_paths, output=Path)
    assert list(map(str, found.long_list)) == names and found.none == [] and found.output == Path("o")
    assert found.runs == [{"n": 1, "é": "\u2028"}]
    assert len(f"{told}") < 40


@pytest.mark.parametrize("value", ["", "a\nb", "a\u2028b", "-x", "@x"])
def test_a_value_that_would_be_read_as_another_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="files"):
        ArgumentFile("lists", {"files": ["right", value]})


def test_the_name_changes_with_each_option_value_and_order() -> None:
    ways = [{"a": ["1", "2"]}, {"a": ["2", "1"]}, {"a": ["12"]}, {"b": ["1", "2"]}, {"a": ["1"], "b": ["2"]}, {"a": "1"}]
    assert len({ArgumentFile("lists", way) for way in ways}) == len(ways)
    assert repr(ArgumentFile("lists", ways[0])) == repr(str(ArgumentFile("lists", ways[0])))  # what Snakemake records


def test_a_damaged_file_is_written_again(here: Path) -> None:
    told = ArgumentFile("lists", {"files": ["a", "b"]})
    path = Path(f"{told}"[1:])
    whole = path.read_text()
    path.write_text("--files\na")
    assert Path(f"{told}"[1:]).read_text() == whole == "--files\na\nb\n"


def test_an_unwritten_file_is_named(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    given(monkeypatch, "@lists/gone.txt")
    with pytest.raises(SystemExit):
        arguments(None, files=paths)
    assert "lists/gone.txt" in capsys.readouterr().err.splitlines()[-1]


def test_snakemake_runs_a_job_again_when_its_list_changes_and_writes_nothing_in_a_dry_run(here: Path) -> None:
    (here / "Snakefile").write_text(f"import sys\n{SNAKEFILE}")
    (here / "script.py").write_text(SCRIPT)
    for name in ("a", "b", "c"):
        (here / name).write_text(name)

    def snakemake(*options: str) -> str:
        command = [sys.executable, "-m", "snakemake", "--cores", "1", "--config", f"files={files}", *options]
        package = {**os.environ, "PYTHONPATH": str(Path(argument_file.__file__).parents[2])}
        done = subprocess.run(command, capture_output=True, text=True, env=package, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    files = "a,b"
    snakemake("--dry-run", "--printshellcmds")
    assert not (here / "lists").exists()
    snakemake()
    assert (here / "out.txt").read_text() == "a b"
    assert "Nothing to be done" in snakemake("--dry-run")
    files = "b,a"
    snakemake("--dry-run")
    assert len(list((here / "lists").iterdir())) == 1
    snakemake()
    assert (here / "out.txt").read_text() == "b a"
