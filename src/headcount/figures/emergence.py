"""When outlier features emerge along pre-training: their distance from the others, and the loss, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator

from headcount.figures.panels import apart, headroom, panel_grid, say
from headcount.figures.rows import Names, refuse_mixtures
from headcount.figures.style import LOOKS, NOTE_SIZE, RC, Line, settle
from headcount.phrasing import number

MEASURES = {"z_scale": "|z| of scale γ,\nmean over layers", "z_bias": "|z| of bias β,\nmean over layers"}
SHARE = 0.95
"""Of the features that are no outliers in the end: those within the band."""
BAND: Line = {"color": "0.75", "linewidth": 0, "label": f"{SHARE:.0%} of the features that are none in the end"}
OUTLIER: Line = {"linewidth": 1.6, "markersize": 4.5, "zorder": 3}
LOSS: Line = {"color": "black", "linewidth": 1.6, "marker": ".", "zorder": 3}
NAMED = len(LOOKS)
"""Final outliers that have a line, at most: the most extreme."""
HEIGHTS = (2.0, 2.0, 1.4)  # inches
TABLE_COLUMNS = ["model", "step", "feature", "outlier", "z_scale", "z_bias"]
OF_STEP = ["others", "z_scale_low", "z_scale_high", "z_bias_low", "z_bias_high", "loss", "recall"]


def _final(rows: pd.DataFrame) -> list[int]:
    """The outliers at the last step, the most extreme first: by the smaller of the two mean |z|."""
    last = rows[(rows["step"] == rows["step"].max()) & rows["outlier"].astype(bool)]
    extreme = last[list(MEASURES)].min(axis=1)
    return [int(feature) for feature in last.assign(extreme=-extreme).sort_values(["extreme", "feature"])["feature"]]


def _of_model(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    """A row a step and final outlier; of a model without any, a row a step."""
    widths = rows.groupby("step")["feature"].nunique()
    if widths.nunique() > 1:
        raise ValueError(f"{model}: {widths.min()} features at one step, {widths.max()} at another")
    final = _final(rows)
    others = rows[~rows["feature"].isin(final)].groupby("step")
    ends = {"low": (1 - SHARE) / 2, "high": (1 + SHARE) / 2}
    bands = {f"{name}_{end}": others[name].quantile(at) for name in MEASURES for end, at in ends.items()}
    steps = pd.DataFrame({"others": others.size(), **bands}).join(rows.groupby("step")[["loss", "recall"]].first())
    chosen = rows[rows["feature"].isin(final)] if final else rows[["step"]].drop_duplicates()
    chosen = chosen.reindex(columns=TABLE_COLUMNS).assign(model=model).join(steps, on="step")
    rank = {feature: place for place, feature in enumerate(final)}
    order = chosen.assign(rank=chosen["feature"].map(rank)).sort_values(["rank", "step"]).index
    return chosen.loc[order, [*TABLE_COLUMNS, *OF_STEP]]


# ------------------------------------------------------------------------------------------------------------- drawing


def _outliers(axes: Axes, table: pd.DataFrame, measure: str) -> None:
    """A line a final outlier, its markers filled where it is an outlier already; and the band of the others."""
    steps = table.drop_duplicates("step").sort_values("step")
    axes.fill_between(steps["step"], steps[f"{measure}_low"], steps[f"{measure}_high"], **BAND)
    axes.plot(steps["step"], steps[f"{measure}_high"], color=BAND["color"], linewidth=0.8)
    features = list(table["feature"].dropna().unique())[:NAMED]
    for place, feature in enumerate(features):
        own, color = table[table["feature"] == feature], LOOKS[place]["color"]
        axes.plot(own["step"], own[measure], color=color, **OUTLIER)
        for outlier, fill in ((True, color), (False, "white")):
            at = own[own["outlier"] == outlier]
            axes.plot(at["step"], at[measure], color=color, marker=LOOKS[place]["marker"], linestyle="none",
                      markerfacecolor=fill, markersize=4.5, zorder=4)  # fmt: skip
    axes.set_ylim(bottom=0)
    _name(axes, table, features, measure)


def _name(axes: Axes, table: pd.DataFrame, features: Sequence[int], measure: str) -> None:
    """The features' names at the right end of their lines."""
    ends = table[table["step"] == table["step"].max()].set_index("feature")[measure]
    order = sorted(features, key=lambda feature: ends[feature])
    low, high = axes.get_ylim()
    line = (NOTE_SIZE + 1.5) / 72 / (0.9 * HEIGHTS[0]) * (high - low)
    places = apart([ends[feature] for feature in order], line, low + line / 2, high)
    for feature, place in zip(order, places, strict=True):
        color = LOOKS[list(features).index(feature)]["color"]
        axes.annotate(str(feature), (1.02, place), xycoords=("axes fraction", "data"), va="center", fontsize=NOTE_SIZE + 0.5,
                      color=color, fontweight="bold", annotation_clip=False)  # fmt: skip


