"""A checkout under git and DVC, with a remote of its own, and what its commands say."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from checkout import MINIATURE, ROOT, Checkout, environment

from headcount.jobs.fingerprint import definitions
from headcount.ledger.snakemake import METADATA, Record, records
from headcount.settings import files

CONFIG = "config/tiny.yaml"
VERSIONED = ("dvc.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore")
SNAKEMAKE = ("--cores", "2", "--configfile", CONFIG)


def tools(home: Path) -> dict[str, str]:
    """The environment of commands: no settings of whoever runs the tests, no notes of DVC's outside ``home``."""
    folders = {f"DVC_{name}": str(home / name) for name in ("SITE_CACHE_DIR", "GLOBAL_CONFIG_DIR", "SYSTEM_CONFIG_DIR")}
    person = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@t", "GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@t"}
    quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "DVC_NO_ANALYTICS": "1"}
    return {**environment(), **folders, **person, **quiet, "no_proxy": "127.0.0.1"}


class Repository(Checkout):
    """A checkout in a folder called ``work`` or the like, whose remote is the folder ``headcount-artifacts`` beside it."""

    @property
    def remote(self) -> Path:
        return self.path.parent / "headcount-artifacts"

    @classmethod
    def made(cls, path: Path, settings: dict[str, Any]) -> Repository:
        """A new repository of the working tree, whose study is the miniature with ``settings`` laid over it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        repository = cls(Checkout.of_sources(path).path)
        for name in VERSIONED:
            (path / name).parent.mkdir(exist_ok=True)
            shutil.copy(ROOT / name, path / name)
        repository.overlay(settings, CONFIG)
        whole = files.load(path / MINIATURE, path / CONFIG)  # DVC reads one file alone
        repository.overlay(whole.model_dump(mode="json"), CONFIG)
        repository.git("init", "--quiet", "--initial-branch", "main")
        repository.commit("sources")
        return repository

    def clone(self, path: Path) -> Repository:
        """A fresh clone, with the same remote."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.git("clone", "--quiet", str(self.path), str(path))
        clone = Repository(path)
        clone.use_remote(self.remote)
        return clone

    def use_remote(self, url: object, **settings: str) -> None:
        for key, value in {"url": str(url), **settings}.items():
            self.command("dvc", "remote", "modify", "--local", "storage", key, value)

    # ------------------------------------------------------------------------------------------------------- commands

    def try_command(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command here, all messages to ``stdout``."""
        program = [sys.executable, "-m", "dvc"] if command[0] == "dvc" else [command[0]]
        return subprocess.run(
            [*program, *command[1:]],
            cwd=self.path,
            env={**tools(self.path.parent / "home"), "PYTHONPATH": str(self.path / "src")},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def command(self, *command: str) -> str:
        """Run a command to a good end."""
        done = self.try_command(*command)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def git(self, *arguments: str) -> str:
        return self.command("git", *arguments)

    def commit(self, message: str, *what: str) -> None:
        self.git("add", *(what or ("--all",)))
        self.git("commit", "--quiet", "--message", message)

    def versioning(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.try_command(sys.executable, "-m", "headcount.ledger.publishing", *arguments)

    def publish(self, *arguments: str) -> str:
        """Publish, and commit what that stages."""
        said = self.command(sys.executable, "-m", "headcount.ledger.publishing", "publish", *arguments)
        if self.git("diff", "--cached", "--name-only"):
            self.git("commit", "--quiet", "--message", "results")
        return said

    def pull(self, *targets: str) -> str:
        return self.command(sys.executable, "-m", "headcount.ledger.publishing", "pull", *targets)

    def started(self, *command: str) -> subprocess.Popen[bytes]:
        """A command that runs on, in a process group of its own."""
        nothing = subprocess.DEVNULL
        environment = {**tools(self.path.parent / "home"), "PYTHONPATH": str(self.path / "src")}
        return subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=self.path,
            env=environment,
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
            preexec_fn=heed_interrupts,
        )


def heed_interrupts() -> None:
    """A test that runs in the background ignores SIGINT, and its children would, too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def kill(process: subprocess.Popen[bytes], alone: bool = False) -> bool:
    """Kill a process (with the group that it leads, or alone) as the kernel does; whether it was still running."""
    was_running = process.poll() is None
    with suppress(ProcessLookupError):
        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
    process.wait()
    return was_running


# ---------------------------------------------------------------------------------------- what should run, the slow way


WORDS = ("roberta", "cola", "mlm", "l1", "none", "head", "gate_gradient", "pretrain_gate_gradient", "per_example", "embedded")
"""Entries of registries that the tiny study names."""


def dependants(checkout: Checkout, changed: Iterable[str]) -> dict[str, int]:
    """Jobs per rule of every job that wrote, or directly or not read, one of the ``changed`` files, as Snakemake recorded."""
    known = {record.output: record for record in records(checkout.path / METADATA)}
    reached = set(changed)
    while more := {name for name, record in known.items() if reached & set(record.inputs)} - reached:
        reached |= more
    jobs: dict[str, str] = {record.command: record.rule for name, record in known.items() if name in reached}
    return dict(Counter(jobs.values()))


def outputs_of(checkout: Checkout, rules: Iterable[str]) -> set[str]:
    """Everything that jobs of some rules wrote."""
    return {record.output for record in records(checkout.path / METADATA) if record.rule in set(rules)}


def rules_on(checkout: Checkout, file: str, name: str) -> set[str]:
    """The rules whose script reaches a definition of the working tree, told of what the tiny study has."""
    scripts = (ROOT / "workflow" / "scripts").glob("*.py")
    wanted = ".".join(Path(file).relative_to("src").with_suffix("").parts) + f": {name}"
    reached = {script.stem for script in scripts if wanted in map(str, definitions(script, WORDS))}
    return reached & {record.rule for record in records(checkout.path / METADATA)}


def record_of(checkout: Checkout, output: str) -> Record:
    return next(record for record in records(checkout.path / METADATA) if record.output == output)
