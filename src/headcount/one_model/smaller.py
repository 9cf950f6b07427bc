"""A model that has lost heads, with what is known of it: which, on what they were chosen, and what it is worth elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import pandas as pd

from headcount.data.metrics import title
from headcount.one_model.speed import BATCH, Speed, compare

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from headcount.data.tasks import Classification
    from headcount.networks.examples import LabelledExamples
    from headcount.one_model.importance import Importance
    from headcount.one_model.loading import Model
    from headcount.one_model.pictures import Picture

Format = Literal["small", "dense", "onnx"]
FORMATS: tuple[Format, ...] = get_args(Format)


@dataclass(frozen=True)
class Measured:
    """Two scores on the same examples.

    Args:
        examples: how many.
        whole, smaller: the score of the whole model, and of the smaller one.
        constant: that of the best constant answer, where it was asked for.
        share: ``smaller`` over ``whole``; null where that is not above 0.
        interval: within which the share on all such examples lies, 95 % of the time.
    """

    examples: int
    whole: float
    smaller: float
    constant: float | None = None
    share: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True, eq=False)
class Smaller:
    """A smaller model.

    Args:
        model: in eval mode; independent of the one that it was made from.
        kept: the numbers, from 0, of the heads that each layer has left (one row in all where layers share their heads).
        keep: the share of the score that was to be kept.
        chosen: the scores on the examples that the number of heads was chosen on: they flatter it.
        measured: the scores on examples that decided nothing.
        curve: the score on the former after every number of heads that was tried.
        data, title: where the examples come from, and what the task is called, where that is known.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    kept: list[list[int]]
    keep: float
    task: Classification
    chosen: Measured
    measured: Measured
    importance: Importance
    curve: pd.DataFrame
    whole: Model
    questions: LabelledExamples = field(repr=False)
    data: str | None = None
    title: str | None = None
    _speeds: dict[int, Speed] = field(default_factory=dict, repr=False)

    @property
    def heads(self) -> int:
        """How many the whole model has."""
        return int(self.importance.values.size)

    @property
    def removed(self) -> int:
        """How many are gone."""
        return self.heads - sum(map(len, self.kept))

    @property
    def above_constant(self) -> bool:
        """Whether the share of the score that was to be kept is more than the best constant answer's score."""
        return self.chosen.constant is not None and self.keep * self.chosen.whole > self.chosen.constant

    def speed(self, batch: int = BATCH) -> Speed:
        """How many times as fast as the whole model it answers here, on ``batch`` of the examples that measured it."""
        if batch not in self._speeds:
            self._speeds[batch] = compare(self.whole.model, self.model, self.questions, batch)
        return self._speeds[batch]

    @property
    def measured_speed(self) -> Speed | None:
        """The speed that was asked for last, if any was."""
        return next(reversed(self._speeds.values()), None)

    def plot(self, path: str | Path | None = None) -> Picture:
        """The map of importance, with the heads that are gone crossed out, beside the curve that chose their number."""
        from headcount.one_model.pictures import smaller_map

        return smaller_map(self, path=path)

    def save(self, directory: str | Path, *, format: Format = "small", overwrite: bool = False) -> None:
        """Write it, whole or not at all, with its tokenizer and a card that says what it is.

        Args:
            format: ``small`` (fewer weights; loads with ``trust_remote_code=True``), ``dense`` (zeros where heads were; loads
                anywhere, no faster) or ``onnx`` (for ONNX Runtime).
            overwrite: replace a model that stands there.

        Raises:
            ValueError: an unknown format, or something stands there.
        """
        from headcount.one_model.saving import save

        save(self, Path(directory), format, overwrite)

    def summary(self) -> dict[str, Any]:
        """All of it that JSON can hold."""
        return {
            "keep": self.keep,
            "heads": self.heads,
            "removed": self.removed,
            "kept": self.kept,
            "above_constant": self.above_constant,
            "chosen": _plain(self.chosen),
            "measured": _plain(self.measured),
        }

    def __repr__(self) -> str:
        found = self.measured
        left = " ".join(str(len(row)) for row in self.kept)
        return (
            f"{self.removed} of {self.heads} heads can go, to keep {100 * self.keep:g} % of {title(self.task.metric_name)}\n"
            f"  measured on {found.examples} examples that decided nothing: {found.whole:.3f}, then {found.smaller:.3f},"
            f" {spoken(found)} of it\n"
            f"  their number chosen on {self.chosen.examples} others, their order on {self.importance.examples} others again\n"
            f"  heads left in each layer, lowest first: {left}"
        )


def spoken(found: Measured) -> str:
    """A share with its interval: ``96.2 % (93.0 to 99.4)``."""
    if found.share is None or found.interval is None:
        return "–"
    low, high = found.interval
    return f"{100 * found.share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _plain(found: Measured) -> dict[str, Any]:
    return {name: value for name, value in vars(found).items() if value is not None}
