"""The verdicts for people: ``claims.md``, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headcount import markdown as md
from headcount.claims.bars import PAPER_MODELS, bar_text
from headcount.claims.statistics import LEAST_SEEDS
from headcount.claims.verdicts import Beside, Claim, Part, Verdicts
from headcount.phrasing import MISSING, listed, number, percent


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
    return (
        f"Values are means over seeds; {percent(verdicts.confidence, 0)} intervals hold the chance of the seeds (Student's t)"
        f" and that of the evaluation examples ({number(verdicts.resamples)} bootstrap resamples). A quantity is *supported* if"
        " its whole interval lies where the paper says; *contradicted* if it lies on the other side at a level that Holm's rule"
        " corrects over the quantities of its claim; *not measurable here* if the unpruned score is less than five standard"
        f" errors above zero; else *inconclusive*, and always so with fewer than {LEAST_SEEDS} seeds. A claim is contradicted"
        " if any of its quantities is, and supported if all are."
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


def _beside(one: Beside) -> list[str]:
    interval = MISSING if one.low is None or one.high is None else f"{number(one.low)} to {number(one.high)}"
    return [one.label, one.quantity, number(one.value), interval, str(one.seeds), one.note]


def _section(claim: Claim) -> Iterator[str]:
    yield f"## {claim.id}. {claim.claim}"
    yield f"**{claim.verdict}** · {claim.where}" + (f" · measured on {claim.model}" if claim.model else "")
    yield claim.statement
    if claim.parts:
        heading = ["on", "quantity", "value", "interval", "bar", "verdict", "seeds", "left out", "note"]
        yield md.table(heading, map(_part, claim.parts))
    if claim.to_decide:
        yield claim.to_decide
    if claim.beside:
        yield "Beside it:"
        yield md.table(["on", "quantity", "value", "interval", "seeds", "note"], map(_beside, claim.beside))
    if claim.note:
        yield claim.note
    if claim.sources:
        yield "Computed from:"
        yield md.bullets(f"`{path}`" for path in folded(claim.sources))


def markdown(verdicts: Verdicts) -> str:
    """``claims.md``: a table of all verdicts, then a section per claim."""
    overview = md.table(
        ["id", "claim", "measured on", "verdict", "where"],
        ([claim.id, claim.claim, claim.model or "", claim.verdict, claim.where] for claim in verdicts.claims),
    )
    beginning = [f"# Verdicts on the paper's claims: study {verdicts.study}", standing_in(verdicts), overview]
    sections = [part for claim in verdicts.claims for part in _section(claim)]
    return md.paragraphs([*beginning, _intervals(verdicts), *sections]) + "\n"


def printable(verdicts: Verdicts, width: int = 120) -> str:
    """A line per claim: id, verdict, as much of the statement as the width allows."""
    column = max(len(claim.verdict) for claim in verdicts.claims)
    lines = [f"{claim.id:<3} {claim.verdict:<{column}}  {claim.statement}" for claim in verdicts.claims]
    return "\n".join(line if len(line) <= width else line[: width - 1].rstrip(" ,;") + "…" for line in lines)
