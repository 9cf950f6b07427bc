"""Which units there are, what ranks them, and in which order; and that a new one disturbs no job of the others."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headcount.criteria import CRITERIA, can_rank, norm_matters, ranked
from headcount.families import inseparable_layers
from headcount.jobs import definitions, fingerprint
from headcount.order.norms import normalize
from headcount.order.ranking import order
from headcount.units import REMOVERS, UNITS

IMPORTANCE = np.array([[0.0, 6.0], [1.0, 1.0], [3.0, 3.0], [2.0, 0.0]])
"""Of the heads of four layers; the layers' sums are 6, 2, 6, 2."""
LAYERS = [(0,), (1,), (2,), (3,)]
HEADS = list(np.ndindex(4, 2))


@pytest.mark.parametrize("criterion", ["gate_gradient", "pretrain_gate_gradient"])
def test_heads_go_by_their_importance_and_layers_by_the_sum_of_their_heads(criterion):
    assert ranked(criterion, "head", HEADS, IMPORTANCE) == order(IMPORTANCE)
    assert ranked(criterion, "head", HEADS, normalize(IMPORTANCE, "l1")) == order(normalize(IMPORTANCE, "l1"))
    for unit in ("layer", "layer_heads"):
        assert ranked(criterion, unit, LAYERS, IMPORTANCE) == [(1,), (3,), (0,), (2,)]


@pytest.mark.parametrize("unit", ["layer", "layer_heads"])
@pytest.mark.parametrize("importance", [None, IMPORTANCE])
def test_top_and_bottom_go_by_depth_alone(unit, importance):
    assert ranked("top", unit, LAYERS, importance) == LAYERS[::-1]
    assert ranked("bottom", unit, LAYERS, importance) == LAYERS


@pytest.mark.parametrize(
    ("criterion", "unit", "places", "importance", "message"),
    [
        ("top", "head", HEADS, IMPORTANCE, "criterion top cannot rank heads"),
        ("gate_gradient", "layer", LAYERS, None, "criterion gate_gradient reads importances, and none were given"),
        ("gate_gradient", "layer", LAYERS[:3], IMPORTANCE, "of another model: they name 4 layers, it has 3"),
        ("middle", "layer", LAYERS, None, "allowed are gate_gradient, pretrain_gate_gradient, top, bottom"),
        ("top", "neuron", LAYERS, None, "allowed are head, layer_heads, layer"),
    ],
)
def test_what_cannot_be_ranked_is_refused(criterion, unit, places, importance, message):
    with pytest.raises(ValueError, match=message):
        ranked(criterion, unit, places, importance)


def test_a_norm_over_a_layer_matters_to_its_heads_alone():
    """As the orders say: heads' change with the norm, and so there is a curve for each; layers have one."""
    by_norm = {norm: order(normalize(IMPORTANCE, norm)) for norm in ("l1", "none")}
    assert by_norm["l1"] != by_norm["none"] and norm_matters("gate_gradient", "head")
    pairs = {(criterion, unit) for criterion in CRITERIA for unit in UNITS if can_rank(criterion, unit)}
    assert {unit for criterion, unit in pairs if norm_matters(criterion, unit)} == {"head"}
    assert {criterion for criterion, unit in pairs if unit == "head"} == {"gate_gradient", "pretrain_gate_gradient", "random"}
    assert {criterion for criterion, unit in pairs if unit == "layer"} == set(CRITERIA)


@pytest.mark.parametrize("name", UNITS)
def test_a_units_entry_fits_its_code(name: str, family: str, make_model: Callable[..., Any]) -> None:
    unit = UNITS[name]
    if family == "albert" and not unit.shared_layers:
        with pytest.raises(ValueError, match="shares its layers"):
            REMOVERS[name](make_model(family))
        return
    if name == "layer" and inseparable_layers(family):
        with pytest.raises(ValueError, match=f"layers of {family} cannot be taken out: "):
            REMOVERS[name](make_model(family))
        return
    units = REMOVERS[name](make_model(family))
    assert {len(place) for place in units.left} == {len(unit.columns)}
    heads = np.ones((1 if family == "albert" else 4, 4))
    assert units.left == list(np.ndindex(unit.importance(heads).shape))
    count = len(units.left)
    units.remove(units.left[:1])
    assert len(units.left) == count - 1


@pytest.mark.parametrize("module", ["units", "criteria", "criteria.estimators"])
def test_names_are_known_without_torch(module):
    check = f"import headcount.{module}, sys; assert not {{'torch', 'transformers'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)


# ---------------------------------------------------------------------------------------------- what jobs depend on

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
TOLD = {
    "prune_curve": {"head", "gate_gradient", "l1"},
    "finetune_pruned": {"head", "pretrain_gate_gradient", "l1"},
    "tabulate_recall": {"head", "gate_gradient", "l1"},
    "compare_readings": {"head", "gate_gradient", "l1"},
}
OF_LAYERS = {"layer", "top", "none"}
COMMON = {"roberta", "cola", "per_example"}


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A copy of the package whose text may be changed, and the jobs' fingerprints on it."""
    copy = tmp_path / "headcount"
    shutil.copytree(definitions.PACKAGE, copy, ignore=shutil.ignore_patterns("weights", "__pycache__"))
    monkeypatch.setattr(definitions, "PACKAGE", copy)
    yield copy
    monkeypatch.undo()
    fingerprint.forget()


def digests(told: dict[str, set[str]]) -> dict[str, str]:
    fingerprint.forget()
    return {name: fingerprint.fingerprint(SCRIPTS / f"{name}.py", frozenset(words | COMMON)) for name, words in told.items()}


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


NEW_UNIT = """    {
        "feature": Unit("feature", "features", ("feature",), _of_each_head, True, True),
        "head": Unit("""
NEW_CRITERION = """    {
        "outlier": Criterion("outliers first", None, _every_unit, _highest_first),
        "gate_gradient": Criterion("""


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("units/__init__.py", '    {\n        "head": Unit(', NEW_UNIT),
        ("criteria/__init__.py", '    {\n        "gate_gradient": Criterion(', NEW_CRITERION),
    ],
    ids=["unit", "criterion"],
)
def test_a_new_entry_changes_no_job_that_does_not_name_it(file, old, new, package):
    before = digests(TOLD), digests({"prune_curve": OF_LAYERS})
    replace(package / file, old, new)
    assert (digests(TOLD), digests({"prune_curve": OF_LAYERS})) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("units/__init__.py", 'plural="layers",', 'plural="whole layers",'),
        ("units/layers.py", "num_hidden_layers = len(self.kept)", "num_hidden_layers = 1 * len(self.kept)"),
        ("criteria/__init__.py", "return sorted(places, reverse=True)", "return sorted(places)[::-1]"),
    ],
    ids=["entry", "removal", "order"],
)
def test_what_layers_do_concerns_the_jobs_on_layers_alone(file, old, new, package):
    heads, layers = digests(TOLD), digests({"prune_curve": OF_LAYERS})
    replace(package / file, old, new)
    assert digests(TOLD) == heads
    assert digests({"prune_curve": OF_LAYERS}) != layers
