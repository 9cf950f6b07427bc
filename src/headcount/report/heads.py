"""Which heads can go, in words and tables: ``heads.md``, and the page's section. No number is worked out here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from headcount import markdown as md
from headcount.claims.curves import CROSSINGS
from headcount.data import metrics
from headcount.data.tasks import title
from headcount.phrasing import MISSING, counted, listed, norm_name, number, percent
from headcount.report.grids import Grid
from headcount.report.required import ANSWER_COLUMNS
from headcount.report.typography import capital

SAID = 0.95
"""The level that the page's summary names."""
HOW_READ = (
    "“Can go” is the share of all heads that can be removed, those least important to the task first, before the score falls"
    " below the level: the mean over seeds with its {interval}, which holds the chance of the seeds and that of the evaluation"
    " examples, read between the points of the curves; “in heads” it is what goes at a point of a curve, the fewest and the"
    " most of any seed. Heads “always stay” if every seed needs them, and “always go” if none does; “by chance” is how many"
    " as many random heads of each seed would have in common. “Beyond constant”: what the best constant answer scores takes no"
    " head; this is the level as a share of what the model scores beyond that. Layers and heads are numbered from 1, the lowest"
    " layer first; in brackets stand heads that only some seeds need, behind how many of them: 2/3 is two of three."
)


@dataclass(frozen=True)
class OfTask:
    """A model's heads on one task: what it scores, which seeds do not count, and the heads that stay, by layer."""

    task: str
    scores: str
    note: str
    stay: Grid | None


@dataclass(frozen=True)
class Answer:
    """The answer for one model: what it is, in short, how many heads can go, and which stay on each task."""

    model: str
    about: str
    short: str
    table: Grid
    tasks: list[OfTask]


def answers(required: pd.DataFrame | None, heads: pd.DataFrame | None) -> list[Answer]:
    """An answer for each model of ``headcount.report.required.required_tables``; none where there are no tables."""
    if required is None or heads is None:
        return []
    required = required.astype({name: kind for name, kind in ANSWER_COLUMNS.items() if kind == "Int64"})
    return [
        Answer(str(model), _about(rows), _short(rows), _table(rows), list(_of_tasks(rows, heads[heads["model"] == model])))
        for model, rows in required.groupby("model", sort=False)
    ]


def _layers(rows: pd.DataFrame) -> int | None:
    known = rows["layers"].dropna()
    return int(known.iloc[0]) if len(known) else None


def _about(rows: pd.DataFrame) -> str:
    """How many heads a model has, and how they are ranked."""
    first, layers = rows.iloc[0], _layers(rows)
    heads = counted(int(first["heads"]), "head")
    where = {None: heads, 1: f"{heads}, which all layers share"}.get(layers)
    where = where or f"{heads}, {int(first['heads']) // int(layers or 1)} in each of {counted(int(layers or 1), 'layer')}"
    return f"{where}; ranked by importance under {norm_name(first['norm'], noun=False)}; {CROSSINGS[first['crossing']]}."


def _short(rows: pd.DataFrame) -> str:
    """A sentence on what can go at one level."""
    chosen, model, heads = rows[rows["level"] == SAID], rows["model"].iloc[0], int(rows["heads"].iloc[0])
    found = [f"{percent(row['share'])} on {title(row['task'])}" for _, row in chosen[chosen["share"].notna()].iterrows()]
    gone = listed(found) if found else "nothing that could be measured"
    return f"With {percent(SAID, 0)} of its score left, {model} can lose, of its {counted(heads, 'head')}, {gone}."


def _range(low: object, high: object) -> str:
    return " to ".join(dict.fromkeys([number(low), number(high)]))


def _share(row: pd.Series) -> str:
    """The share that can go, with its interval."""
    if pd.isna(row["share"]):
        return MISSING
    ends = "" if pd.isna(row["share_low"]) else f" ({percent(row['share_low'])} to {percent(row['share_high'])})"
    return f"{percent(row['share'])}{ends}"


