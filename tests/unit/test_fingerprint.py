"""Fingerprints: change with code that is run, and with nothing else. And what scripts import, which is what they wait for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from headcount import fingerprint

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted((ROOT / "workflow" / "scripts").glob("*.py"))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package ``headcount`` of two modules, and a script that imports one of them through the other."""
    home = tmp_path / "headcount"
    home.mkdir()
    (home / "__init__.py").write_text("")
    (home / "a.py").write_text("from headcount import b\n\ndef f():\n    return b.g()\n")
    (home / "b.py").write_text("def g():\n    return 1\n")
    (home / "c.py").write_text("def h():\n    return 1\n")
    (tmp_path / "script.py").write_text("from headcount.a import f\n\nf()\n")
    monkeypatch.setattr(fingerprint, "PACKAGE", home)
    fingerprint._read.cache_clear()
    yield tmp_path
    fingerprint._read.cache_clear()


def after(package, file, text):
    before = fingerprint.fingerprint(package / "script.py")
    (package / file).write_text(text)
    fingerprint._read.cache_clear()
    return before != fingerprint.fingerprint(package / "script.py")


def test_a_changed_function_changes_what_imports_it_indirectly(package):
    assert after(package, "headcount/b.py", "def g():\n    return 2\n")


def test_the_script_itself_counts(package):
    assert after(package, "script.py", "from headcount.a import f\n\nf() + 1\n")


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\ndef g():\n    return 1  # another\n",
        'def g():\n    """A docstring."""\n    return 1\n',
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from headcount.c import h\n\ndef g():\n    return 1\n",
    ],
    ids=["comment", "docstring", "import for types"],
)
def test_what_cannot_change_a_result_changes_nothing(text, package):
    (package / "headcount" / "b.py").write_text(text.replace("# a comment\n", "").replace("  # another", ""))
    before_text = "from typing import TYPE_CHECKING\n" * ("TYPE_CHECKING" in text) + "def g():\n    return 1\n"
    (package / "headcount" / "b.py").write_text(before_text)
    fingerprint._read.cache_clear()
    assert not after(package, "headcount/b.py", text)


def test_a_module_that_is_not_imported_does_not_count(package):
    assert not after(package, "headcount/c.py", "def h():\n    return 2\n")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_no_scripts_results_depend_on_the_configs_models(script):
    """The workflow validates settings; a reworded description there must not rerun a study."""
    assert ROOT / "src" / "headcount" / "study.py" not in fingerprint.closure(script)


NETWORKS = {
    "compare_readings",
    "estimate_importance",
    "finetune",
    "finetune_frozen",
    "finetune_pruned",
    "measure_divergence",
    "prune_curve",
}


@pytest.mark.parametrize("script", [s for s in SCRIPTS if s.stem not in NETWORKS], ids=lambda path: path.stem)
def test_jobs_without_a_network_do_not_wait_for_torch(script):
    check = f"import runpy, sys; runpy.run_path({str(script)!r}); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)
