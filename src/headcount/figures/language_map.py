"""Which layers carry which languages: a heat map of what their heads' removal costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle

from headcount.figures.language_rows import (
    SCHEDULES,
    WHOLE,
    by_family,
    language_means,
    language_rows,
    seed_means,
    seeds_note,
)
from headcount.figures.panels import panel_grid, say
from headcount.figures.rows import in_order
from headcount.figures.style import NOTE_SIZE, RC, Line, settle
from headcount.phrasing import MINUS, counted, percent

CELL = (0.36, 0.24)  # inches: width and height
ROOM = (2.6, 2.2)  # inches beside and above the cells of a panel
COLORS = "RdBu_r"
HATCHED: Line = {"facecolor": "0.93", "edgecolor": "0.75", "hatch": "////", "linewidth": 0}
SINGLE = "layer-"
KEYS = ["model", "schedule", "point", "layers"]


def _sets_first(points: pd.DataFrame) -> list[str]:
    """The removals of whole layers: sets, then single layers, the lowest first."""
    once = points.drop_duplicates("point")
    numbers = [[int(number) for number in str(layers).split()] for layers in once["layers"]]
    ranks = [(len(each) == 1 and point.startswith(SINGLE), each) for point, each in zip(once["point"], numbers, strict=True)]
    return [point for _, point in sorted(zip(ranks, once["point"], strict=True))]


def _column(point: str, layers: str) -> str:
    """What stands below a column: of a set, its name too."""
    numbers = layers.split()
    span = numbers[0] if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"
    gaps = [int(number) for number in numbers] != list(range(int(numbers[0]), int(numbers[-1]) + 1))
    span = ", ".join(numbers) if gaps else span
    return span if point.startswith(SINGLE) else f"{point}: {span}"


def _rows(facts: pd.DataFrame) -> list[str]:
    """What stands beside the rows: the language, its family where one begins that has several, its seeds if some are out."""
    begins = _begins(facts["family"])
    return [_row(own, first) for (_, own), first in zip(facts.iterrows(), begins, strict=True)]


def _begins(families: pd.Series) -> list[bool]:
    """Where a family begins; nowhere if each has one language."""
    several = bool(families.duplicated().any())
    return [several and bool(first) for first in families != families.shift()]


def _row(language: pd.Series, first: bool) -> str:
    name = f"{language['language']} (source)" if language["source"] else str(language["language"])
    lost = int(language["untransferred"])
    counts = f", {language['seeds']} of {counted(int(language['seeds']) + lost, 'seed')}" if lost and language["seeds"] else ""
    return f"{language['family']}   {name}{counts}" if first else f"{name}{counts}"


def _written(value: float) -> str:
    whole = round(100 * value)
    return f"{MINUS}{-whole}" if whole < 0 else str(whole)


def _map(axes: Axes, table: pd.DataFrame, languages: Sequence[str], points: Sequence[str], scale: Normalize) -> Any:
    """One schedule's cells; a language to which nothing was transferred is hatched, and says so."""
    matrix = table.pivot(index="language", columns="point", values="mean").reindex(
        index=pd.Index(languages), columns=pd.Index(points)
    )
    image = axes.imshow(matrix.to_numpy(float), cmap=COLORS, norm=scale, aspect="auto", interpolation="nearest")
    for (down, along), value in np.ndenumerate(matrix.to_numpy(float)):
        if not np.isnan(value):
            dark = abs(value) > 0.6 * scale.vmax if scale.vmax else False
            ink: Line = {"color": "white" if dark else "black", "fontsize": NOTE_SIZE - 1, "ha": "center", "va": "center"}
            axes.text(along, down, _written(value), **ink)
    facts = table.drop_duplicates("language").set_index("language")
    for down in [place for place, language in enumerate(languages) if not facts.loc[language, "seeds"]]:
        axes.add_patch(Rectangle((-0.5, down - 0.5), len(points), 1, **HATCHED))
    for down in np.flatnonzero(_begins(facts.loc[list(languages), "family"]))[1:]:
        axes.axhline(down - 0.5, color="white", linewidth=2.5)
    sets = sum(not point.startswith(SINGLE) for point in points)
    if 0 < sets < len(points):
        axes.axvline(sets - 0.5, color="white", linewidth=4)
    axes.tick_params(length=0)
    return image


def language_map_figure(languages: pd.DataFrame, model: str) -> tuple[Figure, pd.DataFrame]:
    """The drop above chance in each language without the heads of some layers; a column a set of layers or a single one.

    Rows are languages: those of a family together, and within it the one with most articles first. A panel a schedule: heads
    that go before fine-tuning, and beside it, where there are any, those that the fine-tuned model loses.

    Args:
        languages: as ``language_rows`` takes them; of these, whole layers are shown.

    Returns:
        The figure, and a row a cell: model, schedule, point (the set's name, or ``layer-<number>``), layers (from 1, the
        lowest), and what ``language_means`` returns.
    """
    rows = language_rows(languages, model)
    rows = rows[(rows["unit"] == "layer_heads") & (rows["schedule"] != WHOLE)]
    table = language_means(seed_means(rows, KEYS), rows, KEYS)
    shown = [schedule for schedule in SCHEDULES if schedule in set(table["schedule"])]
    order, points = by_family(table), _sets_first(table)
    table = in_order(table[table["schedule"].isin(shown)], schedule=shown, language=order, point=points)
    sizes = np.abs(table["mean"].to_numpy(float))
    limit = float(np.nanmax(sizes)) if (~np.isnan(sizes)).any() else 1.0
    scale, images = Normalize(-limit, limit), []
    handles: list[Any] = []
    if (table["untransferred"].gt(0) & table["seeds"].eq(0)).any():
        handles.append(Patch(label="nothing was transferred: not above chance by 3 standard errors", **HATCHED))
    with matplotlib.rc_context(RC):
        titles = [SCHEDULES[schedule] for schedule in shown] or [""]
        figure, ((*row,),) = panel_grid(1, titles, handles, sharey=True)
        if not table["mean"].notna().any():
            row[0].set(xticks=[], yticks=[])
            for axes in row:
                say(axes, *(seeds_note(rows) or ["nothing was transferred" if len(table) else "not run"]))
            return settle(figure), table
        width, height = len(shown) * len(points) * CELL[0] + ROOM[0], len(order) * CELL[1] + ROOM[1]
        figure.set_size_inches(max(5.5, width), height)
        for schedule, axes in zip(shown, row, strict=True):
            here = table[table["schedule"] == schedule]
            images.append(_map(axes, here, order, points, scale))
            layers = here.drop_duplicates("point").set_index("point")["layers"]
            names = [_column(point, layers[point]) for point in points if point in layers]
            axes.set_xticks(range(len(names)), names, rotation=90)
            axes.set_xlabel("\n".join(["layers that lose all heads", *seeds_note(rows[rows["schedule"] == schedule])]))
        facts = table.drop_duplicates("language").set_index("language", drop=False).loc[order]
        row[0].set_yticks(range(len(order)), _rows(facts))
        figure.colorbar(images[0], ax=row, label="drop above chance", pad=0.01, format=lambda share, _: percent(share, 0))
        return settle(figure), table
