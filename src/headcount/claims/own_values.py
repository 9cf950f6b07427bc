"""What the claims about weights find in their own paper's tables: ``python -m headcount.claims published`` prints it."""

from __future__ import annotations

from collections.abc import Iterator

from headcount import markdown as md
from headcount.claims.gordon import MODEL, RATES, Measure, own_value, table_1, table_2
from headcount.claims.magnitude import after_fine_tuning, against_chance, losses_and_accuracies
from headcount.claims.movement import movements, own_movements
from headcount.claims.sparsity import lifted_masks, prevented_fit, raised_loss, relative_accuracies
from headcount.claims.weights import CITED
from headcount.phrasing import MISSING

MEASURES: dict[str, Measure] = {
    "W1": relative_accuracies,
    "W2": raised_loss,
    "W3": lifted_masks,
    "W4": prevented_fit,
    "W5": losses_and_accuracies,
    "W6": after_fine_tuning,
    "W8": against_chance,
}
"""The claims that are read off a table like Table 1, and what measures them; W7 is read off one like Table 2."""


def _rows() -> Iterator[tuple[str, str, str, str, str]]:
    for claim, measure in MEASURES.items():
        counted, without = (measure(table_1(counting), MODEL) for counting in (True, False))
        for key, one in counted.items():
            yield claim, one.label, one.what, own_value(one), own_value(without.get(key)) or MISSING
    own = own_movements()
    for key, one in movements(table_2(RATES[-1]), MODEL).items():
        yield "W7", one.label, one.what, own[key], MISSING


def own_values() -> str:
    """A Markdown table: each claim's statistics on the tables that the paper prints, and without the runs that collapsed."""
    heading = ["claim", "on", "statistic", "value", "without collapsed runs"]
    title = f"# What {CITED} would find\n\nComputed from its Tables 1 and 2 by the functions that judge a study."
    return f"{title}\n\n{md.table(heading, sorted(map(list, _rows()), key=lambda row: row[0]))}"
