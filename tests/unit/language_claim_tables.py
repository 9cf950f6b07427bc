"""Tables in which each claim about several languages must find given numbers, and such numbers: for, against, neither."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from headcount.claims import Settings, Tables
from headcount.claims.settings import Languages

TASKS = ("mnli", "qqp", "qnli", "sst2")
STUDY = Settings("test", {"main": None, "shared": None, "appendix": None}, languages=Languages("multi", "mono", TASKS))
FACTS = pd.DataFrame(
    [
        ("en", True, "svo", "isolating", 10_000),
        ("luma", False, "svo", "isolating", 3_000),
        ("sori", False, "svo", "isolating", 100),
        ("tabek", False, "sov", "agglutinative", 2_000),
        ("kunde", False, "sov", "agglutinative", 50),
        ("vemo", False, "vso", "fusional", 500),
        ("pilu", False, "svo", "agglutinative", 200),
    ],
    columns=["language", "source_language", "order", "morphology", "articles"],
).assign(family="made up")
OTHERS = [*FACTS["language"][1:]]
RANKED = ["kunde", "sori", "pilu", "vemo", "tabek", "luma"]
"""By articles, ascending."""
MASKS = [f"{fraction}-{draw}" for fraction in (0.25, 0.5) for draw in (1, 2)]
POINTS = [*(("random", point) for point in MASKS), ("set", "bottom"), ("set", "top")]
CHANCE, WHOLE, HEADS = 0.3, 0.8, 8
Drop = Callable[[str, pd.Series], float]
"""The drop above chance at a point, in a language; its row of the facts is given."""


def flat(point: str, language: pd.Series) -> float:
    return 0.3


def at_one_shot(point: str, language: pd.Series) -> float:
    """What must not be read as if it were before the fine-tuning."""
    return 0.9 - 0.1 * len(language["language"]) * (point != "top")


def fraction_of(point: str) -> float:
    return float(point[:-2]) if point in MASKS else 0.5


def spoken(seed: int, drop: Drop, facts: pd.DataFrame = FACTS) -> pd.DataFrame:
    """One run in all languages: whole, without heads before its fine-tuning, and without them after it."""
    rows = []
    points = [(schedule, *point) for schedule in ("before", "one_shot") for point in POINTS]
    for _, language in facts.iterrows():
        for schedule, criterion, point in [("whole", "none", "whole"), *points]:
            drops = {"whole": lambda *_: 0.0, "before": drop, "one_shot": at_one_shot}
            lost, gone = drops[schedule](point, language), 0.0 if schedule == "whole" else fraction_of(point)
            score = CHANCE + (WHOLE - CHANCE) * (1 - lost)
            rows.append(
                {**language, "schedule": schedule, "criterion": criterion, "point": point, "removed": round(HEADS * gone)}
                | {"removed_fraction": gone, "score": score, "constant_score": CHANCE, "transferred": True}
                | {"drop": 1 - score / WHOLE, "drop_above_chance": lost}
            )
    keys = {"study": "test", "model": "multi", "task": "mnli", "seed": seed, "collapsed": False, "source": f"languages {seed}"}
    return pd.DataFrame(rows).assign(**keys)


def in_languages(by_seed: Callable[[int], Drop], seeds: int, facts: pd.DataFrame = FACTS) -> Tables:
    return Tables(languages=pd.concat([spoken(seed, by_seed(seed), facts) for seed in range(1, seeds + 1)], ignore_index=True))


def made_of(drop: Callable[[float, str, pd.Series], float]) -> Callable[[Sequence[float]], Tables]:
    """Tables of drops that follow from one value a seed."""

    def tables(values: Sequence[float]) -> Tables:
        return in_languages(lambda seed: lambda point, language: drop(values[seed - 1], point, language), len(values))

    return tables


def behind(value: float, point: str, language: pd.Series) -> float:
    """The source loses 0.2 on average over the masks, the others a value more."""
    return 0.2 + (0.02 if point.endswith("-2") else -0.02) + (not language["source_language"]) * value


def _tenfold(language: pd.Series) -> float:
    return 3.0 - float(np.log10(language["articles"]))


def top_svo(value: float, point: str, language: pd.Series) -> float:
    """SVO languages lose a value more with the top layers; less text costs as much with any of them."""
    more = value * (language["order"] == "svo") if point == "top" else 0.0
    return 0.3 + more + 0.01 * _tenfold(language) * (1 + (point == "top"))


def bottom_others(value: float, point: str, language: pd.Series) -> float:
    """With the bottom layers agglutinative languages lose a value more, and each a value more for ten times less text."""
    if point != "bottom":
        return 0.3
    return 0.3 + value * (language["morphology"] == "agglutinative") + value * _tenfold(language)


def ordered(value: float, point: str, language: pd.Series) -> float:
    """Where the value is -1, the more is lost the less text there is; where 1, the less; at 0 neither way."""
    if language["source_language"]:
        return 0.95
    rank = RANKED.index(language["language"])
    place = {-1.0: 5 - rank, 1.0: rank, 0.0: [1, 3, 5, 0, 2, 4][rank]}[value]
    return 0.2 + 0.05 * place + (0.01 if point.endswith("-2") else -0.01)


def removed(values: Sequence[float], tasks: Sequence[str] = TASKS, task_metric: float = 0.0) -> Tables:
    """Both models on the tasks: the multilingual one keeps a value more of its accuracy; of its score that and a bit."""
    rows = []
    for seed, value in enumerate(values, 1):
        for model, more, task in ((model, more, task) for model, more in (("mono", 0.0), ("multi", value)) for task in tasks):
            for schedule, criterion, point in [("whole", "none", "whole"), *(("before", *one) for one in POINTS)]:
                gone = 0.0 if schedule == "whole" else fraction_of(point)
                left = 1.0 if schedule == "whole" else 0.9 - gone / 5 + more + (0.01 if point.endswith("-2") else -0.01)
                left = 0.1 if criterion == "set" else left
                extra = task_metric * (model == "multi") * (schedule != "whole")
                rows.append(
                    {"model": model, "task": task, "seed": seed, "schedule": schedule, "criterion": criterion, "point": point}
                    | {"fraction": gone if criterion == "random" else np.nan, "removed": round(HEADS * gone)}
                    | {"removed_fraction": gone, "accuracy": 0.8 * left, "score": 0.8 * (left + extra)}
                    | {"relative_accuracy": left, "relative_score": left + extra}
                )
    return Tables(removals=pd.DataFrame(rows).assign(study="test", collapsed=False, source="removals.parquet"))


def changed(values: Sequence[float], model: str = "multi") -> Tables:
    """Attention of four layers of two heads; that of the upper two changes by a value more."""
    rows = [
        {"study": "test", "model": model, "task": task, "seed": seed, "layer": layer, "head": head, "source": f"heads {seed}"}
        | {"attention_js": 0.1 + value * (layer >= 2) + 0.01 * head, "attention_js_local": 0.1}
        for seed, value in enumerate(values, 1)
        for task in ("mnli", "sst2")
        for layer in range(4)
        for head in range(2)
    ]
    return Tables(heads=pd.DataFrame(rows))


MADE: dict[str, Callable[[Sequence[float]], Tables]] = {
    "L1": removed,
    "L2": made_of(behind),
    "L3": made_of(top_svo),
    "L4": made_of(bottom_others),
    "L5": changed,
    "L6": made_of(ordered),
}
_POSITIVE, _NEGATIVE, _NEITHER = (0.1, 0.101, 0.102), (-0.1, -0.101, -0.102), (-0.05, 0.0, 0.06)
VALUES: dict[str, dict[str, tuple[float, ...]]] = {
    "supported": dict.fromkeys(("L2", "L3", "L4", "L5"), _POSITIVE) | {"L1": (0.005, 0.0, -0.004), "L6": (-1.0, -1.0, -1.0)},
    "contradicted": dict.fromkeys(("L2", "L3", "L4", "L5"), _NEGATIVE) | {"L1": _NEGATIVE, "L6": (1.0, 1.0, 1.0)},
    "inconclusive": dict.fromkeys(("L2", "L3", "L4", "L5"), _NEITHER) | {"L1": (0.0, 0.02, 0.05), "L6": (0.0, -1.0, 0.0)},
}
"""What each claim is made of, by the verdict that follows: a difference, and for L6 how the drops are ordered."""
