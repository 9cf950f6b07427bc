"""What stands where a job would write: ours by a record, or refused."""

from __future__ import annotations

import shutil
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest

from headcount.errors import SourceError
from headcount.ledger.ownership import foreign, refuse_foreign
from headcount.ledger.snakemake import INCOMPLETE, METADATA
from headcount.settings.files import load
from headcount.store.checksums import note
from headcount.study.jobs import StudyJobs

ROOT = Path(__file__).parents[2]
CHECKPOINT = "results/miniature/roberta/cola/seed1/checkpoint"
PAGE = "results/miniature/report.html"


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StudyJobs:
    """A study, in an empty folder."""
    found = StudyJobs(load(ROOT / "config/config.yaml", ROOT / "config/miniature.yaml"))
    monkeypatch.chdir(tmp_path)
    return found


def put(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text("mine")


def record(path: str, folder: Path) -> None:
    """What Snakemake keeps of a file that it made, or was making."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / urlsafe_b64encode(path.encode()).decode()).write_text("{}")


def test_a_directory_of_ones_own_where_a_model_would_be_written_is_refused_with_a_remedy(jobs: StudyJobs) -> None:
    assert foreign(jobs) == {}
    put(f"{CHECKPOINT}/model.safetensors")
    assert foreign(jobs) == {CHECKPOINT: "finetune"}
    with pytest.raises(SourceError, match=rf"^{CHECKPOINT}: the rule finetune writes there, .*encoders\.<model>\.finetuned"):
        refuse_foreign(jobs)


def test_what_stands_where_a_base_would_write_is_refused_too_and_its_records_count(tmp_path: Path, jobs: StudyJobs) -> None:
    larger = StudyJobs(jobs.study.model_copy(update={"study": "larger", "base": "miniature"}))
    mine = "results/larger/scores.csv"
    for path in (f"{CHECKPOINT}/model.safetensors", f"{CHECKPOINT}.json", PAGE, mine):
        put(path)
    assert foreign(larger) == {CHECKPOINT: "finetune", f"{CHECKPOINT}.json": "finetune", mine: "tabulate_scores"}
    note(Path(larger.layout.checksums("finetune")), [Path(CHECKPOINT), Path(f"{CHECKPOINT}.json")])
    assert foreign(larger) == {mine: "tabulate_scores"}
    note(Path(larger.layout.checksums("tabulate_scores")), [Path(mine)])
    assert foreign(larger) == {}


def test_a_link_that_leads_nowhere_is_somebodys_too(jobs: StudyJobs) -> None:
    Path(CHECKPOINT).parent.mkdir(parents=True)
    Path(CHECKPOINT).symlink_to("a disk that is not mounted")
    assert foreign(jobs) == {CHECKPOINT: "finetune"}


def test_what_no_job_writes_is_nobodys_business(jobs: StudyJobs) -> None:
    put("results/miniature/notes.txt")
    put("results/other/report.html")
    assert foreign(jobs) == {}


@pytest.mark.parametrize("folder", [METADATA, INCOMPLETE], ids=["made", "being made"])
def test_what_snakemake_has_a_record_of_is_ours(folder: Path, jobs: StudyJobs) -> None:
    put(PAGE)
    put("results/miniature/claims.md")
    record(PAGE, folder)
    assert foreign(jobs) == {"results/miniature/claims.md": "judge_claims"}


def test_results_that_came_without_snakemakes_records_are_ours_by_their_own(jobs: StudyJobs) -> None:
    for path in (f"{CHECKPOINT}/model.safetensors", f"{CHECKPOINT}.json", PAGE):
        put(path)
    checksums = Path(jobs.layout.checksums("finetune"))
    note(checksums, [Path(CHECKPOINT), Path(f"{CHECKPOINT}.json")])
    note(checksums, [Path(PAGE)])
    assert foreign(jobs) == {}
    shutil.rmtree(checksums)
    assert set(foreign(jobs)) == {CHECKPOINT, f"{CHECKPOINT}.json", PAGE}
