"""What is compared with manifests and config, what git is given, which study is meant: without DVC, git or a workflow."""

from __future__ import annotations

import json
import shutil
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import pytest

from headcount.jobs.inputs import payload
from headcount.ledger import dvc as cache
from headcount.ledger import publishing as versioning
from headcount.ledger.dvc import CacheError, Stage
from headcount.ledger.verifying import check, verify
from headcount.settings.files import load
from headcount.settings.study import Study
from headcount.store.checksums import note
from headcount.store.manifests import manifest_path, write_directory
from headcount.study.jobs import StudyJobs
from headcount.study.layout import CHECKSUMS
from headcount.study.outside import content
from headcount.study.told import About, told

ROOT = Path(__file__).parents[2]
RUN = "roberta/cola/seed1"
SETTINGS = {"origin": "somewhere"}


@pytest.fixture(scope="module")
def study() -> Study:
    return load(ROOT / "config/config.yaml", ROOT / "config/miniature.yaml")


def write(directory: Path, made_by: dict[str, Any] | None = None, **files: str) -> Path:
    """A directory with its manifest, as a job leaves them."""

    def fill(temporary: Path) -> None:
        for name, text in (files or {"weights": "1 2 3"}).items():
            (temporary / name).write_text(text)

    write_directory(directory, fill, made_by or {}, time.monotonic())
    return directory


@pytest.fixture
def results(tmp_path: Path, study: Study) -> Path:
    """A study's results, of which everything is as the config says."""
    folder = tmp_path / "miniature"
    made = {"corpus": None, "roberta/pretrained": None, f"{RUN}/checkpoint": None, f"{RUN}/frozen/layers/checkpoint": None}
    for name in made:
        write(folder / name, wanted(study, folder, name), a=name, b="2")
        note(folder / CHECKSUMS, [folder / f"{name}.json"])
    return folder


def wanted(study: Study, folder: Path, name: str) -> dict[str, Any]:
    """What a job writes into its manifest: what it was told, and the files that it was made from."""
    jobs = StudyJobs(study)
    job = jobs.directories[f"{jobs.layout.results}/{name}"]
    inputs = {}
    for option, place in jobs.made_from(job).items():
        origin = folder / Path(place).relative_to(jobs.layout.results)
        inputs[option] = json.loads(manifest_path(origin).read_text())["files"]
    return {**told(study, job.name, job.about), "inputs": inputs}


def change_manifest(directory: Path, **entries: Any) -> None:
    path = manifest_path(directory)
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def note_again(results: Path, name: str) -> None:
    """As the job does that writes it anew."""
    note(results / CHECKSUMS, [results / f"{name}.json"])


# ------------------------------------------------------------------------------------------------------------ verifying


def test_nothing_is_wrong_with_what_the_config_says(results: Path, study: Study) -> None:
    found = verify(results, study)
    assert (len(found.checked), found.wrong, found.notes, found.absent) == (4, [], [], [])


def test_a_base_is_held_against_the_study_that_goes_on_it(results: Path, study: Study) -> None:
    larger = study.model_copy(update={"study": "larger", "base": "miniature"})
    (curve := results / f"{RUN}/curve/head/gate_gradient-l1.parquet").parent.mkdir(parents=True)
    curve.write_text("the base's own, which no job of the larger study makes")
    found = verify(results, larger)
    assert (len(found.checked), found.wrong, found.notes) == (4, [], [])
    change_manifest(results / "corpus", settings={"fraction": 0.5})
    note_again(results, "corpus")
    assert f"{results}/corpus.json: settings.fraction is 0.5, the config says 1.0" in verify(results, larger).wrong
    (page := results.parent / "larger/report.html").parent.mkdir()
    page.write_text("a page")
    assert verify(page.parent, larger).wrong == [f"{page}: no job noted that it wrote it"]
    assert versioning.results_of(larger) == [Path("results/miniature"), Path("results/larger")]


def test_every_file_that_differs_is_named(results: Path) -> None:
    directory = results / RUN / "checkpoint"
    (directory / "a").write_text("edited")
    (directory / "b").unlink()
    (directory / "c").write_text("new")
    assert sorted(verify(results, None).wrong) == [
        f"{directory}/a: sha256 differs from the manifest's",
        f"{directory}/b: missing",
        f"{directory}/c: not in the manifest",
    ]
    assert sorted(check(directory)) == sorted(verify(results, None).wrong)


def test_a_directory_that_is_not_here_is_not_wrong(results: Path, study: Study) -> None:
    (results / "corpus").rename(results / ".elsewhere")
    found = verify(results, study)
    assert (found.absent, found.wrong) == ([results / "corpus"], [])


def test_a_directory_without_manifest_is_wrong(results: Path, study: Study) -> None:
    manifest_path(results / "corpus").unlink()
    assert verify(results, study).wrong == check(results / "corpus") == [f"{results}/corpus: has no manifest"]


