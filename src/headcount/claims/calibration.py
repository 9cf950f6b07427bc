"""Are intervals and verdicts what they say? Simulated studies whose truth is known, judged by the code of real ones.

``python -m headcount.claims.calibration results/<study>/claims.json`` takes from a study how far its seeds are apart and how
much its examples blur (claim C1's parts), and prints a table.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from headcount import markdown as md
from headcount.claims.conclusions import judged
from headcount.claims.curves import HELD, prunable, relative_to_whole
from headcount.claims.evidence import Quantity
from headcount.claims.heads import BARS, PAPER_TASKS
from headcount.claims.resampling import Resamples, scores
from headcount.claims.tables import Runs
from headcount.claims.verdicts import Verdicts, claim_verdict
from headcount.order.outcomes import point_name
from headcount.phrasing import fixed, percent

SEEDS = (2, 3, 5, 10)
STUDIES = 200
"""Simulated for each row and truth: a rate of 5 % is known to within 1.5 points."""
REMOVED = range(21)
FRACTIONS = np.array(REMOVED) / REMOVED[-1]
BAR = BARS["C1"]
LIKE = "sst2"
"""The task that the simulated ones stand for."""


@dataclass(frozen=True)
class World:
    """Where simulated runs come from.

    Args:
        spread: standard deviation over seeds of the share of the heads that can go.
        examples: of the validation set.
        unpruned: accuracy of the whole model.
        common: how much of what makes an example hard is so for every seed.
    """

    spread: float = 0.05
    examples: int = 300
    unpruned: float = 0.9
    common: float = 0.5

    def accuracies(self, shares: np.ndarray) -> np.ndarray:
        """Of runs ``[seeds]`` at the points ``[seeds, points]``: each has nine tenths of its accuracy left at its share."""
        lost = (1 - HELD) * (FRACTIONS / np.maximum(shares, 0.02)[:, None]) ** 3
        accuracies: np.ndarray = self.unpruned * (1 - np.minimum(lost, 0.45))
        return accuracies

    def runs(self, rng: np.random.Generator, truth: float, seeds: int, resamples: Resamples) -> Runs:
        """A task's runs: each example is answered right as long as the accuracy is above how hard it is for the run."""
        from scipy.stats import norm

        accuracies = self.accuracies(rng.normal(truth, self.spread, seeds))
        hard_for_all = np.sqrt(self.common) * rng.normal(size=self.examples)
        names = [str(number) for number in range(self.examples)]
        times, share = resamples.times(names), prunable(HELD, "first_crossing")
        by_seed, draws = {}, {}
        for seed, accuracy in enumerate(accuracies):
            hard = norm.cdf(hard_for_all + np.sqrt(1 - self.common) * rng.normal(size=self.examples))
            right = (hard[:, None] < accuracy).astype(np.int16)
            outcomes = pd.DataFrame(right, columns=[point_name(count) for count in REMOVED]).assign(label=1)
            observed = right.mean(axis=0)
            by_seed[seed] = float(share(FRACTIONS, observed / observed[0]))
            draws[seed] = share(FRACTIONS, relative_to_whole(scores("accuracy", outcomes, REMOVED, times)))
        return Runs("simulated", LIKE, by_seed, {}, frozenset(), draws)

    def expected(self, truth: float) -> float:
        """The mean share over all seeds there could be, on endlessly many examples."""
        shares = np.random.default_rng(0).normal(truth, self.spread, 20_000)
        relative = self.accuracies(shares) / self.unpruned
        return float(prunable(HELD, "first_crossing")(FRACTIONS, relative).mean())

    def study(self, rng: np.random.Generator, truth: float, seeds: int, resamples: Resamples) -> list[Quantity]:
        """The quantities of a claim about all tasks, each with the same truth."""
        terms = [self.runs(rng, truth, seeds, resamples) for _ in PAPER_TASKS]
        return [
            Quantity(task, task, "simulated share", BAR, [(1, runs)]) for task, runs in zip(PAPER_TASKS, terms, strict=True)
        ]


