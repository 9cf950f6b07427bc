"""How many heads can go at some levels of the score, and which stay: tables that ``heads.md`` and the page are written from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from headcount.analysis.required import required
from headcount.analysis.scores import constant_shares, score_table
from headcount.claims.curves import own_order, prunable, values_of_curves
from headcount.claims.settings import Settings
from headcount.claims.statistics import Term, estimate
from headcount.claims.tables import Runs, Tables
from headcount.order.curve import Place

LEVELS = (0.99, 0.95, 0.90)
"""Shares of the unpruned score."""
ANSWER_COLUMNS = {
    "study": "str", "model": "str", "task": "str", "metric": "str", "norm": "str", "crossing": "str", "layers": "Int64",
    "heads": "int64", "score": "Float64", "constant": "Float64", "level": "float64", "above_constant": "Float64",
    "share": "Float64", "share_low": "Float64", "share_high": "Float64", "gone_least": "Int64", "gone_most": "Int64",
    "stay": "Int64", "stay_chance": "Float64", "go": "Int64", "seeds": "int64", "note": "str",
}  # fmt: skip
HEAD_COLUMNS = {
    "study": "str", "model": "str", "task": "str", "level": "float64", "layer": "int64", "head": "int64", "stays": "int64",
    "seeds": "int64",
}  # fmt: skip
Sets = Mapping[int, frozenset[Place]]
"""The required heads of each seed."""


def required_tables(tables: Tables, settings: Settings) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What can go and what stays, from the curves of the heads in the order of the run's own importance.

    Args:
        tables: curves of downstream tasks, their outcomes and orders, and the metrics.

    Returns:
        ``ANSWER_COLUMNS``, a row a model, task and level: ``layers`` (1 where they share their heads; null where nothing was
        removed) and ``heads`` of the model; the unpruned ``score``, mean over the seeds that count; ``constant``, what the best
        constant answer scores, and ``level``, each as a share of that; ``above_constant``, the level as a share of what the
        model scores above the constant answer; ``share`` of the heads that can go, mean over the seeds, with its interval,
        which ends where shares do;
        ``gone_least`` and ``gone_most``, whole heads at a point of a seed's curve; ``stay`` and ``go``, heads that are required
        in every seed, and in none; ``stay_chance``, how many as many random heads would have in common; ``seeds`` that count,
        and in ``note`` those that do not, or hardly do.

        ``HEAD_COLUMNS``, a row a head besides, layers and heads from 0: ``stays``, in how many of the seeds it is required.

    Raises:
        ValueError: as ``headcount.analysis.required.largest_removed``, and as ``headcount.claims.tables.Tables.refuse_others``.
    """
    tables.refuse_others(settings.study)
    models, tasks = (list(dict.fromkeys(tables.curves[column])) for column in ("model", "task"))
    rows: list[dict[str, Any]] = []
    heads: list[dict[str, Any]] = []
    for model, task in product(models, tasks):
        norm = tables.norm_of("curves", model, settings.norm, **own_order(settings))
        curves = tables.rows("curves", model=model, task=task, norm=norm, **own_order(settings))
        if len(curves):
            about = _about(tables, settings, model, task, norm, curves)
            for level in LEVELS:
                runs = values_of_curves(tables, settings, model, task, prunable(level, settings.crossing))
                sets = {seed: _required(tables, settings, curves, seed, level) for seed in runs.by_seed}
                rows.append({**about, **_answer(runs, sets, int(about["heads"]), level, about["constant"])})
                heads += _stays(about, level, sets)
    found = pd.DataFrame(rows, columns=list(ANSWER_COLUMNS)).astype(ANSWER_COLUMNS)
    return found, pd.DataFrame(heads, columns=list(HEAD_COLUMNS)).astype(HEAD_COLUMNS)


def _about(tables: Tables, settings: Settings, model: str, task: str, norm: str, curves: pd.DataFrame) -> dict[str, Any]:
    """What is the same at every level."""
    metrics = tables.rows("metrics", model=model, task=task)
    (scored,), (constant,) = score_table(metrics).to_dict("records"), constant_shares(metrics)["constant"]
    orders = [order for _, run in curves.groupby("seed") if (order := tables.order(run))]
    return {
        "study": settings.study,
        "model": model,
        "task": task,
        "metric": scored["metric"],
        "norm": norm,
        "crossing": settings.crossing,
        "layers": 1 + max(row for row, _ in orders[0]) if orders else None,
        "heads": curves["removed"].max(),
        "score": scored["mean"],
        "constant": constant,
    }


def _required(tables: Tables, settings: Settings, curves: pd.DataFrame, seed: int, level: float) -> frozenset[Place]:
    """The heads that a seed that counts requires."""
    run = curves[curves["seed"] == seed].sort_values("removed")
    order = tables.order(run)
    found = required(run["removed"].tolist(), run["relative_score"].tolist(), order or [], level, settings.crossing)
    assert found is not None, "an undefined run is not among those that count"
    return found


def _answer(runs: Runs, sets: Sets, heads: int, level: float, constant: float) -> dict[str, Any]:
    """What can go at a level."""
    found = estimate([Term(runs.by_seed, draws=runs.draws)])
    low, high = np.clip(found.interval, 0.0, 1.0) if found and found.interval else (None, None)
    about = {"level": level, "above_constant": (level - constant) / (1 - constant), "seeds": len(sets), "note": _note(runs)}
    answer = {**about, "share": found.value if found else None, "share_low": low, "share_high": high}
    if not sets:
        return answer
    gone = [heads - len(kept) for kept in sets.values()]
    always, ever = frozenset.intersection(*sets.values()), frozenset.union(*sets.values())
    chance = heads * float(np.prod([len(kept) / heads for kept in sets.values()]))
    counts = {"stay": len(always), "stay_chance": chance, "go": heads - len(ever)}
    return {**answer, "gone_least": min(gone), "gone_most": max(gone), **counts}


def _note(runs: Runs) -> str:
    """Which seeds are left out, and which are hardly to be read."""
    parts = [f"seed {seed} left out: {why}" for seed, why in sorted(runs.left_out.items())]
    weak = [f"seed {seed} hardly to be read: {why}" for seed, why in sorted(runs.weak.items())]
    return "; ".join([*parts, *weak])


def _stays(about: Mapping[str, Any], level: float, sets: Sets) -> Iterator[dict[str, Any]]:
    """Each head, and in how many seeds it is required."""
    if not sets:
        return
    shape: Sequence[int] = (about["layers"], about["heads"] // about["layers"])
    for place in np.ndindex(*shape):
        stays = sum(place in kept for kept in sets.values())
        run = {name: about[name] for name in ("study", "model", "task")}
        yield {**run, "level": level, "layer": place[0], "head": place[1], "stays": stays, "seeds": len(sets)}
