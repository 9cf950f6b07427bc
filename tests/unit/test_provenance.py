"""Snakemake's records read back, and the chain of jobs behind a file."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from snakemake.persistence.file import FilePersistence

from headcount.ledger import provenance
from headcount.ledger.snakemake import INCOMPLETE, METADATA, by_output, incomplete, records
from headcount.store.files import write_json
from headcount.store.manifests import checksums
from headcount.store.tables import write_table

CURVE = "results/s/roberta/cola/seed3/curve/head/gate_gradient-l1.parquet"
CHECKPOINT = "results/s/roberta/cola/seed3/checkpoint"
TRAIN, VALIDATION = "results/s/tasks/cola/train.parquet", "results/s/tasks/cola/validation.parquet"
ENVIRONMENT = "dependencies:\n  - python=3.11\n  - pip:\n      - torch==2.13.0\n"
LOG = " > results/s/logs/a.log 2>&1"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keep(output: str, command: str, **content: Any) -> None:
    """A record as Snakemake writes it, by Snakemake itself."""
    persistence = FilePersistence(path=Path(".snakemake").absolute())
    whole = {
        "shellcmd": f'python "$HEADCOUNT_JOB" {content["rule"]} {command}{LOG}',
        "conda_env": b64encode(ENVIRONMENT.encode()).decode(),
        "params": ["'cpu'", "'0123456789abcdef cola xlm-roberta'", "4096"],
        "endtime": content.get("starttime", 0) + 2.5,
        **content,
    }
    persistence._io_write(str(METADATA), whole, output)


@pytest.fixture
def chain(here: Path) -> Path:
    """Data from a revision, a checkpoint trained on it, a curve of that."""
    import pandas as pd

    for path in (TRAIN, VALIDATION):
        write_table(Path(path), pd.DataFrame({"x": [1]}), source="nyu-mll/glue", commit="abc123", revision=None)
        keep(path, f"--task cola --train {TRAIN} --validation {VALIDATION}", rule="prepare_task", starttime=100.0)
    Path(CHECKPOINT).mkdir(parents=True)
    Path(CHECKPOINT, "model.safetensors").write_text("1 2 3")
    manifest = {
        "device": "cpu",
        "cpu": "EPYC",
        "instructions": "AVX2",
        "threads": 1,
        "versions": {"torch": "2.13.0+cpu"},
        "files": checksums(Path(CHECKPOINT)),
    }
    write_json(Path(f"{CHECKPOINT}.json"), manifest)
    for path in (CHECKPOINT, f"{CHECKPOINT}.json"):
        command = f"""--train {TRAIN} --run '{{"seed": 3, "task": "cola"}}' --work results/s/.work/a --output {CHECKPOINT}"""
        sha = _sha(TRAIN)
        keep(path, command, rule="finetune", input=[TRAIN], input_checksums={TRAIN: f"sha256:{sha}"}, starttime=200.0)
    Path(CURVE).parent.mkdir(parents=True)
    Path(CURVE).write_bytes(Path(TRAIN).read_bytes())
    inputs = [CHECKPOINT, f"{CHECKPOINT}.json", VALIDATION]
    sums = {path: f"sha256:{_sha(path)}" for path in inputs[1:]}
    command = f"--model {CHECKPOINT} --data {VALIDATION} --settings '{{\"step\": 0.5}}' --device cpu --curve {CURVE}"
    keep(CURVE, command, rule="prune_curve", input=inputs, input_checksums=sums, starttime=300.0)
    return here


def _sha(path: str) -> str:
    return str(checksums(Path(path).parent)[Path(path).name]["sha256"])


# --------------------------------------------------------------------------------------------------------------- records


@pytest.mark.parametrize("name", ["a.csv", f"results/{'long' * 100}/ä.parquet"])
def test_a_record_is_found_by_the_name_that_snakemake_gave_it(name: str, here: Path) -> None:
    keep(name, "--x 1", rule="r")
    assert by_output()[name].rule == "r"


def test_a_record_tells_what_its_job_was_told(here: Path) -> None:
    keep("a", """--settings '{"path": "a > b", "n": 1}' --files x y --flag""", rule="r", starttime=1.5)
    record = by_output()["a"]
    assert record.options == {"settings": {"path": "a > b", "n": 1}, "files": ["x", "y"], "flag": []}
    assert (record.script, record.code, record.started, record.seconds) == (
        "r.py",
        "0123456789abcdef cola xlm-roberta",
        1.5,
        2.5,
    )


def test_a_half_written_record_is_empty(here: Path) -> None:
    keep("a", "--x 1", rule="r")
    by_output()["a"].path.write_text('{"rule": "r", "inp')
    assert by_output()["a"].content == {}


def test_what_is_no_record_is_passed_over(here: Path) -> None:
    METADATA.mkdir(parents=True)
    (METADATA / "migration_underway").touch()
    assert [record for record in records() if record.content] == []


def test_unfinished_outputs_are_known(here: Path) -> None:
    persistence = FilePersistence(path=Path(".snakemake").absolute())
    persistence._mark_incomplete("results/a", None)
    assert incomplete() == {"results/a"} == {record.output for record in records(INCOMPLETE)}


# ------------------------------------------------------------------------------------------------------------ provenance


def told(path: str, only: bool = False) -> list[str]:
    steps = provenance.history(path, by_output())
    return [line for each in (steps[:1] if only else steps) for line in provenance.lines(each)]


def test_a_file_goes_back_to_its_data_each_job_once(chain: Path) -> None:
    steps = provenance.history(CURVE, by_output())
    assert [each.record.rule for each in steps] == ["prune_curve", "finetune", "prepare_task"]


def test_a_file_in_a_directory_is_the_directorys(chain: Path) -> None:
    assert provenance.history(f"{CHECKPOINT}/model.safetensors", by_output())[0].path == CHECKPOINT


def test_everything_that_made_a_checkpoint_is_told(chain: Path) -> None:
    text = "\n".join(told(CHECKPOINT))
    for part in (
        "made by   finetune",
        "in 2.5 s",
        "device    cpu",
        "hardware  EPYC, AVX2, 1 thread",
        "seed      3",
        "code      0123456789abcdef",
        "versions  torch 2.13.0+cpu",
        f"read      {TRAIN} {_sha(TRAIN)}",
        f"wrote     model.safetensors {_sha(f'{CHECKPOINT}/model.safetensors')}",
        "origin    source nyu-mll/glue, commit abc123",
    ):
        assert part in text
    assert "--work" not in text and f"--output {CHECKPOINT}" not in text


def test_settings_and_pins_of_a_table_are_told(chain: Path) -> None:
    text = "\n".join(told(CURVE, only=True))
    assert 'told      --settings {"step": 0.5}' in text and "pinned    torch 2.13.0" in text
    assert "--model" not in text and "--data" not in text


def test_an_input_that_changed_since_is_told(chain: Path) -> None:
    assert "CHANGED" not in "\n".join(told(CURVE))
    Path(VALIDATION).write_bytes(b"other")
    changed = [line for line in told(CURVE) if "CHANGED SINCE" in line]
    assert len(changed) == 1 and VALIDATION in changed[0]
    Path(VALIDATION).unlink()
    assert any(VALIDATION in line and "not here now" in line for line in told(CURVE))


def test_the_code_is_compared_with_what_is_checked_out(chain: Path) -> None:
    script = Path("workflow/scripts/prune_curve.py")
    script.parent.mkdir(parents=True)
    script.write_text("x = 1\n")
    assert any("what is checked out is another" in line for line in told(CURVE, only=True))
    now = provenance.fingerprint(script)
    record = by_output()[CURVE]
    record.path.write_text(json.dumps({**record.content, "params": [f"'{now}'"]}))
    assert f"  code      {now} (as checked out)" in told(CURVE, only=True)


def test_a_file_of_no_job_is_said_to_be_so(chain: Path) -> None:
    with pytest.raises(provenance.ProvenanceError, match="has no record"):
        provenance.history("README.md", by_output())
