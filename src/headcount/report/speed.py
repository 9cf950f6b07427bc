"""A device's benchmark as Markdown, from the results that ``python -m benchmarks`` wrote."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from headcount.markdown import frame, paragraphs

ORDER = ("median", "low", "high")


def speed(results: Path) -> str:
    """The Markdown section of one device's benchmark: every comparison, then the bars that were set."""
    found = json.loads(results.read_text())
    rows = [
        {
            "stage": each["section"],
            "shape": each["shape"],
            "measured": each["name"],
            "unit": each["unit"],
            "headcount": _median_and_range(each["value"]),
            "baseline": _median_and_range(each["baseline"]),
            "times": _median_and_range(each["ratio"]),
            "of matrix products": _median_and_range(each.get("share")),
        }
        for each in found["results"]
    ]
    bars = [
        {
            "stage": bar["section"],
            "shape": bar["shape"],
            "measured": bar["name"],
            "bar": f"{bar['relation']} {bar['bound']:g}{' of matrix products' * bar.get('of_share', False)}",
            "found": bar["measured"],
            "verdict": bar["verdict"],
        }
        for bar in found["bars"]
    ]
    title = f"## Speed: {found['device']}, torch {found['versions']['torch']}"
    return paragraphs([title, frame(pd.DataFrame(rows)), "### Bars", frame(pd.DataFrame(bars))])


def _median_and_range(spread: dict[str, float] | None) -> str | None:
    if spread is None:
        return None
    median, low, high = (f"{spread[name]:,.0f}" if abs(spread[name]) >= 1000 else f"{spread[name]:.3g}" for name in ORDER)
    return median if low == high else f"{median} (least {low}, most {high})"
