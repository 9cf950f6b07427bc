"""What only a CUDA card is asked: how much memory the work takes, and whether bfloat16 finds the same heads."""

from __future__ import annotations

from contextlib import nullcontext
from copy import deepcopy
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.profiling import curve, fine_tuning, importance
from benchmarks.results import Result, single
from benchmarks.shapes import Setup, labelled, of_stage
from benchmarks.timing import in_turn, peak_bytes
from headcount.criteria.gate_gradient import estimate
from headcount.order.curve import InOrder, one_shot, trace
from headcount.order.norms import normalize
from headcount.order.points import points, relative
from headcount.order.ranking import Head, order
from headcount.units.heads import Heads

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import LabelledExamples

LEVEL = 0.9


def card(setup: Setup) -> list[Result]:
    """The rate of large matrix products, the memory that each kind of work takes, and bfloat16 against float32."""
    place = ("card", setup.name)
    products = in_turn({"products": setup.products}, setup.repeats)["products"]
    found = [single(place, "matrix products", "TFLOP/s", [rate / 1e12 for rate in products])]
    for name, work in {"importance": importance, "curve": curve, "fine-tuning": fine_tuning}.items():
        job = work(setup)
        peak = peak_bytes(lambda job=job: job(nullcontext()), setup.device)  # type: ignore[misc]
        found.append(single(place, f"peak memory, {name}", "MB", [peak / 1e6], {"budget": setup.effort.tokens}))
    return found + agreement(setup)


# ----------------------------------------------------------------------------------------------------------- agreement


def agreement(setup: Setup) -> list[Result]:
    """Importances in bfloat16, weights or autocast, against float32: rank correlation, and overlap of the required heads.

    Random weights give no score, so each example's label is what the unpruned float32 model says: its curve begins at 1.
    """
    exact = setup.shape.model("ForSequenceClassification", setup.device)
    budget = setup.effort.tokens
    examples = labelled(of_stage("curve", budget, min(2, setup.effort.batches)), exact.config)
    examples.labels = examples.answer(exact, budget).outcomes
    ways = {"float32": estimate(exact, examples, budget)}
    ways["weights"] = estimate(deepcopy(exact).to(torch.bfloat16), examples, budget)
    with torch.autocast(setup.device, torch.bfloat16):
        ways["autocast"] = estimate(exact, examples, budget)
    ranks = {name: normalize(np.stack(rows), "l1") for name, rows in ways.items()}
    required = {name: required_heads(exact, examples, budget, order(rows), setup.effort.step) for name, rows in ranks.items()}
    found = []
    for name in ("weights", "autocast"):
        sizes = len(required["float32"]), len(required[name])
        shared = len(required["float32"] & required[name])
        same = rank_correlation(ranks["float32"], ranks[name])
        found += [
            single(("card", setup.name), f"rank correlation with float32, {name}", "", [same]),
            single(
                ("card", setup.name), f"overlap of required heads, {name}", "", [shared / max(1, min(sizes))], {"sizes": sizes}
            ),
        ]
    return found


def required_heads(
    model: PreTrainedModel, examples: LabelledExamples, budget: int, sequence: list[Head], step: float
) -> frozenset[Head]:
    """The heads left at the last point before the relative score first falls below 0.9."""
    pruned, removed = deepcopy(model), points(len(sequence), step, 0)
    answers = trace(InOrder(Heads(pruned), one_shot(sequence)), removed, lambda: examples.answer(pruned, budget))
    below = (i for i, score in enumerate(relative([answer.score for answer in answers])) if score is None or score < LEVEL)
    first = next(below, len(removed))
    return frozenset(sequence[removed[max(0, first - 1)] :])


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's, of values without ties."""
    first, second = (np.argsort(np.argsort(values, axis=None)).astype(float) for values in (a, b))
    return float(np.corrcoef(first, second)[0, 1])
