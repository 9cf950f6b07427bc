"""What removed heads cost a model in the language that it was fine-tuned in, and in those that it was not.

Budhraja et al. 2021. A run is one model, fine-tuned on one task with one seed; what is removed from it is a schedule, a unit, a
criterion and a point. Drops are from the same run with nothing removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from headcount.data.languages import Facts
from headcount.order.outcomes import point_name

REMOVAL = ("schedule", "unit", "criterion", "point", "fraction", "draw", "layers", "removed", "removed_fraction")
"""What is removed; of layers, ``layers`` has their numbers, the lowest being 1, with spaces between."""
RUN = ["study", "model", "task", "seed"]
WHOLE = "whole"
"""The schedule of the model that nothing is removed from."""
NOTHING: Mapping[str, Any] = MappingProxyType(
    dict.fromkeys(REMOVAL)
    | {"schedule": WHOLE, "unit": "none", "criterion": "none", "point": WHOLE, "removed": 0, "removed_fraction": 0.0}
)
"""``REMOVAL`` of a model that nothing is removed from."""
TRANSFER_ERRORS = 3.0
"""Standard errors by which a whole model's score must exceed the best constant answer's: else nothing was transferred."""

LANGUAGE_COLUMNS = (
    *(*RUN, *REMOVAL, "collapsed", "language", "examples", "score", "constant_score", "standard_error"),
    *("transferred", "drop", "drop_above_chance", "source", "family", "order", "morphology", "articles"),
)
REMOVAL_COLUMNS = (*RUN, *REMOVAL, "metric", "score", "accuracy", "collapsed", "relative_score", "relative_accuracy")


def languages_table(rows: pd.DataFrame, facts: Mapping[str, Facts], source: str) -> pd.DataFrame:
    """Scores and drops in every language: ``LANGUAGE_COLUMNS``.

    With score s, the whole model's s₀ and the best constant answer's m, the drop is 1 - s/s₀, and above chance
    1 - (s - m)/(s₀ - m). Both are null where the whole run collapsed, or where nothing was transferred to the language.

    Args:
        rows: ``RUN``, ``REMOVAL``, collapsed, language, examples, score (accuracy), constant_score, standard_error (of score).
            Whether the run collapsed is taken from those that nothing is removed from: pruned models count with their scores.
        facts: of each language, by its code; source: the code of the one that the models were fine-tuned in.

    Raises:
        ValueError: a row stands twice, or one has no whole model of its run and language.
        KeyError: a language without facts.
    """
    found = _beside_whole(rows, [*RUN, "language"], ["score", "constant_score", "standard_error", "collapsed"])
    least = found["whole_constant_score"] + TRANSFER_ERRORS * found["whole_standard_error"]
    found["transferred"] = found["whole_score"] > least
    found["collapsed"] = found["whole_collapsed"]
    defined = found["transferred"] & ~found["collapsed"]
    above, of_whole = (found[name] - found["whole_constant_score"] for name in ("score", "whole_score"))
    found["drop"] = (1 - found["score"] / found["whole_score"]).where(defined).astype("Float64")
    found["drop_above_chance"] = (1 - above / of_whole).where(defined).astype("Float64")
    found["source"] = found["language"] == source
    for name in ("family", "order", "morphology", "articles"):
        found[name] = [getattr(facts[code], name) for code in found["language"]]
    return _plain(found)[list(LANGUAGE_COLUMNS)]


def whole_runs(metrics: pd.DataFrame, outcomes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Metrics of ordinary fine-tunings as rows of ``removals_table``: nothing is removed.

    Args:
        outcomes: of each run, in the order of the metrics: its answers to the validation set.
    """
    shares = [float((answers["label"] == answers[point_name(0)]).mean()) for answers in outcomes]
    return metrics.assign(**NOTHING, accuracy=shares)


def removals_table(metrics: pd.DataFrame) -> pd.DataFrame:
    """Scores of models that heads were removed from, over those of the whole ones: ``REMOVAL_COLUMNS``.

    Relative values are null where the whole run collapsed, or is not above 0.

    Args:
        metrics: a row a fine-tuning, with ``RUN``, ``REMOVAL``, metric, score, accuracy, collapsed (its own; in the table, the
            whole run's).

    Raises:
        ValueError: a row stands twice, or one has no whole model of its run.
    """
    found = _beside_whole(metrics, RUN, ["score", "accuracy", "collapsed"])
    found["collapsed"] = found["whole_collapsed"]
    for name in ("score", "accuracy"):
        whole = found[f"whole_{name}"]
        shares = (found[name] / whole.where(whole > 0)).where(~found["collapsed"])
        found[f"relative_{name}"] = shares.astype("Float64")
    return _plain(found)[list(REMOVAL_COLUMNS)]


def _beside_whole(rows: pd.DataFrame, keys: list[str], names: list[str]) -> pd.DataFrame:
    """The rows with ``whole_…``: what some columns are where nothing is removed from the same run."""
    if rows.duplicated([*keys, "schedule", "unit", "criterion", "point"]).any():
        raise ValueError(f"a removal of one run ({', '.join(keys)}) stands in the rows twice")
    of_whole = rows.loc[rows["schedule"] == WHOLE, [*keys, *names]]
    renamed = of_whole.rename(columns={name: f"whole_{name}" for name in names})
    found = rows.merge(renamed, on=keys, how="left", validate="many_to_one", indicator="beside")
    if len(alone := found[found["beside"] != "both"]):
        raise ValueError(f"no whole model stands beside {', '.join(map(str, alone.iloc[0][keys]))}")
    return found.astype({"whole_collapsed": bool})


def _plain(found: pd.DataFrame) -> pd.DataFrame:
    """What only some removals have as values that may be missing, so that tables of any rows have the same types."""
    return found.astype({"fraction": "Float64", "draw": "Int64", "layers": "str"})
