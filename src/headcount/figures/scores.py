"""Table 1: data and scores, from tables alone."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

from headcount.figures.style import METRICS, NOTE_SIZE, RC, TASKS, seeds_text, settle


def score_table(sizes: pd.DataFrame, metrics: pd.DataFrame) -> pd.DataFrame:
    """Table 1 with the unpruned scores: a row a (task, model); tasks as in ``sizes``, models as in ``metrics``.

    ``sizes``: task, train, validation (examples). ``metrics``: model, task, seed, metric, score, majority_score,
    collapsed. Columns: task, train, validation, metric, majority (the majority class's score), model, mean and sd
    (sample, n - 1) over the seeds that did not collapse, seeds (how many those are), collapsed (how many are left
    out). A task without a run keeps one row, its model and scores null. Raises ``ValueError`` for a run whose task has
    no sizes, one that stands twice, and runs of a task that differ in metric or majority score.
    """
    if strangers := sorted(set(metrics["task"]) - set(sizes["task"])):
        raise ValueError(f"no sizes for {', '.join(strangers)}: sizes are given for {', '.join(sizes['task'])}")
    if metrics.duplicated(["model", "task", "seed"]).any():
        raise ValueError("a run (model, task, seed) stands in the metrics twice")
    common = metrics.groupby("task")[["metric", "majority_score"]]
    if len(unlike := common.nunique(dropna=False).max(axis=1).loc[lambda different: different > 1]):
        raise ValueError(f"the runs of {', '.join(map(str, unlike.index))} differ in metric or majority_score")
    collapsed = metrics["collapsed"].astype(bool)
    runs = metrics.assign(collapsed=collapsed, score=metrics["score"].where(~collapsed)).groupby(["model", "task"])
    scores = pd.concat([runs["score"].agg(mean="mean", sd="std", seeds="count"), runs["collapsed"].sum()], axis=1)
    scores = scores.reindex(list(metrics["model"].unique()), level="model").reset_index()
    tasks = common.first().rename(columns={"majority_score": "majority"}).reset_index()
    table = sizes[["task", "train", "validation"]].merge(tasks, "left", on="task").merge(scores, "left", on="task")
    return table.astype({"seeds": "Int64", "collapsed": "Int64"})


def _score(rows: pd.DataFrame) -> str:
    """A cell of table 1: the mean ± sd, what it is a mean of, and what it leaves out."""
    if not len(rows):
        return "not run"
    row = rows.iloc[0]
    total = seeds_text(int(row["seeds"] + row["collapsed"]))
    if not row["seeds"]:
        return f"–\n{row['collapsed']} of {total} collapsed"
    spread = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.3f}"
    kept = f"{row['collapsed']} of {total} collapsed, left out" if row["collapsed"] else total
    return f"{row['mean']:.3f}{spread}\n{kept}"


def _cells(table: pd.DataFrame) -> list[list[str]]:
    models = list(table["model"].dropna().unique())
    cells = [["Task", "Training", "Validation", "Metric", "Majority\nclass", *models]]
    for task, rows in table.groupby("task", sort=False):
        metric, majority, train, validation = rows[["metric", "majority", "train", "validation"]].iloc[0]
        known = [METRICS.get(metric, metric), f"{majority:.3f}"] if pd.notna(metric) else ["–", "–"]
        scores = [_score(rows[rows["model"] == model]) for model in models]
        cells.append([TASKS.get(str(task), str(task)), f"{train:,}", f"{validation:,}", *known, *scores])
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
