"""A statistic of what the languages lose, as a quantity of a claim, and under the other readings that stand beside it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from headcount.claims.averages import together
from headcount.claims.drops import (
    BEFORE,
    ONE_SHOT,
    RANDOM,
    SET,
    SOURCE,
    Kind,
    Read,
    Statistic,
    languages_of,
    random_masks,
    untransferred,
    values_of_drops,
)
from headcount.claims.evidence import PLAIN, Quantity, Scale
from headcount.claims.languages import BARS, PUBLISHED
from headcount.claims.tables import Tables
from headcount.phrasing import listed

NO_OTHER = "nothing was transferred to another language"
PAIRED = (
    "A drop is above chance: 1 minus (score - m) / (the whole model's score - m), m being the best constant answer's score;"
    " heads go before the model is fine-tuned. A language has one where the whole model's score lies 3 standard errors above m."
    " All languages lose the same heads and are asked the same examples, so that a resample of these is one for all."
)


def others_in(facts: pd.DataFrame) -> np.ndarray:
    """Which languages are others than that of the fine-tuning."""
    found: np.ndarray = ~facts[SOURCE].to_numpy(bool)
    return found


class Asked(NamedTuple):
    """A statistic of the languages' drops that a claim asks for; without points, it is one of all random masks."""

    bar: str
    label: str
    what: str
    statistic: Statistic
    points: tuple[str, ...] = ()
    name: str = ""
    scale: Scale = PLAIN


def measured(
    tables: Tables, model: str, asked: Asked, schedule: str = BEFORE, kind: Kind = "drop_above_chance", reading: str = ""
) -> Quantity:
    """The statistic as it is judged, or under another reading."""
    points = asked.points or random_masks(tables, model, schedule)
    runs = values_of_drops(tables, model, Read(SET if asked.points else RANDOM, points, schedule, kind), asked.statistic)
    there = languages_of(tables, model, runs.by_seed)
    remark = together(f"over {listed(there)}" if there else "", untransferred(tables, model))
    what = asked.what + (f"; {reading}" if reading else "")
    published = "" if reading else PUBLISHED.get(asked.bar, "")
    label = asked.label or model
    return Quantity(asked.name, label, what, BARS[asked.bar], [(1, runs)], remark, scale=asked.scale, published=published)


def other_readings(tables: Tables, model: str, asked: Asked) -> list[Quantity]:
    """The statistic of raw drops, and of a model that lost its heads after it was fine-tuned."""
    raw = measured(tables, model, asked, kind="drop", reading="of the raw drops, not above chance")
    return [raw, measured(tables, model, asked, ONE_SHOT, reading="heads removed at one shot after fine-tuning")]
