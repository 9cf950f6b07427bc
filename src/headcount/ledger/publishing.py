"""Publish what Snakemake has built, pull what others published, verify what is here.

``python -m headcount.ledger.publishing publish|pull|verify``, in the repository's folder.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from headcount.ledger import dvc as cache
from headcount.ledger import remote
from headcount.ledger import snakemake as records
from headcount.ledger.dvc import CacheError, Stage
from headcount.ledger.studies import chosen_configs, configs, read, results_of
from headcount.ledger.verifying import Findings, check, verify
from headcount.settings.files import ConfigError
from headcount.settings.study import Study
from headcount.store.manifests import manifest_path
from headcount.study.jobs import StudyJobs
from headcount.study.layout import RESULTS

LARGE = 1_000_000
"""Bytes from which Snakemake compares a file by its time alone: in git, such an input would make a fresh clone run again."""


def _said(paths: Sequence[Path]) -> str:
    return " ".join(path.as_posix() for path in paths)


def refuse_what_git_cannot_hold() -> None:
    """See, before anything is changed, that git and DVC can hold the results.

    Raises:
        CacheError: this is no git repository, or the results lie behind a symbolic link.
    """
    if not Path(".git").exists():
        raise CacheError("this folder is no git repository: results are published and pulled with git and DVC; use a git clone")
    if (results := Path(RESULTS)).is_symlink():
        raise CacheError(
            f"{results} is a symbolic link to {results.readlink()}, and neither git nor DVC looks behind one; make it a folder"
            " (mount the disk there), or move the clone to that disk"
        )


# ------------------------------------------------------------------------------------------------------------ publish


def publish(paths: Sequence[Path] = (), again: bool = False) -> None:
    """Commit the stages that are built to DVC's cache, push them, and stage in git what belongs with them.

    Args:
        paths: the study's config files, later ones laid over earlier ones; none: as ``chosen_configs``.
        again: send also what the remote has by name, for a remote that lost or damaged it.

    Raises:
        CacheError: something here is not what its manifest or the config says, or DVC or git fails.
    """
    refuse_what_git_cannot_hold()
    paths = paths or chosen_configs()
    study = read(*paths)
    results = results_of(study)
    if records.locked():
        raise CacheError("Snakemake is at work here, or was killed: wait for it, or `snakemake --unlock` and run it again")
    remote.reach()
    findings = [verify(folder, study) for folder in results]
    if wrong := [line for found in findings for line in found.wrong]:
        raise CacheError("\n".join([*wrong, "nothing was published; run snakemake again, then publish"]))
    cache.write_stages(StudyJobs(study), *paths)
    names = [stage.name for stage in _finished([stage for stage in cache.stages() if stage.built])]
    if not names:
        raise CacheError(f"{study.study}: nothing is built that DVC versions")
    if again:
        remote.drop_damaged(names)  # the commit puts what is here in its place
    cache.dvc("commit", "--force", *names)
    if again:
        remote.forget(names)
    said = cache.dvc("push", *names)
    print(f"{study.study}: {len(names)} directories are published ({cache.last_line(said)})")
    _stage_in_git(study, results, findings)


def _finished(built: Sequence[Stage]) -> list[Stage]:
    """Those that Snakemake has written down as finished."""
    known, unfinished = records.by_output(), records.incomplete()
    found = []
    for stage in built:
        name = manifest_path(stage.directory).as_posix()
        if name in known and known[name].content and name not in unfinished:
            found.append(stage)
        else:
            print(f"left out: {stage.directory} (Snakemake has no record that it was finished; run snakemake again)")
    return found


def _stage_in_git(study: Study, results: Sequence[Path], findings: Sequence[Findings]) -> None:
    small: list[Path] = []
    left_out: list[Path] = []
    for folder, found in zip(results, findings, strict=True):
        for files, more in zip((small, left_out), small_files(folder, [*found.checked, *found.absent]), strict=True):
            files += more
    own = [path for path in (cache.PIPELINE, cache.LOCK, cache.SETTINGS) if path.exists()]
    known = records.by_output()
    made = [known[name].path for name in known if any(Path(name).is_relative_to(folder) for folder in results)]
    everything = [*own, *small, *made]
    _git("add", "--force", "--pathspec-from-file=-", told="".join(f"{path.as_posix()}\n" for path in everything))
    for path in left_out:
        print(f"left out, {path.stat().st_size / 1e6:.1f} MB: {path} (it is made again when a job needs it)")
    print(f"staged in git: {len(everything)} files (manifests, tables, figures, Snakemake's records). To publish them as well:")
    print(f'  git commit -m "Results: {study.study}" && git push')
    if (branch := _git("branch", "--show-current").strip()) in ("main", "master"):
        print(f"You are on {branch}. To keep it free of results: git switch -c results-{study.study}, then the line above")


def small_files(results: Path, payloads: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """The files of a study that git holds, and those that are too large: inputs of jobs from ``LARGE`` bytes on."""
    directories = set(payloads)
    read = {name for record in records.records() for name in record.inputs}
    found: list[Path] = []
    left_out: list[Path] = []
    for path in sorted(results.rglob("*")):
        parts = path.relative_to(results).parts
        inside = any(parent in directories for parent in path.parents)
        if not path.is_file() or inside or parts[0] == "logs" or any(part.startswith(".") for part in parts):
            continue
        too_large = path.stat().st_size >= LARGE and path.as_posix() in read
        (left_out if too_large else found).append(path)
    return found, left_out


def _git(*arguments: str, told: str | None = None) -> str:
    done = subprocess.run(["git", *arguments], text=True, capture_output=True, input=told)
    if done.returncode != 0:
        raise CacheError(f"git {arguments[0]} failed:\n{done.stderr.strip()}")
    return done.stdout


# --------------------------------------------------------------------------------------------------------------- pull


def pull(targets: Sequence[Path]) -> None:
    """Get published directories, all or those at or below ``targets``; what was built here and never published stays.

    Raises:
        CacheError: there is nothing to get, DVC fails, or what came is not what the manifests say.
    """
    refuse_what_git_cannot_hold()
    names = cache.published()
    known = [stage for stage in cache.stages() if stage.name in names]
    if not known:
        raise CacheError(f"no study is published on this branch, or none that {_said(cache.named_configs())} describes")
    wanted = [stage for stage in known if not targets or any(stage.directory.is_relative_to(path) for path in targets)]
    if not wanted:
        asked, example = ", ".join(map(str, targets)), known[0].directory
        raise CacheError(f"nothing is published at {asked}; give a directory or a folder of some, as {example}")
    remote.reach()
    cache.clear_leftovers(wanted)
    said = cache.dvc("pull", *(stage.name for stage in wanted))
    print(f"{len(wanted)} directories are here ({cache.last_line(said)})")
    wrong = {stage: lines for stage in wanted if (lines := check(stage.directory))}
    if wrong:
        damaged = remote.drop_damaged([stage.name for stage in wrong])
        remedies = [f"DVC's copies here were damaged, and are gone: delete {_said(damaged)}, and pull again"] if damaged else []
        if any(stage.directory not in damaged for stage in wrong):
            remedies.append("dvc.lock and the manifests disagree: take both from one commit")
        raise CacheError("\n".join([*(line for lines in wrong.values() for line in lines), *remedies]))


# ------------------------------------------------------------------------------------------------------------- verify


def verify_all(paths: Sequence[Path]) -> bool:
    """Print what differs in the studies that have results here (with config files: in their study); whether all is well."""
    if paths:
        study = read(*paths)
        studies: dict[Path, Study | None] = dict.fromkeys(results_of(study), study)
    else:
        studies = {path: None for path in sorted(Path(RESULTS).glob("*")) if path.is_dir()}
        studies |= {own: study for study in configs().values() if (own := results_of(study)[-1]) in studies}
    return all([_report(results, known) for results, known in studies.items()])


def _report(results: Path, study: Study | None) -> bool:
    found = verify(results, study)
    compared = "their manifests, and those with the config" if study else "their manifests; no file in config/ is of this study"
    print(f"{results}: {len(found.checked)} directories compared with {compared}; {len(found.absent)} are not here")
    print(f"{results}: {found.files} files beside them compared with what their jobs wrote")
    for line in found.notes:
        print(f"  note: {line}")
    for line in found.wrong:
        print(f"  {line}")
    return not found.wrong


# -------------------------------------------------------------------------------------------------------------- usage


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    commands = parser.add_subparsers(dest="command", required=True)
    add = commands.add_parser("publish", help="commit to DVC what is built, push it, and say what to commit in git")
    add.add_argument("configs", type=Path, nargs="*", help="the study's config files; unset: those whose study has results")
    add.add_argument("--again", action="store_true", help="send also what the remote has already, as it may be damaged there")
    get = commands.add_parser("pull", help="get what is published")
    get.add_argument("targets", type=Path, nargs="*", help="directories below results/; unset: everything")
    check = commands.add_parser("verify", help="payloads against manifests, manifests against the config")
    check.add_argument("configs", type=Path, nargs="*", help="the study's config files; unset: every study in results/")
    args = parser.parse_args()
    try:
        if args.command == "publish":
            publish(args.configs, args.again)
        elif args.command == "pull":
            pull(args.targets)
        elif not verify_all(args.configs):
            sys.exit(1)
    except (CacheError, ConfigError, FileNotFoundError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
