"""A private copy of the repository, in which a test may change anything, and what Snakemake plans and runs there."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
SOURCES = ("pyproject.toml", "Snakefile", "workflow", "src", "config", "envs", "profiles")
MINIATURE = "config/miniature.yaml"
NOWHERE = "http://127.0.0.1:9"
TINY: dict[str, Any] = {
    "study": "tiny",
    "models": ["roberta"],
    "tasks": ["cola"],
    "seeds": [1],
    "norms": ["l1"],
    "world": {"articles": 24, "train": {"cola": 60}, "validation": 40},
    "finetuning": {"roberta": {"default": {"epochs": 1}}},
    "importance": {"max_examples": 20},
    "pruning": {"step": 0.5, "every_head_up_to": 0},
    "mlm": {"max_blocks": 20},
    "divergence": {"max_examples": 20},
    "before_after": {"fractions": [0.5]},
}
"""A very small study, laid over the miniature."""


@dataclass(frozen=True)
class Plan:
    """What Snakemake says it would do, or did: how many jobs of each rule, and which rules for which reason."""

    jobs: dict[str, int]
    reasons: dict[str, set[str]]
    text: str

    @property
    def changed(self) -> set[str]:
        """Rules with a job whose own code or settings changed, and not only what it reads."""
        causes = ("code has changed since last execution", "params have changed since last execution")
        return set().union(*(self.reasons.get(cause, set()) for cause in causes))

    def paths(self, study: str) -> set[str]:
        """Every result that is spoken of."""
        return set(re.findall(rf"results/{study}/[\w./-]*\w", self.text))


def read_plan(text: str) -> Plan:
    """The tables in Snakemake's output; ``all``, which does nothing, is left out."""
    if "Nothing to be done" in text:
        return Plan({}, {}, text)
    table = re.search(r"^job +count\n[- ]+\n(.*?)^total", text, re.MULTILINE | re.DOTALL)
    assert table, text
    jobs = {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table[1], re.MULTILINE) if rule != "all"}
    reasons = re.findall(r"^    (\w.*):\n        (.*)$", text.partition("\nReasons:\n")[2], re.MULTILINE)
    return Plan(jobs, {reason: set(rules.split(", ")) for reason, rules in reasons}, text)


def environment() -> dict[str, str]:
    """This Python's own ``python`` for the jobs, the copy's own package, and no network."""
    others = ("PYTHONPATH", "HEADCOUNT", "SNAKEMAKE")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(others)}
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    return {**kept, "PATH": path, "HF_ENDPOINT": NOWHERE, "http_proxy": NOWHERE, "https_proxy": NOWHERE}


@dataclass(frozen=True)
class Checkout:
    """A copy of the repository at ``path``."""

    path: Path

    @classmethod
    def of_sources(cls, path: Path) -> Checkout:
        """A copy of the working tree without anything that a run wrote."""
        path.mkdir()
        for name in SOURCES:
            source = ROOT / name
            if source.is_dir() and not source.is_symlink():
                shutil.copytree(source, path / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, path / name, follow_symlinks=False)
        return cls(path)

    def copied_to(self, path: Path) -> Checkout:
        """A copy of it all at another place, times of change included."""
        shutil.copytree(self.path, path, symlinks=True)
        return Checkout(path)

    def snakemake(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Snakemake here, all messages to ``stdout``. Targets go before options, some of which take many values."""
        command = [sys.executable, "-m", "snakemake", "--workflow-profile", "none", *arguments]
        return subprocess.run(
            command, cwd=self.path, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run this Python here with the copy's package, all messages to ``stdout``."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.path,
            env={**environment(), "PYTHONPATH": str(self.path / "src")},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def run(self, *arguments: str) -> Plan:
        """Run Snakemake to a good end."""
        done = self.snakemake(*arguments)
        assert done.returncode == 0, done.stdout
        return read_plan(done.stdout)

    def plan(self, *targets: str, configs: tuple[str, ...] = (), options: tuple[str, ...] = ()) -> Plan:
        """What Snakemake would do for the targets (none: everything) with the config files laid over the paper's."""
        configfile = ("--configfile", *configs) if configs else ()
        return self.run(*targets, "--dry-run", "--cores", "8", *options, *configfile)

    def left(self) -> dict[str, str]:
        """Every file of the results and what it holds, but for times: logs, benchmarks, what a directory took, checksums."""
        found = {}
        for path in sorted((self.path / "results").rglob("*")):
            name = path.relative_to(self.path).as_posix()
            timed = any(f"/{folder}/" in name for folder in ("logs", "benchmarks", "checksums"))
            if path.is_file() and not timed and path.name != ".snakemake_timestamp":
                text = path.read_bytes()
                if path.suffix == ".json" and path.with_suffix("").is_dir():
                    text = json.dumps({**json.loads(text), "seconds": None}).encode()
                found[name] = sha256(text).hexdigest()
        return {name: digest for name, digest in found.items() if not re.search(r"/\.[^/]+\.\d+(/|$)", name)}

    def overlay(self, settings: dict[str, Any], name: str = "overlay.yaml") -> str:
        """Write a config file to lay over another one."""
        (self.path / name).write_text(yaml.safe_dump(settings))
        return name

    def insert(self, file: str, definition: str, line: str) -> None:
        """Put a line of code at the top of the body of a function or class, below its docstring."""
        path = self.path / file
        text = path.read_text()
        nodes = (ast.FunctionDef, ast.ClassDef)
        node = next(n for n in ast.walk(ast.parse(text)) if isinstance(n, nodes) and n.name == definition)
        first = node.body[1 if ast.get_docstring(node) is not None and len(node.body) > 1 else 0]
        lines = text.splitlines(keepends=True)
        lines.insert(first.lineno - 1, " " * first.col_offset + line + "\n")
        path.write_text("".join(lines))

    def replace(self, file: str, old: str, new: str) -> None:
        """Put other text into a file."""
        path = self.path / file
        text = path.read_text()
        assert old in text, f"{file} does not say {old!r}"
        path.write_text(text.replace(old, new))

    def append(self, file: str, text: str) -> None:
        """Add lines to the end of a file."""
        with (self.path / file).open("a") as stream:
            stream.write(text)

    def rename_module(self, old: str, new: str) -> None:
        """Give a module of the package another place and name, and have all others import it from there."""
        paths = [self.path / "src" / Path(*name.split(".")).with_suffix(".py") for name in (old, new)]
        paths[1].parent.mkdir(exist_ok=True)
        paths[0].rename(paths[1])
        folders = [(self.path / "src", "*.py"), (self.path / "workflow", "*.py"), (self.path / "workflow", "*.smk")]
        for path in (each for folder, kind in folders for each in folder.rglob(kind)):
            path.write_text(re.sub(rf"\b{re.escape(old)}\b", new, path.read_text()))

    def reword(self, file: str) -> None:
        """Change the module's docstring and add a comment: nothing that runs."""
        path = self.path / file
        text = path.read_text()
        assert text.startswith('"""')
        path.write_text('"""Reworded. ' + text.removeprefix('"""') + "\n# A last word.\n")
