"""What a model answers while features are disabled: each outlier alone, all of them, and random sets of as many others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from headcount.analysis.features import random_sets
from headcount.order.outcomes import Answer, outcomes_table
from headcount.order.points import relative

ABLATION_COLUMNS = (
    "study", "model", "task", "seed", "replace", "arm", "draw", "features", "count",
    "metric", "score", "relative_score", "loss", "relative_loss",
)  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """Some features, and what takes their place.

    Args:
        arm: ``none`` (the whole model), ``outlier`` (one of them alone), ``all`` of them, or ``random``.
        replace: ``zero`` or ``mean``; ``none`` for the whole model.
        draw: of a random set.
    """

    arm: str
    replace: str
    features: tuple[int, ...]
    draw: int | None = None


def trials(outlying: Sequence[int], features: int, replace: Sequence[str], draws: int, seed: int) -> list[Trial]:
    """Everything that one run is asked, the whole model first; random sets are drawn by (seed, draw) and zeroed."""
    found = [Trial("none", "none", ())]
    if not outlying:
        return found
    for way in replace:
        found += [Trial("outlier", way, (feature,)) for feature in outlying]
        found.append(Trial("all", way, tuple(outlying)))
    sets = random_sets(outlying, features, draws, seed)
    return [*found, *(Trial("random", "zero", tuple(chosen), draw) for draw, chosen in enumerate(sets, start=1))]


def ablation_table(asked: Sequence[Trial], answers: Sequence[Answer], keys: Mapping[str, object]) -> pd.DataFrame:
    """A row a trial: ``ABLATION_COLUMNS``. Scores and losses are relative to the whole model's, the first row.

    Args:
        keys: study, model, task, seed, metric.
    """
    shares = relative([answer.score for answer in answers])
    rows = [
        {
            **keys,
            "replace": trial.replace,
            "arm": trial.arm,
            "draw": trial.draw,
            "features": json.dumps(list(trial.features)),
            "count": len(trial.features),
            "score": answer.score,
            "relative_score": share,
            "loss": answer.loss,
            "relative_loss": answer.loss / answers[0].loss,
        }
        for trial, answer, share in zip(asked, answers, shares, strict=True)
    ]
    table = pd.DataFrame(rows, columns=list(ABLATION_COLUMNS))
    return table.astype({"draw": "Int64", "count": "Int64", "relative_score": "Float64"})


def example_table(examples: pd.DataFrame, answers: Sequence[Answer]) -> pd.DataFrame:
    """Each example's outcome and loss in each trial, by the trial's row: ``removed_<row>`` and ``loss_<row>`` (float32).

    Args:
        examples: as ``order.outcomes.outcomes_table`` takes them.
    """
    losses = {f"loss_{row}": np.asarray(answer.losses, np.float32) for row, answer in enumerate(answers)}
    return pd.concat([outcomes_table(examples, range(len(answers)), answers), pd.DataFrame(losses)], axis=1)
