"""The captions of the figures on several languages, and what is seen in them: numbers from the tables behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from headcount.analysis.counted import LEFT_OUT, Fate
from headcount.data.tasks import title
from headcount.phrasing import counted, listed, number, percent
from headcount.report.caption import Caption

FATES: tuple[Fate, ...] = ("undefined", "collapsed")
ABSTRACT = "Budhraja et al. 2021, abstract, which has no numbers"


def _ends(rows: pd.DataFrame, names: pd.Series, of: str) -> str:
    """The least and the greatest mean, and where they are."""
    order = rows["mean"].sort_values(kind="stable").index
    ends = dict.fromkeys([order[0], order[-1]])
    return " to ".join(f"{percent(rows['mean'][end])} {of} {names[end]}" for end in ends)


def robustness(table: pd.DataFrame) -> Iterator[str]:
    """What each model keeps at each share of heads removed."""
    pruned = table[(table["fraction"] > 0) & table["mean"].notna()]
    for fraction, rows in pruned.groupby("fraction"):
        parts = [f"{model} {_ends(own, own['task'].map(title), 'on')}" for model, own in rows.groupby("model", sort=False)]
        yield f"Without {percent(float(str(fraction)), 0)} of the heads, this is left of the accuracy: {'; '.join(parts)}."
    lost = [
        f"{counted(int(rows[fate].max()), 'run')} of {model} on {title(task)} ({LEFT_OUT[fate]})"
        for (model, task), rows in table.groupby(["model", "task"], sort=False)
        for fate in FATES
        if rows[fate].max()
    ]
    if lost:
        yield f"Left out of the means: {listed(lost)}."


def _names(rows: pd.DataFrame) -> pd.Series:
    return rows["language"] + rows["source"].astype(bool).map({True: " (source)", False: ""})


def _untransferred(table: pd.DataFrame) -> Iterator[str]:
    """The languages that have no drop in any seed, or not in all, and the seeds that no language has."""
    once = table.drop_duplicates("language")
    none = once[(once["seeds"] == 0) & (once["untransferred"] > 0)]["language"].tolist()
    some = once[(once["seeds"] > 0) & (once["untransferred"] > 0)]
    parts = [f"{counted(int(row['untransferred']), 'seed')} of {row['language']}" for _, row in some.iterrows()]
    if none or parts:
        yield f"There is no drop where nothing was transferred: {listed([*none, *parts])}."
    if len(once) and (lost := int(once["collapsed"].max())):
        yield f"Left out of every language: {counted(lost, 'seed')} ({LEFT_OUT['collapsed']})."


def language_map(table: pd.DataFrame) -> Iterator[str]:
    """Between which languages the drops of each set of layers lie, and the largest drop of a single layer."""
    before = table[(table["schedule"] == "before") & table["mean"].notna()]
    single = before["point"].str.startswith("layer-")
    for point, rows in before[~single].groupby("point", sort=False):
        layers = listed(str(rows["layers"].iloc[0]).split())
        lost = f"{rows['model'].iloc[0]} loses {_ends(rows, _names(rows), 'in')}"
        yield f"Fine-tuned without the heads of its {point} layers ({layers}), of its accuracy above chance {lost}."
    if single.any():
        most = before[single].sort_values("mean", kind="stable").iloc[[-1]]
        where = f"layer {most['layers'].iloc[0]}, in {_names(most).iloc[0]}: {percent(most['mean'].iloc[0])}"
        yield f"Of single layers, most is lost without {where}."
    yield from _untransferred(table)


def articles(table: pd.DataFrame) -> Iterator[str]:
    """In which languages most and least is lost with random heads, with their articles; and in the source language."""
    drops = table[table["fraction"].isna() & (table["schedule"] == "before") & table["mean"].notna()]
    others, source = (drops[drops["source"].astype(bool) == own].sort_values("mean", kind="stable") for own in (False, True))
    if len(drops):
        parts = (
            [
                f"{word} in {row['language']} ({percent(row['mean'])}, {number(int(row['articles']))} articles)"
                for word, row in zip(("least", "most"), [ends for _, ends in others.iloc[[0, -1]].iterrows()], strict=True)
            ]
            if len(others) > 1
            else []
        )
        parts += [f"{percent(row['mean'])} in {row['language']}, its source" for _, row in source.iterrows()]
        if parts:
            model = drops["model"].iloc[0]
            yield f"Fine-tuned without random heads, of its accuracy above chance {model} loses {listed(parts)}."
    yield from _untransferred(table)


LANGUAGES = (
    Caption(
        name="languages_robustness",
        drawn="Line charts of the accuracy over that of the whole model, against the share of heads that are drawn at random"
        " and go before fine-tuning: a column a task, a colour a model, all without the same heads. Lines join the means over"
        " seeds; beside them a dot is one seed, the mean of its draws, and a pale bar spans all draws.",
        paper="On four tasks of GLUE, mBERT and BERT lose almost the same shares of their accuracy: that its heads serve many"
        " languages does not make the multilingual model less robust.",
        where=ABSTRACT,
        says=robustness,
        needs=frozenset({"model", "task", "fraction", "mean", "undefined", "collapsed"}),
        claims=("L1",),
    ),
    Caption(
        name="languages_layers",
        drawn="Heat maps of the drop above chance, in percent, a row a language and a column the layers that lose all of their"
        " heads: sets of layers, then single ones, the lowest first. Those of one family stand together, and within it the one"
        " with most articles first. Left, the heads go before fine-tuning; right, the fine-tuned model loses them. Red is lost,"
        " blue gained; a hatched row is a language to which nothing was transferred.",
        paper="The top layers, which fine-tuning changes more, carry what matters to languages like English (SVO); the bottom"
        " layers matter most to agglutinative and to low-resource languages.",
        where=ABSTRACT,
        says=language_map,
        needs=frozenset({"model", "schedule", "point", "layers", "language", "source", "mean", "untransferred", "collapsed"}),
        claims=("L3", "L4", "L5"),
    ),
    Caption(
        name="languages_articles",
        drawn="Dot plots of the drop above chance without random heads, the mean over draws and shares, against the number of"
        " articles in the pre-training corpus, on a logarithmic axis: a dot a language, its marker the word order, its colour"
        " the morphology, a ring around the language of the fine-tuning. Small dots are single seeds; languages of as many"
        " articles stand side by side. Left, the heads go before fine-tuning; right, the fine-tuned model loses them.",
        paper="On XNLI more accuracy is lost with the heads than on the other tasks, and how much a layer matters depends on"
        " the language's family and on the size of the pre-training corpus.",
        where=ABSTRACT,
        says=articles,
        needs=frozenset(
            {"model", "schedule", "fraction", "language", "source", "articles", "mean", "untransferred", "collapsed"}
        ),
        claims=("L2", "L6"),
    ),
)
