"""What random heads' removal costs in each language, against how much of it the model has read."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from headcount.figures.dot_names import Dot, lay_out, name_dots
from headcount.figures.language_rows import (
    SCHEDULES,
    WHOLE,
    by_family,
    language_means,
    language_rows,
    seed_means,
    seeds_note,
)
from headcount.figures.panels import NOTE, headroom, panel_grid, say
from headcount.figures.rows import in_order
from headcount.figures.style import LOOKS, NOTE_SIZE, RC, Line, settle
from headcount.phrasing import listed

ORDERS = {"svo": ("o", "verb before object"), "sov": ("s", "verb last"), "vso": ("^", "verb first")}
"""Markers of word orders, and what these are called."""
MORPHOLOGIES = {name: str(LOOKS[place]["color"]) for place, name in enumerate(("isolating", "fusional", "agglutinative"))}
DOT: Line = {"linestyle": "none", "markersize": 7, "markeredgewidth": 0, "zorder": 3}
RING: Line = {"linestyle": "none", "marker": "o", "markersize": 13, "markerfacecolor": "none", "markeredgecolor": "0.25"}
SEED: Line = {"linestyle": "none", "markersize": 3, "markeredgewidth": 0, "alpha": 0.45, "zorder": 2}
SPREAD: Line = {"linewidth": 0.8, "alpha": 0.6, "zorder": 1}
HEIGHT = 3.4  # inches
LINE = 52
"""Letters of a note in a line of a panel."""
TICKS = {100.0: (1, 2, 5), np.inf: (1,)}
"""First digits of ticks that have room where the most articles are up to so many times the fewest."""
ASIDE = 0.03
"""Of the width of a panel, between languages of as many articles."""
KEYS = ["model", "schedule", "fraction"]


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """A row a language and share of the heads, and one over all shares, whose ``fraction`` is null."""
    pruned = rows[rows["schedule"] != WHOLE]
    parts = [rows.assign(fraction=rows["fraction"].where(rows["schedule"] != WHOLE, 0.0)), pruned.assign(fraction=np.nan)]
    found = pd.concat([language_means(seed_means(part, KEYS), part, KEYS) for part in parts], ignore_index=True)
    shown = [WHOLE, *SCHEDULES]
    found = found.sort_values("fraction", kind="stable", na_position="first")
    return in_order(found[found["schedule"].isin(shown)], schedule=shown, language=by_family(found))


def _apart(table: pd.DataFrame, width: float) -> pd.Series:
    """Where each language stands along the axis, in articles: side by side where several have as many of them."""
    alike = table.groupby(["schedule", "articles"])["language"]
    steps = alike.cumcount() - (alike.transform("count") - 1) / 2
    places: pd.Series = table["articles"].astype(float) * width ** (ASIDE * steps)
    return places


def _dots(axes: Axes, seeds: pd.DataFrame, table: pd.DataFrame) -> None:
    """A dot a language, small ones for its seeds, and a line between the least and the most of these."""
    axes.grid(color="0.9", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xscale("log")
    for _, language in table.iterrows():
        own = seeds[(seeds["language"] == language["language"]) & seeds["value"].notna()]
        look: Line = {"color": MORPHOLOGIES[language["morphology"]], "marker": ORDERS[language["order"]][0]}
        place = language["place"]
        axes.vlines([place], [language["least"]], [language["most"]], color=look["color"], **SPREAD)
        axes.plot([place] * len(own), own["value"], **look, **SEED)
        axes.plot([place], [language["mean"]], **look, **DOT)
        if language["source"]:
            axes.plot([place], [language["mean"]], **RING)


def _notes(rows: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Which seeds are left out, and which languages, or seeds of some: those to which nothing was transferred."""
    lost = table[table["untransferred"] > 0]
    names = [
        f"{row['untransferred']} of {row['seeds'] + row['untransferred']} seeds of {row['language']}"
        if row["seeds"]
        else str(row["language"])
        for _, row in lost.iterrows()
    ]
    said = f"nothing was transferred: {listed(names)}" if names else ""
    return [*seeds_note(rows), *wrap(said, LINE)]


