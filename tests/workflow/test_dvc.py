"""Published artifacts: what a clone has to do with none, one, all of them; what a change reruns; what is not let through."""

from __future__ import annotations

import json
import shutil
import sys
import time
from pathlib import Path

import pytest
from checkout import ROOT, TINY, Plan
from repository import CONFIG, SNAKEMAKE, Repository, dependants, kill, outputs_of, record_of, rules_on

from headcount.ledger.pipeline import pipeline
from headcount.settings.files import load
from headcount.store.checksums import note
from headcount.store.manifests import checksums
from headcount.study.jobs import StudyJobs

RUN = "results/tiny/roberta/cola/seed1"
CHECKPOINT, CURVE = f"{RUN}/checkpoint", f"{RUN}/curve/head/gate_gradient-l1.parquet"
WEIGHTS = f"{CHECKPOINT}/model.safetensors"
PRETRAINED = "results/tiny/roberta/pretrained"


@pytest.fixture(scope="module")
def publisher(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The tiny study, run once and published; not to be changed."""
    repository = Repository.made(tmp_path_factory.mktemp("published") / "work", TINY)
    repository.run(*SNAKEMAKE)
    (repository.path / "results" / "other").mkdir()
    (repository.path / "results" / "other" / "scores.csv").write_text("of another study\n")
    repository.publish()
    return repository


@pytest.fixture(scope="module")
def pulled_once(publisher: Repository, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    clone = publisher.clone(tmp_path_factory.mktemp("pulled") / "work")
    clone.command("dvc", "pull")
    return clone


@pytest.fixture
def clone(publisher: Repository, tmp_path: Path) -> Repository:
    """A fresh clone: what git holds."""
    return publisher.clone(tmp_path / "clone")


@pytest.fixture
def pulled(pulled_once: Repository, tmp_path: Path) -> Repository:
    """A clone with everything that is published."""
    return Repository(pulled_once.copied_to(tmp_path / "pulled").path)


def plan(repository: Repository, *targets: str, configs: tuple[str, ...] = ()) -> Plan:
    return repository.plan(*targets, configs=(CONFIG, *configs))


def directories(repository: Repository) -> set[str]:
    """The directories that DVC versions, as it reads them; its own listing cuts long paths off."""
    listing = "from headcount.ledger.dvc import stages; print(*[stage.directory for stage in stages()], sep='\\n')"
    return set(repository.command(sys.executable, "-c", listing).splitlines())


# --------------------------------------------------------------------------------------------------------- fresh clones


def test_a_clone_has_nothing_to_do_without_a_pull_after_one_and_after_all(clone: Repository) -> None:
    assert not (clone.path / CHECKPOINT).exists()
    assert plan(clone).jobs == {}
    clone.pull(CHECKPOINT)
    assert (clone.path / WEIGHTS).exists() and not (clone.path / PRETRAINED).exists()
    assert plan(clone).jobs == {}
    clone.command("dvc", "pull")
    assert all((clone.path / directory).is_dir() for directory in directories(clone))
    assert plan(clone).jobs == {}
    assert clone.git("status", "--porcelain") == ""


def test_a_deleted_checkpoint_is_not_missed_and_comes_back(pulled: Repository) -> None:
    before = (pulled.path / WEIGHTS).read_bytes()
    shutil.rmtree(pulled.path / CHECKPOINT)
    assert plan(pulled, CURVE).jobs == {}
    pulled.pull(CHECKPOINT)
    assert (pulled.path / WEIGHTS).read_bytes() == before


def test_data_too_large_to_be_compared_by_content_rerun_nothing(pulled: Repository) -> None:
    """Snakemake compares files up to a megabyte; with a lower limit the tiny study's data are as large as the paper's."""
    curves = (CURVE, CURVE.replace("/cola/", "/mlm/"))
    results = pulled.path / "results/tiny"
    data = [results / "tasks/cola/train.parquet", results / "roberta/blocks/blocks.parquet"]
    limit = max((pulled.path / f"{name}.json").stat().st_size for name in directories(pulled))
    assert all(path.stat().st_size > limit for path in data)
    options = ("--max-checksum-file-size", str(limit))
    assert pulled.plan(*curves, configs=(CONFIG,), options=options).jobs == {}


# ------------------------------------------------------------------------------------------------------ change → rerun


def test_a_changed_function_reruns_what_reaches_it_and_its_dependants(pulled: Repository) -> None:
    module, function = "src/headcount/order/norms.py", "normalize"
    first = rules_on(pulled, module, function)
    expected = dependants(pulled, outputs_of(pulled, first))
    pulled.insert(module, function, "_ = 0")
    found = plan(pulled)
    assert found.changed <= first
    assert found.jobs == expected


def test_a_changed_shell_command_reruns_its_rule_and_its_dependants(pulled: Repository) -> None:
    expected = dependants(pulled, outputs_of(pulled, {"normalize_importance"}))
    rules = pulled.path / "workflow/rules/importance.smk"
    rules.write_text(rules.read_text().replace('command("normalize_importance"', '"true; " + command("normalize_importance"'))
    assert plan(pulled).jobs == expected


def test_a_changed_manifest_reruns_what_was_made_from_it(pulled: Repository) -> None:
    path = pulled.path / f"{CHECKPOINT}.json"
    path.write_text(path.read_text().replace('"seconds": ', '"seconds": 1'))
    readers = {name for name in outputs_of(pulled, rules(pulled)) if f"{CHECKPOINT}.json" in record_of(pulled, name).inputs}
    assert plan(pulled).jobs == dependants(pulled, readers)


def rules(repository: Repository) -> set[str]:
    return {path.stem for path in (repository.path / "workflow/scripts").glob("*.py")}


# ------------------------------------------------------------------------------------------------------------ publishing


def test_git_holds_manifests_tables_and_records_of_the_study_and_no_payload(publisher: Repository) -> None:
    held = set(publisher.git("ls-files", "results", ".snakemake").split())
    versioned = directories(publisher)
    assert {f"{directory}.json" for directory in versioned} | {CURVE, "results/tiny/scores.csv", f"{RUN}/metrics.json"} <= held
    assert not [path for path in held if any(path.startswith(f"{directory}/") for directory in versioned)]
    assert not [path for path in held if any(part in path for part in ("/logs/", "/.work", "/other/", "/world/glue/cola/"))]
    assert any(path.startswith(".snakemake/metadata/") for path in held)


def test_every_directory_that_the_study_makes_is_versioned(publisher: Repository) -> None:
    """But the embedded world, which takes no time to write again."""
    manifests = {path for path in (publisher.path / "results/tiny").rglob("*.json") if path.with_suffix("").is_dir()}
    made = {str(path.with_suffix("").relative_to(publisher.path)) for path in manifests}
    assert {path for path in made if "/world/" not in path} == directories(publisher)


def test_a_second_publishing_sends_and_stages_nothing(publisher: Repository) -> None:
    said = publisher.publish()
    assert "everything is up to date" in said
    assert publisher.git("status", "--porcelain") == ""


@pytest.mark.parametrize("name", ["config", "miniature", "laptop"])
def test_dvc_reads_the_stages_of_the_shipped_configs(name: str, clone: Repository) -> None:
    jobs = StudyJobs(load(ROOT / "config/config.yaml", ROOT / f"config/{name}.yaml"))
    (clone.path / "dvc.yaml").write_text(pipeline(jobs, Path(f"config/{name}.yaml")))
    assert directories(clone) == {path for path, job in jobs.directories.items() if job.rule.versioned}


def test_publishing_is_refused_when_something_is_not_what_it_should_be(pulled: Repository) -> None:
    (pulled.path / WEIGHTS).write_bytes(b"edited")
    refused = pulled.versioning("publish")
    assert refused.returncode == 1
    assert f"{WEIGHTS}: sha256 differs from the manifest's" in refused.stdout
    assert pulled.git("diff", "--cached", "--name-only") == ""


def test_publishing_waits_for_a_run(pulled: Repository) -> None:
    locks = pulled.path / ".snakemake/locks"
    locks.mkdir(exist_ok=True)
    (locks / "0.output.lock").touch()
    refused = pulled.versioning("publish")
    assert refused.returncode == 1 and "Snakemake is at work here" in refused.stdout


def test_a_forgotten_git_add_brings_in_no_results(clone: Repository) -> None:
    for name in ("results/new/scores.csv", "results/new/corpus/articles.parquet", ".snakemake/metadata/bmV3"):
        (clone.path / name).parent.mkdir(parents=True, exist_ok=True)
        (clone.path / name).write_text("new")
    clone.git("add", "--all")
    assert clone.git("diff", "--cached", "--name-only") == ""


# ------------------------------------------------------------------------------------------------------------- verifying


def test_an_edited_payload_is_invisible_to_snakemake_and_named_by_verify(pulled: Repository) -> None:
    assert pulled.versioning("verify", CONFIG).returncode == 0
    (pulled.path / WEIGHTS).write_bytes(b"edited")
    assert plan(pulled).jobs == {}
    found = pulled.versioning("verify", CONFIG)
    assert found.returncode == 1
    assert [line.strip() for line in found.stdout.splitlines()[2:]] == [f"{WEIGHTS}: sha256 differs from the manifest's"]


def test_a_manifest_that_is_not_the_configs_is_named_by_verify(pulled: Repository) -> None:
    change = pulled.overlay({"finetuning": {"roberta": {"default": {"learning_rate": 1.0e-4}}}})
    found = pulled.versioning("verify", CONFIG, change)
    assert found.returncode == 1
    for manifest in (f"{CHECKPOINT}.json", f"{RUN}/frozen/layers/checkpoint.json"):
        assert f"{manifest}: recipe.learning_rate is 0.0005, the config says 0.0001" in found.stdout


def test_a_job_refuses_a_payload_that_is_not_what_its_manifest_says(pulled: Repository) -> None:
    (pulled.path / CURVE).unlink()
    (pulled.path / CHECKPOINT / "tokenizer_config.json").unlink()
    failed = pulled.snakemake(CURVE, *SNAKEMAKE, "--show-failed-logs")
    assert failed.returncode != 0
    assert f"{CHECKPOINT} is not what its manifest says: tokenizer_config.json: missing" in failed.stdout
    assert not (pulled.path / CURVE).exists()


# --------------------------------------------------------------------------------------------------------------- pulling


def test_what_was_built_here_and_never_published_survives_a_pull(pulled: Repository) -> None:
    other = pulled.path / CHECKPOINT.replace("seed1", "seed2")
    shutil.copytree(pulled.path / CHECKPOINT, other)
    config = pulled.path / CONFIG
    config.write_text(config.read_text().replace("seeds:\n- 1\n", "seeds:\n- 1\n- 2\n"))
    pulled.pull()
    assert (other / "model.safetensors").exists()


def test_a_payload_of_ones_own_is_not_overwritten(pulled: Repository) -> None:
    (pulled.path / WEIGHTS).write_bytes(b"mine")
    refused = pulled.versioning("pull")
    assert refused.returncode == 1 and "publish it (make publish), or delete it" in refused.stdout
    assert "--force" not in refused.stdout
    assert (pulled.path / WEIGHTS).read_bytes() == b"mine"


def test_a_pull_that_was_killed_is_completed_by_the_next(pulled: Repository) -> None:
    """What DVC leaves behind when it is killed: some files, and a part of another under a name of its own."""
    before = (pulled.path / WEIGHTS).read_bytes()
    (pulled.path / WEIGHTS).rename(pulled.path / CHECKPOINT / ".2jU-zffVyhQbD2deBkclbw.tmp")
    assert pulled.versioning("verify").returncode == 1
    pulled.pull()
    assert pulled.versioning("verify").returncode == 0
    assert (pulled.path / WEIGHTS).read_bytes() == before


def test_another_branchs_artifacts_are_named_by_verify_and_put_right_by_a_pull(pulled: Repository) -> None:
    main = (pulled.path / WEIGHTS).read_bytes()
    pulled.git("switch", "--quiet", "--create", "other")
    (pulled.path / WEIGHTS).write_bytes(main[:-1] + b"?")
    manifest = pulled.path / f"{CHECKPOINT}.json"
    content = json.loads(manifest.read_text())
    content["files"] = checksums(pulled.path / CHECKPOINT)
    manifest.write_text(json.dumps(content))
    run = manifest.parent
    beside = [run / name for name in ("metrics.json", "outcomes.parquet", "training.json")]
    note(pulled.path / "results/tiny/checksums", [run / "checkpoint", manifest, *beside])
    pulled.publish()
    pulled.git("switch", "--quiet", "main")
    assert f"{WEIGHTS}: sha256 differs" in pulled.versioning("verify").stdout
    pulled.pull()
    assert (pulled.path / WEIGHTS).read_bytes() == main
    assert pulled.versioning("verify").returncode == 0


# --------------------------------------------------------------------------------------------------------------- remotes


@pytest.fixture
def apart(publisher: Repository, tmp_path: Path) -> Repository:
    """A copy of the publisher with a remote of its own, which holds the same."""
    copy = Repository(publisher.copied_to(tmp_path / "publisher").path)
    shutil.copytree(publisher.remote, copy.remote)
    return copy


def largest(remote: Path) -> Path:
    return max((path for path in remote.rglob("*") if path.is_file()), key=lambda path: path.stat().st_size)


def test_a_damaged_remote_object_is_refused_and_can_be_sent_again(apart: Repository, tmp_path: Path) -> None:
    clone = apart.clone(tmp_path / "clone")
    damaged = largest(apart.remote)
    content = damaged.read_bytes()
    damaged.chmod(0o644)
    damaged.write_bytes(content[:1000] + b"?" + content[1001:])
    refused = clone.versioning("pull")
    assert refused.returncode == 1 and "lost, damaged" in refused.stdout
    missing = [directory for directory in directories(clone) if not (clone.path / directory).is_dir()]
    assert len(missing) == 1 and missing[0] in refused.stdout
    assert clone.versioning("verify").returncode == 0
    apart.publish("--again")
    clone.pull()
    assert clone.versioning("verify").returncode == 0
    assert plan(clone).jobs == {}


def test_a_push_that_was_killed_counts_for_nothing_and_is_completed_by_the_next(apart: Repository, tmp_path: Path) -> None:
    shutil.rmtree(apart.remote)
    push = apart.started("dvc", "push", "--jobs", "1")
    deadline = time.monotonic() + 60
    while not list(apart.remote.rglob("??/*")) and time.monotonic() < deadline:
        time.sleep(0.002)
    kill(push)
    clone = apart.clone(tmp_path / "clone")
    first = clone.versioning("pull")
    assert first.returncode == 0 or "was never sent" in first.stdout
    assert clone.versioning("verify").returncode == 0, "what came is whole"
    apart.publish()
    clone.pull()
    assert all((clone.path / directory).is_dir() for directory in directories(clone))
    assert clone.versioning("verify").returncode == 0
