"""`headcount` on the command line: which attention heads of a fine-tuned encoder can go, and the smaller model."""

from __future__ import annotations

import functools
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from headcount.library.asking import Question
    from headcount.library.loading import Model

INTERRUPTED, WRONG = 130, 2
BATCH = 32

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def reported(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose errors are one line, and which ends quietly when it is interrupted."""

    @functools.wraps(command)
    def run(*args: Any, **named: Any) -> None:
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
        try:
            _quiet()
            command(*args, **named)
        except KeyboardInterrupt:
            _end("interrupted; nothing was written", INTERRUPTED)
        except (ValueError, OSError, ImportError) as error:
            _end(f"headcount: {' '.join(str(error).split())}", WRONG)

    return run


def _end(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


def _quiet() -> None:
    """Loaders keep what is harmless to themselves: what they could complain of is checked here."""
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


Source = Annotated[str, typer.Argument(metavar="MODEL", help="A directory that save_pretrained wrote, or a name on the Hub.")]
Data = Annotated[
    str | None, typer.Option("--data", metavar="FILE", help="Labelled examples that the model was *not* trained on.")
]
Train = Annotated[
    str | None,
    typer.Option("--train", metavar="FILE", help="Rank the heads on these, so that all of --data chooses and measures."),
]
TextColumns = Annotated[
    list[str] | None, typer.Option("--text", metavar="COLUMN", help="Column of the texts; give it twice for pairs.")
]
Label = Annotated[
    str | None, typer.Option("--label", metavar="COLUMN", help="Column of the labels: names, or the model's numbers.")
]
Labels = Annotated[
    str | None,
    typer.Option("--labels", metavar="A,B,…", help="What the model's outputs mean, where its config.json does not say."),
]
Metric = Annotated[
    str | None,
    typer.Option("--metric", help="accuracy, matthews_correlation, accuracy_and_f1, or scikit-learn's: f1_macro, …"),
]
Norm = Annotated[str, typer.Option("--norm", help="What a layer's importances are divided by: l1, l2, none.")]
Crossing = Annotated[
    str, typer.Option("--crossing", help="Where a wiggling curve falls below the score: first_crossing or last_crossing.")
]
AtMost = Annotated[int, typer.Option("--at-most", min=50, help="Examples for each of ranking, choosing and measuring.")]
MaxLength = Annotated[int | None, typer.Option("--max-length", help="Texts are cut to this many tokens; else to 512.")]
Seed = Annotated[int, typer.Option("--seed", help="Of how the examples are divided.")]
Device = Annotated[str | None, typer.Option("--device", help="cpu or cuda; a card if there is one.")]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON, and nothing else on standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace a model that stands there.")]


@app.callback()
def main() -> None:
    """How many attention heads of your fine-tuned encoder can go, and which? What does it cost? Give me the smaller model.

    The heads are ranked on some of your examples, their number is chosen on others, and the result is measured on others again.

    **Try**

    - `headcount heads my-classifier --data reviews.csv --text review --label stars`

    - `headcount prune my-classifier --data reviews.csv --keep 0.95 -o smaller`

    - `headcount export smaller -o smaller.onnx`
    """


def _question(
    data: str | None, train: str | None, text: list[str] | None, label: str | None, metric: str | None, **more: Any
) -> Question:
    from headcount.library.asking import Question

    if data is None:
        raise ValueError("--data is missing; give a file of labelled examples that the model was not trained on")
    return Question(data, train, tuple(text) if text else None, label, metric or "accuracy", **more)


def _model(source: str, labels: str | None, max_length: int | None, device: str | None) -> Model:
    from headcount.library.loading import load

    names = [name.strip() for name in labels.split(",")] if labels else None
    return load(source, labels=names, max_length=max_length, device=device)


@app.command()
@reported
def heads(
    source: Source,
    data: Data = None,
    train: Train = None,
    text: TextColumns = None,
    label: Label = None,
    metric: Metric = None,
    keep: Annotated[list[float] | None, typer.Option("--keep", help="Share of the score to keep; give several.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw it: .png, .svg or .pdf.")] = None,
    speed: Annotated[bool, typer.Option(help="Time the smaller models against the whole one.")] = True,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Texts at once when timed.")] = BATCH,
    norm: Norm = "l1",
    crossing: Crossing = "first_crossing",
    at_most: AtMost = 1000,
    max_length: MaxLength = None,
    labels: Labels = None,
    seed: Seed = 0,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """How many heads can go at 99, 95 and 90 % of the score, and which?

    **Examples**

    - `headcount heads my-classifier --data held_out.csv` (columns `text` and `label`)

    - `headcount heads my-classifier --data pairs.csv --text premise --text hypothesis --label gold`

    - `headcount heads my-classifier --data held_out.csv --train train.csv --metric f1_macro --plot heads.png`

    - `headcount heads my-classifier --data held_out.csv --keep 0.98 --json > answer.json`
    """
    started = time.monotonic()
    shares = {"keep": tuple(sorted(keep, reverse=True))} if keep else {}
    told: dict[str, Any] = {"norm": norm, "crossing": crossing, "at_most": at_most, "seed": seed}
    question = _question(data, train, text, label, metric, **shares, **told)
    if plot is not None:
        from headcount.library.pictures import check_suffix

        check_suffix(plot)
    from headcount.library import screen
    from headcount.library.asking import answer

    model = _model(source, labels, max_length, device)
    found = answer(model, question)
    if speed:
        for one in found:
            one.speed(batch)
    if plot is not None:
        found[len(found) // 2].plot(plot)
    if as_json:
        print(json.dumps(screen.told(model, found, question.source, batch if speed else None, time.monotonic() - started)))
    else:
        screen.show(screen.screen(model, found, question.source, batch if speed else None))


@app.command()
@reported
def prune(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the smaller model goes.")],
    data: Data = None,
    train: Train = None,
    text: TextColumns = None,
    label: Label = None,
    metric: Metric = None,
    keep: Annotated[float, typer.Option("--keep", help="Share of the score to keep.")] = 0.95,
    format: Annotated[str, typer.Option("--format", help="small, dense (zeros; loads anywhere) or onnx.")] = "small",
    force: Force = False,
    norm: Norm = "l1",
    crossing: Crossing = "first_crossing",
    at_most: AtMost = 1000,
    max_length: MaxLength = None,
    labels: Labels = None,
    seed: Seed = 0,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """Write a smaller model that keeps a share of the score.

    **Examples**

    - `headcount prune my-classifier --data held_out.csv --keep 0.95 -o smaller`

    - `headcount prune my-classifier --data held_out.csv --keep 0.98 -o smaller-onnx --format onnx`
    """
    from headcount.library.saving import check_format, check_free

    check_format(format)
    check_free(output, force)
    started = time.monotonic()
    told: dict[str, Any] = {"norm": norm, "crossing": crossing, "at_most": at_most, "seed": seed}
    question = _question(data, train, text, label, metric, keep=(keep,), strict=True, **told)
    from headcount.library import screen
    from headcount.library.asking import answer

    model = _model(source, labels, max_length, device)
    (found,) = answer(model, question)
    found.speed(BATCH)
    found.save(output, format=format, overwrite=force)  # type: ignore[arg-type]
    if as_json:
        result = screen.told(model, [found], question.source, BATCH, time.monotonic() - started)
        print(json.dumps({**result, "directory": str(output), "format": format}))
    else:
        screen.show(screen.screen(model, [found], question.source, BATCH))
        screen.show(screen.written(output, format))