def _handles(table: pd.DataFrame) -> list[Line2D]:
    """What markers and colours mean, of those that are there."""
    grey: Line = {"color": "0.35"}
    found = [
        Line2D([], [], label=f"{name.upper()}: {words}", marker=marker, **{**grey, **DOT})
        for name, (marker, words) in ORDERS.items()
        if name in set(table["order"])
    ]
    found += [
        Line2D([], [], label=name, color=color, marker="D", **{**DOT, "markersize": 5})
        for name, color in MORPHOLOGIES.items()
        if name in set(table["morphology"])
    ]
    found.append(Line2D([], [], label="the language of the fine-tuning", **RING))
    return [*found, Line2D([], [], label="small: one seed", marker="o", **{**grey, **SEED})]


def _short(count: float) -> str:
    """A round number in few letters: 500, 20k, 5M."""
    return next((f"{count / size:g}{letter}" for size, letter in ((1e6, "M"), (1e3, "k")) if count >= size), f"{count:g}")


def _axes(row: Sequence[Axes], articles: tuple[float, float], wide: float, lines: int) -> None:
    """Room for names beside the fewest and the most articles, ``wide`` times as many, and for notes above everything."""
    digits = next(digits for most, digits in TICKS.items() if articles[1] <= most * articles[0])
    for axes in row:
        axes.margins(y=0.1)
        axes.set_xlim(articles[0] / wide, articles[1] * wide)
        axes.autoscale_view(scalex=False)
        headroom(axes, lines, HEIGHT)
        axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:g}"))
        axes.xaxis.set_major_locator(FixedLocator([digit * 10**power for power in range(9) for digit in digits]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda count, _: _short(count)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.set_xlabel("articles in the pre-training corpus")


def articles_figure(languages: pd.DataFrame, model: str) -> tuple[Figure, pd.DataFrame]:
    """The drop above chance in each language without random heads, against its articles in the pre-training corpus.

    A dot is a language, the mean over seeds, draws and shares of the heads; its marker says the word order and its colour the
    morphology. A panel a schedule, as in ``language_map_figure``.

    Args:
        languages: as ``language_rows`` takes them; of these, random heads are shown, and the table has the whole model.

    Returns:
        The figure, and a row for each schedule (``whole``: nothing is removed), fraction (asked for; null: the mean over all)
        and language: model, schedule, fraction, and what ``language_means`` returns.
    """
    rows = language_rows(languages, model)
    random = (rows["unit"] == "head") & (rows["criterion"] == "random")
    rows = rows[random | (rows["schedule"] == WHOLE)]
    table = _table(rows)
    over_all = table[table["fraction"].isna()]
    shown = [schedule for schedule in SCHEDULES if schedule in set(over_all["schedule"])]
    with matplotlib.rc_context(RC):
        titles = [SCHEDULES[schedule] for schedule in shown] or [""]
        figure, ((*row,),) = panel_grid(1, titles, _handles(table) if shown else [], heights=[HEIGHT])
        figure.set_size_inches(max(5.5, 3.8 * len(titles) + 0.9), figure.get_size_inches()[1])
        if not over_all["mean"].notna().any():
            for axes in row:
                axes.set(xticks=[], yticks=[])
                say(axes, *(seeds_note(rows) or ["nothing was transferred" if len(over_all) else "not run"]))
            return settle(figure), table
        low, high = over_all["articles"].min(), over_all["articles"].max()
        wide = max(float(high / low) ** 0.14, 1.5)
        over_all = over_all.assign(place=_apart(over_all, wide**2 * high / low))
        seeds, said = seed_means(rows, KEYS[:2]), []
        for schedule, axes in zip(shown, row, strict=True):
            here = over_all[over_all["schedule"] == schedule]
            _dots(axes, seeds[seeds["schedule"] == schedule], here[here["seeds"] > 0])
            said.append(_notes(rows[rows["schedule"] == schedule], here))
            axes.text(0.02, 0.99, "\n".join(said[-1]), transform=axes.transAxes, fontsize=NOTE_SIZE, va="top", **NOTE)
        _axes(row, (low, high), wide, max(map(len, said)))
        row[0].set_ylabel("drop above chance (%)")
        lay_out(figure)
        for schedule, axes in zip(shown, row, strict=True):
            name_dots(axes, _dots_by_name(over_all[(over_all["schedule"] == schedule) & (over_all["seeds"] > 0)]))
        return settle(figure), table


def _dots_by_name(table: pd.DataFrame) -> list[Dot]:
    rows: Any = table[["language", "place", "mean", "source"]].itertuples(index=False, name=None)
    return [Dot(name, (place, mean), RING["markersize"] if source else DOT["markersize"]) for name, place, mean, source in rows]
