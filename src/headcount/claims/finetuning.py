"""§5 and App. E: what fine-tuning moves, and what it can do without (C6, C7, C8)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from headcount.claims.evidence import FISHER, Evidence, Quantity, said
from headcount.claims.heads import BARS, FROZEN_LAYERS, LAYERS, PAPER_TASKS
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables
from headcount.claims.values import column, correlation, upper_minus_lower
from headcount.data.tasks import title
from headcount.phrasing import difference, fixed, listed, number

JS, L2 = "JS divergence of attention", "L2 distance of hidden states"


def lower_layers_change_less(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C6: how much more the upper half of the layers changes than the lower half, by two measures.

    Beside it the same where each layer of both models is fed the pre-trained model's hidden states, so that nothing is passed
    on from below; and the same in the model that shares its layers, where it can come from depth alone.
    """

    def gaps(model: str, ending: str = "", after: str = "") -> dict[str, list[Quantity]]:
        sources = {JS: ("heads", f"attention_js{ending}", 0), L2: ("layers", f"hidden_l2{ending}", 1)}
        return {
            name: [
                Quantity(
                    title(task),
                    f"{title(task)}, {name.partition(' ')[0]}",
                    f"{name}, upper half of the layers minus the lower half{after}",
                    BARS["C6"],
                    [(1, _gap(tables, table, model, task, measured, lowest))],
                )
                for task in PAPER_TASKS
            ]
            for name, (table, measured, lowest) in sources.items()
        }

    found = gaps(model)
    controls = list(gaps(model, "_local", ", each layer fed the pre-trained model's states").values())
    if (shared := settings.roles.get("shared")) is not None:
        controls += gaps(shared, after=f", in {shared}, whose layers are one").values()
    told = "; ".join(f"{name} {said(each, difference)}" for name, each in found.items())
    statement = f"Fine-tuning changes {model}'s upper layers more than its lower ones by: {told}; the paper: above 0."
    note = (
        "Every layer counts alike; the embeddings' output is none, and the middle one of an odd number is in neither half."
        " A gap that the model with shared layers has too comes from depth, not from what its layers have learnt."
    )
    beside = [one for each in controls for one in each]
    return Evidence([one for each in found.values() for one in each], statement, note, controls=beside)


def _gap(tables: Tables, table: str, model: str, task: str, measured: str, lowest: int) -> Runs:
    if measured not in tables.frames[table]:
        return Runs(model, task, {}, {}, frozenset())
    return tables.per_seed(table, model, task, upper_minus_lower(measured, lowest))


def lower_layers_can_be_frozen(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C7: the relative score of fine-tuning with the lowest layers frozen; beside it, the embeddings frozen too."""
    rows = tables.rows("freezing", model=model)
    layers = listed([str(count) for count in sorted(set(rows["layers"]))]) if len(rows) else "none"

    def scores(frozen: str) -> list[Quantity]:
        what = f"score with frozen {frozen} over the ordinary run's"
        bars = {task: BARS.get(f"C7 {task}", BARS["C7"]) for task in PAPER_TASKS}
        runs = {task: _frozen(tables, model, task, frozen) for task in PAPER_TASKS}
        return [Quantity(title(task), title(task), what, bars[task], [(1, runs[task])]) for task in PAPER_TASKS]

    found = scores("layers")
    cola, others = BARS["C7 cola"].value, BARS["C7"].value
    statement = (
        f"With its lowest layers frozen ({layers}), {model}'s relative score is: {said(found, number)};"
        f" the paper: {cola} on CoLA, more than {others} on the others."
    )
    note = (
        f"Layers frozen: {layers}; the paper: {FROZEN_LAYERS} of {LAYERS}. It is silent on the embeddings: here they move;"
        " beside it stands what comes of freezing them too."
    )
    return Evidence(found, statement, note, controls=scores("layers and embeddings"))


def _frozen(tables: Tables, model: str, task: str, frozen: str) -> Runs:
    """The runs of an arm, each beside the ordinary one on the same examples."""
    runs = tables.per_seed("freezing", model, task, column("relative_score"), frozen=frozen)
    return tables.with_ratios(runs, dict.fromkeys(runs.by_seed, frozen))


def importance_is_not_divergence(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C8: Pearson's r over the heads of un-normalised importance and JS divergence, for both importances.

    On Fisher's scale; that a model has only so many heads is an error that its seeds do not show. Beside it the importance
    normalised within its layer, as §5 says it.
    """
    bar = BARS["C8"]

    def correlations(norm: str) -> dict[str, list[Quantity]]:
        how = "" if norm == "none" else f", normalised by {norm} (Eq. 4)"
        return {
            name: [
                Quantity(
                    title(task),
                    f"{title(task)}, importance on the {name} task",
                    f"Pearson's r of importance and JS divergence over the heads{how}",
                    bar,
                    [(1, _correlated(tables, model, task, importance, norm))],
                    scale=FISHER,
                )
                for task in PAPER_TASKS
            ]
            for name, importance in (("pre-train", "pretrain_importance"), ("downstream", "importance"))
        }

    found, normalised = correlations("none"), correlations(settings.norm)
    told = "; ".join(f"with importance on the {name} task {said(each, difference)}" for name, each in found.items())
    statement = (
        f"Over {model}'s heads the JS divergence of attention correlates (Pearson's r) {told};"
        f" the paper: within ±{fixed(bar.value, 2)}."
    )
    note = "Importance is not normalised (App. E, Eq. 2); means and intervals are those of Fisher's z, over seeds and heads."
    controls = [one for each in normalised.values() for one in each] if settings.norm != "none" else []
    return Evidence([one for each in found.values() for one in each], statement, note, True, controls, "heads")


def _correlated(tables: Tables, model: str, task: str, importance: str, norm: str) -> Runs:
    """r of each seed; the heads are the same for all of them, so that their error stays in the mean."""
    runs = tables.per_seed("heads", model, task, correlation(importance, "attention_js", norm))
    rows = tables.rows("heads", model=model, task=task)
    heads = int(rows.groupby("seed").size().max()) if len(rows) else 0
    return replace(runs, error=1 / np.sqrt(heads - 3) if heads > 3 else 0.0)
