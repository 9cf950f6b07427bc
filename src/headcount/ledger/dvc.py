"""DVC, as far as this project uses it: which directories it versions, and its commands.

``dvc.yaml`` (``headcount.ledger.pipeline``) says which directories DVC versions, for one study. DVC runs nothing.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from headcount.ledger.pipeline import pipeline
from headcount.store.manifests import manifest_path
from headcount.study.jobs import StudyJobs

PIPELINE, LOCK, SETTINGS = Path("dvc.yaml"), Path("dvc.lock"), Path(".dvc/config")
REMEDIES = {
    "unsaved files": (
        "What is here differs from what is published, and is nowhere else: publish it (make publish), or delete it and pull."
    ),
    "Access ?Denied|Forbidden": (
        "These credentials may not do that at the remote: publishing takes the right to write there, pulling the right to read."
    ),
    "ould not connect|timeout on endpoint": "The remote went out of reach: run this again; what has arrived is kept.",
    "failed to push|failed to upload": "Nothing half-sent counts: run `make publish` again.",
    "Checkout failed|failed to transfer|failed to download|do not exist neither": (
        "The remote's copy is lost, damaged, or was never sent; it was not taken, and the rest was. Whoever made it can send it"
        " again (python -m headcount.ledger.publishing publish --again), or Snakemake can make it again here."
    ),
}
"""What to do, by what DVC says; the first that fits."""

_NAMED_CONFIG = re.compile(r"^# Written by .* from (.+?):")


class CacheError(Exception):
    """What cannot be done; the message says why, and what to do."""


@dataclass(frozen=True)
class Stage:
    """One entry of DVC's: a directory that it versions."""

    name: str
    directory: Path

    @property
    def built(self) -> bool:
        return self.directory.is_dir() and manifest_path(self.directory).is_file()


def dvc(*arguments: str) -> str:
    """What ``dvc`` prints.

    Raises:
        CacheError: it fails; with what it said, and what to do.
    """
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        said = done.stdout.replace(" Use `--force` to force.", "")  # it would delete what no one can bring back
        said = said.partition("Having any troubles?")[0]
        remedies = [remedy for pattern, remedy in REMEDIES.items() if re.search(pattern, said)]
        raise CacheError("\n".join([f"dvc {arguments[0]} failed:", said.strip(), *remedies[:1]]))
    return done.stdout


def last_line(text: str) -> str:
    """What DVC says it did, to be put in a sentence."""
    return text.strip().splitlines()[-1].rstrip(".").lower() if text.strip() else "nothing new"


# ------------------------------------------------------------------------------------------------------------- stages


def named_configs() -> tuple[Path, ...]:
    """The config files that ``dvc.yaml`` was written from."""
    match = _NAMED_CONFIG.search(PIPELINE.read_text())
    if match is None:
        raise CacheError(f"{PIPELINE}: does not say which config it was written from; write it again (make publish)")
    return tuple(map(Path, match[1].split()))


def write_stages(jobs: StudyJobs, *configs: Path) -> None:
    """Have ``dvc.yaml`` hold the stages of the study in ``configs``."""
    text = pipeline(jobs, *configs)
    if PIPELINE.read_text() != text:
        PIPELINE.write_text(text)
        print(f"{PIPELINE} is now that of {' '.join(map(str, configs))}")


@contextmanager
def repository() -> Iterator[Any]:
    """DVC's own view of this folder, in this process.

    Raises:
        CacheError: it cannot read it, or is not installed.
    """
    try:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
    except ModuleNotFoundError:
        raise CacheError("DVC is not installed here: pip install dvc") from None
    try:
        with Repo() as repo:
            yield repo
    except DvcException as error:
        raise CacheError(f"DVC cannot read this repository: {error}") from None


def stages() -> list[Stage]:
    """DVC's own reading of ``dvc.yaml``.

    Raises:
        CacheError: DVC cannot read it, or is not installed.
    """
    with repository() as repo:
        outs = [(stage.addressing, Path(out.fs_path)) for stage in repo.index.stages for out in stage.outs]
        return [Stage(name, path.relative_to(repo.root_dir)) for name, path in outs]


def published() -> set[str]:
    """Names of the stages that ``dvc.lock`` has a version of."""
    return set((yaml.safe_load(LOCK.read_text()) or {}).get("stages", {})) if LOCK.exists() else set()


def clear_leftovers(wanted: Sequence[Stage]) -> None:
    """Delete what a pull that was killed left half-written; DVC would take it for someone's own file."""
    for stage in wanted:
        for path in stage.directory.glob(".*.tmp"):
            path.unlink()
