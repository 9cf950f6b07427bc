"""The house: imports point down, no circle, no module too long, and the embedded world behind its registry alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src/headcount"
SCRIPTS = ROOT / "workflow/scripts"

FLOORS = [
    {"errors", "registry", "progress", "phrasing", "markdown"},
    {"store"},
    {"family", "family_table", "families", "freezing"},
    {"encoders", "order"},
    {"data"},
    {"networks"},
    {"units", "criteria"},
    {"analysis", "formats"},
    {"settings"},
    {"models"},
    {"miniature"},
    {"claims"},
    {"figures"},
    {"study"},
    {"report"},
    {"jobs"},
    {"ledger", "planning", "one_model"},
    {"cli"},
]
"""Folders, and modules beside them, from the bottom; those of one floor may import each other, but in no circle."""

LONGEST = 250
LONGEST_OF = {"analysis/recall.py": 100}

ORIGINS = "data/origins.py"
"""The registry of sources, which alone may import the embedded world, and does so within its functions."""


@dataclass(frozen=True)
class Import:
    """``module``, a file of the package (or a script), imports ``target``, a folder or a module beside the folders."""

    module: str
    target: str

    @property
    def home(self) -> str:
        return self.module.partition("/")[0].removesuffix(".py")


def _imported(tree: ast.AST) -> Iterator[str]:
    """Dotted names of what a module imports at run time, within functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from _imported(node)


def imports(base: Path) -> list[Import]:
    """All imports of the package's own parts by the files below ``base``."""
    found = set()
    for path in sorted(base.rglob("*.py")):
        for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            first, *rest = name.split(".")
            if first == "headcount" and rest:
                found.add(Import(path.relative_to(base).as_posix(), rest[0]))
    return sorted(found, key=str)


PARTS = {path.stem for path in PACKAGE.iterdir() if path.name not in ("__init__.py", "__pycache__", "py.typed")}
FLOOR = {part: number for number, floor in enumerate(FLOORS) for part in floor}
INSIDE = [each for each in imports(PACKAGE) if each.target != each.home and each.home != "__init__"]
DOWNWARDS = [each for each in INSIDE if (each.module, each.target) != (ORIGINS, "miniature")]


def test_every_part_of_the_package_has_its_floor() -> None:
    assert PARTS - FLOOR.keys() == set()


def test_imports_point_down() -> None:
    assert [each for each in DOWNWARDS if FLOOR[each.target] > FLOOR[each.home]] == []


def test_no_circle_between_the_parts() -> None:
    graph: dict[str, set[str]] = {part: set() for part in PARTS}
    for each in DOWNWARDS:
        graph[each.home].add(each.target)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"circle: {' -> '.join(error.args[1])}")


def test_the_embedded_world_is_reached_through_the_registry_of_sources_alone() -> None:
    known = {(ORIGINS, "miniature")}
    assert {(each.module, each.target) for each in INSIDE if each.target == "miniature"} == known
    assert [each for each in imports(SCRIPTS) if each.target == "miniature"] == []


def test_naming_the_sources_does_not_import_the_embedded_world() -> None:
    tree = ast.parse((PACKAGE / ORIGINS).read_text(encoding="utf-8"))
    outside = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    assert not [name for node in outside for name in _imported(ast.Module([node], [])) if "miniature" in name]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_no_module_is_too_long(path: Path) -> None:
    name = path.relative_to(PACKAGE).as_posix()
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_OF.get(name, LONGEST)
