"""What was measured: one record each, the bars that it is held to, a table for people and JSON for programs."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from benchmarks.timing import Rates, ratios, spread
from headcount.store.manifests import versions


@dataclass(frozen=True)
class Result:
    """One measurement: ``value`` in ``unit``, and how many times that of ``against`` it is.

    ``value``, ``baseline``, ``ratio`` and ``share`` hold median, low, high and every run; ratios are taken within each
    repetition. ``share`` is that of its operations per second in those of large matrix products.
    """

    section: str
    shape: str
    name: str
    unit: str
    value: dict[str, Any]
    against: str | None = None
    baseline: dict[str, Any] | None = None
    ratio: dict[str, Any] | None = None
    share: dict[str, Any] | None = None
    notes: dict[str, Any] = field(default_factory=dict)


Place = tuple[str, str]
"""Section and shape."""
NOTHING: dict[str, Any] = {}


@dataclass(frozen=True)
class Work:
    """What one unit of a measurement is in matrix products, for its share of what the device does in large ones.

    Args:
        flops: operations of one unit, counted as `make plan` counts them.
        products: operations per second in large matrix products, measured in turn with the unit.
        kind: the kind of work that `make plan` takes the speed for.
    """

    flops: float
    products: Rates
    kind: str | None = None


def compared(
    place: Place,
    name: str,
    unit: str,
    rates: Rates,
    against: str,
    baseline: Rates,
    notes: dict[str, Any] = NOTHING,
    work: Work | None = None,
) -> Result:
    """The package's rates beside a baseline's of the same repetitions.

    Args:
        work: of one unit, where the rates are units per second.
    """
    share = None
    if work:
        share = spread([rate * work.flops / most for rate, most in zip(rates, work.products, strict=True)])
        notes = {**notes, "flops": work.flops, "matrix_products": spread(work.products), "work": work.kind}
    ratio = spread(ratios(rates, baseline))
    return Result(*place, name, unit, spread(rates), against, spread(baseline), ratio, share, notes)


def single(place: Place, name: str, unit: str, values: Sequence[float], notes: dict[str, Any] = NOTHING) -> Result:
    """A measurement without a baseline."""
    return Result(*place, name, unit, spread(values), notes=notes)


# --------------------------------------------------------------------------------------------------------------- speed


def flops_per_second(results: Iterable[Result]) -> dict[str, float]:
    """Operations per second in each kind of work, of the last shape (the largest) that was measured."""
    known = (result for result in results if result.notes.get("work"))
    return {result.notes["work"]: result.value["median"] * result.notes["flops"] for result in known}


# ---------------------------------------------------------------------------------------------------------------- bars


@dataclass(frozen=True)
class Bar:
    """What a measurement must reach on ``device``: its ratio, or its value where it has none; or its share."""

    device: str
    section: str
    shape: str
    name: str
    relation: str
    bound: float
    of_share: bool = False

    def judge(self, results: Iterable[Result]) -> dict[str, Any]:
        """The bar with the median that it is held against, and a verdict in words."""
        for result in results:
            if (result.section, result.shape, result.name) == (self.section, self.shape, self.name):
                found = ((result.share if self.of_share else result.ratio) or result.value)["median"]
                return {**asdict(self), "measured": found, "verdict": self._verdict(found)}
        return {**asdict(self), "measured": None, "verdict": "not run"}

    def _verdict(self, found: float) -> str:
        reached = found >= self.bound if self.relation == ">=" else found <= self.bound
        if reached:
            return "reached"
        return f"missed: {found:.3g} is {found / self.bound:.0%} of {self.bound:g}" if self.bound else f"missed: {found:g}"


BARS = (
    Bar("cpu", "importance", "bert-base", "one by one", ">=", 8),
    Bar("cuda", "importance", "roberta-large", "one by one", ">=", 30),
    Bar("cpu", "curve", "bert-base", "whole curve", ">=", 4),
    Bar("cpu", "masked-lm", "roberta-large", "head", ">=", 1.5),
    Bar("cuda", "masked-lm", "roberta-large", "head", ">=", 1.5),
    Bar("cpu", "divergence", "bert-base", "memory at twice the sample", "<=", 1.05),
    Bar("cuda", "divergence", "roberta-large", "memory at twice the sample", "<=", 1.05),
    Bar("any", "start-up", "", "network job", "<=", 2),
    Bar("any", "start-up", "", "network job, warm", "<=", 2),
    Bar("any", "start-up", "", "table jobs that load torch", "<=", 0),
    Bar("cpu", "importance", "bert-base", "one by one", ">=", 0.8, of_share=True),
    Bar("cpu", "curve", "bert-base", "whole curve", ">=", 0.8, of_share=True),
    Bar("cpu", "fine-tuning", "bert-base", "training", ">=", 0.7, of_share=True),
    Bar("cuda", "fine-tuning", "roberta-large", "training", ">=", 0.45, of_share=True),
    Bar("cuda", "importance", "roberta-large", "one by one", ">=", 0.40, of_share=True),
    Bar("cuda", "curve", "roberta-large", "whole curve", ">=", 0.40, of_share=True),
)


def judged(results: Sequence[Result], device: str) -> list[dict[str, Any]]:
    """Every bar for this kind of device."""
    return [bar.judge(results) for bar in BARS if bar.device in (device, "any")]


# -------------------------------------------------------------------------------------------------------------- output


def device_name(device: str) -> str:
    """The card's or the processor's name."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return f"{found[1] if found else platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def file_name(device: str) -> str:
    """Where a device's results are kept: its name in letters, digits and hyphens."""
    plain = re.sub(r"\((r|tm)\)", "", device_name(device).lower())
    return re.sub(r"[^a-z0-9.]+", "-", plain).strip("-") + ".json"


def record(results: Sequence[Result], device: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Everything that one run found, for a JSON file."""
    return {
        "device": device_name(device),
        "versions": versions(),
        "load_average": list(os.getloadavg()),
        **settings,
        "flops_per_second": flops_per_second(results),
        "bars": judged(results, device),
        "results": [asdict(result) for result in results],
    }


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _cell(found: dict[str, Any] | None) -> str:
    if found is None:
        return ""
    low, high = _number(found["low"]), _number(found["high"])
    return _number(found["median"]) + (f" ({low} … {high})" if low != high else "")


def table(results: Sequence[Result], bars: Sequence[dict[str, Any]]) -> str:
    """Two tables: medians with the lowest and highest of the repetitions; and the bars."""
    lines = [("section", "shape", "measurement", "unit", "headcount", "baseline", "ratio", "of matrix products")]
    for result in results:
        cells = map(_cell, (result.value, result.baseline, result.ratio, result.share))
        lines.append((result.section, result.shape, result.name, result.unit, *cells))
    held = [("bar", "shape", "measurement", "bound", "measured", "verdict")]
    for bar in bars:
        measured = "" if bar["measured"] is None else _number(bar["measured"])
        bound = f"{bar['relation']} {bar['bound']:g}{' of matrix products' if bar['of_share'] else ''}"
        held.append((bar["section"], bar["shape"], bar["name"], bound, measured, bar["verdict"]))
    return _aligned(lines) + "\n\n" + _aligned(held)


def _aligned(lines: Sequence[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines)
