"""The embedded world's own encoders, shipped with the package as the Hub's weights are given to the paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent / "weights"
FAMILIES = ("roberta", "albert")
"""Those that read English alone, each by its family."""
MULTILINGUAL = "multilingual"
"""The one that reads all of the world's languages; of the shape and the training of that of its family."""
MULTILINGUAL_FAMILY = "roberta"
NAMES = (*FAMILIES, MULTILINGUAL)


def shipped(name: str) -> Path:
    """Directory of a shipped encoder.

    Raises:
        ValueError: none ships by that name.
    """
    directory = HOME / name
    if name not in NAMES or not directory.is_dir():
        raise ValueError(f"encoders: no encoder {name!r} ships with the package: allowed are {list(NAMES)}")
    return directory


def manifest(name: str) -> dict[str, Any]:
    """What a shipped encoder's manifest says: files, settings, training, scores, articles of each language."""
    content: dict[str, Any] = json.loads((HOME / f"{name}.json").read_text())
    return content
