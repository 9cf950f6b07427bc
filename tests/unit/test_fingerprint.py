"""Fingerprints: change with what a script can reach and does, and with nothing else. And what scripts import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headcount.jobs import definitions, fingerprint, fingerprints
from headcount.study.rules import RULES

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))

SOURCES = {
    "script.py": "from headcount.a import f\n\nif __name__ == '__main__':\n    f()\n",
    "headcount/__init__.py": "",
    "headcount/a.py": "from headcount import b\n\ndef f():\n    return b.g()\n",
    "headcount/b.py": """
from headcount.c import LIMIT, T
from headcount.progress import log

def g(x: int = LIMIT) -> int:
    '''Documented.'''
    log.info('begun')
    return T['one'](x)

def neighbour():
    return 1
""",
    "headcount/c.py": """
from headcount.registry import Registry

LIMIT = 3

def one(x): return x
def two(x): return -x
def three(x): return 0

T = Registry('thing', {'one': one, 'two': two})
""",
    "headcount/progress.py": "AFFECTS_RESULTS = False\nimport logging\nlog = logging.getLogger('x')\n",
    "headcount/registry.py": "class Registry(dict):\n    def __init__(self, kind, entries): self.entries = entries\n",
}


class Sources:
    """A package ``headcount`` and a script, whose files may be changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in SOURCES.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)

    def replace(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text()
        assert old in text
        (self.folder / name).write_text(text.replace(old, new))

    def fingerprint(self, *told: str) -> str:
        fingerprint.forget()
        return fingerprint.fingerprint(self.folder / "script.py", frozenset(told))


@pytest.fixture
def sources(tmp_path, monkeypatch):
    monkeypatch.setattr(definitions, "PACKAGE", tmp_path / "headcount")
    yield Sources(tmp_path)
    monkeypatch.undo()
    fingerprint.forget()


REACHED = {
    "the script itself": ("script.py", "    f()", "    f(), f()"),
    "a function": ("headcount/a.py", "return b.g()", "return b.g() + 1"),
    "a function reached through another": ("headcount/b.py", "(x)", "(x + 1)"),
    "a constant": ("headcount/c.py", "LIMIT = 3", "LIMIT = 4"),
    "an entry that the code names": ("headcount/c.py", "def one(x): return x", "def one(x): return x + 1"),
    "another value of that entry": ("headcount/c.py", "'one': one", "'one': three"),
    "the registry's own class": ("headcount/registry.py", "= entries", "= dict(entries)"),
    "what importing a reached module runs": ("headcount/c.py", "LIMIT = 3", "print()\nLIMIT = 3"),
    "another library": ("headcount/b.py", "from headcount.progress", "from math import isnan as T\nfrom headcount.progress"),
    "another function under the same name": ("headcount/b.py", "import LIMIT", "import T as U\nfrom headcount.d import LIMIT"),
}


@pytest.mark.parametrize("change", REACHED.values(), ids=REACHED)
def test_what_a_script_reaches_counts(change, sources):
    (sources.folder / "headcount/d.py").write_text("LIMIT = 5\n")
    before = sources.fingerprint()
    sources.replace(*change)
    assert sources.fingerprint() != before


WITHOUT_EFFECT = {
    "docstring": ("headcount/b.py", "Documented.", "Reworded."),
    "comment": ("headcount/b.py", "    return T", "    # why\n    return T"),
    "annotation": ("headcount/b.py", "x: int = LIMIT) -> int", "x: float = LIMIT) -> float"),
    "log line": ("headcount/b.py", "'begun'", "'began %s', x"),
    "a module that changes no result": ("headcount/progress.py", "'x'", "'y'"),
    "neighbour": ("headcount/b.py", "    return 1", "    return 2"),
    "another neighbour": ("headcount/c.py", "LIMIT = 3", "LIMIT = 3\nOTHER = 4"),
    "new entry": ("headcount/c.py", "'two': two}", "'two': two, 'three': three}"),
    "entry of no concern": ("headcount/c.py", "'two': two", "'two': three"),
    "import for types": ("headcount/a.py", "def f", "if TYPE_CHECKING:\n    from headcount.c import two\n\ndef f"),
}


@pytest.mark.parametrize("change", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
def test_what_cannot_change_a_result_does_not_count(change, sources):
    before = sources.fingerprint()
    sources.replace(*change)
    assert sources.fingerprint() == before


def test_a_variable_of_a_comprehension_ties_an_entry_to_no_other(sources):
    sources.replace("headcount/c.py", "'one': one", "'one': [one for each in range(2) if each][0]")
    before = sources.fingerprint()
    sources.replace("headcount/c.py", "'two': two}", "'two': two, 'three': three}")
    assert sources.fingerprint() == before


def test_a_module_may_move(sources):
    before = sources.fingerprint()
    floor = sources.folder / "headcount" / "floor"
    floor.mkdir()
    (sources.folder / "headcount/b.py").rename(floor / "second.py")
    sources.replace("headcount/a.py", "from headcount import b", "from headcount.floor import second as b")
    assert sources.fingerprint() == before


def test_a_definition_may_move_to_another_module(sources):
    before = sources.fingerprint()
    sources.replace("headcount/c.py", "LIMIT = 3\n", "")
    (sources.folder / "headcount/limits.py").write_text("LIMIT = 3\n")
    sources.replace(
        "headcount/b.py", "from headcount.c import LIMIT, T", "from headcount.c import T\nfrom headcount.limits import LIMIT"
    )
    assert sources.fingerprint() == before


def test_an_entry_counts_for_those_who_are_told_of_it(sources):
    told, untold = sources.fingerprint("two", "no key"), sources.fingerprint()
    assert told.endswith(" two")
    sources.replace("headcount/c.py", "def two(x): return -x", "def two(x): return -2 * x")
    assert sources.fingerprint("two", "no key") != told
    assert sources.fingerprint() == untold


def test_code_that_goes_through_a_registry_depends_on_all_of_it(sources):
    sources.replace("headcount/b.py", "return T['one'](x)", "return [each(x) for each in T.values()]")
    before = sources.fingerprint()
    sources.replace("headcount/c.py", "'two': two}", "'two': two, 'three': three}")
    assert sources.fingerprint() != before


def test_of_a_config_key_only_the_default_counts(sources):
    model = "class Model(Base):\n    size: int = Field({}, gt={}, description='{}')\n\ndef one(x): return Model"
    sources.replace("headcount/c.py", "def one(x): return x", model.format("default=1", 0, "old"))
    before = sources.fingerprint()
    sources.replace("headcount/c.py", "gt=0, description='old'", "gt=1, description='new'")
    assert sources.fingerprint() == before
    sources.replace("headcount/c.py", "default=1", "default=2")
    assert sources.fingerprint() != before


def test_names_that_stand_for_each_other_are_told_apart(sources):
    """The same texts, but the caller now calls the other one."""
    (sources.folder / "headcount/d.py").write_text("def value(): return 1\n")
    (sources.folder / "headcount/e.py").write_text("def value(): return 2\n")
    both = "from headcount.{} import value as p\nfrom headcount.{} import value as q\n\ndef f():\n    return p() - q()\n"
    (sources.folder / "headcount/a.py").write_text(both.format("d", "e"))
    before = sources.fingerprint()
    (sources.folder / "headcount/a.py").write_text(both.format("e", "d"))
    assert sources.fingerprint() != before


NETWORKS = {name for name, rule in RULES.items() if rule.network}


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.stem not in NETWORKS], ids=lambda path: path.stem)
def test_jobs_without_a_network_do_not_wait_for_torch(script):
    check = f"import runpy, sys; runpy.run_path({str(script)!r}); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)


def test_kept_fingerprints_hold_only_while_every_source_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sources").mkdir()
    sources, asked = Sources(tmp_path / "sources"), list[frozenset[str]]()

    def worked_out(script: Path, told: frozenset[str]) -> str:
        asked.append(told)
        return f"print of {sorted(told)}"

    def planned(*told: str) -> str:
        kept = fingerprints.Fingerprints(tmp_path / "kept.json", [sources.folder])
        found = kept.of(sources.folder / "script.py", frozenset(told))
        kept.keep()
        return found

    monkeypatch.setattr(fingerprints, "fingerprint", worked_out)
    assert planned("one") == planned("one") == "print of ['one']" and len(asked) == 1
    assert planned("two") == "print of ['two']" and planned("one") and len(asked) == 2
    sources.replace("headcount/c.py", "LIMIT = 3", "LIMIT = 4")
    assert planned("one") and len(asked) == 3
    (tmp_path / "kept.json").write_text("{")
    assert planned("one") and len(asked) == 4
