"""Is what lies on disk what its jobs wrote, do the manifests say what the config says, and are the sources what they were?"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headcount.errors import SourceError
from headcount.settings.study import Study
from headcount.store.checksums import noted, sha256
from headcount.store.manifests import differences, manifest_path
from headcount.study.jobs import StudyJobs
from headcount.study.layout import CHECKSUMS, RESULTS, SEEN
from headcount.study.outside import READ, content
from headcount.study.told import told

Manifest = dict[str, Any]
OF_NO_CONSEQUENCE = {"budget"}
"""What a job is told that changes its speed alone."""


@dataclass
class Findings:
    """What a check found: ``wrong`` is what must not be, ``notes`` what is worth knowing; a line each, with its file.

    ``checked`` and ``absent`` are directories that are here and that are not; ``files`` counts the files beside them.
    """

    checked: list[Path] = field(default_factory=list)
    absent: list[Path] = field(default_factory=list)
    files: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def manifests(results: Path) -> Iterator[tuple[Path, Manifest]]:
    """Every manifest below a folder, with the directory that it is of; none within such a directory, or half-written."""
    for folder, directories, files in os.walk(results):
        for name in sorted(files):
            directory = Path(folder, name).with_suffix("")
            if name.endswith(".json") and not name.startswith(".") and (found := _read(Path(folder, name))) is not None:
                yield directory, found
                directories[:] = [other for other in directories if other != directory.name]
        directories[:] = sorted(other for other in directories if not other.startswith("."))


def _read(path: Path) -> Manifest | None:
    """The manifest in a file; nothing if the file is something else."""
    try:
        found = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("files"), dict) and "versions" in found else None


def check(directory: Path) -> list[str]:
    """What differs between a directory and its manifest, a line each."""
    manifest = _read(manifest_path(directory)) if manifest_path(directory).is_file() else None
    if manifest is None:
        return [f"{directory}: has no manifest"]
    return [f"{directory}/{difference}" for difference in differences(directory, manifest)]


def verify(results: Path, study: Study | None) -> Findings:
    """Compare every directory below ``results`` with its manifest, every other file with what its job noted of it, and every
    manifest with the study, and with the local sources that it names, if there is one.

    Args:
        results: one of the folders of the study's layout, or a copy of one, by its name.
    """
    found = Findings()
    known = dict(manifests(results))
    jobs = StudyJobs(study) if study else None
    strangers: list[Path] = []
    for directory, manifest in known.items():
        if directory.is_dir():
            found.checked.append(directory)
            found.wrong += [f"{directory}/{difference}" for difference in differences(directory, manifest)]
        else:
            found.absent.append(directory)
        if jobs is not None and not _against_config(directory, manifest, jobs, results, known, found):
            strangers.append(directory)
    if strangers:
        more = f" and {len(strangers) - 1} more" if len(strangers) > 1 else ""
        found.notes.append(f"{strangers[0]}{more}: no part of the study that the config describes")
    _files(results, jobs, found)
    if jobs is not None:
        _sources(jobs, results, known, found)
        places = [place for name in jobs.directories if (place := _place(name, results))]
        found.wrong += [f"{path}: has no manifest" for path in places if path.is_dir() and path not in known]
    found.notes += [f"{path}: left by a job that was killed; it can be deleted" for path in _left_over(results)]
    return found


def _place(path: str, results: Path) -> Path | None:
    """Where a path of the layout is in this folder of results, if that is where it belongs."""
    folder = f"{RESULTS}/{results.name}"
    return results / Path(path).relative_to(folder) if Path(path).is_relative_to(folder) else None


def _against_config(
    directory: Path, manifest: Manifest, jobs: StudyJobs, results: Path, known: dict[Path, Manifest], found: Findings
) -> bool:
    """Hold a manifest against what the config tells its job, and against the manifests of what it was made from.

    Returns:
        Whether the study has such a job.
    """
    job = jobs.directories.get(f"{RESULTS}/{results.name}/{directory.relative_to(results).as_posix()}")
    if job is None:
        return False
    for option, value in told(jobs.study, job.name, job.about).items():
        if option not in OF_NO_CONSEQUENCE:
            found.wrong += [f"{directory}.json: {line}" for line in _unequal(option, manifest.get(option), value)]
    for name, path in jobs.made_from(job).items():
        origin = _place(path, results)
        if origin in known and (manifest.get("inputs") or {}).get(name) != known[origin]["files"]:
            found.wrong.append(f"{directory}.json: was made from another {origin} than the one that is described here")
    return True


def _files(results: Path, jobs: StudyJobs | None, found: Findings) -> None:
    """Hold every file that a job wrote against what it held then."""
    try:
        notes = noted(results / CHECKSUMS)
    except ValueError as error:
        found.wrong.append(str(error))
        return
    here = {name: digest for name, digest in notes.items() if (results / name).is_file()}
    found.files = len(here)
    found.wrong += [
        f"{results / name}: is not what its job wrote" for name, old in here.items() if sha256(results / name) != old
    ]
    if jobs is not None:
        places = {place for job in jobs.all for path in jobs.outputs(job) if (place := _place(path, results))}
        unknown = sorted(places - {results / name for name in notes})
        found.wrong += [f"{path}: no job noted that it wrote it" for path in unknown if path.is_file()]


def _sources(jobs: StudyJobs, results: Path, known: dict[Path, Manifest], found: Findings) -> None:
    """Hold what local sources hold now against what was made from them."""
    for rule in READ:
        for job in jobs.of(rule):
            directory = _place(jobs.artifact(job), results)
            made_from = known[directory].get("content") if directory in known else None
            if directory is None or made_from is None:
                continue
            try:
                now = content(jobs.study, rule, job.about, Path(SEEN))
            except SourceError as error:
                found.notes.append(f"{directory}: its source cannot be compared: {error}")
                continue
            if now != made_from:
                found.wrong.append(
                    f"{directory}: its source {known[directory].get('source')} is no longer what it was made from"
                )


def _unequal(key: str, found: Any, wanted: Any) -> Iterator[str]:
    """A line for each value that differs; of mappings, the wanted keys count."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in wanted:
            yield from _unequal(f"{key}.{name}", found.get(name), wanted[name])
    elif found != wanted:
        yield f"{key} is {json.dumps(found)}, the config says {json.dumps(wanted)}"


def _left_over(results: Path) -> list[Path]:
    """What ``files.replacing`` could not take away."""
    return sorted(path for path in results.rglob(".*") if re.fullmatch(r"\..+\.\d+", path.name) and ".work" not in path.parts)
