"""Is what lies on disk what the manifests say, and do the manifests say what the config says?"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headcount.settings.study import Study
from headcount.store.manifests import differences, manifest_path

RESULTS = Path("results")
EMBEDDED = "embedded"
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Expected:
    """What the config wants a manifest to say: entries that must be equal, and the directories that it was made from."""

    entries: Manifest
    made_from: dict[str, str] = field(default_factory=dict)


@dataclass
class Findings:
    """What a check found: ``wrong`` is what must not be, ``notes`` what is worth knowing; a line each, with its file."""

    checked: list[Path] = field(default_factory=list)
    absent: list[Path] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


# ----------------------------------------------------------------------------------------------- what the config wants


def _corpus(study: Study) -> Expected:
    wanted = study.corpus.model_dump(mode="json")
    if study.corpus.source == EMBEDDED:
        del wanted["source"]  # the manifest names the place where the embedded world was written
    return Expected({"settings": wanted})


def _world_corpus(study: Study) -> Expected:
    world = study.world
    return Expected({"settings": {"seed": world.seed, "first": world.first_article, "count": world.articles}})


def _world_task(study: Study, task: str) -> Expected:
    world = study.world
    sizes = {"train": world.train[task], "validation": world.validation}  # type: ignore[index]
    return Expected({"settings": {"task": task, "seed": world.seed, **sizes}})


def _task(study: Study, task: str) -> Expected:
    wanted = study.glue.model_dump(mode="json", include={"revision", "max_train"})
    source = {} if study.glue.source == EMBEDDED else {"source": study.glue.source}
    return Expected({"settings": wanted, **source})


def _blocks(study: Study, model: str) -> Expected:
    made_from = {"corpus": "corpus", "model": f"{model}/pretrained"}
    return Expected({"settings": {"block_tokens": study.mlm.block_tokens}}, made_from)


def _pretrained(study: Study, model: str) -> Expected:
    encoder = study.encoders[model]
    if encoder.pretrain is None:
        return Expected({"settings": encoder.model_dump(mode="json", exclude={"pretrain"})})
    return Expected({"family": encoder.family, "settings": encoder.pretrain.model_dump(mode="json")}, {"corpus": "corpus"})


def _checkpoint(study: Study, model: str, task: str, seed: str) -> Expected:
    run = {"study": study.study, "model": model, "task": task, "seed": int(seed)}
    recipe = study.recipe(model, task).model_dump(mode="json")
    return Expected({**run, "settings": recipe, "device": study.device}, {"model": f"{model}/pretrained"})


def _frozen(study: Study, model: str, task: str, seed: str) -> Expected:
    expected = _checkpoint(study, model, task, seed)
    settings = {**expected.entries["settings"], "frozen_layers": study.freezing.layers}
    return Expected({**expected.entries, "settings": settings}, expected.made_from)


_RUN = r"(?P<model>[^/]+)/(?P<task>[^/]+)/seed(?P<seed>\d+)"
KINDS: dict[str, Callable[..., Expected]] = {
    r"corpus": _corpus,
    r"world/wikipedia": _world_corpus,
    r"world/glue/(?P<task>[^/]+)": _world_task,
    r"tasks/(?P<task>[^/]+)": _task,
    r"(?P<model>[^/]+)/pretrained": _pretrained,
    r"(?P<model>[^/]+)/blocks": _blocks,
    rf"{_RUN}/checkpoint": _checkpoint,
    rf"{_RUN}/frozen/checkpoint": _frozen,
}
"""Directories of a study by their path within its results; a test holds them against the workflow's own."""


def _in_study(study: Study, model: str | None = None, task: str | None = None, seed: str | None = None) -> bool:
    known = (model is None or model in study.models) and (task is None or task in study.tasks)
    return known and (seed is None or int(seed) in study.seeds)


def expected(study: Study, name: str) -> Expected | None:
    """What the config wants of the directory ``name`` within the study's results; nothing if the study has no such one."""
    for pattern, kind in KINDS.items():
        if match := re.fullmatch(pattern, name):
            return kind(study, **match.groupdict()) if _in_study(study, **match.groupdict()) else None
    return None


# ------------------------------------------------------------------------------------------------------------- checks


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
    """Compare every directory below ``results`` with its manifest, and every manifest with the study if there is one."""
    found = Findings()
    known = dict(manifests(results))
    for directory, manifest in known.items():
        if directory.is_dir():
            found.checked.append(directory)
            found.wrong += [f"{directory}/{difference}" for difference in differences(directory, manifest)]
        else:
            found.absent.append(directory)
        if study is not None:
            _against_config(directory, manifest, study, results, known, found)
    found.wrong += [f"{directory}: has no manifest" for directory in _without_manifest(results, known)]
    found.notes += [f"{path}: left by a job that was killed; it can be deleted" for path in _left_over(results)]
    return found


def _against_config(
    directory: Path, manifest: Manifest, study: Study, results: Path, known: dict[Path, Manifest], found: Findings
) -> None:
    wanted = expected(study, directory.relative_to(results).as_posix())
    if wanted is None:
        found.notes.append(f"{directory}: no part of the study that the config describes")
        return
    for key, value in wanted.entries.items():
        found.wrong += [f"{directory}.json: {line}" for line in _unequal(key, manifest.get(key), value)]
    for name, origin in wanted.made_from.items():
        source = known.get(results / origin)
        if source is not None and (manifest.get("inputs") or {}).get(name) != source["files"]:
            found.wrong.append(
                f"{directory}.json: was made from another {results / origin} than the one that is described here"
            )


def _unequal(key: str, found: Any, wanted: Any) -> Iterator[str]:
    """A line for each value that differs; of mappings, the wanted keys count."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        for name in wanted:
            yield from _unequal(f"{key}.{name}", found.get(name), wanted[name])
    elif found != wanted:
        yield f"{key} is {json.dumps(found)}, the config says {json.dumps(wanted)}"


def _without_manifest(results: Path, known: dict[Path, Manifest]) -> list[Path]:
    """Directories in the place of one that has a manifest, which have none."""
    found = []
    for path in sorted(results.rglob("*")):
        name = path.relative_to(results).as_posix()
        hidden = path.name.startswith(".")  # half-written, under its other name
        if path.is_dir() and not hidden and path not in known and any(re.fullmatch(pattern, name) for pattern in KINDS):
            found.append(path)
    return found


def _left_over(results: Path) -> list[Path]:
    """What ``artifacts.replacing`` could not take away."""
    return sorted(path for path in results.rglob(".*") if re.fullmatch(r"\..+\.\d+", path.name) and ".work" not in path.parts)
