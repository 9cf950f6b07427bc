"""From what was measured to a verdict: of each part, of the claim, and what it would take where it is left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from headcount.claims.bars import Bar, Claimed, Role
from headcount.claims.evidence import Evidence, Quantity
from headcount.claims.exact import Exact
from headcount.claims.sizes import size_of
from headcount.claims.statistics import LEAST_SEEDS, TAIL, distance, is_beyond, meets, rejected, tail_of
from headcount.claims.tables import Tables
from headcount.claims.verdicts import Beside, Claim, Part, PartVerdict, claim_verdict
from headcount.phrasing import listed


def judged(quantities: Sequence[Quantity]) -> list[Part]:
    """The parts of a claim with their verdicts: contradicted where Holm's rule over all that are sampled says so."""
    counted = [one for one in quantities if one.found and not one.weak and not isinstance(one, Exact)]
    falls = rejected([tail_of(one.found, one.scaled_bar) for one in counted if one.found])
    fallen = [one for one, gone in zip(counted, falls, strict=True) if gone]
    return [_part(one, _verdict(one, fallen), len(counted)) for one in quantities]


def _verdict(quantity: Quantity, fallen: Sequence[Quantity]) -> PartVerdict:
    if isinstance(quantity, Exact):
        return quantity.verdict
    if quantity.found is None:
        return "not run"
    if quantity.weak:
        return "not measurable here"
    if quantity in fallen:
        return "contradicted"
    return "supported" if is_beyond(quantity.found, quantity.scaled_bar) else "inconclusive"


def _part(quantity: Quantity, verdict: PartVerdict, parts: int) -> Part:
    found, bar = quantity.found, quantity.scaled_bar
    seeds_to_decide = None
    if found and verdict == "inconclusive" and not isinstance(quantity, Exact):
        tail = TAIL if meets(found.value, bar) else TAIL / parts
        seeds_to_decide = found.seeds_for(distance(found.value, bar), tail)
    return Part(
        **quantity.measured(),
        error_of_seeds=found.error_of_seeds if found else None,
        freedom=found.freedom if found else None,
        error_of_examples=found.error_of_examples if found else None,
        bar=quantity.bar.value,
        relation=quantity.bar.relation,
        verdict=verdict,
        left_out=len(quantity.left_out),
        seeds_to_decide=seeds_to_decide,
    )


def _to_decide(parts: Sequence[Part], evidence: Evidence) -> str:
    """What it would take to decide a claim that is left open."""
    needs = [] if evidence.complete or not evidence.lacking else [evidence.lacking]
    for verdict, what in (("not run", "data"), ("not measurable here", evidence.too_weak)):
        if labels := [part.label for part in parts if part.verdict == verdict]:
            needs.append(f"{what} on {listed(labels)}" if any(labels) else what)
    open_parts = [part for part in parts if part.verdict == "inconclusive" and not part.exact]
    if any(part.verdict == "inconclusive" and part.exact for part in parts):
        needs.append(f"more {evidence.blurred_by}")
    if any(part.seeds < LEAST_SEEDS for part in open_parts):
        needs.append(f"at least {LEAST_SEEDS} seeds")
    elif open_parts:
        wrong = [part for part in open_parts if not meets(part.value or 0.0, Bar(part.relation, part.bar, ""))]
        numbers = [part.seeds_to_decide for part in wrong or open_parts]
        known = [one for one in numbers if one is not None]
        if known and (wrong or len(known) == len(numbers)):
            seeds = min(known) if wrong else max(known)
            needs.append(f"about {seeds} seeds, if values and spreads stay as they are")
        else:
            which = [part.label for part in wrong or open_parts if part.seeds_to_decide is None]
            where = f" ({'; '.join(which)})" if len(which) < len(parts) else ""
            needs.append(f"more {evidence.blurred_by}{where}, since no number of seeds would do")
    return f"To decide it takes {listed(needs)}." if needs else ""


def concluded(
    identifier: str,
    claimed: Claimed,
    playing: Mapping[Role, Sequence[str]],
    evidence: Evidence,
    tables: Tables,
    left_out: str = "",
) -> Claim:
    """The claim with the verdict that follows from its evidence.

    Args:
        playing: the study's models by the role that they play for the claim.
        left_out: why what it needs, or a part of it does, is not in the study.
    """
    parts, models = judged(evidence.quantities), {role: listed(playing[role]) for role in claimed.roles}
    verdict = claim_verdict([part.verdict for part in parts], evidence.complete)
    if verdict == "not run":
        no_run = any(part.left_out for part in parts)
        nothing = "every run there is was left out" if no_run else "this study has no data for it"
        why = left_out or evidence.why_none or nothing
        evidence = replace(evidence, statement=f"Not run on {listed(list(models.values()))}: {why}.", controls=())
    elif left_out:
        evidence = replace(evidence, note=f"{evidence.note} Not all of it was measured: {left_out}.")
    told = [_stands_for(claimed, role, model, tables) for role in claimed.roles for model in playing[role]]
    return Claim(
        id=identifier,
        paper=claimed.paper.name,
        claim=claimed.of(playing),
        where=claimed.where,
        model=" against ".join(told) if len(claimed.roles) > 1 else listed(told),
        verdict=verdict,
        statement=evidence.statement,
        parts=parts,
        beside=[Beside(**one.measured()) for one in evidence.controls if one.found],
        to_decide=_to_decide(parts, evidence) if verdict == "inconclusive" else "",
        sources=sorted(frozenset().union(*(one.sources for one in [*evidence.quantities, *evidence.controls]))),
        note=evidence.note,
    )


def _stands_for(claimed: Claimed, role: Role, model: str, tables: Tables) -> str:
    """A model with its size, and which of the paper's it stands for."""
    paper, size = claimed.paper, size_of(tables, model, claimed.paper.name)
    alone = role == "encoders" or paper.is_own(model, role)
    about = ([size] if size else []) + ([] if alone else [f"stands for {paper.models[role]}"])
    return f"{model} ({', '.join(about)})" if about else model


def without_model(identifier: str, claimed: Claimed, playing: Mapping[Role, Sequence[str]]) -> Claim:
    """The claim where nothing in the study stands for a model that it is about."""
    missing = [claimed.paper.models[role] for role in claimed.roles if not playing[role]]
    return Claim(
        id=identifier,
        paper=claimed.paper.name,
        claim=claimed.of(playing),
        where=claimed.where,
        model=None,
        verdict=claim_verdict([]),
        statement=f"Not run: no model of this study stands for {listed(missing)}.",
        parts=[],
        beside=[],
        to_decide="",
        sources=[],
        note="",
    )
