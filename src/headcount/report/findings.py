"""What a figure shows, in sentences: the verdicts that it bears on, and numbers that stand in the table behind it.

No number is worked out here. Nothing to say is no sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from headcount.analysis.counted import LEFT_OUT, Fate
from headcount.claims.heads import LEVELS
from headcount.data.tasks import MASKED_LM, title
from headcount.figures.names import NAMES, units_name
from headcount.phrasing import counted, fixed, listed, number, percent, points
from headcount.report.verdicts import Claim

PRETRAIN_LEVEL = LEVELS["pretrain"].value
"""What tells the curves of a model apart, and how it is said."""


def quoted(claims: Iterable[Claim], ids: Sequence[str]) -> Iterator[str]:
    """What was measured for some claims, in the words of the verdicts; nothing for those that were not run."""
    by_id = {claim.id: claim for claim in claims if claim.verdict != "not run"}
    yield from (f"{each} ({by_id[each].verdict}): {by_id[each].statement}" for each in ids if each in by_id)


def read_under(table: pd.DataFrame, norm: str) -> pd.DataFrame:
    """The rows of the norm that the verdicts read, or of the only one that a model has."""
    if "norm" not in table:
        return table
    alone = table.groupby("model")["norm"].transform("nunique") == 1
    return table[alone | (table["norm"] == norm)]


def _groups(table: pd.DataFrame, *columns: str) -> Iterator[tuple[tuple[Any, ...], pd.DataFrame]]:
    """The rows that agree in some columns, with what they agree in, as they stand in the table."""
    yield from table.groupby(list(columns), sort=False)


def _on_tasks(rows: pd.DataFrame, column: str) -> list[str]:
    """A share on each task where there is one."""
    return [f"{percent(row[column])} on {title(row['task'])}" for _, row in rows[rows[column].notna()].iterrows()]


def _left_out(table: pd.DataFrame, fates: Sequence[Fate]) -> Iterator[str]:
    """One sentence on the runs that no mean contains."""
    parts = [
        f"{counted(int(count), 'run')} of {model} on {title(task)} ({LEFT_OUT[fate]})"
        for (model, task), rows in _groups(table, "model", "task")
        for fate in fates
        if (count := rows[fate].max())
    ]
    if parts:
        yield f"Left out of the means: {listed(parts)}."


def curves(table: pd.DataFrame) -> Iterator[str]:
    """Figures of curves: what is kept at the point that is nearest to half of the units."""
    by = [column for column in NAMES if column in table]
    for (model, *names), rows in _groups(table, "model", *by):
        said = dict(zip(by, names, strict=True))
        units = units_name(said.pop("unit", "head"))
        how = ", ".join(NAMES[column](name) for column, name in said.items())
        half = rows["removed_fraction"].iloc[(rows["removed_fraction"] - 0.5).abs().round(9).to_numpy().argmin()]
        kept = _on_tasks(rows[np.isclose(rows["removed_fraction"], half)], "mean")
        if kept:
            yield f"Without {percent(half)} of its {units} ({how}), {model} keeps {listed(kept)} of its unpruned score."
        else:
            yield f"The curves of {model} over its {units} ({how}) cannot be read."
    yield from _constants(table)
    yield from _left_out(table, ["undefined", "collapsed"])


def _constants(table: pd.DataFrame) -> Iterator[str]:
    """What the best constant answer keeps."""
    for model, rows in table.groupby("model", sort=False) if "constant" in table else ():
        if kept := _on_tasks(rows.drop_duplicates("task"), "constant"):
            yield f"The best constant answer alone reaches {listed(kept)} of the unpruned score of {model}."


def recall(table: pd.DataFrame) -> Iterator[str]:
    """Figure 3."""
    for model, rows in table[np.isclose(table["x"], PRETRAIN_LEVEL) & table["mean"].notna()].groupby("model", sort=False):
        parts = [
            f"{percent(row['mean'])} on {title(row['task'])} (chance {percent(row['chance'])})" for _, row in rows.iterrows()
        ]
        level = percent(PRETRAIN_LEVEL, 0)
        yield f"Where masked LM keeps {level} of its score, the recall of {model} is {listed(parts)}."
    yield from _left_out(table, ["undefined", "empty", "collapsed"])


def agreement(table: pd.DataFrame) -> Iterator[str]:
    """The heat map of agreement: overlap of required heads less what chance gives, by what two runs have in common."""
    pretrain = (table["task_a"] == MASKED_LM) | (table["task_b"] == MASKED_LM)
    same = table["task_a"] == table["task_b"]
    kinds = {
        "two seeds of one task": same & ~pretrain,
        "two tasks": ~same & ~pretrain,
        "masked LM and a task": pretrain & ~same,
    }
    for model, rows in table.groupby("model", sort=False):
        parts = []
        for words, chosen in kinds.items():
            if len(found := rows.loc[chosen.loc[rows.index] & rows["excess"].notna(), "excess"]):
                ends = list(dict.fromkeys(points(end) for end in (found.min(), found.max())))
                parts.append(f"{'between ' if len(ends) > 1 else ''}{' and '.join(ends)} for {words}")
        if parts:
            yield f"In {model}, the overlap of required heads less what chance gives is, in points, {listed(parts)}."


def reliability(table: pd.DataFrame | None) -> Iterator[str]:
    """The importance that the fewest examples carry."""
    if table is None or not table["largest_percent_share"].notna().any():
        return
    run = table.sort_values("largest_percent_share", ascending=False, kind="stable").iloc[0]
    yield (
        f"Fewest examples carry the importance of {run['model']} on {title(run['task'])}, seed {run['seed']}: the 1% of its"
        f" {counted(int(run['examples']), 'example')} with the largest part make up {percent(run['largest_percent_share'])} of"
        f" the sum, and two halves of the examples rank the heads with a correlation of {number(run['split_half'])}."
    )


def layers(table: pd.DataFrame) -> Iterator[str]:
    """Figure 4: the lowest layer against the highest."""
    measures = {"js_mean": ("attention diverges", "nats"), "l2": ("hidden states move", "in l2 distance")}
    for model, rows in table[table["layer"] > 0].groupby("model", sort=False):
        for column, (what, unit) in measures.items():
            ends = rows[rows[column].notna()].groupby("task", sort=False)[column].agg(["first", "last"])
            parts = [f"{number(low)} and {number(high)} on {title(task)}" for task, low, high in ends.itertuples()]
            if parts:
                yield f"In {model}'s lowest and highest layer {what} by {listed(parts)} ({unit})."


def heads(table: pd.DataFrame) -> Iterator[str]:
    """The divergence maps: which head moves most, and which least."""
    for model, rows in table[table["js_mean"].notna()].groupby("model", sort=False):
        sizes = rows["js_mean"].to_numpy()
        most, least = (
            f"head {row['head']} of layer {row['layer']} on {title(row['task'])}{{}} ({number(float(row['js_mean']))} nats)"
            for row in (rows.iloc[sizes.argmax()], rows.iloc[sizes.argmin()])
        )
        yield f"In {model}, {most.format(' moves most')}, {least.format(' least')}."


def importances(table: pd.DataFrame) -> Iterator[str]:
    """The importance maps: each task's most important head."""
    for model, rows in table.groupby("model", sort=False):
        most = rows.loc[rows.groupby("task", sort=False)["share"].idxmax()]
        single = int(rows["layer"].max()) == 1
        parts = [
            f"head {head}{'' if single else f' of layer {layer}'} on {listed([title(task) for task in own['task']])}"
            for (layer, head), own in _groups(most, "layer", "head")
        ]
        yield f"The most important head of {model} is {'; '.join(parts)}."


