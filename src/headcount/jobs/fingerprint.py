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
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from headcount.jobs.definitions import Definition, Module, entries, find, keys, member, read, resolve

BY_KEY = {"get"}
"""Methods of a registry that look at one entry."""
NO_PART = ("ctx", "type_comment", "kind", "type_ignores")


class _Walk:
    """All that a script reaches, each definition numbered when it is first met, so that no name of a module is needed."""

    def __init__(self, script: Path, told: Collection[str]) -> None:
        self.spoken = set(told)
        self.numbers: dict[Definition, int] = {}
        self.parts: list[Any] = []
        self.waiting: deque[Definition] = deque()
        main = read(script, script.stem, is_script=True)
        self.reach(Definition(main, ""))
        while self.waiting:
            self._describe(self.waiting.popleft())
            if not self.waiting:
                self._add_entries()

    def reach(self, target: Definition) -> int:
        """The number of a definition, which is described when its turn comes."""
        if target not in self.numbers:
            self.numbers[target] = len(self.numbers)
            self.waiting.append(target)
        return self.numbers[target]

    def _describe(self, target: Definition) -> None:
        module, number = target.module, self.numbers[target]
        if target.name:
            self._importing(module)
        if module.inert:
            self.parts.append((number, "changes no result"))
        elif target.key:
            self.parts.append((number, self._text((entries(target) or {})[target.key], module)))
        elif target.key == "":
            (made,) = module.bound[target.name]
            self.parts.append((number, self._text(made.value.func, module)))  # type: ignore[attr-defined]
        else:
            statements = module.bound.get(target.name, []) if target.name else module.effects
            self.parts.append((number, [self._text(each, module) for each in statements]))

    def _importing(self, module: Module) -> None:
        """What importing a module runs, its packages on the way included."""
        names = module.name.split(".")
        for depth in range(1, len(names) + 1):
            part = module if depth == len(names) else find(".".join(names[:depth]))
            if part is not None and part.effects and not part.inert:
                self.reach(Definition(part, ""))

    def _add_entries(self) -> None:
        """The entries of the registries met so far whose keys were spoken of so far."""
        for target in [each for each in self.numbers if each.key == ""]:
            for key in entries(target) or {}:
                entry = Definition(target.module, target.name, key)
                if key in self.spoken and entry not in self.numbers:
                    self.parts.append((self.numbers[target], key, self.reach(entry)))

    def _text(self, node: Any, module: Module) -> Any:
        """A syntax tree as nested tuples, each reference to a definition as its number."""
        if isinstance(node, list):
            # An import within a function counts where its names are used.
            return [self._text(each, module) for each in node if not isinstance(each, (ast.Import, ast.ImportFrom))]
        if not isinstance(node, ast.AST):
            return node if isinstance(node, (str, int, type(None))) else repr(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            self.spoken.add(node.value)
        if (seen := self._registry(node, module)) is not None:
            return seen
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            target = self._target(node, module)
            if isinstance(target, Definition):
                return self.reach(target)
            if isinstance(target, Module):  # handed on as a whole
                return [self.reach(Definition(target, name)) for name in target.bound]
            if isinstance(node, ast.Name) and node.id in module.imported:
                return ("of another library", *module.imported[node.id])
        parts = [(name, value) for name, value in ast.iter_fields(node) if name not in NO_PART and value not in (None, [])]
        return (type(node).__name__, *((name, self._text(value, module)) for name, value in parts))

    def _target(self, node: ast.expr, module: Module) -> Definition | Module | None:
        if isinstance(node, ast.Name):
            return resolve(module, node.id)
        if isinstance(node, ast.Attribute):
            owner = self._target(node.value, module)
            return member(owner, node.attr) if isinstance(owner, Module) else None
        return None

    def _registry(self, node: ast.AST, module: Module) -> Any:
        """A look at one entry of a registry: ``R[key]``, ``R.get(key)``, ``key in R``; nothing for anything else."""
        registry: ast.expr
        others: list[Any]
        if isinstance(node, ast.Subscript):
            registry, others, shape = node.value, [node.slice], ["entry"]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in BY_KEY:
            registry, others, shape = node.func.value, [*node.args, *node.keywords], [node.func.attr]
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], (ast.In, ast.NotIn)):
            registry, others, shape = node.comparators[0], [node.left], [type(node.ops[0]).__name__]
        else:
            return None
        target = self._target(registry, module)
        if not isinstance(target, Definition) or entries(target) is None:
            return None
        number = self.reach(Definition(target.module, target.name, ""))
        return ("entry of", number, shape, self._text(others, module))


def definitions(script: Path, told: Iterable[str] = ()) -> list[Definition]:
    """All that a script reaches when it is told these words, in the order in which it is met."""
    return list(_Walk(script.resolve(), set(told) & keys()).numbers)


@cache
def fingerprint(script: Path, told: frozenset[str] = frozenset()) -> str:
    """A short digest that changes when, and only when, code changes that the script's result depends on.

    Args:
        told: words that the job is told. Those that are keys of a registry stand behind the digest.
    """
    words = sorted(told & keys())
    walk = _Walk(script.resolve(), words)
    digest = sha256(repr(walk.parts).encode()).hexdigest()[:16]
    return " ".join([digest, *words])


def forget() -> None:
    """Read the files anew from here on."""
    for cached in (read, find, keys, fingerprint):
        cached.cache_clear()


def main() -> None:
    script, *told = sys.argv[1:]
    print(fingerprint(Path(script), frozenset(told)))
    for each in definitions(Path(script), told):
        print(f"  {each}")


if __name__ == "__main__":
    main()