def _table(rows: pd.DataFrame) -> Grid:
    """A row a task and level."""
    cells = [
        [
            f"{title(row['task'])}, {percent(row['level'], 0)}",
            MISSING if pd.isna(row["above_constant"]) else percent(max(row["above_constant"], 0.0)),
            _share(row),
            _range(row["gone_least"], row["gone_most"]),
            number(row["stay"]),
            number(row["stay_chance"], 1) if row["seeds"] > 1 else MISSING,
            number(row["go"]),
            str(row["seeds"]),
        ]
        for _, row in rows.iterrows()
    ]
    columns = ["Task, score left", "Beyond constant", "Can go", "In heads", "Always stay", "By chance", "Always go", "Seeds"]
    caption = f"How many of the heads of {rows['model'].iloc[0]} can go"
    return Grid(caption, columns, cells, frozenset(range(1, len(columns))), breadth="broad")


def _of_tasks(rows: pd.DataFrame, heads: pd.DataFrame) -> Iterator[OfTask]:
    for task, levels in rows.groupby("task", sort=False):
        first, own = levels.iloc[0], heads[heads["task"] == task]
        scores = f"Unpruned, {metrics.title(first['metric'])} {number(first['score'])}"
        if pd.notna(first["constant"]):
            scores += f"; the best constant answer reaches {percent(first['constant'])} of that"
        note = "" if pd.isna(first["note"]) or not first["note"] else f"{capital(first['note'])}."
        yield OfTask(title(task), f"{scores}.", note, _stay(own, int(first["layers"])) if len(own) else None)


def _stay(heads: pd.DataFrame, layers: int) -> Grid:
    """The heads that stay: a row a layer, the lowest first, a column a level."""
    levels = list(dict.fromkeys(heads["level"]))
    first = heads.iloc[0]
    rows = [
        [
            "all" if layers == 1 else str(layer + 1),
            *(_cell(heads[(heads["layer"] == layer) & (heads["level"] == level)]) for level in levels),
        ]
        for layer in range(layers)
    ]
    caption = f"Heads of {first['model']} that stay on {title(first['task'])}"
    columns = ["Layer", *(f"With {percent(level, 0)} left" for level in levels)]
    return Grid(caption, columns, rows)


def _cell(heads: pd.DataFrame) -> str:
    """The heads of a layer that stay in every seed, and in brackets those that stay in some, behind how many of the seeds."""
    seeds, counts = int(heads["seeds"].iloc[0]), {int(count) for count in heads["stays"]}
    said = {count: ", ".join(str(head + 1) for head in heads.loc[heads["stays"] == count, "head"]) for count in counts}
    if set(said) == {seeds}:
        return "all"
    some = "; ".join(f"{count}/{seeds}: {said[count]}" for count in sorted(said, reverse=True) if 0 < count < seeds)
    return " ".join(filter(None, [said.get(seeds, ""), f"({some})" if some else ""])) or "none"


def how_read(level: str) -> str:
    """What the columns say; ``level`` is that of the intervals."""
    return HOW_READ.format(interval=f"{level} interval")


def markdown(required: pd.DataFrame, heads: pd.DataFrame, study: str, confidence: float) -> str:
    """``heads.md``: a section a model, and in it one a task."""
    found = answers(required, heads)
    parts = [f"# Which heads can go: study {study}", *(answer.short for answer in found)]
    parts.append(how_read(percent(confidence, 0)))
    for answer in found:
        parts += [f"## {answer.model}", answer.about]
        parts.append(md.table(answer.table.columns, answer.table.rows))
        for own in answer.tasks:
            parts += [f"### {answer.model} on {own.task}", own.scores, *([own.note] if own.note else [])]
            parts += [md.table(own.stay.columns, own.stay.rows)] if own.stay else ["No seed counts: no heads can be named."]
    return md.paragraphs(parts) + "\n"
