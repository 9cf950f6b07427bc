"""The verdicts for people: ``claims.md``, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headcount import markdown as md
from headcount.claims.bars import PAPER_MODELS, bar_text
from headcount.claims.verdicts import Claim, Part, Verdicts
from headcount.phrasing import MISSING, listed, number, percent

FEW_SEEDS = 5
"""Below the paper's number of seeds, a bootstrap over seeds is rough."""


def folded(paths: Iterable[str]) -> list[str]:
    """Paths, those that differ in a name alone written as one, as a shell would unfold it: ``a/{x,y}/c``."""
    return ["/".join(names) for names in _folded(sorted(tuple(path.split("/")) for path in set(paths)))]


def _folded(paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    rests: dict[str, list[tuple[str, ...]]] = {}
    for first, *rest in filter(None, paths):
        rests.setdefault(first, []).append(tuple(rest))
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for first, below in rests.items():
        alike.setdefault(tuple(_folded(below)), []).append(first)
    together = []
    for tails, names in alike.items():
        head = names[0] if len(names) == 1 else f"{{{','.join(names)}}}"
        together += [(head, *tail) for tail in tails or ((),)]
    return together


def standing_in(verdicts: Verdicts) -> str:
    """What stands for the paper's models in this study."""
    told = [f"`{model}` for {PAPER_MODELS[role]}" for role, model in verdicts.roles.items() if model]
    absent = [PAPER_MODELS[role] for role in PAPER_MODELS if verdicts.roles.get(role) is None]
    stands = [f"In this study stands {listed(told)}."] if told else []
    stands += [f"Nothing stands for {listed(absent)}."] if absent else []
    return " ".join([*stands, "A verdict holds for the models, data and settings of this study."])


def _intervals(verdicts: Verdicts) -> str:
    seeds = [part.seeds for claim in verdicts.claims for part in claim.parts if part.seeds]
    rough = f" Those over fewer than {FEW_SEEDS} seeds are rough." if seeds and min(seeds) < FEW_SEEDS else ""
    interval = f"{percent(verdicts.confidence, 0)} of {number(verdicts.resamples)} bootstrap resamples of the seeds"
    return (
        f"Values are means over seeds; intervals hold {interval}.{rough} A quantity is *supported* if its whole interval lies"
        " where the paper says, *contradicted* if"
        " none of it does, *inconclusive* if it straddles the bar or there is no interval. A claim is contradicted if any of"
        " its quantities is, and supported if all are."
    )


def _part(part: Part) -> list[str]:
    interval = MISSING if part.low is None or part.high is None else f"{number(part.low)} to {number(part.high)}"
    return [
        part.label,
        part.quantity,
        number(part.value),
        interval,
        bar_text(part.relation, part.bar),
        part.verdict,
        str(part.seeds),
        str(part.left_out),
        part.note,
    ]


def _section(claim: Claim) -> Iterator[str]:
    yield f"## {claim.id}. {claim.claim}"
    yield f"**{claim.verdict}** · {claim.where}" + (f" · measured on {claim.model}" if claim.model else "")
    yield claim.statement
    if claim.parts:
        heading = ["on", "quantity", "value", "interval", "bar", "verdict", "seeds", "left out", "note"]
        yield md.table(heading, map(_part, claim.parts))
    if claim.note:
        yield claim.note
    if claim.sources:
        yield "Computed from:"
        yield md.bullets(f"`{path}`" for path in folded(claim.sources))


def markdown(verdicts: Verdicts) -> str:
    """``claims.md``: a table of all verdicts, then a section per claim."""
    overview = md.table(
        ["id", "claim", "verdict", "where"],
        ([claim.id, claim.claim, claim.verdict, claim.where] for claim in verdicts.claims),
    )
    beginning = [f"# Verdicts on the paper's claims: study {verdicts.study}", standing_in(verdicts), overview]
    sections = [part for claim in verdicts.claims for part in _section(claim)]
    return md.paragraphs([*beginning, _intervals(verdicts), *sections]) + "\n"


def printable(verdicts: Verdicts, width: int = 120) -> str:
    """A line per claim: id, verdict, as much of the statement as the width allows."""
    column = max(len(claim.verdict) for claim in verdicts.claims)
    lines = [f"{claim.id:<3} {claim.verdict:<{column}}  {claim.statement}" for claim in verdicts.claims]
    return "\n".join(line if len(line) <= width else line[: width - 1].rstrip(" ,;") + "…" for line in lines)
