"""What a script's results depend on: its own code, and that of every module of the package that it imports."""

from __future__ import annotations

import ast
from functools import cache
from hashlib import sha256
from pathlib import Path

PACKAGE = Path(__file__).parent


def _module_files(name: str) -> list[Path]:
    """Files that importing ``headcount.x.y`` runs, packages on the way included."""
    parts = name.split(".")[1:]
    files = [PACKAGE / "__init__.py"]
    for depth in range(1, len(parts) + 1):
        base = PACKAGE.joinpath(*parts[:depth])
        files += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.exists()]
    return files


def _is_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


class _Essence(ast.NodeTransformer):
    """Drops what cannot change a result: docstrings, and imports for type checkers."""

    def generic_visit(self, node: ast.AST) -> ast.AST:
        body = getattr(node, "body", None)
        if isinstance(body, list):
            kept = [n for n in body if not _is_for_types(n)]
            node.body = [n for n in kept if not (isinstance(n, ast.Expr) and isinstance(n.value, ast.Constant))]  # type: ignore[attr-defined]
        return super().generic_visit(node)


@cache
def _read(path: Path) -> tuple[str, frozenset[Path]]:
    """The file's code as text without comments and docstrings, and the package's files that it imports."""
    tree = _Essence().visit(ast.parse(path.read_text()))
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    own = {file for name in names if name.split(".")[0] == PACKAGE.name for file in _module_files(name)}
    return ast.dump(tree), frozenset(own)


def closure(script: Path) -> list[Path]:
    """The script and every file of the package that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += _read(path)[1]
    return sorted(found)


def fingerprint(script: Path) -> str:
    """A short digest that changes when, and only when, code changes that ``script`` runs on."""
    digest = sha256()
    for path in closure(script.resolve()):
        name = path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name
        digest.update(f"{name}\n{_read(path)[0]}\n".encode())
    return digest.hexdigest()[:16]
