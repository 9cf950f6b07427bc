"""The verdicts as the page shows them: rows of its tables, and a summary in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.claims.bars import PaperName, bar_text, value_text
from headcount.claims.papers import PAPERS
from headcount.phrasing import MISSING, counted, in_words, listed, number, percent
from headcount.report.differences import Standin
from headcount.report.grids import Grid

SYMBOLS = {"supported": "✓", "contradicted": "✗", "inconclusive": "~", "not measurable here": "~", "not run": "–"}
"""Every verdict with the symbol that stands beside its word and colour."""
PHRASES = {
    "supported": "supports {}",
    "contradicted": "contradicts {}",
    "inconclusive": "leaves {} undecided",
    "not run": "does not test {}",
}


@dataclass(frozen=True)
class Part:
    """One measured quantity of a claim, as texts."""

    label: str
    quantity: str
    value: str
    interval: str
    bar: str
    seeds: str
    verdict: str
    note: str
    published: str = ""


@dataclass(frozen=True)
class Claim:
    """One claim of a paper: where it stands, what was measured, what follows."""

    id: str
    paper: PaperName
    claim: str
    where: str
    model: str
    verdict: str
    statement: str
    parts: list[Part]
    beside: Grid | None
    to_decide: str
    sources: list[str]
    note: str

    @property
    def anchor(self) -> str:
        return f"claim-{self.id.lower()}"

    @property
    def published(self) -> bool:
        """Whether its paper gives values of its own for any part."""
        return any(part.published for part in self.parts)

    @property
    def symbol(self) -> str:
        return SYMBOLS.get(self.verdict, "?")

    @property
    def css(self) -> str:
        return self.verdict.replace(" ", "-")


def claims(content: Mapping[str, Any] | None) -> list[Claim]:
    """The claims of a ``claims.json`` (``headcount.claims.Verdicts``); none where there is no such file."""
    return [_claim(entry) for entry in (content or {}).get("claims", [])]


def _interval(low: Any, high: Any) -> str:
    low, high = number(low), number(high)
    return MISSING if MISSING in (low, high) else f"{low} … {high}"


def _claim(entry: Mapping[str, Any]) -> Claim:
    names = ("id", "claim", "where", "model", "verdict", "statement", "to_decide", "note")
    texts = {name: entry.get(name) or "" for name in names}
    parts, beside = [_part(part) for part in entry["parts"]], _beside(str(entry["id"]), entry.get("beside") or [])
    return Claim(**texts, paper=entry.get("paper", "heads"), parts=parts, beside=beside, sources=list(entry["sources"]))


def _beside(claim: str, found: Sequence[Mapping[str, Any]]) -> Grid | None:
    """Controls and other readings, as a table."""
    rows = [
        [one["label"], one["quantity"], _value(one), _interval(one["low"], one["high"]), _seeds(one)]
        + ([one.get("published", "")] if any(each.get("published") for each in found) else [])
        for one in found
    ]
    columns = ["On", "Quantity", "Value", "Interval", "Seeds", "Published"][: len(rows[0])] if rows else []
    caption = f"Beside {claim}: no verdict follows from these"
    return Grid(caption, columns, rows, frozenset({2, 3, 4}), breadth="broad") if rows else None


def _value(one: Mapping[str, Any]) -> str:
    return value_text(one["value"], one.get("exact", False))


def _seeds(one: Mapping[str, Any]) -> str:
    """A dash where no seed enters."""
    return MISSING if one.get("exact") else number(one["seeds"])


def _part(part: Mapping[str, Any]) -> Part:
    return Part(
        **{name: part.get(name) or "" for name in ("label", "quantity", "verdict", "note", "published")},
        value=_value(part),
        interval=_interval(part["low"], part["high"]),
        bar=bar_text(part["relation"], part["bar"]),
        seeds=_seeds(part),
    )


def headline(found: Sequence[Claim]) -> str:
    """How many claims are supported, contradicted, … and which."""
    if not found:
        return "The verdicts on the paper's claims have not been computed."
    by_paper = {name: claims for name in PAPERS if (claims := [claim for claim in found if claim.paper == name])}
    if [*by_paper] == ["heads"]:
        return _headline(f"the paper's {in_words(len(found))} claims", found)
    whose = {name: f"the {in_words(len(claims))} claims of {PAPERS[name].apart}" for name, claims in by_paper.items()}
    return " ".join(_headline(whose[name], claims) for name, claims in by_paper.items())


def _headline(whose: str, found: Sequence[Claim]) -> str:
    """That of the claims of one paper."""
    parts = []
    for verdict, phrase in PHRASES.items():
        if ids := [claim.id for claim in found if claim.verdict == verdict]:
            parts.append(f"{phrase.format(in_words(len(ids)))} ({listed(ids)})")
    return f"Of {whose} this study {listed(parts)}."


def models_in_words(standins: Sequence[Standin]) -> str:
    """What stands in for the paper's models, and what follows for the verdicts."""
    if all(standin.itself for standin in standins):
        return "The models are the paper's own."
    roles = "; ".join(_in_words(standin) for standin in standins)
    return (
        f"{roles}. A verdict about a stand-in says what holds for it, on its own data: it neither confirms nor"
        " refutes what the paper says of its models."
    )


def _in_words(standin: Standin) -> str:
    if standin.itself:
        return f"{standin.paper.name} is studied itself"
    by = f"{standin.model}, {standin.about}" if standin.model else "no model"
    return f"{standin.paper.name} ({standin.paper.heads} heads) is represented by {by}"


def certainty(seeds: int, content: Mapping[str, Any] | None) -> str:
    """What the numbers are means of, and what their intervals are worth."""
    means = f"Numbers are means over {counted(seeds, 'seed')}"
    if seeds == 1:
        return f"{means}: nothing is said about their spread."
    level = (content or {}).get("confidence", 0.95)
    return f"{means}; {percent(level, 0)} intervals hold the chance of the seeds and that of the evaluation examples."


def decides(found: Sequence[Claim]) -> str:
    """What a study of this size can decide, and what it cannot."""
    tested = [claim for claim in found if claim.verdict != "not run"]
    decided = [claim.id for claim in tested if claim.verdict in ("supported", "contradicted")]
    if not tested:
        return ""
    if len(decided) == len(tested):
        return "This study is large enough to decide every claim that it tests."
    can = f"decides {listed(decided)}" if decided else "decides none of the claims"
    open_ids = [claim.id for claim in tested if claim.id not in decided]
    return f"A study of this size {can}; it leaves {listed(open_ids)} open, and says under each what it would take."
