"""What a person sees of a running job: the lines of its log, and how far it is."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

AFFECTS_RESULTS = False
log = logging.getLogger("headcount")
LOADER = "transformers.modeling_utils"
"""The logger by which transformers tells, in a table, which names a saved model and its class do not share."""
TABLE = "LOAD REPORT"
COMPLAINTS = re.compile(r"\b(?:MISMATCH|CONVERSION)\b")
"""What in such a table is a fault, and the reason of an error that points to it."""


def start_log() -> None:
    """Have the package's log lines go to standard error, each with the time of day, without the tables of ``quiet_loaders``."""
    logging.basicConfig(format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    log.setLevel(logging.INFO)
    quiet_loaders()


def quiet_loaders() -> None:
    """In this process, have transformers print no table of weights that a model lacks or does not need.

    A pooler, or a head for another task: what must be there is looked for where the package loads a model. Other tables stay.
    """
    logger = logging.getLogger(LOADER)
    if _is_no_harmless_table not in logger.filters:
        logger.addFilter(_is_no_harmless_table)


def _is_no_harmless_table(record: logging.LogRecord) -> bool:
    said = record.getMessage()
    return TABLE not in said or COMPLAINTS.search(said) is not None


def followed(what: str) -> Callable[[Sequence[Any]], Iterable[Any]]:
    """A function that passes items on, with a progress bar in the job's log."""

    def follow(items: Sequence[Any]) -> Iterable[Any]:
        from tqdm import tqdm

        return tqdm(items, desc=what)

    return follow
