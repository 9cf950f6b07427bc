"""What a job is about: the wildcards of its files, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class About:
    """What a job is about, by its wildcards; ``None`` where it is about all of the study's, or about none.

    Args:
        task: a downstream task, or masked LM.
        fraction, arm (of freezing; of a study of weights what is trained): as they stand in a path.
        point: which units a model loses before it is fine-tuned, as it stands there.
    """

    model: str | None = None
    task: str | None = None
    seed: int | None = None
    norm: str | None = None
    unit: str | None = None
    criterion: str | None = None
    fraction: str | None = None
    arm: str | None = None
    point: str | None = None
    figure: str | None = None

    @classmethod
    def of(cls, wildcards: Mapping[str, str]) -> About:
        """From the wildcards of a path; ``any_task`` is a task that may be masked LM."""
        given: dict[str, Any] = {("task" if name == "any_task" else name): value for name, value in wildcards.items()}
        if "seed" in given:
            given["seed"] = int(given["seed"])
        return cls(**given)

    @property
    def wildcards(self) -> dict[str, str]:
        """As the paths of ``headcount.study.layout`` name them."""
        found = {name: str(value) for name, value in vars(self).items() if value is not None}
        return {**found, "any_task": found["task"]} if "task" in found else found


def extended(about: About, **more: str) -> About:
    """The same with more said."""
    return About(**{**vars(about), **more})
