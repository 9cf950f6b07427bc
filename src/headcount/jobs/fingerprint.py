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
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1]
INERT = "AFFECTS_RESULTS"
"""A module that sets this to False changes no result: it writes logs, waits, or chooses where a job runs."""
LOGGERS = {"log", "logger", "logging", "warnings"}
BY_KEY = {"get"}
"""Methods of a registry that look at one entry."""
FIELDS_OF_A_SETTING = {"default", "default_factory"}
"""What counts of a config key's ``Field``: the rest is documentation, or refuses values before any job runs."""
NO_PART = ("ctx", "type_comment", "kind", "type_ignores")


# -------------------------------------------------------------------------------------------------------------- modules


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
    for each in ast.walk(node):
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
            yield each.id


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


def forget() -> None:
    """Read the files anew from here on."""
    for cached in (read, find, keys, fingerprint):
        cached.cache_clear()


# ----------------------------------------------------------------------------------------------------------- references


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


def _entries(definition: Definition) -> dict[str, ast.expr] | None:
    """The entries of a registry by key; nothing for any other definition."""
    statements = definition.module.bound.get(definition.name, [])
    value = statements[0].value if len(statements) == 1 and isinstance(statements[0], ast.Assign) else None
    if not isinstance(value, ast.Call) or _called(value) != "Registry":
        return None
    (display,) = [argument for argument in value.args if isinstance(argument, ast.Dict)]
    pairs = zip(display.keys, display.values, strict=True)
    return {str(key.value): entry for key, entry in pairs if isinstance(key, ast.Constant)}


@cache
def keys() -> frozenset[str]:
    """The keys of all registries of the package."""
    found: set[str] = set()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = ".".join([PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts]).removesuffix(".__init__")
        module = read(path, name)
        found |= {key for each in module.bound for key in _entries(Definition(module, each)) or ()}
    return frozenset(found)


# ---------------------------------------------------------------------------------------------------------- fingerprint


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
            self.parts.append((number, self._text((_entries(target) or {})[target.key], module)))
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
            for key in _entries(target) or {}:
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
        if not isinstance(target, Definition) or _entries(target) is None:
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


def main() -> None:
    script, *told = sys.argv[1:]
    print(fingerprint(Path(script), frozenset(told)))
    for each in definitions(Path(script), told):
        print(f"  {each}")


if __name__ == "__main__":
    main()
