"""§5 and App. E: what fine-tuning moves, and what it can do without (C6, C7, C8)."""

from __future__ import annotations

from headcount.claims.bars import BARS, FROZEN_LAYERS, LAYERS, PAPER_TASKS
from headcount.claims.evidence import Evidence, measure, said
from headcount.claims.tables import Settings, Tables, column, correlation, upper_minus_lower
from headcount.data.tasks import title
from headcount.phrasing import difference, fixed, listed, number


def lower_layers_change_less(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C6: how much more the upper half of the layers changes than the lower half, by two measures."""
    measures = {
        "JS divergence of attention": ("heads", upper_minus_lower("attention_js", lowest=0)),
        "L2 distance of hidden states": ("layers", upper_minus_lower("hidden_l2", lowest=1)),
    }
    found = {
        name: [
            measure(
                title(task),
                f"{title(task)}, {name.partition(' ')[0]}",
                f"{name}, upper half of the layers minus the lower half",
                BARS["C6"],
                [(1, tables.per_seed(table, model, task, value))],
            )
            for task in PAPER_TASKS
        ]
        for name, (table, value) in measures.items()
    }
    told = "; ".join(f"{name} {said(each, difference)}" for name, each in found.items())
    statement = f"Fine-tuning changes {model}'s upper layers more than its lower ones by: {told}; the paper: above 0."
    note = "Every layer counts alike; the embeddings' output is none, and the middle one of an odd number is in neither half."
    return Evidence([one for each in found.values() for one in each], statement, note)


def lower_layers_can_be_frozen(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C7: the relative score of fine-tuning with the lowest layers frozen."""
    rows = tables.rows("freezing", model=model, frozen="layers")
    layers = listed([str(count) for count in sorted(set(rows["layers"]))]) if len(rows) else "none"
    found = []
    for task in PAPER_TASKS:
        runs = tables.per_seed("freezing", model, task, column("relative_score"), frozen="layers")
        bar = BARS.get(f"C7 {task}", BARS["C7"])
        found.append(
            measure(title(task), title(task), "score with frozen lower layers over the ordinary run's", bar, [(1, runs)])
        )
    cola, others = BARS["C7 cola"].value, BARS["C7"].value
    statement = (
        f"With its lowest layers frozen ({layers}), {model}'s relative score is: {said(found, number)};"
        f" the paper: {cola} on CoLA, more than {others} on the others."
    )
    return Evidence(found, statement, f"Layers frozen: {layers}; the paper: {FROZEN_LAYERS} of {LAYERS}.")


def importance_is_not_divergence(tables: Tables, settings: Settings, model: str) -> Evidence:
    """C8: Pearson's r over the heads of un-normalised importance and JS divergence, for both importances."""
    bar = BARS["C8"]
    found = {
        name: [
            measure(
                title(task),
                f"{title(task)}, importance on the {name} task",
                "Pearson's r of importance and JS divergence over the heads",
                bar,
                [(1, tables.per_seed("heads", model, task, correlation(importance, "attention_js")))],
            )
            for task in PAPER_TASKS
        ]
        for name, importance in (("pre-train", "pretrain_importance"), ("downstream", "importance"))
    }
    told = "; ".join(f"with importance on the {name} task {said(each, difference)}" for name, each in found.items())
    statement = (
        f"Over {model}'s heads the JS divergence of attention correlates (Pearson's r) {told};"
        f" the paper: within ±{fixed(bar.value, 2)}."
    )
    return Evidence([one for each in found.values() for one in each], statement, "Importance is not normalised (Eq. 2).")