def correlations(table: pd.DataFrame) -> Iterator[str]:
    """Figure 6: r over all seeds, for either importance."""
    whole = table[(table["seed"].astype(str) == "all") & table["r"].notna()]
    for (model, importance), rows in _groups(whole, "model", "importance"):
        parts = [f"{fixed(row['r'], 2)} on {title(row['task'])}" for _, row in rows.iterrows()]
        of_what = "on the pre-train task" if importance == "pre-train" else "on the task itself"
        yield f"With the importance {of_what}, r over all seeds together is {listed(parts)} for {model}."


ARMS = {
    "before": "removed before fine-tuning in the pre-train task's order",
    "after_pretrain": "removed after it in the same order",
    "after_own": "removed after it in the task's own order",
}


def arms(table: pd.DataFrame) -> Iterator[str]:
    """Heads removed before fine-tuning, at each share at which that was tried, against the same share removed after it."""
    tried = table[(table["arm"] == "before") & (table["removed_fraction"] > 0)]
    for (model, fraction), rows in _groups(tried, "model", "removed_fraction"):
        beside = np.isclose(table["removed_fraction"], fraction) & table["task"].isin(rows["task"])
        same = table[(table["model"] == model) & beside]
        parts = []
        for arm, words in ARMS.items():
            if kept := _on_tasks(same[same["arm"] == arm], "mean"):
                parts.append(f"{listed(kept)} if they are {words}")
        yield f"Without {percent(fraction)} of its heads, {model} keeps {'; '.join(parts)}."


