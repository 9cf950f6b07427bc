"""What is timed against what: a function for each stage of the study, which gives its results on one shape."""

from __future__ import annotations

import gc
import tempfile
import time
from contextlib import redirect_stdout
from copy import deepcopy
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from transformers.trainer_callback import TrainerCallback

from benchmarks import baselines, shapes
from benchmarks.results import Result, compared, single, work
from benchmarks.shapes import Setup, labelled, masked, of_stage, of_task
from benchmarks.timing import Rates, in_turn, peak_bytes, rate_of, ratios, seconds, synchronize
from headcount import encoders
from headcount.analysis.divergence import measure
from headcount.criteria.gate_gradient import estimate
from headcount.data.masking import IGNORED
from headcount.models.trainer import BucketedTrainer, ClassificationCollator, Rows, arguments
from headcount.networks.batching import token_batches
from headcount.order.curve import InOrder, one_shot, trace
from headcount.order.outcomes import Answer
from headcount.order.points import points
from headcount.units.heads import Heads

if TYPE_CHECKING:
    from transformers import PreTrainedModel
    from transformers.trainer import Trainer

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

    ways = {task: package(examples) for task, examples in asked.items()}
    ways["one by one"] = rate_of(one_by_one, effort.alone, device)
    ways["full backward"] = rate_of(full_backward, len(longest.lengths), device)
    rates = in_turn(ways, setup.repeats, effort.warm_up)
    place, alone = ("importance", setup.name), "batch 1, padded to 128, full backward"
    each = {task: shapes.flops(model.config, x.lengths, "importance") / len(x.lengths) for task, x in asked.items()}
    counts = {task: len(examples.lengths) for task, examples in asked.items()}
    notes = {"examples": counts, "budget": effort.tokens, **work("importance", mean_of(each, sizes))}
    mix = mixed({task: rates[task] for task in sizes}, sizes)
    return [
        compared(place, "one by one", "examples/s", mix, alone, rates["one by one"], notes),
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
    rates = in_turn({"package": package, "masks": rate_of(masks, one_point, device)}, setup.repeats, effort.warm_up)
    against = "gates as masks, padded to 128, same batch size in examples"
    each = shapes.curve_flops(model.config, examples.lengths, removed, len(order)) / len(removed)
    counts = {"points": len(removed), "examples": len(examples.lengths), "batch": batch}
    place, notes = ("curve", setup.name), {**counts, **work("scoring", each)}
    return [
        compared(place, "whole curve", "points/s", rates["package"], against, rates["masks"], notes),
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
    }
    rates = in_turn(ways, setup.repeats, setup.effort.warm_up)
    place, against = ("masked-lm", setup.name), "the projection at every position"
    notes = {"vocabulary": model.config.vocab_size, "blocks": len(lengths), "budget": budget}
    return [
        compared(place, "evaluation", "tokens/s", rates["package"], against, rates["all"], notes),
        compared(place, "head", "tokens/s", rates["head"], against, rates["head, all"]),
    ]


@torch.inference_mode()
def _hidden(model: PreTrainedModel, examples: MaskedExamples, budget: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the first batch: which positions are masked, and the hidden states."""
    inputs, targets = examples.batch(token_batches(examples.lengths, budget)[0], model.device)
    return targets != IGNORED, encoders.body(model)(**inputs).last_hidden_state


# --------------------------------------------------------------------------------------------------------- fine-tuning


class StepTimes(TrainerCallback):
    """When the first optimiser step began, and when each was done."""

    def __init__(self, device: str) -> None:
        self.device = device
        self.times: list[float] = []

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if not self.times:
            self._note()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._note()

    def _note(self) -> None:
        synchronize(self.device)
        self.times.append(time.perf_counter())


def examples_per_second(trainer: Trainer, device: str) -> float:
    """The rate of a training, without the Trainer's own preparations."""
    watch = StepTimes(device)
    trainer.add_callback(watch)
    with redirect_stdout(StringIO()):
        trainer.train()
    batch = int(trainer.args.per_device_train_batch_size)
    return (len(watch.times) - 1) * batch / (watch.times[-1] - watch.times[0])


SETTINGS: dict[str, Any] = {
    "learning_rate": 1e-5,
    "weight_decay": 0.1,
    "save_strategy": "no",
    "logging_strategy": "no",
    "disable_tqdm": True,
}


class Training:
    """A model to be fine-tuned on random examples, in the package's way or in the padded one."""

    def __init__(self, setup: Setup) -> None:
        self.setup, self.effort = setup, setup.effort
        self.model = setup.shape.model("ForSequenceClassification", setup.device).train().requires_grad_(True)
        examples = labelled(shapes.of_training(self.effort.training_batch, self.effort.steps), self.model.config)
        self.rows, self.encoder = Rows(examples.tokens, examples.labels.tolist()), examples.encoder
        self.flops = shapes.flops(self.model.config, examples.lengths, "training") / len(examples.lengths)
        self.folder = Path(tempfile.mkdtemp(prefix="headcount-benchmarks-"))
        self.seed = 0

    def _settings(self, steps: int) -> dict[str, Any]:
        self.seed += 1
        gc.collect()  # the trainer before this one, and its optimiser
        return {**SETTINGS, "per_device_train_batch_size": self.effort.training_batch, "max_steps": steps, "seed": self.seed}

    def package(self) -> Trainer:
        args = arguments(self.folder, self.setup.device, **self._settings(self.effort.steps))
        return BucketedTrainer(self.model, args, train_dataset=self.rows, data_collator=ClassificationCollator(self.encoder))

    def padded(self) -> Trainer:
        settings = self._settings(-(-self.effort.steps // 4))  # every step costs the same
        return baselines.padded_trainer(self.model, self.rows, self.encoder, self.folder, self.setup.device, **settings)


def finetuning(setup: Setup) -> list[Result]:
    """Examples per second of training, against the recipe that pads to 128, at an equal batch size in examples."""
    training, device = Training(setup), setup.device
    ways = {
        "package": lambda: examples_per_second(training.package(), device),
        "padded": lambda: examples_per_second(training.padded(), device),
    }
    rates = in_turn(ways, setup.repeats, setup.effort.warm_up)
    place, against = ("fine-tuning", setup.name), "Trainer, padded to 128, same batch size in examples"
    notes = {"batch": setup.effort.training_batch, "steps": setup.effort.steps, **work("training", training.flops)}
    return [compared(place, "training", "examples/s", rates["package"], against, rates["padded"], notes)]


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
    }
    rates = in_turn(ways, setup.repeats, effort.warm_up)
    against = "every attention map kept, padded to 128, same batch size in examples"
    peaks = [peak_bytes(lambda sample=sample: package(sample), device) for sample in (lengths, lengths * 2)]  # type: ignore[misc]
    grown = [peak_bytes(lambda sample=sample: keeping(sample), device) for sample in (kept, kept * 2)]  # type: ignore[misc]
    place = ("divergence", setup.name)
    each = 3 * shapes.flops(config, lengths) / len(lengths)
    notes = {"examples": len(lengths), "examples_kept": len(kept), "budget": budget, **work("divergence", each)}
    memory = {"bytes": peaks, "bytes_of_baseline": grown}
    megabytes = [[peak / 1e6] for peak in (peaks[0], grown[0])]
    return [
        compared(place, "both models", "examples/s", rates["package"], against, rates["kept"], notes),
        compared(place, "peak memory", "MB", megabytes[0], against, megabytes[1], notes),
        single(place, "memory at twice the sample", "times", ratios([peaks[1]], [peaks[0]]), memory),
        single(place, "memory at twice the sample, baseline", "times", ratios([grown[1]], [grown[0]])),
    ]


SECTIONS = {
    "importance": importance,
    "curve": curve,
    "masked-lm": masked_lm,
    "fine-tuning": finetuning,
    "divergence": divergence,
}
