"""The captions of the figures on single weights, and what is seen in them: numbers from the tables behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from headcount.analysis.counted import LEFT_OUT, Fate
from headcount.data.tasks import MASKED_LM, title
from headcount.figures.names import units_name
from headcount.phrasing import counted, fixed, listed, number, percent, points
from headcount.report.caption import Caption

PRUNED = {
    "retrained": "pruned before fine-tuning, with zeros that stay zero",
    "deleted": "pruned before it, with zeros that may move",
    "after": "pruned after it and trained on",
    "random": "with random weights gone, and zeros that stay zero",
}
"""The trained arms of a table of sparse models."""
FATES: tuple[Fate, ...] = ("undefined", "collapsed")
FREE, MASKS = 0.4, 0.6
"""Sparsities at which the paper reads its table and compares masks; the nearest that was tried is told."""


def _nearest(rows: pd.DataFrame, column: str, wanted: float) -> pd.DataFrame:
    """The rows at the value that is nearest to the one wanted."""
    found = rows[column].iloc[(rows[column] - wanted).abs().round(9).to_numpy().argmin()]
    return rows[(rows[column] - found).abs() < 1e-9]


def _on(rows: pd.DataFrame, column: str, write: Callable[[float], str]) -> list[str]:
    """A number on each task where there is one."""
    return [f"{write(row[column])} on {title(row['task'])}" for _, row in rows[rows[column].notna()].iterrows()]


def _kept(rows: pd.DataFrame) -> str:
    """The tasks between which the shares kept by an arm lie."""
    known = rows[rows["relative"].notna()].sort_values("relative", kind="stable")
    ends = known.iloc[[0, -1]] if len(known) > 1 else known
    return " to ".join(_on(ends, "relative", percent))


def _left_out(table: pd.DataFrame) -> Iterator[str]:
    """One sentence on the trainings that no mean contains."""
    parts = [
        f"{counted(int(rows[fate].sum()), 'training')} of {model} on {title(task)} ({LEFT_OUT[fate]})"
        for (model, task), rows in table.groupby(["model", "task"], sort=False)
        for fate in FATES
        if fate in rows and rows[fate].sum()
    ]
    if parts:
        yield f"Left out of the means: {listed(parts)}."


def sparse_models(table: pd.DataFrame) -> Iterator[str]:
    """Loss and accuracies, over those of the unpruned model, where the paper reads them and at the highest sparsity."""
    for model, rows in table[table["fraction"] > 0].groupby("model", sort=False):
        trained = rows[rows["arm"] != "one_shot"]
        for wanted in (FREE, 1.0) if len(trained) else ():
            fraction = _nearest(trained, "fraction", wanted)["fraction"].iloc[0]
            here = rows[(rows["fraction"] - fraction).abs() < 1e-9]
            loss = here[(here["task"] == MASKED_LM) & (here["arm"] == "retrained") & here["relative"].notna()]
            said = [f"its loss is {number(loss['relative'].iloc[0], 2)} times that of the unpruned model"] if len(loss) else []
            tasks = here[here["task"] != MASKED_LM]
            arms = [f"{kept} {words}" for arm, words in PRUNED.items() if (kept := _kept(tasks[tasks["arm"] == arm]))]
            said += [f"it keeps, of its accuracy, {'; '.join(arms)}"] if arms else []
            if said:
                yield f"Without {percent(fraction, 0)} of the weights of {model}, {', and '.join(said)}."
    yield from _left_out(table[table["arm"] != "one_shot"])


def loss_and_accuracy(table: pd.DataFrame) -> Iterator[str]:
    """r, and what a nat costs."""
    for model, rows in table.groupby("model", sort=False):
        once = rows[rows["r"].notna()].drop_duplicates("task")
        if len(once):
            r, slope = (_on(once, column, write) for column, write in (("r", lambda r: fixed(r, 3)), ("slope", points)))
            yield f"Over the sparsities of {model}, loss and accuracy correlate with r = {listed(r)}."
            yield f"A nat more of its loss goes with this many points of accuracy: {listed(slope)}."
    yield from _left_out(table)


def movement(table: pd.DataFrame) -> Iterator[str]:
    """How far weights move, and how far the masks differ at the sparsity at which the paper compares them."""
    for model, rows in table[table["mean"].notna()].groupby("model", sort=False):
        moved, masks = (rows[rows["measure"] == measure] for measure in ("movement", "masks_differ"))
        if len(moved):
            share = listed(_on(moved, "mean", percent))
            yield f"Of the places in its matrix, fine-tuning moves a weight of {model} past this many on average: {share}."
        if len(masks):
            here = _nearest(masks, "fraction", MASKS)
            gone, differ = percent(here["fraction"].iloc[0], 0), listed(_on(here, "mean", percent))
            yield f"With {gone} of the weights pruned, the masks before and after it differ in this share of entries: {differ}."
    yield from _left_out(table[table["measure"] == "movement"])


def heads_and_weights(table: pd.DataFrame) -> Iterator[str]:
    """What is kept where half of the heads, or half of the single weights, are gone."""
    for model, rows in table[table["mean"].notna()].groupby("model", sort=False):
        parts = []
        for unit, own in rows.groupby("unit", sort=False):
            here = _nearest(own, "removed", own["removed"].max() / 2)
            gone = f"{percent(here['share'].iloc[0])} of its parameters gone as {units_name(str(unit))}"
            parts.append(f"with {gone} it keeps {listed(_on(here, 'mean', percent))}")
        yield f"Of its unpruned score {model} keeps this much with half of its units gone: {'; '.join(parts)}."
    yield from _left_out(table.drop_duplicates(["model", "task"]))


WEIGHTS = (
    Caption(
        name="weights_regimes",
        drawn="Line charts against the share of weights removed: the loss of the sparse masked LM, on a logarithmic axis where"
        " losses lie far apart, and the accuracy on each task, a row a model, a colour an arm. Dotted lines are single seeds,"
        " bold ones their mean; the thin grey line is a model that is pruned at once and not trained on, for masked LM asked of"
        " the study's own sample of blocks, the others of blocks that going on with pre-training left out.",
        paper="Without 40% of its weights BERT-base loses less than a point on each of five tasks, and its loss goes from 1.82"
        " to 1.93; without 90%, 13.8 points on average, or 9.4 where zeros may move, and its loss is 5.83. Random weights cost"
        " more from the first tenth on. Pruning after fine-tuning is no better.",
        where="Gordon et al. 2020, Table 1",
        says=sparse_models,
        needs=frozenset({"model", "task", "measure", "arm", "fraction", "relative", "collapsed"}),
        claims=("W1", "W2", "W3", "W4", "W6", "W8"),
    ),
    Caption(
        name="weights_loss",
        drawn="Line charts of the accuracy against the masked-LM loss of the sparse model that fine-tuning started from, free"
        " to move its zeros: a panel a model, a line a task with its correlation r over the sparsities. Small dots are single"
        " seeds, lines join their means; the sparsities stand above.",
        paper="Accuracy falls with the loss almost in a straight line: by Table 1 r lies between −0.986 and −0.998 on five"
        " tasks, and a nat costs from 0.8 points on QQP to 6.5 on CoLA.",
        where="Gordon et al. 2020, §4.4 and Table 1",
        says=loss_and_accuracy,
        needs=frozenset({"model", "task", "fraction", "r", "slope", "collapsed"}),
        claims=("W5",),
    ),
    Caption(
        name="weights_movement",
        drawn="Left, bars: how far fine-tuning moves a weight in the order of magnitudes of its matrix, on average, as a share"
        " of its entries, a bar a task and a dot a seed. Right, lines: the share of the entries that the mask of one of the two"
        " models keeps and the other's does not, against the share of weights removed. A row a model.",
        paper="A weight of BERT-base moves by 0.8% (CoLA) to 4.1% (MNLI) of its matrix, the more the higher the learning rate;"
        " at 60% sparsity the masks differ in less than 6% of the entries.",
        where="Gordon et al. 2020, Table 2",
        says=movement,
        needs=frozenset({"model", "task", "measure", "fraction", "mean", "collapsed"}),
        claims=("W7",),
    ),
    Caption(
        name="heads_and_weights",
        drawn="Line charts of the score relative to the unpruned model against the share of all its parameters that are gone:"
        " as whole heads, the least important first, and as single weights, the smallest first, with nothing trained on: a row"
        " a model, a column a task. A head's parameters are gone from the model, a single weight's zero stays in its matrix.",
        paper="Not in either paper: one removes heads, the other single weights.",
        says=heads_and_weights,
        needs=frozenset({"model", "task", "unit", "removed", "share", "mean", "collapsed"}),
    ),
)