@pytest.mark.parametrize(
    ("name", "entries", "complaint"),
    [
        ("corpus", {"settings": {"fraction": 0.5}}, "settings.fraction is 0.5, the config says 1.0"),
        ("roberta/pretrained", {"encoder": {"family": "bert"}}, 'encoder.family is "bert", the config says "roberta"'),
        (f"{RUN}/checkpoint", {"run": {"seed": 7}}, "run.seed is 7, the config says 1"),
        (f"{RUN}/checkpoint", {"device": "cuda"}, 'device is "cuda", the config says "cpu"'),
        (f"{RUN}/frozen/layers/checkpoint", {"layers": 3}, "layers is 3, the config says 1"),
    ],
)
def test_a_manifest_that_is_not_the_configs_is_named(
    name: str, entries: dict[str, Any], complaint: str, results: Path, study: Study
) -> None:
    change_manifest(results / name, **entries)
    assert f"{results / name}.json: {complaint}" in verify(results, study).wrong


def test_a_checkpoint_of_another_pretrained_model_is_named(results: Path, study: Study) -> None:
    write(results / "roberta/pretrained", wanted(study, results, "roberta/pretrained"), a="another")
    note_again(results, "roberta/pretrained")
    wrong = [line for line in verify(results, study).wrong if "was made from another" in line]
    assert [line.partition(":")[0] for line in wrong] == [
        f"{results}/{RUN}/{part}checkpoint.json" for part in ("", "frozen/layers/")
    ]


def test_what_the_config_does_not_ask_for_is_noted_and_not_wrong(results: Path, study: Study) -> None:
    write(results / "roberta/cola/seed9/checkpoint", SETTINGS)
    found = verify(results, study)
    assert found.wrong == []
    assert found.notes == [f"{results}/roberta/cola/seed9/checkpoint: no part of the study that the config describes"]


@pytest.mark.parametrize("name", [f"{RUN}/.checkpoint.4711", "tasks/.cola.4711"])
def test_what_a_killed_job_left_is_noted_and_no_artifact(name: str, results: Path, study: Study) -> None:
    left = results / name
    left.mkdir(parents=True)
    (left / "a.json").write_text('{"files": {}, "versions": {}}')
    found = verify(results, study)
    assert found.wrong == [] and len(found.checked) == 4
    assert found.notes == [f"{left}: left by a job that was killed; it can be deleted"]


def test_every_file_that_is_not_what_its_job_wrote_is_named(results: Path, study: Study) -> None:
    figure, page = [results / f"figures/figure1.{kind}" for kind in ("svg", "png", "csv")], results / "report.html"
    for path in (*figure, page):
        path.parent.mkdir(exist_ok=True)
        path.write_text(path.name)
    note(results / CHECKSUMS, figure)
    assert verify(results, study).wrong == [f"{page}: no job noted that it wrote it"]
    note(results / CHECKSUMS, [page])
    found = verify(results, study)
    assert (found.wrong, found.files) == ([], 8)
    page.write_text("another page")
    figure[2].write_text("another table")
    manifest = manifest_path(results / "corpus")
    manifest.write_text(manifest.read_text() + " ")
    assert sorted(verify(results, None).wrong) == [f"{path}: is not what its job wrote" for path in (manifest, figure[2], page)]
    figure[2].unlink()
    assert f"{figure[2]}: is not what its job wrote" not in verify(results, None).wrong


def test_a_local_source_that_is_no_longer_what_was_read_is_named(results: Path, tmp_path: Path) -> None:
    source = shutil.copytree(ROOT / "src/headcount/miniature/weights/roberta", tmp_path / "mine")
    over = tmp_path / "over.yaml"
    over.write_text(json.dumps({"encoders": {"roberta": {"source": str(source)}}}))
    study = load(ROOT / "config/config.yaml", ROOT / "config/miniature.yaml", over)
    read = content(study, "fetch_model", About("roberta"), tmp_path / "seen.json")
    made = {**told(study, "fetch_model", About("roberta")), "content": read, "source": str(source)}
    write(results / "roberta/pretrained", made)
    note_again(results, "roberta/pretrained")
    named = f"{results}/roberta/pretrained: its source {source} is no longer what it was made from"
    assert named not in verify(results, study).wrong
    (source / "config.json").write_text((source / "config.json").read_text() + "\n")
    assert named in verify(results, study).wrong
    shutil.rmtree(source)
    assert any("cannot be compared" in line for line in verify(results, study).notes)


# -------------------------------------------------------------------------------------------------------------- payloads


def test_a_job_reads_what_its_manifest_says(tmp_path: Path) -> None:
    directory = write(tmp_path / "corpus", a="1", b="2")
    assert payload(str(directory)) == directory
    assert payload(str(directory / "a")) == directory / "a"


