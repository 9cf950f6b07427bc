"""Names beside dots, where there is room for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from headcount.figures.style import NOTE_SIZE, Line

SIDES = (
    *((1, 0, "left", "center"), (-1, 0, "right", "center"), (0, 1, "center", "bottom"), (0, -1, "center", "top")),
    *((0.8, 0.8, "left", "bottom"), (-0.8, 0.8, "right", "bottom"), (0.8, -0.8, "left", "top"), (-0.8, -0.8, "right", "top")),
)
"""Where a name may stand: the direction from its dot, and how the text is aligned there; the first that is free is taken."""
DISTANCES = (2.5, 9.0, 16.0, 24.0)
"""Points between a dot and its name."""
LEADER: Line = {"arrowstyle": "-", "color": "0.6", "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2}


@dataclass(frozen=True)
class Dot:
    """A dot at x and y, in the axes' numbers, with its diameter in points."""

    name: str
    place: tuple[float, float]
    size: float


def lay_out(figure: Figure) -> None:
    """Find where everything stands, without drawing it; until then no distance on the page is known."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()


def name_dots(axes: Axes, dots: Sequence[Dot]) -> None:
    """Write each dot's name where it covers neither another text nor a dot; further off, with a line to it, if need be.

    The axes were laid out. A name that finds no room is left out.
    """
    taken = [_around(axes, dot) for dot in dots] + [text.get_window_extent() for text in axes.texts if text.get_text()]
    inside = axes.get_window_extent()
    for dot in sorted(dots, key=lambda dot: dot.place):
        for distance, side in ((distance, side) for distance in DISTANCES for side in SIDES):
            text = _named(axes, dot, distance, *side)
            box = text.get_window_extent()
            fits = inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1)
            if fits and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            text.remove()


def _named(axes: Axes, dot: Dot, distance: float, across: float, up: float, ha: Any, va: Any) -> Annotation:
    away = dot.size / 2 + distance
    how: Line = {"textcoords": "offset points", "fontsize": NOTE_SIZE, "ha": ha, "va": va}
    leader = LEADER if distance > DISTANCES[0] else None
    text = axes.annotate(dot.name, dot.place, xytext=(away * across, away * up), arrowprops=leader, **how)
    text.set_in_layout(False)
    return text


def _around(axes: Axes, dot: Dot) -> Bbox:
    x, y = axes.transData.transform(dot.place)
    radius = dot.size / 2 * axes.figure.dpi / 72
    return Bbox.from_extents(x - radius, y - radius, x + radius, y + radius)
