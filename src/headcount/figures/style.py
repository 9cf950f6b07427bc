"""What all figures have in common: names, colours, fonts, and how they are saved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Line = dict[str, Any]
"""Properties of a matplotlib line."""

TASKS = {"cola": "CoLA", "sst2": "SST-2", "qqp": "QQP", "mnli": "MNLI", "mlm": "Masked LM"}
METRICS = {
    "matthews_correlation": "Matthews correlation",
    "accuracy": "accuracy",
    "accuracy_and_f1": "mean of accuracy and F1",
    "recall_at_1": "Recall@1",
}
"""How the field writes the tasks and the metrics; other names are shown as they are."""


# Tol's high-contrast scheme: its lightness differs as well, for colour-blind readers and for grey prints. The first
# markers are staggered, so that those of curves that coincide stay visible.
LOOKS: dict[str, Line] = {
    "l1": {"label": "l1 norm", "color": "#004488", "marker": "o", "markevery": (0, 4), "dashes": (None, None)},
    "l2": {"label": "l2 norm", "color": "#BB5566", "marker": "s", "markevery": (1, 4), "dashes": (4, 1.2)},
    "none": {"label": "no norm", "color": "#DDAA33", "marker": "^", "markevery": (2, 4), "dashes": (4, 1, 1, 1)},
}
ONE_ORDER: Line = LOOKS["l1"] | {"label": "shared heads: same order under every norm", "color": "black", "marker": "D"}
RC: dict[Any, Any] = {"font.family": "DejaVu Sans", "font.size": 9, "axes.titlesize": 10, "axes.titleweight": "bold"}
RC |= {"svg.hashsalt": "headcount", "svg.fonttype": "path", "savefig.dpi": 150}
NOTE_SIZE = 7.5  # points


def seeds_text(n: int) -> str:
    return "1 seed" if n == 1 else f"{n} seeds"


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
