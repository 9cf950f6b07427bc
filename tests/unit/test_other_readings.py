"""What other readings change, on a made-up model whose every score and importance is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from headcount.analysis.other_readings import CHOSEN, OTHERS, Subject, compare
from headcount.criteria.estimators import ESTIMATORS
from headcount.order.outcomes import Answer

IMPORTANCE = {
    "per_example": [[1.0, 2.0, 3.0, 4.0]],
    "per_token": [[4.0, 3.0, 2.0, 1.0]],
    "per_batch": [[1.0, 2.0, 3.0, 4.0]],
    "running_sum": [[2.0, 1.0, 3.0, 4.0]],
    "per_example_normalized": [[1.0, 3.0, 2.0, 4.0]],
}


class Heads:
    """Four heads in one row, one of which (number 2) is worth nearly everything."""

    def __init__(self) -> None:
        self.left = [(0, head) for head in range(4)]

    def remove(self, heads: list[tuple[int, int]]) -> None:
        self.left = [head for head in self.left if head not in heads]


def estimate(heads: Heads, name: str) -> list[np.ndarray]:
    return [np.array([IMPORTANCE[name][0][head] for _, head in heads.left])]


def answer(heads: Heads) -> Answer:
    worth = [0.02, 0.02, 0.92, 0.04]
    return Answer(sum(worth[head] for _, head in heads.left), 0.0, np.empty(0, np.int64))


@pytest.fixture
def table() -> pd.DataFrame:
    unlike: Any = Subject(Heads, estimate, answer, "none", 0.25, 24)  # type: ignore[arg-type]
    return compare(unlike, 0.9).set_index("alternative")


def test_how_many_heads_can_go_under_each_reading(table: pd.DataFrame) -> None:
    """In the chosen order 0, 1, 2, 3 the score falls from .96 to .04 with the third head; in two others a head earlier."""
    beyond = 0.25 * (0.96 - 0.9) / 0.92
    earlier = {"per_token": 0.25 + beyond, "per_example_normalized": 0.25 + 0.25 * (0.98 - 0.9) / 0.92}
    assert table["prunable"][list(earlier)].to_dict() == pytest.approx(earlier)
    assert table["prunable"].drop(list(earlier)).tolist() == pytest.approx([0.5 + beyond] * (len(table) - 2))


def test_rank_correlation_is_with_the_chosen_estimator(table: pd.DataFrame) -> None:
    assert table["spearman"].dropna().to_dict() == pytest.approx(
        {"per_token": -1.0, "per_batch": 1.0, "running_sum": 0.8, "per_example_normalized": 0.8}
    )


def test_every_estimator_is_compared() -> None:
    assert {CHOSEN, *OTHERS} == set(ESTIMATORS)


def test_no_set_of_heads_is_asked_about_twice() -> None:
    asked: list[frozenset[tuple[int, int]]] = []

    def noted(heads: Heads) -> Answer:
        asked.append(frozenset(heads.left))
        return answer(heads)

    unlike: Any = Subject(Heads, estimate, noted, "none", 0.25, 24)  # type: ignore[arg-type]
    compare(unlike, 0.9)
    assert len(asked) == len(set(asked)) > 5
