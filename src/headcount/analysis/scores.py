"""Scores of the unpruned models: table 1, and one number a model."""

from __future__ import annotations

import pandas as pd

from headcount.analysis.counted import fates, relative_score


def score_table(metrics: pd.DataFrame) -> pd.DataFrame:
    """Table 1 with the unpruned scores.

    Args:
        metrics: model, task, train and validation (examples), seed, metric, score, constant_score, collapsed.

    Returns:
        A row a (task, model), in the order of ``metrics``: task, train, validation, metric, constant (the score of the best
        constant answer), model, mean and sd (sample, n - 1) over the seeds that count, seeds (how many those are), collapsed
        (how many are left out).

    Raises:
        ValueError: a run that stands twice; runs of a task that differ in sizes, metric or the best constant answer's score.
    """
    if metrics.duplicated(["model", "task", "seed"]).any():
        raise ValueError("a run (model, task, seed) stands in the metrics twice")
    common = metrics.groupby("task", sort=False)[["train", "validation", "metric", "constant_score"]]
    if len(unlike := common.nunique(dropna=False).max(axis=1).loc[lambda different: different > 1]):
        raise ValueError(f"the runs of {', '.join(map(str, unlike.index))} differ in sizes, metric or constant_score")
    metrics = metrics.reset_index(drop=True)
    used = fates(metrics) == "used"
    runs = metrics.assign(collapsed=~used, score=metrics["score"].where(used)).groupby(["model", "task"])
    scores = pd.concat([runs["score"].agg(mean="mean", sd="std", seeds="count"), runs["collapsed"].sum()], axis=1)
    scores = scores.reindex(list(metrics["model"].unique()), level="model").reset_index()
    tasks = common.first().rename(columns={"constant_score": "constant"}).reset_index()
    return tasks.merge(scores, "left", on="task").astype({"seeds": "Int64", "collapsed": "Int64"})


def constant_shares(metrics: pd.DataFrame) -> pd.DataFrame:
    """What the best constant answer scores, as a share of each model's unpruned score: where a relative score means nothing.

    Args:
        metrics: model, task, seed, score, constant_score, collapsed.

    Returns:
        A row a (model, task), in the order of ``metrics``: model, task, constant (mean over the seeds that count; NaN where
        none does).
    """
    rows = metrics[["constant_score", "score", "collapsed"]].itertuples(index=False)
    shares = metrics.assign(constant=[relative_score(constant, whole, bool(lost)) for constant, whole, lost in rows])
    return shares.groupby(["model", "task"], sort=False)["constant"].mean().reset_index()


def average_scores(metrics: pd.DataFrame) -> pd.DataFrame:
    """The mean score of each model, first over seeds, then over tasks; a collapsed run counts with the score that it has."""
    by_task = metrics.groupby(["model", "task"], sort=False)["score"].mean()
    means = by_task.groupby("model", sort=False).agg(tasks="size", score="mean")
    return means.reset_index()