@pytest.mark.parametrize("damage", ["edited", "missing", "more", "no manifest"])
def test_a_job_reads_nothing_else(damage: str, tmp_path: Path) -> None:
    directory = write(tmp_path / "corpus", a="1", b="2")
    if damage == "edited":
        (directory / "a").write_text("2")
    elif damage == "missing":
        (directory / "a").unlink()
    elif damage == "more":
        (directory / ".half.tmp").write_text("")
    else:
        manifest_path(directory).unlink()
    with pytest.raises(ArgumentTypeError, match=f"{directory} (is not what|has no readable) .*(make pull|run again)"):
        payload(str(directory))


# ------------------------------------------------------------------------------------------------------------ publishing


def test_git_is_given_small_files_and_no_payload(results: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    results = results.relative_to(tmp_path)
    for name in ("scores.csv", "logs/finetune.log", ".work/steps/state", "figures/figure1.svg"):
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text("x")
    found, left_out = versioning.small_files(results, verify(results, None).checked)
    names = {path.relative_to(results).as_posix() for path in found}
    manifests = {"corpus.json", "roberta/pretrained.json", f"{RUN}/checkpoint.json", f"{RUN}/frozen/layers/checkpoint.json"}
    assert names == {"scores.csv", "figures/figure1.svg", *manifests, *(f"checksums/{name}.json" for name in manifests)}
    assert left_out == []


def test_large_inputs_are_left_out_of_git_and_large_pages_are_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    results = Path("results/miniature")
    results.mkdir(parents=True)
    for name in ("large.parquet", "report.html"):
        (results / name).write_bytes(bytes(versioning.LARGE))
    record = {"input": ["results/miniature/large.parquet"], "rule": "write_report", "shellcmd": ""}
    folder = Path(".snakemake/metadata")
    folder.mkdir(parents=True)
    (folder / "cmVzdWx0cy9taW5pYXR1cmUvcmVwb3J0Lmh0bWw=").write_text(json.dumps(record))
    assert versioning.small_files(results, []) == ([results / "report.html"], [results / "large.parquet"])


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two configs and a pipeline that names the paper's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    for name in ("config", "miniature", "laptop"):
        (tmp_path / f"config/{name}.yaml").write_text((ROOT / f"config/{name}.yaml").read_text())
    (tmp_path / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())
    return tmp_path


def test_the_only_study_with_results_is_meant(repository: Path) -> None:
    with pytest.raises(CacheError, match="make miniature"):
        versioning.chosen_configs()
    write(repository / "results/miniature/corpus")
    assert versioning.chosen_configs() == (Path("config/miniature.yaml"),)


def test_of_several_studies_the_named_one_is_meant_or_none(repository: Path) -> None:
    write(repository / "results/miniature/corpus")
    write(repository / "results/laptop/corpus")
    with pytest.raises(CacheError, match=r"(?s)say which one:.*CONFIG=config/laptop.yaml.*CONFIG=config/miniature.yaml"):
        versioning.chosen_configs()
    write(repository / "results/paper/corpus")
    assert versioning.chosen_configs() == (Path("config/config.yaml"),)


def test_the_stages_of_another_study_name_its_config(repository: Path) -> None:
    cache.write_stages(
        StudyJobs(load(*map(Path, ("config/config.yaml", "config/miniature.yaml")))), Path("config/miniature.yaml")
    )
    assert cache.named_configs() == (Path("config/miniature.yaml"),)


def test_the_stages_of_a_study_in_several_files_name_them_all(repository: Path) -> None:
    (repository / "mine.yaml").write_text("study: larger\nbase: miniature\n")
    paths = (Path("config/miniature.yaml"), Path("mine.yaml"))
    cache.write_stages(StudyJobs(versioning.read(*paths)), *paths)
    assert cache.named_configs() == paths
    assert "snakemake results/miniature/corpus.json --configfile config/miniature.yaml mine.yaml" in cache.PIPELINE.read_text()
    write(repository / "results/miniature/corpus")
    assert versioning.chosen_configs() == paths


def test_an_archive_without_git_is_told_so_and_the_config_is_not_blamed(repository: Path) -> None:
    for command in (lambda: versioning.publish(), lambda: versioning.pull([])):
        with pytest.raises(CacheError, match="no git repository"):
            command()


def test_results_behind_a_link_are_refused_before_anything_changes(repository: Path) -> None:
    (repository / ".git").mkdir()
    (repository / "elsewhere").mkdir()
    (repository / "results").symlink_to("elsewhere")
    before = cache.PIPELINE.read_text()
    with pytest.raises(CacheError, match="results is a symbolic link to elsewhere"):
        versioning.publish([Path("config/miniature.yaml")])
    assert cache.PIPELINE.read_text() == before


def test_what_a_killed_pull_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    directory = write(tmp_path / "corpus")
    (directory / ".2jU-zffVyhQbD2deBkclbw.tmp").write_text("half")
    cache.clear_leftovers([Stage("corpus", directory), Stage("absent", tmp_path / "absent")])
    assert check(directory) == []
