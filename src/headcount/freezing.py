"""What is held fixed where a model is fine-tuned with its lowest layers frozen (§5)."""

from __future__ import annotations

from dataclasses import dataclass

from headcount.registry import Registry


@dataclass(frozen=True)
class Arm:
    """What it is called in tables and configs, and whether it holds the ``embeddings`` fixed beside the lowest layers."""

    title: str
    embeddings: bool


ARMS: Registry[Arm] = Registry(
    "arm",
    {
        "layers": Arm("layers", embeddings=False),
        "layers-and-embeddings": Arm("layers and embeddings", embeddings=True),
    },
)
"""By their names in paths. The paper says layers, and is silent on the embeddings: the verdict reads the first arm."""


def in_path(title: str) -> str:
    """An arm's name in paths."""
    return title.replace(" ", "-")
