"""The answer on one screen of a terminal: how many heads can go, which, and on what that rests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

from headcount.data.metrics import title
from headcount.one_model.smaller import spoken

if TYPE_CHECKING:
    from headcount.one_model.importance import Importance
    from headcount.one_model.loading import Model
    from headcount.one_model.smaller import Smaller
    from headcount.one_model.speed import Speed

RAMP = ((0, 34, 78), (125, 124, 120), (254, 232, 56))
"""Of the least and the most important head, and half way between them: apart in a grey print too."""
FEW = 5
"""A share of the score that fewer examples than this decide may be missed by chance."""
MOST = 24
"""So many heads stand in one line of the map; more go on in the next."""


def percent(share: float) -> str:
    """``0.95`` as ``95``."""
    return f"{100 * share:g}"


def screen(model: Model, found: Sequence[Smaller], source: str, batch: int | None) -> RenderableType:
    """All of it, as ``rich`` prints it.

    Args:
        found: a smaller model for each share of the score.
        source: of the examples.
        batch: texts at once when timed; null: not timed.
    """
    return Group(
        Text(repr(model)[1:-1], style="bold"),
        Text(origin(found[0], source)),
        Padding(table(found, batch), (1, 0)),
        *remarks(found, batch),
        Text(""),
        heat_map(found[0].importance, found),
    )


def origin(one: Smaller, source: str) -> str:
    """Which examples ranked, which chose, and which measured."""
    return (
        f"{one.importance.examples} examples ranked the heads, {one.chosen.examples} others chose how many can go,"
        f" {one.measured.examples} others again measured what is left: no example did two of these. They come from {source}."
    )


def table(found: Sequence[Smaller], batch: int | None) -> Table:
    """A row a share of the score that is to be kept."""
    name = title(found[0].task.metric_name)
    made = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    made.add_column("keep", justify="right")
    made.add_column("can go", justify="right")
    made.add_column(name, justify="right")
    made.add_column("kept (95 % interval)", justify="right")
    if batch:
        made.add_column("times as fast", justify="right")
    for one in found:
        scores = f"{one.measured.whole:.3f} → {one.measured.smaller:.3f}"
        mark = "" if one.above_constant else " *"
        row = [f"{percent(one.keep)} %{mark}", f"{one.removed} of {one.heads}", scores, spoken(one.measured)]
        made.add_row(*row, *([_times(one.speed(batch))] if batch else []))
    return made


def _times(speed: Speed) -> str:
    return f"{speed.ratio:.2f} ({speed.low:.2f} to {speed.high:.2f})"


def remarks(found: Sequence[Smaller], batch: int | None) -> list[Text]:
    """What the table needs to be read rightly."""
    first = found[0]
    lines = []
    if first.chosen.constant is not None:
        lines.append(f"The best constant answer scores {first.chosen.constant:.3f} where the number was chosen.")
    if not all(one.above_constant for one in found):
        lines.append("* The best constant answer keeps as much by itself: this row says nothing. Take another --metric.")
    for one in found:
        deciding = (1 - one.keep) * one.chosen.whole * one.chosen.examples
        if deciding < FEW and one.keep < 1:
            lines.append(f"{percent(one.keep)} % hangs on {deciding:.0f} examples where the number was chosen: give more.")
    if batch:
        lines.append(f"Speed: {first.speed(batch).how}; in brackets, half of the rounds.")
    return [Text(line, style="dim") for line in lines]


def heat_map(importance: Importance, found: Sequence[Smaller]) -> RenderableType:
    """A cell a head: brighter, the more important; in it, the largest share of the score that it may go at."""
    levels = sorted(found, key=lambda one: one.keep)
    goes = {head: percent(one.keep) for one in levels for head in importance.order[: one.removed]}
    shown = importance.normalized
    rows, heads = shown.shape
    top = float(shown.max()) or 1.0
    level = percent(found[len(found) // 2].keep)
    lines = [Text(f"Importance on this task, counted from 1. {level}: may go at {level} % of the score; a dot: stays.")]
    for row in reversed(range(rows)):
        for first in range(0, heads, MOST):
            name = f"layer {row + 1:>2} " if rows > 1 else "all layers "
            line = Text(name if not first else " " * len(name))
            for head in range(first, min(first + MOST, heads)):
                line.append(f"{goes.get((row, head), '·'):^4}", _style(float(shown[row, head]) / top))
            lines.append(line)
    places = range(1, min(MOST, heads) + 1)
    lines.append(Text(" " * (9 if rows > 1 else 11) + "".join(f"{place:^4}" for place in places) + " head", style="dim"))
    return Group(*lines)


def _style(share: float) -> Style:
    """Of a cell, from 0, the least, to 1, the most important."""
    place = min(max(share, 0.0), 1.0) * (len(RAMP) - 1)
    lower = min(int(place), len(RAMP) - 2)
    red, green, blue = (
        round(low + (place - lower) * (high - low)) for low, high in zip(RAMP[lower], RAMP[lower + 1], strict=True)
    )
    dark = 0.3 * red + 0.59 * green + 0.11 * blue < 110
    return Style(color="white" if dark else "black", bgcolor=f"#{red:02x}{green:02x}{blue:02x}")


def show(what: RenderableType) -> None:
    """Print it on standard output."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, 120)
    console.print(what)


def told(model: Model, found: Sequence[Smaller], source: str, batch: int | None, seconds: float) -> dict[str, Any]:
    """All of it, as JSON has it."""
    first = found[0]
    rows, heads = model.shape
    return {
        "model": model.name,
        "family": model.model.config.model_type,
        "rows": rows,
        "heads_per_row": heads,
        "labels": list(model.labels),
        "data": source,
        "metric": first.task.metric_name,
        "examples": {
            "ranked": first.importance.examples,
            "chose": first.chosen.examples,
            "measured": first.measured.examples,
        },
        "norm": first.importance.norm,
        "importance": first.importance.values.tolist(),
        "halves_agree": first.importance.agreement,
        "answers": [{**one.summary(), **({"speed": vars(one.speed(batch))} if batch else {})} for one in found],
        "curve": first.curve[["removed", "score"]].to_dict("list"),
        "seconds": round(seconds, 1),
    }


def written(directory: Path, format: str) -> RenderableType:
    """Where the smaller model is, and how it is loaded."""
    how = {
        "small": "AutoModelForSequenceClassification.from_pretrained({!r}, trust_remote_code=True)",
        "dense": "AutoModelForSequenceClassification.from_pretrained({!r})",
        "onnx": "onnxruntime.InferenceSession({!r} + '/model.onnx')",
    }
    slow = " Zeros stand where the heads were, so that it is no faster." if format == "dense" else ""
    lines = (f"Written to {directory}.{slow} It loads with", "  " + how[format].format(str(directory)))
    return Group(Text(""), *map(Text, lines))
