"""`headcount` on the command line: which attention heads of a fine-tuned encoder can go, and the smaller model."""

from __future__ import annotations

import functools
import json
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from headcount.one_model.options import (
    AtMost,
    Crossing,
    Data,
    Device,
    Force,
    Json,
    Label,
    Labels,
    MaxLength,
    Metric,
    Norm,
    Seed,
    Source,
    Split,
    Subset,
    Task,
    TaskSource,
    TextColumns,
    Train,
    model,
    question,
)

INTERRUPTED, WRONG = 130, 2
BATCH = 32
AT_MOST = 1000

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
            from headcount.one_model.bars import quiet

            with quiet():
                command(*args, **named)
        except KeyboardInterrupt:
            _end("interrupted; nothing was written", INTERRUPTED)
        except (ValueError, OSError, ImportError) as error:
            _end(f"headcount: {' '.join(str(error).split())}", WRONG)

    return run


def _end(message: str, code: int) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(code)


@app.callback()
def main() -> None:
    """How many attention heads of your fine-tuned encoder can go, and which? What does it cost? Give me the smaller model.

    The heads are ranked on some of your examples, their number is chosen on others, and the result is measured on others again.

    **Try**

    - `headcount heads my-classifier --data reviews.csv --text review --label stars`

    - `headcount prune my-classifier --data reviews.csv --keep 0.95 -o smaller`

    - `headcount export smaller --onnx -o smaller.onnx`
    """


@app.command()
@reported
def heads(
    source: Source,
    data: Data = None,
    train: Train = None,
    text: TextColumns = None,
    label: Label = None,
    subset: Subset = None,
    split: Split = None,
    task: Task = None,
    task_source: TaskSource = None,
    metric: Metric = None,
    keep: Annotated[list[float] | None, typer.Option("--keep", help="Share of the score to keep; give several.")] = None,
    plot: Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw it: .png, .svg or .pdf.")] = None,
    speed: Annotated[bool, typer.Option(help="Time the smaller models against the whole one.")] = True,
    batch: Annotated[int, typer.Option("--batch", min=1, help="Texts at once when timed.")] = BATCH,
    norm: Norm = "l1",
    crossing: Crossing = "first_crossing",
    at_most: AtMost = AT_MOST,
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

    - `headcount heads my-classifier --task sst2 --keep 0.98 --json > answer.json`
    """
    shares = {"keep": tuple(sorted(keep, reverse=True))} if keep else {}
    read = {"source": task_source, "subset": subset, "split": split, "metric": metric}
    how = {"norm": norm, "crossing": crossing, "at_most": at_most, "seed": seed}
    asked = question(data, train, text, label, task, **read, **shares, **how)
    if plot is not None:
        from headcount.one_model.pictures import check_suffix

        check_suffix(plot)
    from headcount.one_model import screen
    from headcount.one_model.asking import answer

    started, classifier = time.monotonic(), model(source, labels, max_length, device, asked)
    found = answer(classifier, asked)
    timed = batch if speed else None
    if timed is not None:
        for one in found:
            one.speed(timed)
    if plot is not None:
        found[len(found) // 2].plot(plot)
    if as_json:
        print(json.dumps(screen.told(classifier, found, asked.source, timed, time.monotonic() - started)))
    else:
        screen.show(screen.screen(classifier, found, asked.source, timed))


@app.command()
@reported
def prune(
    source: Source,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the smaller model goes.")],
    data: Data = None,
    train: Train = None,
    text: TextColumns = None,
    label: Label = None,
    subset: Subset = None,
    split: Split = None,
    task: Task = None,
    task_source: TaskSource = None,
    metric: Metric = None,
    keep: Annotated[float, typer.Option("--keep", help="Share of the score to keep.")] = 0.95,
    format: Annotated[str, typer.Option("--format", help="small, dense (zeros; loads anywhere) or onnx.")] = "small",
    force: Force = False,
    norm: Norm = "l1",
    crossing: Crossing = "first_crossing",
    at_most: AtMost = AT_MOST,
    max_length: MaxLength = None,
    labels: Labels = None,
    seed: Seed = 0,
    device: Device = None,
    as_json: Json = False,
) -> None:
    """Write a smaller model that keeps a share of the score, with its tokenizer and a card that says what it is.

    **Examples**

    - `headcount prune my-classifier --data held_out.csv --keep 0.95 -o smaller`

    - `headcount prune my-classifier --task sst2 --keep 0.98 -o smaller-onnx --format onnx`
    """
    from headcount.one_model.saving import check_format, check_free

    check_format(format)
    check_free(output, force)
    read = {"source": task_source, "subset": subset, "split": split, "metric": metric}
    how = {"norm": norm, "crossing": crossing, "at_most": at_most, "seed": seed, "strict": True}
    asked = question(data, train, text, label, task, **read, keep=(keep,), **how)
    from headcount.one_model import screen
    from headcount.one_model.asking import answer

    started, classifier = time.monotonic(), model(source, labels, max_length, device, asked)
    (found,) = answer(classifier, asked)
    found.speed(BATCH)
    found.save(output, format=format, overwrite=force)  # type: ignore[arg-type]
    if as_json:
        result = screen.told(classifier, [found], asked.source, BATCH, time.monotonic() - started)
        print(json.dumps({**result, "directory": str(output), "format": format}))
    else:
        screen.show(screen.screen(classifier, [found], asked.source, BATCH))
        screen.show(screen.written(output, format))


@app.command()
@reported
def export(
    source: Annotated[str, typer.Argument(metavar="MODEL", help="A smaller model's directory, or any whole classifier.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where it goes, such as model.onnx.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="For ONNX Runtime: the one format so far.")] = True,
    force: Force = False,
) -> None:
    """Write a model, smaller or whole, for ONNX Runtime.

    **Examples**

    - `headcount export my-classifier --onnx -o model.onnx`

    - `headcount export smaller -o smaller.onnx`
    """
    from headcount.one_model.saving import check_file, export_onnx

    check_file(output, force)
    export_onnx(source, output)
    print(f"Written to {output}: any number of texts of any length. Feed it what the tokenizer of {source} gives.")
