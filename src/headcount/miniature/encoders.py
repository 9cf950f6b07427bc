"""The embedded world's own encoders, shipped with the package as the Hub's weights are given to the paper."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HOME = Path(__file__).parent / "weights"
FAMILIES = ("roberta", "albert")


def shipped(family: str) -> Path:
    """Directory of the shipped encoder of a family.

    Raises:
        ValueError: none ships for that family.
    """
    directory = HOME / family
    if family not in FAMILIES or not directory.is_dir():
        raise ValueError(f"encoders: no encoder of family {family!r} ships with the package: allowed are {list(FAMILIES)}")
    return directory


def manifest(family: str) -> dict[str, Any]:
    """What the shipped encoder's manifest says: files, settings, training, scores."""
    content: dict[str, Any] = json.loads((HOME / f"{family}.json").read_text())
    return content
