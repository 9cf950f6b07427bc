"""Models that are kept while they are pre-trained."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from transformers.trainer_callback import TrainerCallback, TrainerState

from headcount.store.files import replacing

SNAPSHOTS = "snapshots"
"""The folder, in that of a training's steps and then in the model's, of the models that were kept on the way."""


class Snapshots(TrainerCallback):
    """Keeps the model as it is after some steps, a folder each in ``place``, named by the step; 0 is before the first."""

    def __init__(self, steps: Sequence[int], place: Path) -> None:
        self.steps = steps
        self.place = place

    def on_train_begin(self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any) -> None:
        self._keep(state.global_step, model)

    def on_step_end(self, args: Any, state: TrainerState, control: Any, model: Any = None, **_: Any) -> None:
        self._keep(state.global_step, model)

    def _keep(self, step: int, model: Any) -> None:
        if step in self.steps:
            with replacing(self.place / str(step)) as temporary:
                model.save_pretrained(temporary)


def keeping(steps: Sequence[int], work: Path) -> list[TrainerCallback]:
    """What keeps the model after some steps, if there are any, in ``work/snapshots``."""
    return [Snapshots(steps, work / SNAPSHOTS)] if steps else []


def move_snapshots(work: Path, directory: Path) -> None:
    """Put what a training kept on the way into the model's directory, if it kept anything."""
    if (kept := work / SNAPSHOTS).is_dir():
        shutil.move(kept, directory / SNAPSHOTS)
