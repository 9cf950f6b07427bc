"""Table 1: data and scores, from tables alone."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from headcount.data import metrics, tasks
from headcount.figures.style import NOTE_SIZE, RC, settle
from headcount.phrasing import MISSING, counted, number, spread


def _score(rows: pd.DataFrame) -> str:
    """A cell of table 1: the mean ± sd, what it is a mean of, and what it leaves out."""
    if not len(rows):
        return "not run"
    row = rows.iloc[0]
    total = counted(int(row["seeds"] + row["collapsed"]), "seed")
    lost = f"{row['collapsed']} of {total} collapsed"
    if not row["seeds"]:
        return f"{MISSING}\n{lost}"
    return f"{spread(row['mean'], row['sd'])}\n{f'{lost}, left out' if row['collapsed'] else total}"


def _cells(table: pd.DataFrame) -> list[list[str]]:
    models = list(table["model"].dropna().unique())
    cells = [["Task", "Training", "Validation", "Metric", "Best constant\nanswer", *models]]
    for task, rows in table.groupby("task", sort=False):
        metric, constant, train, validation = rows[["metric", "constant", "train", "validation"]].iloc[0]
        known = [metrics.title(metric), number(constant)] if pd.notna(metric) else [MISSING, MISSING]
        scores = [_score(rows[rows["model"] == model]) for model in models]
        cells.append([tasks.title(task), number(train), number(validation), *known, *scores])
    return cells


def score_figure(table: pd.DataFrame) -> Figure:
    """Table 1 as a picture: a row a task, a column a model; mean ± sd over the seeds that did not collapse."""
    cells = _cells(table)
    columns = ["\n".join(column).split("\n") for column in zip(*cells, strict=True)]
    widths = [max(map(len, lines)) * 0.08 + 0.25 for lines in columns]
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(sum(widths), 0.45 * len(cells) + 0.4), layout="constrained")
        axes = figure.subplots()
        axes.set_axis_off()
        shares = [width / sum(widths) for width in widths]
        drawn = axes.table(cells, colWidths=shares, cellLoc="center", bbox=Bbox.unit(), edges="horizontal")
        drawn.auto_set_font_size(False)
        for (row, column), cell in drawn.get_celld().items():
            cell.set_edgecolor("0.8")
            cell.set_text_props(fontsize=9, fontweight="bold" if row == 0 or column == 0 else "normal")
        figure.supxlabel("unpruned scores on the validation set: mean ± sd over seeds", fontsize=NOTE_SIZE)
        return settle(figure)
