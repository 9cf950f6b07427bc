"""How the claims read curves: which of them, at which level, and at which crossing of it."""

from __future__ import annotations

from headcount.analysis.required import Crossing
from headcount.claims.bars import LEVELS
from headcount.claims.tables import Runs, Settings, Tables, Value
from headcount.phrasing import listed, norm_name

HELD, ON_PRETRAIN = LEVELS["downstream"].value, LEVELS["pretrain"].value
CROSSINGS: dict[Crossing, str] = {
    "first_crossing": "a curve holds a level up to its first point below it",
    "last_crossing": "a curve holds a level up to its last point that reaches it",
}


def own_order(settings: Settings) -> dict[str, str]:
    """The curves that the paper's claims are about: of heads, in the order of the run's own importance."""
    return {"unit": "head", "criterion": "gate_gradient", "schedule": settings.schedule}


def values_of_curves(tables: Tables, settings: Settings, model: str, task: str, value: Value) -> Runs:
    """A number per seed, from the curves of a model on a task in the norm that it is read in."""
    norm = tables.norm_of("curves", model, settings.norm, **own_order(settings))
    return tables.per_seed("curves", model, task, value, norm=norm, **own_order(settings))


def how_read(tables: Tables, settings: Settings, *models: str, table: str = "curves") -> str:
    """How curves were read, as a sentence."""
    which = own_order(settings) if table == "curves" else {}
    norms = {model: tables.norm_of(table, model, settings.norm, **which) for model in models}
    read = listed([f"{model} under {norm_name(norm, noun=False)}" for model, norm in norms.items()])
    return f"Order of the heads: {read}; {CROSSINGS[settings.crossing]}."
