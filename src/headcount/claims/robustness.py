"""Whether a multilingual model loses more with its heads than a monolingual one (L1); what fine-tuning changes (L5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np
import pandas as pd

from headcount.analysis.counted import LEFT_OUT
from headcount.claims.averages import averaged, named
from headcount.claims.drops import BEFORE, LACKS, RANDOM
from headcount.claims.evidence import Evidence, Quantity, said
from headcount.claims.keys import WHOLE
from headcount.claims.languages import BARS, CITED, PAPER_TASKS, PUBLISHED
from headcount.claims.points import Numbers, by_seed, ratio
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables, sources_of, weakness
from headcount.claims.values import numbers, upper_minus_lower
from headcount.data.tasks import title
from headcount.phrasing import difference, listed, percent

Measured = Literal["accuracy", "score"]

# ------------------------------------------------------------------------------------------------------------------- L1


def _masked(tables: Tables, model: str, task: str, fraction: float | None) -> pd.DataFrame:
    """A model's points on a task at which heads were drawn at random, of all fractions or of one."""
    rows = tables.rows("removals", model=model, task=task, schedule=BEFORE, criterion=RANDOM)
    return rows if fraction is None or rows.empty else rows[np.isclose(numbers(rows["fraction"]), fraction)]


def _again(tables: Tables, model: str, task: str, seed: int, points: Sequence[str], measured: Measured) -> Numbers | None:
    """The mean over the points of what is left, on each resample of the task's examples; none where an outcome is not known."""
    keys = [WHOLE, *((BEFORE, RANDOM, point) for point in points)]
    each = [tables.resampled_removal((model, task, seed, *key), measured == "accuracy") for key in keys]
    known = [one for one in each if one is not None]
    if len(known) < len(keys):
        return None
    whole, *left = known
    found: Numbers = np.mean([ratio(one, whole) for one in left], axis=0)
    return found


def _whole_too_weak(tables: Tables, model: str, task: str, seed: int, measured: Measured) -> str:
    """What is to be said of a whole model whose score is too near to zero; nothing where its outcomes are not known."""
    rows = tables.rows("removals", model=model, task=task, seed=seed, schedule=WHOLE[0])
    draws = tables.resampled_removal((model, task, seed, *WHOLE), measured == "accuracy")
    return "" if rows.empty or draws is None else weakness(float(rows[measured].iloc[0]), float(draws.std(ddof=1)))


def compared(
    tables: Tables, models: tuple[str, str], task: str, measured: Measured = "accuracy", fraction: float | None = None
) -> Runs:
    """What the first model keeps minus what the second does with the same heads gone, mean over fractions and draws, by seed.

    A seed has the same masks, and the same examples, in both, so that its difference is one number. A seed is left out where
    the whole run of either collapsed, and where either lacks one of the masks that both have.
    """
    both = [_masked(tables, model, task, fraction) for model in models]
    sources = frozenset().union(*(sources_of(rows) for rows in both if len(rows)))
    runs = Runs(" against ".join(models), task, {}, {}, sources)
    if any(rows.empty for rows in both):
        return runs
    points = sorted(set.intersection(*(set(rows["point"]) for rows in both)))
    values, left_out, draws, weak = {}, {}, {}, {}
    for seed, _ in by_seed(both[0]):
        own = [rows[(rows["seed"] == seed) & rows["point"].isin(points)] for rows in both]
        if own[1].empty:
            continue
        gone = [model for model, rows in zip(models, own, strict=True) if rows["collapsed"].any()]
        left = [numbers(rows[f"relative_{measured}"]) for rows in own]
        if gone or any(len(one) < len(points) for one in left):
            left_out[seed] = f"{LEFT_OUT['collapsed']}: {listed(gone)}" if gone else LACKS
            continue
        value = float(left[0].mean() - left[1].mean())
        if np.isnan(value):
            left_out[seed] = LEFT_OUT["undefined"]
            continue
        values[seed] = value
        first, second = (_again(tables, model, task, seed, points, measured) for model in models)
        if first is not None and second is not None:
            draws[seed] = first - second
        told = {model: _whole_too_weak(tables, model, task, seed, measured) for model in models}
        if any(told.values()):
            weak[seed] = "; ".join(f"{model}: {one}" for model, one in told.items() if one)
    return replace(runs, by_seed=values, left_out=left_out, draws=draws, weak=weak)


