"""How a file of the results was made: ``python -m headcount.ledger.provenance results/…``, back to the data and their revision.

Everything comes from what Snakemake recorded and what manifests and tables say of themselves; nothing is kept for this.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headcount.jobs.fingerprint import fingerprint
from headcount.ledger.snakemake import Record, by_output
from headcount.store.checksums import sha256
from headcount.store.hardware import in_words
from headcount.store.manifests import manifest_path
from headcount.store.records import record as said_of

SCRIPTS = Path("workflow/scripts")
ORIGIN = ("origin", "source", "commit", "revision")
WORK = "work"
"""Option of a script that names where it keeps what it resumes from: of no consequence for the result."""


class ProvenanceError(LookupError):
    """A file that nothing is known of; the message says why."""


@dataclass(frozen=True)
class Input:
    """A file that a job read: its sha256 as recorded then, and how it stands to what is there now."""

    path: str
    sha256: str
    state: str


@dataclass(frozen=True)
class Step:
    """One job, by one of the files that it wrote; ``outputs`` are all of them.

    ``manifest`` is that of the directory, ``beside`` what a table, tensors or metrics say of themselves.
    """

    path: str
    outputs: frozenset[str]
    record: Record
    manifest: Mapping[str, Any]
    beside: Mapping[str, Any]

    @property
    def settings(self) -> dict[str, Any]:
        """What the script was told, its files left out."""
        files = {*self.record.inputs, *self.outputs}
        options = self.record.options.items()
        return {key: value for key, value in options if key != WORK and not _names(value, files)}

    @property
    def seeds(self) -> list[int]:
        return sorted(set(_found("seed", [*self.settings.values(), {"seed": self.settings.get("seed")}])))

    @property
    def device(self) -> str | None:
        """The device that trained or evaluated a network, if one did."""
        found = self.manifest.get("device", self.settings.get("device"))
        return None if found is None else str(found)

    @property
    def hardware(self) -> str:
        """What the job ran on, as far as this step knows."""
        return in_words({**self.beside, **self.manifest})

    @property
    def origin(self) -> dict[str, Any]:
        """Where data or model came from, and at which revision, as far as this step knows."""
        own = {**self.beside, **self.manifest}
        settings = own.get("settings") if isinstance(own.get("settings"), dict) else {}
        return {key: value for key in ORIGIN if (value := own.get(key) or (settings or {}).get(key))}

    @property
    def versions(self) -> dict[str, str]:
        """Versions that ran; of a step that keeps no note of them, those that its environment file asks for."""
        found = self.manifest.get("versions") or self.beside.get("versions")
        return dict(found) if found else _pins(self.record.environment)

    @property
    def inputs(self) -> Iterator[Input]:
        for path in self.record.inputs:
            recorded = self.record.checksums.get(path, "").removeprefix("sha256:")
            yield Input(path, recorded or "not recorded", _state(Path(path), recorded))


def _names(value: Any, files: set[str]) -> bool:
    return any(each in files for each in (value if isinstance(value, list) else [value]) if isinstance(each, str))


def _found(key: str, values: Any) -> Iterator[int]:
    """Whole numbers that any mapping within ``values`` has under ``key``."""
    for value in values:
        if isinstance(value, dict):
            if isinstance(value.get(key), int):
                yield value[key]
            yield from _found(key, value.values())


def _pins(environment: str) -> dict[str, str]:
    if not environment:
        return {}
    listed = yaml.safe_load(environment).get("dependencies", [])
    pins = [pin for entry in listed if isinstance(entry, dict) for pin in entry.get("pip", [])]
    return dict(pin.split("==", 1) for pin in pins if "==" in pin)


def _state(path: Path, recorded: str) -> str:
    if not path.exists():
        return "not here now"
    if path.is_dir():
        return "a directory: its manifest counts"
    now = sha256(path)
    if not recorded:
        return f"now {now}"
    return "" if now == recorded else f"CHANGED SINCE: now {now}"


# -------------------------------------------------------------------------------------------------------------- steps


def step(path: str, known: Mapping[str, Record]) -> Step | None:
    """The job that wrote a file, or wrote the directory that it is in; nothing for what no job wrote."""
    for candidate in (Path(path), *Path(path).parents):
        record = known.get(candidate.as_posix())
        if record is not None and record.content:
            outputs = frozenset(name for name, other in known.items() if other.command == record.command)
            return Step(candidate.as_posix(), outputs, record, _manifest(candidate), said_of(candidate))
    return None


def _manifest(path: Path) -> dict[str, Any]:
    for candidate in (manifest_path(path), path):
        if candidate.suffix == ".json" and candidate.is_file():
            found = json.loads(candidate.read_text())
            if isinstance(found, dict) and "files" in found and "versions" in found:
                return found
    return {}


def history(path: str, known: Mapping[str, Record]) -> list[Step]:
    """The job that made a file, then every job that anything it read goes back to, each once, the latest first.

    Raises:
        ProvenanceError: Snakemake has no record of the file.
    """
    first = step(path, known)
    if first is None:
        raise ProvenanceError(
            f"{path}: Snakemake has no record of it. Is it a file that a job wrote, named from the repository's folder, and are"
            " the records here (.snakemake/metadata)?"
        )
    found = {first.record.command: first}
    waiting = [first]
    while waiting:
        for name in waiting.pop(0).record.inputs:
            before = step(name, known)
            if before is not None and before.record.command not in found:
                found[before.record.command] = before
                waiting.append(before)
    return [first, *sorted(list(found.values())[1:], key=lambda each: -(each.record.started or 0))]


# --------------------------------------------------------------------------------------------------------------- text


def lines(each: Step) -> Iterator[str]:
    """A step as a person reads it."""
    record = each.record
    started = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.started)) if record.started else "at a time not recorded"
    yield each.path
    yield f"  made by   {record.rule}, {started}" + ("" if record.seconds is None else f", in {record.seconds:.1f} s")
    if each.device:
        yield f"  device    {each.device}"
    if each.hardware:
        yield f"  hardware  {each.hardware}"
    if each.seeds:
        yield f"  seed      {', '.join(map(str, each.seeds))}"
    yield f"  code      {_code(record)}"
    if each.origin:
        yield f"  origin    {', '.join(f'{key} {value}' for key, value in each.origin.items())}"
    for key, value in each.settings.items():
        yield f"  told      --{key} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
    known = "versions" if each.manifest or each.beside.get("versions") else "pinned"
    yield f"  {known:<9} {', '.join(f'{name} {version}' for name, version in each.versions.items()) or 'not recorded'}"
    for read in each.inputs:
        yield f"  read      {' '.join(filter(None, [read.path, read.sha256, read.state and f'({read.state})']))}"
    for name, file in each.manifest.get("files", {}).items():
        yield f"  wrote     {name} {file['sha256']}"


def _code(record: Record) -> str:
    """The recorded fingerprint, and whether the code that is checked out is the same."""
    if record.code is None:
        return "not recorded"
    script = SCRIPTS / (record.script or "?")
    if not script.is_file():
        return f"{record.code} (its script {script.name} is not here now)"
    now = fingerprint(script, frozenset(record.code.split()[1:]))
    return f"{record.code} ({'as checked out' if now == record.code else f'what is checked out is another, {now}'})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", help="a file or directory below results/")
    parser.add_argument("--only", action="store_true", help="this file alone, not what it was made from")
    args = parser.parse_args()
    path = Path(args.file)
    known = by_output()
    try:
        found = history((path.relative_to(Path.cwd()) if path.is_absolute() else path).as_posix(), known)
    except (ProvenanceError, ValueError) as error:
        sys.exit(f"error: {error}")
    print("\n\n".join("\n".join(lines(each)) for each in (found[:1] if args.only else found)))
    if len(found) > 1 and not args.only:
        seconds = sum(each.record.seconds or 0 for each in found)
        print(f"\n{len(found)} jobs, {seconds:.0f} s of work together")


if __name__ == "__main__":
    main()
