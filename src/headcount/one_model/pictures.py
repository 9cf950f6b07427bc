"""Pictures of one model's heads: a map of importance, what is gone, and the curve that chose how many."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from headcount.data.metrics import title
from headcount.figures.style import LEVEL, LOOKS, RC, settle

if TYPE_CHECKING:
    from headcount.one_model.importance import Importance
    from headcount.one_model.smaller import Smaller
    from headcount.order.ranking import Head

SUFFIXES = (".png", ".svg", ".pdf")
COLOURS = "cividis"


@dataclass(frozen=True, eq=False, repr=False)
class Picture:
    """A drawing that notebooks show by themselves."""

    figure: Figure

    def save(self, path: str | Path) -> None:
        """Write it as what the name ends in: ``.png``, ``.svg`` or ``.pdf``.

        Raises:
            ValueError: it ends in something else.
        """
        target = Path(path)
        check_suffix(target)
        with matplotlib.rc_context(RC):
            self.figure.savefig(target)

    def __repr__(self) -> str:
        return "<a picture>"

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        with matplotlib.rc_context(RC):
            self.figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()


def check_suffix(path: Path) -> None:
    """See that a picture can be written to ``path``.

    Raises:
        ValueError: no picture's name ends so.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"{path}: a picture's name ends in {', '.join(SUFFIXES)}")


def importance_map(found: Importance, path: str | Path | None = None) -> Picture:
    """Each head's share of its layer's importance, lowest layer at the bottom."""
    rows, heads = found.values.shape
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=_size(rows, heads), layout="constrained")
        _map(figure.add_subplot(), found, ())
        return _finished(figure, path)


def smaller_map(smaller: Smaller, path: str | Path | None = None) -> Picture:
    """The map with the heads that are gone crossed out, beside the curve on the examples that chose their number."""
    rows, heads = smaller.importance.values.shape
    width, height = _size(rows, heads)
    with matplotlib.rc_context(RC):
        figure = Figure(figsize=(width + 3.8, max(height, 3.0)), layout="constrained")
        left, right = figure.subplots(1, 2, width_ratios=[width, 3.8])
        gone = set(smaller.importance.order[: smaller.removed])
        _map(left, smaller.importance, gone)
        _curve(right, smaller)
        return _finished(figure, path)


def _size(rows: int, heads: int) -> tuple[float, float]:
    return float(np.clip(1.9 + 0.3 * heads, 3.6, 9.0)), float(np.clip(1.2 + 0.3 * rows, 2.0, 8.0))


def _map(axes: Axes, found: Importance, gone: Collection[Head]) -> None:
    shown = found.normalized
    rows, heads = shown.shape
    edges = (0.5, heads + 0.5, 0.5, rows + 0.5)
    image = axes.imshow(shown, origin="lower", extent=edges, aspect="auto", cmap=COLOURS, interpolation="nearest", vmin=0)
    for row, head in gone:
        axes.plot(head + 1, row + 1, marker="x", color="white", markersize=7, markeredgewidth=3)
        axes.plot(head + 1, row + 1, marker="x", color="black", markersize=6, markeredgewidth=1.2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(8, steps=[1, 2, 4, 5, 10], integer=True, min_n_ticks=1))
    axes.set(xlabel="head", ylabel="layer" if rows > 1 else "all layers", title=f"importance on {found.examples} examples")
    if rows == 1:
        axes.set_yticks([])
    told = {"l1": "share of its layer's importance", "l2": "importance over its layer's l2 norm"}
    axes.figure.colorbar(image, ax=axes, label=told.get(found.norm, "importance (nats)"), pad=0.02)


def _curve(axes: Axes, smaller: Smaller) -> None:
    curve, chosen = smaller.curve, smaller.chosen
    axes.plot(curve["removed"], curve["score"], color=LOOKS[0]["color"], marker="o", markersize=3, linewidth=1.5)
    axes.axhline(smaller.keep * chosen.whole, **LEVEL)
    if chosen.constant is not None:
        axes.axhline(chosen.constant, color=LOOKS[1]["color"], linestyle=":", linewidth=1)
        axes.annotate("best constant answer", (0, chosen.constant), (2, 2), textcoords="offset points", fontsize=7.5)
    axes.annotate(
        f"{smaller.keep:.0%} of the whole model's", (0, smaller.keep * chosen.whole), (2, -3),
        textcoords="offset points", va="top", fontsize=7.5,
    )  # fmt: skip
    axes.plot(smaller.removed, chosen.smaller, marker="o", color=LOOKS[1]["color"], markersize=7, zorder=4)
    axes.set(xlabel=f"heads removed, of {smaller.heads}", ylabel=title(smaller.task.metric_name))
    axes.set_title(f"{smaller.removed} can go, chosen on {chosen.examples} others")


def _finished(figure: Figure, path: str | Path | None) -> Picture:
    picture = Picture(settle(figure))
    if path is not None:
        picture.save(path)
    return picture
