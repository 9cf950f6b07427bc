"""What is timed against what: a function for each stage of the study, which gives its results on one shape."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks import baselines, shapes
from benchmarks.results import Result, Work, compared, single
from benchmarks.shapes import Setup, labelled, masked, of_stage, of_task
from benchmarks.timing import Rates, in_turn, peak_bytes, rate_of, ratios, seconds
from benchmarks.training import finetuning, pretraining
from headcount import encoders
from headcount.analysis.divergence import measure
from headcount.criteria.gate_gradient import estimate
from headcount.data.masking import IGNORED
from headcount.networks.batching import token_batches
from headcount.order.curve import InOrder, one_shot, trace
from headcount.order.outcomes import Answer
from headcount.order.points import points
from headcount.planning.flops import DIVERGENCE_PASSES
from headcount.units.heads import Heads

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import LabelledExamples, MaskedExamples


def importance(setup: Setup) -> list[Result]:
    """Examples per second on each task and on the paper's mix of them, against one-by-one passes and whole ones."""
    model, effort, device = setup.model(), setup.effort, setup.device
    sizes = shapes.PAPER["importance"][1]
    share = max(1, effort.batches // len(sizes))
    asked = {task: labelled(of_task("importance", task, effort.tokens, share), model.config) for task in sizes}
    longest = asked["mnli"]

    def package(examples: LabelledExamples) -> Any:
        return rate_of(lambda: estimate(model, examples, effort.tokens), len(examples.lengths), device)

    def one_by_one() -> Any:
        return baselines.one_by_one_importance(model, longest, range(effort.alone))

    def full_backward() -> Any:
        return baselines.full_backward_importance(model, longest, effort.tokens)

    ways = {task: package(examples) for task, examples in asked.items()} | {"products": setup.products}
    ways["one by one"] = rate_of(one_by_one, effort.alone, device)
    ways["full backward"] = rate_of(full_backward, len(longest.lengths), device)
    rates = in_turn(ways, setup.repeats, effort.warm_up)
    place, alone = ("importance", setup.name), "batch 1, padded to 128, full backward"
    each = {task: shapes.flops(model.config, x.lengths, "importance") / len(x.lengths) for task, x in asked.items()}
    counts = {task: len(examples.lengths) for task, examples in asked.items()}
    notes = {"examples": counts, "budget": effort.tokens}
    mix = mixed({task: rates[task] for task in sizes}, sizes)
    work = Work(mean_of(each, sizes), rates["products"], "importance")
    return [
        compared(place, "one by one", "examples/s", mix, alone, rates["one by one"], notes, work),
        *(compared(place, f"one by one, {task}", "examples/s", rates[task], alone, rates["one by one"]) for task in sizes),
        compared(place, "full backward", "examples/s", rates["mnli"], "same batches, full backward", rates["full backward"]),
    ]


def mean_of(values: dict[str, float], sizes: dict[str, int]) -> float:
    """Of so many examples of each task."""
    return sum(sizes[task] * value for task, value in values.items()) / sum(sizes.values())


def mixed(rates: dict[str, Rates], sizes: dict[str, int]) -> Rates:
    """The rates of doing so many examples of each task one after the other."""
    total, runs = sum(sizes.values()), zip(*rates.values(), strict=True)
    return [total / sum(size / rate for size, rate in zip(sizes.values(), run, strict=True)) for run in runs]


def curve(setup: Setup) -> list[Result]:
    """Points per second over a whole curve, against masks; and how much faster the model is with half its heads gone."""
    model, effort, device = setup.model(), setup.effort, setup.device
    examples = labelled(of_stage("curve", effort.tokens, effort.batches), model.config)
    batch = shapes.mean_batch("curve", effort.tokens)
    few = labelled(examples.lengths[:1] * batch, model.config)
    left = Heads(model).left
    order = [left[i] for i in np.random.default_rng(0).permutation(len(left))]
    removed = points(len(order), effort.step, 0)
    half = removed.index(min(removed, key=lambda count: abs(count - len(order) / 2)))
    unpruned_over_half: list[float] = []

    def package() -> float:
        pruned, took = deepcopy(model), []

        def ask() -> Answer:
            took.append(seconds(lambda: examples.answer(pruned, effort.tokens), device))
            return Answer(0.0, 0.0, np.empty(0, np.int64))

        whole = seconds(lambda: trace(InOrder(Heads(pruned), one_shot(order)), removed, ask), device)
        unpruned_over_half.append(took[0] / took[half])
        return len(removed) / whole

    def masks() -> Any:
        return baselines.masked_curve(model, few, order, [len(order) // 2], batch)

    one_point = batch / len(examples.lengths)  # every example and point of this baseline costs the same
    ways = {"package": package, "masks": rate_of(masks, one_point, device), "products": setup.products}
    rates = in_turn(ways, setup.repeats, effort.warm_up)
    against = "gates as masks, padded to 128, same batch size in examples"
    each = shapes.curve_flops(model.config, examples.lengths, removed, len(order)) / len(removed)
    notes = {"points": len(removed), "examples": len(examples.lengths), "batch": batch}
    place, work = ("curve", setup.name), Work(each, rates["products"], "scoring")
    return [
        compared(place, "whole curve", "points/s", rates["package"], against, rates["masks"], notes, work),
        single(place, "speed-up at 50 % pruned", "times", unpruned_over_half[-setup.repeats :]),
    ]


def masked_lm(setup: Setup) -> list[Result]:
    """Tokens per second of recall@1 with the projection on masked positions, against on all; and of that projection alone."""
    model, device = setup.model("ForMaskedLM"), setup.device
    lengths = shapes.block_lengths(setup.effort.blocks, model.config)
    examples = masked(lengths, model.config)
    budget = max(setup.effort.tokens, max(lengths))
    total = sum(lengths)
    chosen, hidden = _hidden(model, examples, budget)

    def project(at: torch.Tensor) -> Any:
        with torch.inference_mode():
            return encoders.vocabulary_logits(model, at).argmax(-1)

    ways = {
        "package": rate_of(lambda: examples.score(model, budget), total, device),
        "all": rate_of(lambda: baselines.all_positions_score(model, examples, budget), total, device),
        "head": rate_of(lambda: project(hidden[chosen]), chosen.numel(), device),
        "head, all": rate_of(lambda: project(hidden), chosen.numel(), device),
        "products": setup.products,
    }
    rates = in_turn(ways, setup.repeats, setup.effort.warm_up)
    place, against = ("masked-lm", setup.name), "the projection at every position"
    notes = {"vocabulary": model.config.vocab_size, "blocks": len(lengths), "budget": budget}
    work = Work(shapes.flops(model.config, lengths, mask=shapes.MASK) / total, rates["products"])
    return [
        compared(place, "evaluation", "tokens/s", rates["package"], against, rates["all"], notes, work),
        compared(place, "head", "tokens/s", rates["head"], against, rates["head, all"]),
    ]


@torch.inference_mode()
def _hidden(model: PreTrainedModel, examples: MaskedExamples, budget: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the first batch: which positions are masked, and the hidden states."""
    inputs, targets = examples.batch(token_batches(examples.lengths, budget)[0], model.device)
    return targets != IGNORED, encoders.body(model)(**inputs).last_hidden_state


# ---------------------------------------------------------------------------------------------------------- divergence


def divergence(setup: Setup) -> list[Result]:
    """Examples per second and peak memory, against keeping every attention map."""
    models, effort, device = (setup.model(), setup.model()), setup.effort, setup.device
    config, budget = models[0].config, effort.tokens // 2
    batch = shapes.mean_batch("divergence", budget)
    lengths = of_stage("divergence", budget, effort.batches)
    kept = lengths[:1] * batch

    def package(lengths: list[int]) -> Any:
        return measure(*models, labelled(lengths, config), budget)

    def keeping(lengths: list[int]) -> Any:
        return baselines.kept_maps_divergence(*models, labelled(lengths, config), batch)

    ways = {
        "package": rate_of(lambda: package(lengths), len(lengths), device),
        "kept": rate_of(lambda: keeping(kept), len(kept), device),
        "products": setup.products,
    }
    rates = in_turn(ways, setup.repeats, effort.warm_up)
    against = "every attention map kept, padded to 128, same batch size in examples"
    peaks = [peak_bytes(lambda sample=sample: package(sample), device) for sample in (lengths, lengths * 2)]  # type: ignore[misc]
    grown = [peak_bytes(lambda sample=sample: keeping(sample), device) for sample in (kept, kept * 2)]  # type: ignore[misc]
    place = ("divergence", setup.name)
    each = DIVERGENCE_PASSES * shapes.flops(config, lengths) / len(lengths)
    work = Work(each, rates["products"], "divergence")
    notes = {"examples": len(lengths), "examples_kept": len(kept), "budget": budget}
    memory = {"bytes": peaks, "bytes_of_baseline": grown}
    megabytes = [[peak / 1e6] for peak in (peaks[0], grown[0])]
    return [
        compared(place, "both models", "examples/s", rates["package"], against, rates["kept"], notes, work),
        compared(place, "peak memory", "MB", megabytes[0], against, megabytes[1], notes),
        single(place, "memory at twice the sample", "times", ratios([peaks[1]], [peaks[0]]), memory),
        single(place, "memory at twice the sample, baseline", "times", ratios([grown[1]], [grown[0]])),
    ]


SECTIONS = {
    "importance": importance,
    "curve": curve,
    "masked-lm": masked_lm,
    "fine-tuning": finetuning,
    "pre-training": pretraining,
    "divergence": divergence,
}
