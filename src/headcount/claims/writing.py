"""The verdicts for people: ``claims.md``, and a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from headcount import markdown as md
from headcount.claims.bars import PaperName, bar_text, value_text
from headcount.claims.heads import PAPER_MODELS
from headcount.claims.papers import PAPERS
from headcount.claims.statistics import LEAST_SEEDS
from headcount.claims.verdicts import Claim, Measured, Part, Verdicts
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


def ids_of(verdicts: Verdicts, paper: PaperName) -> str:
    """The claims of a paper, from the first to the last."""
    ids = [claim.id for claim in verdicts.claims if claim.paper == paper]
    return ids[0] if len(ids) == 1 else f"{ids[0]} to {ids[-1]}"


def whose(verdicts: Verdicts) -> str:
    """Whose claims they are, as a heading says it: the paper's, or the papers'."""
    return "the paper's" if len(_papers(verdicts)) == 1 else "the papers'"


def _papers(verdicts: Verdicts) -> list[PaperName]:
    """The papers whose claims they are."""
    return [name for name in PAPERS if any(claim.paper == name for claim in verdicts.claims)]


def standing_in(verdicts: Verdicts) -> str:
    """What stands for the papers' models in this study."""
    papers, stands = _papers(verdicts), []
    whose = {name: f"{ids_of(verdicts, name)} are claims of {PAPERS[name].apart}" for name in papers}
    if "heads" in papers:
        told = [f"`{model}` for {PAPER_MODELS[role]}" for role, model in verdicts.roles.items() if model]
        absent = [PAPER_MODELS[role] for role in PAPER_MODELS if verdicts.roles.get(role) is None]
        stands += [f"{whose['heads']}."] if len(papers) > 1 else []
        stands += [f"In this study stands {listed(told)}."] if told else []
        stands += [f"Nothing stands for {listed(absent)}."] if absent else []
    if "features" in papers:
        first, *others = [f"`{model}`" for model in verdicts.encoders]
        stands.append(f"{whose['features']} on features, judged on {first}.")
        stands += [f"Values of {listed(others)} stand beside them, and N7 is about all of these." for _ in others[:1]]
    if "weights" in papers:
        stands.append(f"{whose['weights']} on single weights, judged on `{verdicts.pruned[0]}`.")
    if "languages" in papers:
        against = f", held against `{verdicts.monolingual}`" if verdicts.monolingual else ""
        stands.append(f"{whose['languages']} on several languages, judged on `{verdicts.multilingual}`{against}.")
    return " ".join([*stands, "A verdict holds for the models, data and settings of this study."])


def _intervals(verdicts: Verdicts) -> str:
    papers = _papers(verdicts)
    paper = "the paper" if papers == ["heads"] else "its paper"
    counted = (
        " What is counted in a model itself has no interval: its verdict rests on the number, or on what chance would give"
        " (N2), and holds for that one pre-trained model. For N8 it is what zeroing adds to the loss that must lie five"
        " standard errors above zero."
    )
    lost = (
        " In W1 to W8 a point that was pruned at one shot, with no training after, is never read; the interval of a"
        " loss, and of what is counted in the weights, holds the chance of the seeds alone."
    )
    transferred = (
        " In L2 to L4 and L6 a language to which nothing was transferred with a seed is not read with it, and the languages are"
        " resampled on the same examples; in L5 no example is drawn again."
    )
    return (
        f"Values are means over seeds; {percent(verdicts.confidence, 0)} intervals hold the chance of the seeds (Student's t)"
        f" and that of the evaluation examples ({number(verdicts.resamples)} bootstrap resamples). A quantity is *supported* if"
        f" its whole interval lies where {paper} says; *contradicted* if it lies on the other side at a level that Holm's rule"
        " corrects over the quantities of its claim; *not measurable here* if the unpruned score is less than five standard"
        f" errors above zero; else *inconclusive*, and always so with fewer than {LEAST_SEEDS} seeds. A claim is contradicted"
        f" if any of its quantities is, and supported if all are.{counted if 'features' in papers else ''}"
        f"{lost if 'weights' in papers else ''}{transferred if 'languages' in papers else ''}"
    )


def _interval(one: Measured) -> str:
    return MISSING if one.low is None or one.high is None else f"{number(one.low)} to {number(one.high)}"


def _row(one: Measured) -> dict[str, str]:
    """A quantity by the headings of a table."""
    row = {"on": one.label, "quantity": one.quantity, "value": value_text(one.value, one.exact), "interval": _interval(one)}
    if isinstance(one, Part):
        row |= {"bar": bar_text(one.relation, one.bar), "verdict": one.verdict}
    row |= {"published": one.published, "seeds": MISSING if one.exact else str(one.seeds)}
    row |= {"left out": str(one.left_out)} if isinstance(one, Part) else {}
    return {**row, "note": one.note}


def _table(measured: Sequence[Measured]) -> str:
    """Quantities, a row each; published values where there are any."""
    rows = [_row(one) for one in measured]
    headings = [name for name in rows[0] if name != "published" or any(one.published for one in measured)]
    return md.table(headings, ([row[name] for name in headings] for row in rows))


def _section(claim: Claim) -> Iterator[str]:
    yield f"## {claim.id}. {claim.claim}"
    yield f"**{claim.verdict}** · {claim.where}" + (f" · measured on {claim.model}" if claim.model else "")
    yield claim.statement
    if claim.parts:
        yield _table(claim.parts)
    if claim.to_decide:
        yield claim.to_decide
    if claim.beside:
        yield "Beside it:"
        yield _table(claim.beside)
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
    beginning = [f"# Verdicts on {whose(verdicts)} claims: study {verdicts.study}", standing_in(verdicts), overview]
    sections = [part for claim in verdicts.claims for part in _section(claim)]
    return md.paragraphs([*beginning, _intervals(verdicts), *sections]) + "\n"


def printable(verdicts: Verdicts, width: int = 120) -> str:
    """A line per claim: id, verdict, as much of the statement as the width allows."""
    column = max(len(claim.verdict) for claim in verdicts.claims)
    lines = [f"{claim.id:<3} {claim.verdict:<{column}}  {claim.statement}" for claim in verdicts.claims]
    return "\n".join(line if len(line) <= width else line[: width - 1].rstrip(" ,;") + "…" for line in lines)
