"""The config's section on single weights, pruned before transfer (Gordon, Duh and Andrews 2020)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from headcount.settings.models import MaskedTraining
from headcount.settings.values import Chosen, Count, Decay, Distinct, Fraction, Name, Share, Strict, Task

Trained = Literal["retrained", "deleted", "after"]
"""What is trained where weights are pruned, by its name in a curve's column ``schedule``."""
Scope = Literal["matrix", "model"]


class SparseTraining(MaskedTraining):
    """How masked pre-training goes on while weights are pruned; the seed is that of the run."""

    steps: Count = Field(default=20_000, description="Optimiser steps (the paper: 100,000, and level from 20,000 on).")
    batch: Count = Field(default=32, description="Blocks per step.")
    learning_rate: float = Field(default=2e-5, gt=0, description="Peak learning rate; linear warm-up and decay.")
    ramp: Share = Field(default=0.1, description="Share of the steps in which sparsity rises; then the mask stays.")
    held_out: Share = Field(
        default=0.05, lt=1, description="Share of the articles that it does not see, on which its loss is measured."
    )


class Epochs(Strict):
    """Passes over the training set in an arm that does not take the recipe's."""

    epochs: float = Field(gt=0, description="Passes over the training set.")
    more: float = Field(default=2.0, ge=0, description="So many more at the highest sparsities,")
    more_from: Fraction = Field(description="which begin at this one.")

    def at(self, fraction: float) -> float:
        """The passes at a sparsity."""
        return self.epochs + (self.more if fraction >= self.more_from else 0)


class WeightPruning(Strict):
    """Single weights pruned by magnitude, before and after fine-tuning, beside heads (Gordon et al. 2020)."""

    models: Chosen[Name] = Field(default=[], description="Which of `models` are studied so.")
    tasks: Chosen[Task] = Field(default=["cola", "sst2", "qqp", "mnli"], description="On which of `tasks`.")
    fractions: Distinct[Decay] = Field(
        default=[0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], description="Shares of the weights that are zero (§3.2)."
    )
    random: Chosen[Decay] = Field(
        default=[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], description="Of these, at which random weights go too."
    )
    arms: Chosen[Trained] = Field(
        default=["retrained", "deleted", "after"],
        description="What is trained: pre-training goes on while weights go, and they stay away (`retrained`), or may come back"
        " in a longer fine-tuning (`deleted`); or a fine-tuned model is pruned and trained on (`after`).",
    )
    scope: Scope = Field(
        default="matrix", description="Whether each matrix loses the same share, or the smallest weights of the `model` go."
    )
    pretrain: SparseTraining = SparseTraining()
    deleted: Epochs = Field(
        default=Epochs(epochs=13.0, more_from=0.7),
        description="Fine-tuning in the arm `deleted`: until its training loss is that of the unpruned model (§3.3).",
    )
    after: Epochs = Field(
        default=Epochs(epochs=5.0, more_from=0.8), description="Training on in the arm `after`, beside the recipe's (§3.4)."
    )
    keep: bool = Field(
        default=True,
        description="Keep the sparse models (packed: a bit an entry and the values left); else they go when all is made of"
        " them.",
    )

    def epochs(self, arm: Trained, fraction: float) -> float | None:
        """The passes of an arm at a sparsity; none where the recipe's count."""
        own = {"retrained": None, "deleted": self.deleted, "after": self.after}[arm]
        return None if own is None else own.at(fraction)

    @model_validator(mode="after")
    def _has_a_whole_model(self) -> WeightPruning:
        if 0.0 not in self.fractions:
            raise ValueError("fractions: 0.0 is missing; whatever is said of a sparse model is relative to the unpruned one")
        if beside := [each for each in self.random if each not in self.fractions or not each]:
            allowed = ", ".join(f"{each:g}" for each in self.fractions if each)
            raise ValueError(f"random: {beside[0]} is not among the fractions above 0; allowed: {allowed}")
        if self.random and "retrained" not in self.arms:
            raise ValueError("random: random weights go in the arm `retrained`, which is not in `arms`; allowed is []")
        return self
