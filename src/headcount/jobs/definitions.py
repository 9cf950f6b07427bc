"""The package's code as definitions: what stands at the top of each module, and what a name in it refers to.

Read as text, never imported. What cannot change a result is left out: docstrings, comments, annotations, log lines.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
INERT = "AFFECTS_RESULTS"
"""A module that sets this to False changes no result: it writes logs, waits, or chooses where a job runs."""
LOGGERS = {"log", "logger", "logging", "warnings"}
FIELDS_OF_A_SETTING = {"default", "default_factory"}
"""What counts of a config key's ``Field``: the rest is documentation, or refuses values before any job runs."""


@dataclass(eq=False)
class Module:
    """A module's top level: which statements bind a name, what is imported under which name, and what else is run."""

    name: str
    inert: bool = False
    bound: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    effects: list[ast.stmt] = field(default_factory=list)


class _Essence(ast.NodeTransformer):
    """Drops what cannot change a result."""

    def visit(self, node: ast.AST) -> Any:
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [each for each in body if not _is_documentation(each)]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
        return super().visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        for each in node.body:
            if isinstance(each, ast.AnnAssign) and isinstance(each.value, ast.Call) and _called(each.value) == "Field":
                each.value.keywords = [part for part in each.value.keywords if part.arg in FIELDS_OF_A_SETTING]
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """A field without a value keeps its name: a dataclass takes its arguments from it."""
        target = self.visit(node.target)
        return ast.Assign([target], self.visit(node.value)) if node.value else ast.Expr(target)


def _is_documentation(node: ast.stmt) -> bool:
    if isinstance(node, ast.Expr):
        call = node.value
        is_text = isinstance(call, ast.Constant)
        return is_text or (isinstance(call, ast.Call) and _root(call.func) in LOGGERS)
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _root(node: ast.expr) -> str | None:
    """``log`` of ``log.info``; nothing for a plain name."""
    return node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else None


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))


def _stored(node: ast.AST) -> Iterator[str]:
    """Names that a statement binds at its own level."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
        return
    if isinstance(node, ast.comprehension):  # its variables are its own
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    for part in ast.iter_child_nodes(node):
        yield from _stored(part)


@cache
def read(path: Path, name: str, is_script: bool = False) -> Module:
    """The top level of a module, or of a script, which is run as ``__main__``."""
    tree: ast.Module = _Essence().visit(ast.parse(path.read_text(encoding="utf-8")))
    module = Module(name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.partition(".")[0]
                module.imported[alias.asname or first] = (alias.name if alias.asname else first, None)
        elif isinstance(node, ast.ImportFrom) and node.module:
            module.imported |= {alias.asname or alias.name: (node.module, alias.name) for alias in node.names}
    for node in tree.body:
        if isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass)) or (_is_main(node) and not is_script):
            continue
        names = list(_stored(node))
        for each in names:
            module.bound.setdefault(each, []).append(node)
        if not names or not isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Assign)):
            module.effects.append(node)
        if names == [INERT] and isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            module.inert = node.value.value is False
    return module


@cache
def find(name: str) -> Module | None:
    """The package's module of a dotted name; nothing for a name that is not one."""
    first, *rest = name.split(".")
    if first != PACKAGE.name:
        return None
    base = PACKAGE.joinpath(*rest)
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return read(path, name)
    return Module(name) if base.is_dir() else None


@dataclass(frozen=True)
class Definition:
    """What a name of a module stands for; ``key``: one entry of a registry, ``""`` for the registry without its entries."""

    module: Module
    name: str
    key: str | None = None

    def __str__(self) -> str:
        entry = f"[{self.key}]" if self.key else ""
        return f"{self.module.name}: {self.name or 'what importing it runs'}{entry}"


def resolve(module: Module, name: str) -> Definition | Module | None:
    """What a name used in a module refers to within the package; nothing for builtins, locals and other libraries."""
    if name in module.bound:
        return Definition(module, name)
    if name not in module.imported:
        return None
    source, attribute = module.imported[name]
    found = find(source)
    return found if found is None or attribute is None else member(found, attribute)


def member(module: Module, name: str) -> Definition | Module | None:
    return resolve(module, name) or find(f"{module.name}.{name}")


def entries(definition: Definition) -> dict[str, ast.expr] | None:
    """The entries of a registry by key; nothing for any other definition."""
    statements = definition.module.bound.get(definition.name, [])
    value = statements[0].value if len(statements) == 1 and isinstance(statements[0], ast.Assign) else None
    if not isinstance(value, ast.Call) or _called(value) != "Registry":
        return None
    (display,) = [argument for argument in value.args if isinstance(argument, ast.Dict)]
    pairs = zip(display.keys, display.values, strict=True)
    return {str(key.value): entry for key, entry in pairs if isinstance(key, ast.Constant)}