# ------------------------------------------------------------------------------------------------------ outlier features


def features(table: pd.DataFrame) -> Iterator[str]:
    """Which features stand out, of how many, and in how many layers."""
    for model, rows in table.groupby("model", sort=False):
        found, size = rows[rows["feature"].notna()], number(int(rows["features"].iloc[0]))
        counts = found["outlier"].astype(bool).groupby(found["feature"].astype(int), sort=False).agg(["sum", "size"])
        parts = [f"feature {feature} in {inside} of its {layers} layers" for feature, inside, layers in counts.itertuples()]
        yield f"Of the {size} features of {model}, {listed(parts) if parts else 'none'} stand{'s' * (len(parts) < 2)} out."


DISABLED = {
    ("all", "zero"): "outlier features replaced by zero",
    ("all", "mean"): "outlier features replaced by their means",
    ("random", "zero"): "as many random features replaced by zero",
}


def ablation(table: pd.DataFrame) -> Iterator[str]:
    """What is left without all outliers of a model, and without as many random features."""
    for (model, measure), rows in _groups(table[table["arm"].isin(["all", "random"])], "model", "measure"):
        parts: list[str] = []
        for (arm, replace), words in DISABLED.items():
            own = rows[(rows["arm"] == arm) & (rows["replace"] == replace) & rows["relative"].notna()]
            if not len(own):
                continue
            if measure == "loss":
                left, what = (
                    f"{number(own['relative'].iloc[0], 2)} times the whole model's",
                    f"the masked-LM loss of {model} is",
                )
            else:
                left, what = listed(_on_tasks(own, "relative")), f"{model} keeps, of its score,"
            parts.append(f"{'with' if parts else 'With'} {words}, {left if parts else f'{what} {left}'}")
        if parts:
            yield f"{'; '.join(parts)}."
    yield from _left_out(table, ["undefined", "collapsed"])


def emergence(table: pd.DataFrame) -> Iterator[str]:
    """Loss and outliers at the first snapshot and at the last."""
    for model, rows in table.groupby("model", sort=False):
        first, last = (rows[rows["step"] == step] for step in (rows["step"].min(), rows["step"].max()))
        start, end = (number(int(ends["step"].iloc[0])) for ends in (first, last))
        if start == end:
            continue
        parts = []
        for before, after in zip(first.itertuples(), last.itertuples(), strict=True):
            if pd.notna(after.feature):
                scale = f"from {number(before.z_scale, 1)} to {number(after.z_scale, 1)} in scale"
                bias = f"from {number(before.z_bias, 1)} to {number(after.z_bias, 1)} in bias"
                parts.append(f"of feature {int(after.feature)} {scale} and {bias}")
        far = f"|z|, in the mean over the layers, {'; '.join(parts)}" if parts else "no feature is an outlier in the end"
        loss = f"from {number(first['loss'].iloc[0])} to {number(last['loss'].iloc[0])}"
        yield f"From step {start} to step {end} of the pre-training of {model}, the loss goes {loss}; {far}."