def _tasks(tables: Tables, settings: Settings, models: tuple[str, str]) -> list[str]:
    """The tasks that the two are to be compared on, the paper's first."""
    rows = tables.rows("removals", model=models)
    asked = dict.fromkeys([*settings.languages.tasks, *(rows["task"] if len(rows) else ())])
    return sorted(asked, key=lambda task: PAPER_TASKS.index(task) if task in PAPER_TASKS else len(PAPER_TASKS))


def as_prunable(tables: Tables, settings: Settings, multilingual: str, monolingual: str) -> Evidence:
    """L1: what the multilingual model keeps minus what the monolingual one does, on each task.

    Beside it the task's own metric, and each fraction by itself.
    """
    models, what = (multilingual, monolingual), f"of {multilingual} minus that of {monolingual}, same heads gone"
    over = f"{what}, mean over fractions and draws"
    tasks = _tasks(tables, settings, models)
    found = [
        Quantity(
            title(task),
            title(task),
            f"relative accuracy {over}",
            BARS["L1"],
            [(1, compared(tables, models, task))],
            published=PUBLISHED["L1"],
        )
        for task in tasks
    ] or [Quantity("", "the downstream tasks", f"relative accuracy {over}", BARS["L1"], [])]
    controls = [
        Quantity(title(task), title(task), f"relative score {over}", BARS["L1"], [(1, compared(tables, models, task, "score"))])
        for task in tasks
    ]
    rows = tables.rows("removals", model=models, schedule=BEFORE, criterion=RANDOM)
    for fraction in sorted({float(one) for one in rows["fraction"]} if len(rows) else ()):
        level = percent(fraction, 0)
        each = averaged([compared(tables, models, task, fraction=fraction) for task in tasks])
        said_so = f"relative accuracy {what} at {level}, mean over draws and tasks"
        controls.append(Quantity("", f"{level} of the heads", said_so, BARS["L1"], each))
    absent = [task for task in PAPER_TASKS if task not in tasks]
    statement = (
        f"With heads removed at random {multilingual}'s accuracy, as a share of the whole model's, differs from {monolingual}'s"
        f" by: {said(found, difference)}; {CITED}: {PUBLISHED['L1']}."
    )
    note = (
        "The heads go before the model is fine-tuned, the same ones of both models with a seed, so that differences are paired"
        f" by seed and example. {CITED} compare the two on {named(PAPER_TASKS)}."
    )
    missing = [model for model in models if tables.rows("removals", model=model, schedule=BEFORE, criterion=RANDOM).empty]
    why = f"no heads of {listed(missing)} were removed at random before fine-tuning" if missing else ""
    lacking = f"runs on {named(absent)}" if absent else ""
    return Evidence(found, statement, note, not absent, controls, lacking=lacking, why_none=why)


# ------------------------------------------------------------------------------------------------------------------- L5


def _gaps(tables: Tables, model: str, column: str = "attention_js", after: str = "") -> list[Quantity]:
    """How much more the attention of the upper half of the layers changes, on each task that there is, as in C6."""
    rows = tables.rows("heads", model=model)
    tasks = [*dict.fromkeys(rows["task"])] if column in rows else []
    what = f"JS divergence of attention, upper half of the layers minus the lower half{after}"
    return [
        Quantity(
            title(task),
            title(task),
            what,
            BARS["L5"],
            [(1, tables.per_seed("heads", model, task, upper_minus_lower(column, 0)))],
        )
        for task in tasks
    ]


def top_layers_change_most(tables: Tables, settings: Settings, model: str) -> Evidence:
    """L5: by how much more fine-tuning changes the upper half of the layers.

    Beside it the same where each layer is fed the pre-trained model's hidden states, and in the monolingual model.
    """
    found = _gaps(tables, model) or [Quantity("", model, "JS divergence of attention", BARS["L5"], [])]
    controls = _gaps(tables, model, "attention_js_local", ", each layer fed the pre-trained model's states")
    if (other := settings.languages.monolingual) is not None:
        controls += _gaps(tables, other, after=f", in {other}")
    statement = (
        f"Fine-tuning changes the attention of {model}'s upper layers more than that of its lower ones by:"
        f" {said(found, difference)}; {CITED}: above 0."
    )
    note = (
        "Measured as for C6, on the tasks of the study: every layer counts alike, and the middle one of an odd number is in"
        " neither half. There are no examples in it: intervals hold the chance of the seeds alone."
    )
    return Evidence(found, statement, note, controls=controls)