class Row(NamedTuple):
    """What came of studies with so many seeds; rates of all studies, coverage of all intervals."""

    seeds: int
    coverage: float
    contradicted_true: float
    contradicted_at_bar: float
    supported_at_bar: float
    supported_far: float
    contradicted_far: float


def calibrate(world: World, seeds: int, studies: int = STUDIES, start: int = 1) -> Row:
    """Simulate studies whose true shares lie at the bar, half a standard deviation above it, and two above and below."""
    rng, resamples = np.random.default_rng([start, seeds]), Resamples(LIKE, [str(number) for number in range(world.examples)])
    covered: list[bool] = []

    def verdicts(truth: float) -> list[str]:
        expected = world.expected(truth)
        found: list[str] = []
        for _ in range(studies):
            quantities = world.study(rng, truth, seeds, resamples)
            covered.extend(low <= expected <= high for one in quantities if one.interval for low, high in [one.interval])
            found.append(claim_verdict(part.verdict for part in judged(quantities)))
        return found

    def rate(found: list[str], verdict: str) -> float:
        return found.count(verdict) / len(found)

    a_little, at_bar = verdicts(BAR.value + world.spread / 2), verdicts(BAR.value)
    above, below = verdicts(BAR.value + 2 * world.spread), verdicts(BAR.value - 2 * world.spread)
    return Row(
        seeds,
        float(np.mean(covered)),
        rate(a_little, "contradicted"),
        rate(at_bar, "contradicted"),
        rate(at_bar, "supported"),
        rate(above, "supported"),
        rate(below, "contradicted"),
    )


def like(verdicts: Verdicts) -> World:
    """The world whose seeds are as far apart, and whose examples blur as much, as those of a study's claim C1.

    Raises:
        ValueError: the study has no interval for it.
    """
    parts = [part for claim in verdicts.claims if claim.id == "C1" for part in claim.parts if part.error_of_seeds]
    if not parts:
        raise ValueError(f"study {verdicts.study} has no interval for claim C1: it takes two seeds of the main model at least")
    spread = float(np.sqrt(np.mean([(part.error_of_seeds or 0.0) ** 2 * part.seeds for part in parts])))
    blur = float(np.sqrt(np.mean([(part.error_of_examples or 0.0) ** 2 for part in parts])))
    seeds, pilot = round(float(np.mean([part.seeds for part in parts]))), World(spread=spread)
    resamples = Resamples(LIKE, [str(number) for number in range(pilot.examples)])
    simulated = [one.found for one in pilot.study(np.random.default_rng(0), BAR.value, seeds, resamples) if one.found]
    own = float(np.sqrt(np.mean([found.error_of_examples**2 for found in simulated])))
    return replace(pilot, examples=int(np.clip(pilot.examples * (own / blur) ** 2, 50, 5000)) if blur else 5000)


def table(world: World, rows: Sequence[Row]) -> str:
    """The rows as Markdown, and the world that they come from."""
    heading = [
        "seeds",
        "coverage of 95% intervals",
        "contradicted, though true by ½ sd",
        "contradicted, at the bar",
        "supported, at the bar",
        "supported, 2 sd above",
        "contradicted, 2 sd below",
    ]
    told = (
        f"{STUDIES} studies a cell, of {len(PAPER_TASKS)} tasks each. The share of heads that can go has a standard deviation"
        f" of {fixed(world.spread, 3)} over seeds; {world.examples} validation examples."
    )
    title = "# How often intervals hold the truth, and verdicts are wrong\n\nWritten by `make calibrate`. "
    return f"{title}{told}\n\n{md.table(heading, ([str(row.seeds), *map(percent, row[1:])] for row in rows))}"


def main() -> None:
    world = World()
    if sys.argv[1:]:
        world = like(Verdicts.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(table(world, [calibrate(world, seeds) for seeds in SEEDS]))


if __name__ == "__main__":
    main()
