"""How far a longer piece of work is: a bar on standard error, where that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar of so many steps; the block calls what it is given after each of them."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


def followed(what: str) -> Callable[[Sequence[Any]], Iterable[Any]]:
    """A function that passes items on, and shows how many of them are done."""

    def follow(items: Sequence[Any]) -> Iterable[Any]:
        with bar(what, len(items)) as step:
            for item in items:
                yield item
                step()

    return follow


@contextmanager
def quiet() -> Iterator[None]:
    """Within the block, transformers shows no bar, and keeps what is harmless to itself: what is not is checked here."""
    from transformers.utils import logging

    shown, told_of = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(told_of)
        if shown:
            logging.enable_progress_bar()