def _column(column: Sequence[Axes], table: pd.DataFrame) -> None:
    *of_z, loss = column
    for measure, axes in zip(MEASURES, of_z, strict=True):
        axes.grid(color="0.9", linewidth=0.6)
        axes.set_axisbelow(True)
        _outliers(axes, table, measure)
        if table["feature"].isna().all():
            headroom(axes, 1)
            axes.text(0.03, 0.98, "no outliers in the end", transform=axes.transAxes, va="top", fontsize=NOTE_SIZE)
    steps = table.drop_duplicates("step").sort_values("step")
    loss.grid(color="0.9", linewidth=0.6)
    loss.plot(steps["step"], steps["loss"], **LOSS)
    loss.set_ylim(0, 1.08 * steps["loss"].max())
    left = len(table["feature"].dropna().unique()) - NAMED
    loss.set_xlabel("step of pre-training" + (f"\n({left} more outliers: in the table)" if left > 0 else ""))
    loss.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    loss.xaxis.set_major_formatter(FuncFormatter(lambda step, _: number(int(step))))
    loss.set_xlim(-0.03 * steps["step"].max(), 1.03 * steps["step"].max())


def emergence_figure(emergence: pd.DataFrame, models: Names) -> tuple[Figure, pd.DataFrame]:
    """|z| of the final outliers against the step of pre-training, beside the other features; the loss below; a column a model.

    Only the models that the table has are shown.

    Args:
        emergence: in ``headcount.analysis.features.EMERGENCE_COLUMNS``.

    Returns:
        The figure, and a row for each model, outlier at the last step, and step: model, step, feature, outlier (at that step),
        z_scale and z_bias (means over the layers of |z|), others (how many features are no outliers in the end), the ends of
        the band that holds 95% of them (z_scale_low, z_scale_high, z_bias_low, z_bias_high), loss, recall. A model without
        outliers in the end has a row a step, without a feature.

    Raises:
        ValueError: two studies; a row that stands twice; steps with different features.
    """
    chosen = emergence[emergence["model"].isin(models)].reset_index(drop=True)
    refuse_mixtures(chosen, ["model", "step", "feature"])
    followed = [model for model in models if model in set(chosen["model"])]
    parts = [_of_model(chosen[chosen["model"] == model], model) for model in followed]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*TABLE_COLUMNS, *OF_STEP])
    table = table.astype({"feature": "Int64", "outlier": "boolean"})
    gray: Line = {"color": "0.3", "linestyle": "none", "marker": "o", "markersize": 4.5}
    handles = [
        Line2D([], [], **gray, label="outlier in the end: a step at which it is one"),
        Line2D([], [], **gray, markerfacecolor="white", label="… at which it is none"),
        Line2D([], [], **{**BAND, "linewidth": 7}),
    ]
    with matplotlib.rc_context(RC):
        figure, grid = panel_grid(3, followed or [""], handles, heights=HEIGHTS, sharex="col")
        for model, column in zip(followed, zip(*grid, strict=True), strict=False):
            _column(column, table[table["model"] == model])
        if not followed:
            for axes in figure.axes:
                axes.set(xticks=[], yticks=[])
            say(grid[0][0], "no model was followed")
        for label, row in zip([*MEASURES.values(), "masked LM:\nloss (nats)"], grid, strict=True):
            row[0].set_ylabel(label)
        return settle(figure), table
