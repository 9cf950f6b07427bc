"""How fast one core of this machine runs a layer of an encoder: measured, on random weights, for each kind of work.

A rate in large products says too much of a small model: its matrices are small, and what is no product (norms, activations,
softmax) grows with the width alone, products with its square. And a layer in a small batch waits for its operations to start.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from headcount.families import FAMILIES
from headcount.planning.flops import Shape, body
from headcount.planning.load import Kind

if TYPE_CHECKING:
    from transformers import PreTrainedModel

LENGTH = 32
"""Tokens of each text: between CoLA's and MNLI's."""
FEW = 4
"""Texts of a small batch."""
OF_TRAINING = 32
"""Texts of a training's batch."""
LARGEST = 2e10
"""FLOPs forward of the largest batch that is measured: a third of a second of a core."""
ENOUGH = 0.1
"""Seconds of a measurement, where one run does not take more."""
LONG = 1.0
"""Seconds of a run that needs no other before it."""


class Speed(NamedTuple):
    """FLOP/s in a layer's own work, and the seconds of one pass of a batch however few tokens that has."""

    flops: float
    layer_seconds: float


def speeds(settings: Mapping[str, Any], budget: int) -> dict[Kind, Speed]:
    """What one core does with one layer of a model, by kind of work.

    Args:
        settings: of its ``config.json``, ``model_type`` among them; what it does not say is as its family has it.
        budget: tokens of a batch, where nothing is trained.
    """
    import torch

    shape = Shape.of(settings)
    per_token = body(shape, LENGTH, layers=1)
    most = max(2 * FEW, int(min(budget, LARGEST / per_token.forward)) // LENGTH)
    works: dict[Kind, tuple[float, int, int]] = {
        "training": (per_token.training, min(most, OF_TRAINING), 1),
        "importance": (per_token.importance, most, 1),
        "scoring": (per_token.forward, most, 1),
        "divergence": (3 * per_token.forward, most, 3),
    }
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(1)
    try:
        model = _one_layer(settings)
        found = {}
        for kind, (flops, rows, passes) in works.items():
            few, many = (cpu_seconds(_work(kind, model, count)) for count in (FEW, rows))
            each = max((many - few) / (rows - FEW), many / rows / 2)
            found[kind] = Speed(LENGTH * flops / each, max(0.0, many - rows * each) / passes)
    finally:
        torch.set_num_threads(threads)
        torch.set_rng_state(state)
    return found


def _one_layer(settings: Mapping[str, Any]) -> PreTrainedModel:
    """The body of such a model with one layer, and random weights."""
    family = FAMILIES[settings["model_type"]]
    alone = {name: value for name, value in settings.items() if name != "layer_types"}  # as many as there are layers
    alone[family.names.get("num_hidden_layers", "num_hidden_layers")] = 1
    config = family.config_class(settings["model_type"])(**alone)
    config._attn_implementation = family.attention
    model: PreTrainedModel = family.model_class(settings["model_type"], "Model")(config)
    return model


def _work(kind: Kind, model: PreTrainedModel, rows: int) -> Callable[[], object]:
    """One pass of a batch through the layer, as that kind of work does it."""
    import torch

    from headcount.analysis.divergence import batch_sums, showing_attention
    from headcount.networks.layer_calls import layer_calls

    ids = torch.full((rows, LENGTH), 5)
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "token_type_ids": torch.zeros_like(ids)}
    inputs["attention_mask"][0, -1] = 0  # there is padding to be masked
    model.train(kind == "training").requires_grad_(kind == "training")
    if kind == "divergence":

        def compared() -> object:
            with torch.inference_mode(), showing_attention(model):
                return batch_sums(model, model, inputs)

        return compared
    with torch.no_grad():
        entering, (call,) = layer_calls(model, inputs)
    if kind == "scoring":
        return torch.inference_mode()(lambda: call(entering))

    def passed() -> None:
        model.zero_grad()
        torch.autograd.backward(call(entering.detach().requires_grad_()).sum())

    return passed


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU seconds that something takes: the median of some times, of which other work on the machine is no part."""
    taken = [_once(run)]
    if taken[0] < LONG:
        taken = [_once(run)]  # the first has warmed up
    while sum(taken) < ENOUGH:
        taken.append(_once(run))
    return sorted(taken)[len(taken) // 2]


def _once(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start
