"""What all figures have in common: colours, lines, fonts, and how they are saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Line = dict[str, Any]
"""Properties of a matplotlib line."""

# The first three are Tol's high-contrast scheme: its lightness differs as well, for colour-blind readers and for grey prints;
# then those of his bright scheme that stay apart from them. The first markers are staggered, so that those of curves that
# coincide stay visible.
LOOKS: tuple[Line, ...] = (
    {"color": "#004488", "marker": "o", "markevery": (0, 4), "dashes": (None, None)},
    {"color": "#BB5566", "marker": "s", "markevery": (1, 4), "dashes": (4, 1.2)},
    {"color": "#DDAA33", "marker": "^", "markevery": (2, 4), "dashes": (4, 1, 1, 1)},
    {"color": "#228833", "marker": "v", "markevery": (3, 4), "dashes": (1.5, 1)},
    {"color": "#66CCEE", "marker": "P", "markevery": (0, 3), "dashes": (6, 1)},
    {"color": "#AA3377", "marker": "X", "markevery": (1, 3), "dashes": (6, 1, 1, 1, 1, 1)},
    {"color": "#777777", "marker": "d", "markevery": (2, 3), "dashes": (3, 2)},
    {"color": "#111111", "marker": "*", "markevery": (0, 2), "dashes": (1, 1)},
)
"""By position in whatever list is compared: norms, criteria, units, arms."""
ONE_ORDER: Line = {**LOOKS[0], "label": "shared heads: same order under every norm", "color": "black", "marker": "D"}
MEAN: Line = {"linewidth": 2, "markersize": 4, "zorder": 3}
SEED: Line = {"linestyle": ":", "linewidth": 0.9, "alpha": 0.8}
LEVEL: Line = {"color": "0.45", "linestyle": (0, (8, 4)), "linewidth": 0.8, "zorder": 1}
CONSTANT: Line = {"color": "0.15", "linestyle": (0, (6, 1.5, 1, 1.5)), "linewidth": 1.2, "label": "best constant answer"}
RC: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold"}
RC |= {"svg.hashsalt": "headcount", "svg.fonttype": "path", "savefig.dpi": 150}
NOTE_SIZE = 7.5  # points


def look(position: int, label: str) -> Line:
    """How the curve at a position of a list is drawn.

    Raises:
        ValueError: more curves than can be told apart.
    """
    if position >= len(LOOKS):
        raise ValueError(f"{label}: a panel has at most {len(LOOKS)} kinds of curves that can be told apart")
    return {**LOOKS[position], "label": label}


def settle(figure: Figure) -> Figure:
    """Lay out once and for good: a layout that runs again at each save may differ in the last digit."""
    FigureCanvasAgg(figure)
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    return figure


def save(figure: Figure, stem: Path) -> tuple[Path, Path]:
    """Write ``stem``.svg and ``stem``.png, the same bytes each time: no date, fixed ids. Returns the two paths."""
    svg, png = (stem.with_name(f"{stem.name}.{kind}") for kind in ("svg", "png"))
    with matplotlib.rc_context(RC):
        figure.savefig(svg, metadata={"Date": None})
        figure.savefig(png, metadata={"Software": None})
    return svg, png


def save_table(table: pd.DataFrame, stem: Path) -> Path:
    """Write the table behind a figure as ``stem``.csv (UTF-8, full precision, null is empty). Returns its path."""
    path = stem.with_name(f"{stem.name}.csv")
    table.to_csv(path, index=False, lineterminator="\n")
    return path
