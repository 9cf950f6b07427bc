"""The training loss at the end of a training: its mean over the last steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from transformers.trainer_callback import TrainerCallback, TrainerState

SHARE = 0.05
"""The last steps are this share of all."""


class LastSteps(TrainerCallback):
    """Has the loss of the last steps logged apart from that of the others.

    It saves none of them: a killed run, which forgets what it has not logged, then comes back to before they began.
    """

    def on_step_end(self, args: Any, state: TrainerState, control: Any, **_: Any) -> None:
        begin = state.max_steps - last_steps(state.max_steps)
        control.should_log = control.should_log or state.global_step in (begin, state.max_steps)
        if begin < state.global_step < state.max_steps:
            control.should_save = False


def last_steps(steps: int) -> int:
    """How many the last ones of some steps are; at least one."""
    return max(1, math.ceil(SHARE * steps))


def last_loss(history: Sequence[dict[str, float]]) -> float | None:
    """The mean training loss over the last steps of a training that ``LastSteps`` saw; none where it diverged."""
    logged = [(int(entry["step"]), entry["loss"]) for entry in history if "loss" in entry]
    if not logged or any("diverged" in entry for entry in history):
        return None
    before, total, counted = logged[-1][0] - last_steps(logged[-1][0]), 0.0, 0
    for (start, _), (end, loss) in pairwise([(0, 0.0), *logged]):
        if start >= before:
            total, counted = total + loss * (end - start), counted + end - start
    return total / counted
