"""headcount: how many attention heads of a pre-trained encoder can be laid off, and do its tasks agree on which?

import headcount as hc

model = hc.load("my-classifier")
importance = hc.importance(model, "train.csv")
importance.plot()
small = hc.prune(model, importance, keep=0.95, data="held_out.csv")
small.save("smaller")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headcount.one_model.dividing import split as split
    from headcount.one_model.importance import Importance as Importance
    from headcount.one_model.importance import importance as importance
    from headcount.one_model.loading import Model as Model
    from headcount.one_model.loading import load as load
    from headcount.one_model.pruning import heads as heads
    from headcount.one_model.pruning import prune as prune
    from headcount.one_model.smaller import Smaller as Smaller

_HOME = {
    "Importance": "importance",
    "Model": "loading",
    "Smaller": "smaller",
    "heads": "pruning",
    "importance": "importance",
    "load": "loading",
    "prune": "pruning",
    "split": "dividing",
}
"""What a notebook needs, and the module of ``headcount.one_model`` that has it: imported when it is asked for, not before."""

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'headcount' has no attribute {name!r}")
    return getattr(import_module(f"headcount.one_model.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
