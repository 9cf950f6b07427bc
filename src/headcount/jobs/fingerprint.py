"""What a job's result depends on in the code: the definitions that its script can reach, and nothing else.

A definition is a function, a class or a constant at the top of a module. It counts if the script uses it, directly or through
other definitions. It counts by what it does: where it stands, its docstring, comments, annotations and log lines do not
matter, and neither do its neighbours in the same file. Of a ``Registry`` only those entries count that the job speaks of: whose
key is among what the job is told, or stands in the code that it reaches. Code that goes through a whole registry depends on
all of it.

``python -m headcount.jobs.fingerprint workflow/scripts/finetune.py cola`` lists the definitions behind a fingerprint.
"""

from __future__ import annotations

import ast
import sys
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from headcount.jobs.definitions import Definition, Module, entries, find, member, read, resolve

BY_KEY = {"get"}
"""Methods of a registry that look at one entry."""
NO_PART = ("ctx", "type_comment", "kind", "type_ignores")


@dataclass(frozen=True)
class Description:
    """What a definition does: its code, in which a number stands for each definition that it refers to.

    ``constants`` are the texts in it, any of which may be the key of a registry's entry.
    """

    code: str
    references: tuple[Definition, ...]
    constants: frozenset[str]


@cache
def describe(target: Definition) -> Description:
    """What a definition does."""
    return _Writer(target).description()


class _Writer:
    """Writes a definition's syntax tree without the names that it has for other definitions."""

    def __init__(self, target: Definition) -> None:
        self.target = target
        self.module = target.module
        self.references: dict[Definition, int] = {}
        self.constants: set[str] = set()

    def description(self) -> Description:
        target, module = self.target, self.module
        if module.inert:
            return Description("changes no result", (), frozenset())
        if target.key:
            written = self._write((entries(target) or {})[target.key])
        elif target.key == "":
            (made,) = module.bound[target.name]
            written = self._write(made.value.func)  # type: ignore[attr-defined]
        else:
            written = self._write(module.bound.get(target.name, []) if target.name else module.effects)
        return Description(repr(written), tuple(self.references), frozenset(self.constants))

    def _refer(self, target: Definition) -> int:
        return self.references.setdefault(target, len(self.references))

    def _write(self, node: Any) -> Any:
        """A syntax tree as nested tuples."""
        if isinstance(node, list):
            # An import within a function counts where its names are used.
            return [self._write(each) for each in node if not isinstance(each, (ast.Import, ast.ImportFrom))]
        if not isinstance(node, ast.AST):
            return node if isinstance(node, (str, int, type(None))) else repr(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.constants.add(node.value)
        if (seen := self._entry(node)) is not None:
            return seen
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            target = self._meant(node)
            if isinstance(target, Definition):
                return self._refer(target)
            if isinstance(target, Module):  # handed on as a whole
                return [self._refer(Definition(target, name)) for name in target.bound]
            if isinstance(node, ast.Name) and node.id in self.module.imported:
                return ("of another library", *self.module.imported[node.id])
        parts = [(name, value) for name, value in ast.iter_fields(node) if name not in NO_PART and value not in (None, [])]
        return (type(node).__name__, *((name, self._write(value)) for name, value in parts))

    def _meant(self, node: ast.expr) -> Definition | Module | None:
        """What a name, or a dotted one, refers to within the package."""
        if isinstance(node, ast.Name):
            return resolve(self.module, node.id)
        if isinstance(node, ast.Attribute):
            owner = self._meant(node.value)
            return member(owner, node.attr) if isinstance(owner, Module) else None
        return None

    def _entry(self, node: ast.AST) -> Any:
        """A look at one entry of a registry: ``R[key]``, ``R.get(key)``, ``key in R``; nothing for anything else."""
        registry: ast.expr
        others: list[Any]
        if isinstance(node, ast.Subscript):
            registry, others, how = node.value, [node.slice], "entry"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY_KEY:
            registry, others, how = node.func.value, [*node.args, *node.keywords], node.func.attr
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            registry, others, how = node.comparators[0], [node.left], type(node.ops[0]).__name__
        else:
            return None
        target = self._meant(registry)
        if not isinstance(target, Definition) or entries(target) is None:
            return None
        return ("entry of", self._refer(Definition(target.module, target.name, "")), how, self._write(others))


class Reach:
    """All that a script reaches, each definition numbered when it is first met: no name of a module or file counts.

    Args:
        told: words that the job is told; those that are keys of registries count.
    """

    def __init__(self, script: Path, told: Collection[str]) -> None:
        self.told = set(told)
        self.spoken = set(told)
        self.numbers: dict[Definition, int] = {}
        self.parts: list[Any] = []
        self.entries: set[str] = set()
        self._waiting: deque[Definition] = deque()
        self._meet(Definition(read(script, script.stem, is_script=True), ""))
        while self._waiting:
            self._look_into(self._waiting.popleft())
            if not self._waiting:
                self._add_entries()

    def _meet(self, target: Definition) -> int:
        if target not in self.numbers:
            self.numbers[target] = len(self.numbers)
            self._waiting.append(target)
        return self.numbers[target]

    def _look_into(self, target: Definition) -> None:
        if target.name:
            for part in _imported_with(target.module):
                self._meet(Definition(part, ""))
        found = describe(target)
        self.spoken |= found.constants
        self.parts.append((self.numbers[target], found.code, [self._meet(each) for each in found.references]))

    def _add_entries(self) -> None:
        """The entries of the registries met so far whose keys were spoken of so far."""
        for registry in [each for each in self.numbers if each.key == ""]:
            for key in sorted(self.spoken & set(entries(registry) or {})):
                entry = Definition(registry.module, registry.name, key)
                if entry not in self.numbers:
                    self.entries.add(key)
                    self.parts.append((self.numbers[registry], key, self._meet(entry)))


@cache
def _imported_with(module: Module) -> tuple[Module, ...]:
    """The modules that importing one runs, its packages on the way included, those that do anything."""
    names = module.name.split(".")
    found = [find(".".join(names[:depth])) for depth in range(1, len(names))]
    return tuple(part for part in [*found, module] if part is not None and part.effects and not part.inert)


def definitions(script: Path, told: Iterable[str] = ()) -> list[Definition]:
    """All that a script reaches when it is told these words, in the order in which it is met."""
    return list(Reach(script.resolve(), set(told)).numbers)


@cache
def fingerprint(script: Path, told: frozenset[str] = frozenset()) -> str:
    """A short digest that changes when, and only when, code changes that the script's result depends on.

    Args:
        told: words that the job is told. Those whose entries in a registry it reaches stand behind the digest.
    """
    reach = Reach(script.resolve(), told)
    digest = sha256(repr(reach.parts).encode()).hexdigest()[:16]
    return " ".join([digest, *sorted(reach.entries & reach.told)])


def forget() -> None:
    """Read the files anew from here on."""
    for cached in (read, find, describe, _imported_with, fingerprint):
        cached.cache_clear()


def main() -> None:
    script, *told = sys.argv[1:]
    print(fingerprint(Path(script), frozenset(told)))
    for each in definitions(Path(script), told):
        print(f"  {each}")


if __name__ == "__main__":
    main()
