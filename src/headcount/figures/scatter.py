"""Figure 6: importance of each head against how far fine-tuning moves it."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FormatStrFormatter, MaxNLocator

from headcount.analysis.counted import Runs
from headcount.data import tasks as named
from headcount.figures.moved import Lost, counted_rows
from headcount.figures.panels import headroom, panel_grid, say
from headcount.figures.rows import Names, cell, floats, in_order
from headcount.figures.style import LOOKS, NOTE_SIZE, RC, Line, settle
from headcount.phrasing import fixed

REGRESSION: Line = {"color": "black", "linewidth": 1.8, "zorder": 3}
FEW: Line = {"alpha": 0.6, "linewidths": 0, "s": 16}
MANY: Line = {"alpha": 0.35, "linewidths": 0, "s": 9}
ROWS = {"pre-train": "pretrain_importance", "downstream": "importance"}
CONFIDENCE = 0.95


def fit(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Pearson's r with its interval (Fisher's z), and the least-squares line of ``y`` on ``x``.

    The interval takes the points for independent. All is NaN for fewer than three points, or where ``x`` or ``y`` is
    constant. Points with a NaN are left out.
    """
    from scipy.stats import pearsonr

    both = ~(np.isnan(x) | np.isnan(y))
    x, y = x[both], y[both]
    if len(x) < 3 or not np.ptp(x) or not np.ptp(y):
        return {**dict.fromkeys(("r", "low", "high", "slope", "intercept"), np.nan), "points": len(x)}
    found = pearsonr(x, y)
    low, high = found.confidence_interval(CONFIDENCE)
    slope = float(np.cov(x, y)[0, 1] / np.var(x, ddof=1))
    numbers = {"r": float(found.statistic), "low": float(low), "high": float(high)}
    return {**numbers, "slope": slope, "intercept": float(y.mean() - slope * x.mean()), "points": len(x)}


def _fits(heads: pd.DataFrame, model: str, tasks: Names) -> pd.DataFrame:
    """A row for each task, importance and seed, and one for all seeds together."""
    rows = []
    for name, column in ROWS.items():
        for task, points in heads.groupby("task"):
            parts = [("all", points), *((str(seed), rows) for seed, rows in points.groupby("seed"))]
            for seed, part in parts:
                found = fit(floats(part["attention_js"]), floats(part[column]))
                rows.append({"model": model, "task": task, "importance": name, "seed": seed, **found})
    columns = ["model", "task", "importance", "seed", "r", "low", "high", "slope", "intercept", "points"]
    return in_order(pd.DataFrame(rows, columns=columns), importance=list(ROWS), task=tasks)


def _fit_notes(fits: pd.DataFrame) -> list[str]:
    """r over all seeds with its interval, and the range of the single seeds' r."""
    whole, single = fits[fits["seed"] == "all"].iloc[0], fits.loc[fits["seed"] != "all", "r"].dropna()
    if np.isnan(whole["r"]):
        return ["r is not defined: no spread"]
    lines = [f"r = {fixed(whole['r'], 2)} [{fixed(whole['low'], 2)}, {fixed(whole['high'], 2)}]"]
    if len(single) > 1:
        lines.append(f"r of single seeds: {fixed(single.min(), 2)} … {fixed(single.max(), 2)}")
    return lines


def _scatter(axes: Axes, points: pd.DataFrame, column: str, fits: pd.DataFrame, colors: dict[int, str]) -> list[str]:
    """A dot a head and seed, and the line through all of them; returns the notes."""
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    mixed = points.sort_values(["layer", "head", "seed"])  # so that no seed covers the others
    dots = floats(mixed["attention_js"]), floats(mixed[column])
    axes.scatter(*dots, c=mixed["seed"].map(colors).tolist(), rasterized=True, **(MANY if len(mixed) > 500 else FEW))
    whole = fits[fits["seed"] == "all"].iloc[0]
    ends = np.array([points["attention_js"].min(), points["attention_js"].max()], dtype=float)
    if not np.isnan(whole["r"]):
        axes.plot(ends, whole["intercept"] + whole["slope"] * ends, **REGRESSION)
    return _fit_notes(fits)


def _why_no_dots(points: pd.DataFrame, name: str, lost: Lost, model: str, task: str) -> str | None:
    if not len(points):
        return "\n".join(lost.get((model, task), [])) or "not run"
    missing = {row: bool(points[column].isna().all()) for row, column in ROWS.items()}
    if all(missing.values()):
        return "not defined:\nlayers share their heads"
    return f"no importance on the\n{name} task" if missing[name] else None


def importance_divergence_figure(
    heads: pd.DataFrame, model: str, tasks: Names, *, collapsed: Runs = None
) -> tuple[Figure, pd.DataFrame]:
    """Figure 6: importance (Eq. 2, no norm) against JS divergence, a dot a head and seed; a column a task.

    The upper row has the importance on the pre-train task, the lower that on the task itself. Each panel says r over all
    seeds with its 95% interval (Fisher's z). That interval takes heads of different seeds for independent and is too
    narrow to the degree that they are not: the range of the single seeds' r stands beside it.

    Args:
        heads: study, model, task, seed, layer, head, attention_js (nats), importance, pretrain_importance (null where
            layers share their heads: not defined).
        collapsed: the runs that collapsed, as ``headcount.analysis.counted.fates`` takes them; they are left out.

    Returns:
        The figure, and a row for each task, importance ("pre-train" or "downstream") and seed ("all": together): model,
        task, importance, seed, r, low, high, slope, intercept, points; null where not defined.

    Raises:
        ValueError: two studies; a row that stands twice.
    """
    kept, lost = counted_rows(heads, [model], tasks, ["layer", "head"], collapsed)
    table = _fits(kept, model, tasks)
    seeds = [int(seed) for seed in sorted(kept["seed"].unique())]
    told_apart = len(seeds) <= len(LOOKS)
    colors = {seed: LOOKS[place if told_apart else 0]["color"] for place, seed in enumerate(seeds)}
    names = {f"seed {seed}": colors[seed] for seed in seeds} if told_apart else {f"{len(seeds)} seeds": LOOKS[0]["color"]}
    handles = [Line2D([], [], color=color, marker="o", linestyle="none", label=name) for name, color in names.items()]
    handles.append(Line2D([], [], label="least-squares line, all seeds", **REGRESSION))
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(len(ROWS), [named.title(task) for task in tasks], handles, sharex=True)
        for (name, column), row in zip(ROWS.items(), grid, strict=True):
            for task, axes in zip(tasks, row, strict=True):
                points = cell(kept, model, task)
                if why := _why_no_dots(points, name, lost, model, task):
                    axes.set_yticks([])
                    axes.tick_params(bottom=False, labelbottom=False)
                    say(axes, why)
                    continue
                behind = table[(table["task"] == task) & (table["importance"] == name)]
                notes = [*_scatter(axes, points, column, behind, colors), *lost.get((model, task), [])]
                axes.yaxis.set_major_locator(MaxNLocator(4))
                axes.yaxis.set_major_formatter(FormatStrFormatter("%.3g"))
                headroom(axes, len(notes))
                axes.text(0.03, 0.98, "\n".join(notes), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top")
            row[0].set_ylabel(f"{model}\nimportance,\n{name} task")
        for axes in grid[-1]:
            axes.set_xlabel("JS divergence (nats)")
        return settle(figure), table
