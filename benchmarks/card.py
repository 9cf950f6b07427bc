"""What only a CUDA card is asked: how much of its matrix rate the work reaches, and whether bf16 finds the same heads."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.results import Result, single
from benchmarks.sections import Training, examples_per_second
from benchmarks.shapes import Setup, curve_flops, flops, labelled, of_stage, of_training
from benchmarks.timing import in_turn, peak_bytes, rate_of, seconds
from headcount.criteria.gate_gradient import estimate
from headcount.order.curve import InOrder, one_shot, trace
from headcount.order.norms import normalize
from headcount.order.points import points, relative
from headcount.order.ranking import Head, order
from headcount.units.heads import Heads

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import LabelledExamples

SIDES = {"cuda": 8192, "cpu": 512}
"""Rows and columns of the matrices whose product tells the device's rate."""
LEVEL = 0.9


def matrix_rate(device: str, dtype: torch.dtype, products: int = 20) -> float:
    """Floating-point operations per second of large matrix products of random numbers."""
    side = SIDES[device]
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    out = torch.empty_like(a)

    def multiply() -> None:
        for _ in range(products):
            torch.mm(a, b, out=out)

    return rate_of(multiply, 2 * side**3 * products, device)()


def card(setup: Setup) -> list[Result]:
    """The share of the measured matrix rate that the stages reach (padding not counted as work), and bf16 against fp32."""
    matrix = in_turn({"matrix": lambda: matrix_rate(setup.device, setup.dtype)}, setup.repeats)["matrix"]
    found = [single(("card", setup.name), "matrix products", "TFLOP/s", [rate / 1e12 for rate in matrix])]
    rate = float(np.median(matrix))
    found += importance_utilisation(setup, rate) + curve_utilisation(setup, rate) + finetuning_utilisation(setup, rate)
    return found + agreement(setup)


def utilisation(setup: Setup, stage: str, rates: list[float], matrix: float, notes: dict[str, Any]) -> list[Result]:
    """FLOPs per second in TFLOP/s, and over the card's rate."""
    return [
        single(("card", setup.name), stage, "TFLOP/s", [rate / 1e12 for rate in rates], notes),
        single(("card", setup.name), f"{stage}, utilisation", "share", [rate / matrix for rate in rates]),
    ]


def importance_utilisation(setup: Setup, matrix: float) -> list[Result]:
    """Forward, and backward to the activations alone."""
    model, budget = setup.model(), setup.effort.tokens
    lengths = of_stage("importance", budget, setup.effort.batches)
    examples = labelled(lengths, model.config)

    def work() -> Any:
        return estimate(model, examples, budget)

    whole = flops(model.config, lengths, "importance")
    rates = in_turn({"package": rate_of(work, whole, setup.device)}, setup.repeats)["package"]
    peak = peak_bytes(work, setup.device)
    per_second = [rate / whole * len(lengths) for rate in rates]
    return [
        *utilisation(setup, "importance", rates, matrix, {"budget": budget, "peak_bytes": peak}),
        single(("card", setup.name), "importance, examples", "examples/s", per_second),
    ]


def curve_utilisation(setup: Setup, matrix: float) -> list[Result]:
    """Every point's forward passes, with the operations of the heads that are left."""
    model, budget = setup.model(), setup.effort.tokens
    lengths = of_stage("curve", budget, setup.effort.batches)
    examples = labelled(lengths, model.config)
    left = Heads(model).left
    sequence = [left[i] for i in np.random.default_rng(0).permutation(len(left))]
    removed = points(len(left), setup.effort.step, 0)
    whole = curve_flops(model.config, lengths, removed, len(left))

    def package() -> float:
        pruned = deepcopy(model)
        heads = Heads(pruned)
        return whole / seconds(
            lambda: trace(InOrder(heads, one_shot(sequence)), removed, lambda: examples.answer(pruned, budget)), setup.device
        )

    rates = in_turn({"package": package}, setup.repeats)["package"]
    peak = peak_bytes(lambda: examples.score(model, budget), setup.device)
    per_second = [rate / whole * len(lengths) * len(removed) for rate in rates]
    return [
        *utilisation(setup, "curve", rates, matrix, {"budget": budget, "peak_bytes": peak}),
        single(("card", setup.name), "curve, examples", "examples/s", per_second),
    ]


def finetuning_utilisation(setup: Setup, matrix: float) -> list[Result]:
    """Forward and whole backward; the optimiser's operations are not counted."""
    lengths = of_training(setup.effort.training_batch, setup.effort.steps)
    each = flops(setup.shape.config(), lengths, "training") / len(lengths)
    training = Training(setup)
    examples = in_turn({"package": lambda: examples_per_second(training.package(), setup.device)}, setup.repeats)["package"]
    peak = peak_bytes(lambda: examples_per_second(training.package(), setup.device), setup.device)
    return utilisation(setup, "fine-tuning", [rate * each for rate in examples], matrix, {"peak_bytes": peak})


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
