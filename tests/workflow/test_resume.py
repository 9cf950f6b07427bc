"""A fine-tuning that is killed goes on from its last saved step, and ends as if nothing had happened."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
import torch
from transformers.trainer import Trainer

from headcount.data.splits import checked
from headcount.data.tasks import TASKS
from headcount.miniature.encoders import shipped
from headcount.miniature.tasks import examples
from headcount.models.finetuning import finetune
from headcount.settings.models import Recipe

# Six steps an epoch: the eighth, the last that is saved, is amid the second. Every step draws random numbers (dropout).
EXAMPLES, BATCH, STEPS, SAVED, KILLED = 24, 4, 12, 8, 10
RECIPE = Recipe(learning_rate=1e-3, batch=BATCH, steps=STEPS, save_steps=4, dropout=0.1, warmup_ratio=0.25)
Weights = dict[str, torch.Tensor]


def train(work: Path, before_step: Callable[[int], None] = lambda step: None) -> tuple[Weights, int]:
    """The final weights, and how many steps it took to get there; ``before_step`` is told how many were begun."""
    rows = checked(pd.DataFrame(examples("cola", "train", 1, EXAMPLES)), TASKS["cola"], "test")
    step, begun = Trainer.training_step, 0

    def counted(*args: Any, **settings: Any) -> torch.Tensor:
        nonlocal begun
        begun += 1
        before_step(begun)
        return step(*args, **settings)

    with patch.object(Trainer, "training_step", counted):
        model, _ = finetune(shipped("roberta"), rows, TASKS["cola"], RECIPE, 1, "cpu", work)
    return model.state_dict(), begun


def die(step: int) -> None:
    """As the kernel or a cluster ends a job: at once, and without a chance to tidy up."""
    if step == KILLED:
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work directory that a killed fine-tuning left."""
    work = tmp_path_factory.mktemp("killed") / "work"
    ended = subprocess.run([sys.executable, __file__, str(work)], capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert [path.name for path in work.glob("checkpoint-*")] == [f"checkpoint-{SAVED}"]
    return work


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    weights, steps = train(tmp_path_factory.mktemp("undisturbed") / "work")
    assert steps == STEPS
    return weights


def test_a_killed_fine_tuning_resumes_and_ends_as_an_undisturbed_one(
    killed: Path, undisturbed: Weights, tmp_path: Path
) -> None:
    work = shutil.copytree(killed, tmp_path / "work")
    weights, steps = train(work)
    assert steps == STEPS - SAVED
    torch.testing.assert_close(weights, undisturbed, rtol=0, atol=0)


def test_steps_that_were_being_saved_when_it_was_killed_are_not_resumed_from(
    killed: Path, undisturbed: Weights, tmp_path: Path
) -> None:
    """The Trainer writes weights first and its own state last, straight into the folder that it would resume from."""
    work = shutil.copytree(killed, tmp_path / "work")
    half = work / f"checkpoint-{STEPS}"
    half.mkdir()
    for name in ("config.json", "model.safetensors"):
        shutil.copy(work / f"checkpoint-{SAVED}" / name, half)
    weights, steps = train(work)
    assert steps == STEPS - SAVED
    torch.testing.assert_close(weights, undisturbed, rtol=0, atol=0)


if __name__ == "__main__":
    train(Path(sys.argv[1]), before_step=die)
