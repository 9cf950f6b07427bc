"""Layers as units: what goes, goes for good, and what is left computes as if it had never been there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from conftest import LAYERS

from headcount import encoders
from headcount.units.gates import gated, head_counts
from headcount.units.heads import Heads
from headcount.units.layers import HeadsOfLayers, Layers

UNSHARED = ["bert", "mpnet", "roberta"]
SETS = {"lowest": [0], "two apart": [1, 3], "highest two": [2, 3], "all": [0, 1, 2, 3]}


def logits(model: Any, examples: Any) -> torch.Tensor:
    inputs, _ = examples.batch(range(12), model.device)
    found: torch.Tensor = model(**inputs).logits
    return found


def named(layers: Iterable[int]) -> list[tuple[int]]:
    return [(layer,) for layer in layers]


def pass_by(layer: torch.nn.Module) -> None:
    """Have a layer give out the hidden states that it is given, whatever it computes."""
    layer.register_forward_hook(lambda _, inputs, output: (inputs[0], None) if isinstance(output, tuple) else inputs[0])


@pytest.mark.parametrize("layers", SETS.values(), ids=SETS)
@pytest.mark.parametrize("family", UNSHARED)
def test_skipping_layers_equals_passing_hidden_states_by(
    family: str, layers: list[int], make_model: Callable[..., Any], examples: Any
) -> None:
    for purpose in ("ForSequenceClassification", "ForMaskedLM"):
        model, slow = make_model(family, purpose), make_model(family, purpose)
        Layers(model).remove(named(layers))
        for layer in layers:
            pass_by(encoders.sites(slow)[layer].block)
        assert torch.equal(logits(model, examples), logits(slow, examples)), purpose
        assert not torch.allclose(logits(model, examples), logits(make_model(family, purpose), examples), atol=1e-3), purpose


@pytest.mark.parametrize("family", UNSHARED)
def test_a_model_without_layers_is_an_ordinary_smaller_one(
    family: str, make_model: Callable[..., Any], examples: Any, tmp_path: Any
) -> None:
    """Made by hand: the weights of the other layers, renumbered, in a model that is configured with fewer."""
    model, whole = make_model(family), make_model(family)
    Layers(model).remove(named([0, 2]))
    stack, places = f"{family}.encoder.layer.", {"1": "0", "3": "1"}
    weights = {}
    for name, tensor in whole.state_dict().items():
        number, dot, rest = name.removeprefix(stack).partition(".")
        if not name.startswith(stack):
            weights[name] = tensor
        elif number in places:
            weights[stack + places[number] + dot + rest] = tensor
    small = type(whole)(type(whole.config).from_dict({**whole.config.to_dict(), "num_hidden_layers": 2})).eval()
    small.load_state_dict(weights)
    assert torch.equal(logits(model, examples), logits(small, examples))
    model.save_pretrained(tmp_path)
    assert torch.equal(logits(encoders.load(tmp_path, "ForSequenceClassification"), examples), logits(small, examples))


@pytest.mark.parametrize("layers", SETS.values(), ids=SETS)
@pytest.mark.parametrize("family", UNSHARED)
def test_the_heads_of_layers_go_as_heads_do(
    family: str, layers: list[int], make_model: Callable[..., Any], examples: Any
) -> None:
    model, by_head, closed = make_model(family), make_model(family), make_model(family)
    HeadsOfLayers(model).remove(named(layers))
    heads = Heads(by_head)
    heads.remove([head for head in heads.left if head[0] in layers])
    assert torch.equal(logits(model, examples), logits(by_head, examples))
    gates = [torch.full((count,), float(row not in layers)) for row, count in enumerate(head_counts(closed))]
    with gated(closed, gates):
        assert torch.allclose(logits(model, examples), logits(closed, examples), atol=1e-6)


@pytest.mark.parametrize("unit", [HeadsOfLayers, Layers])
@pytest.mark.parametrize("family", UNSHARED)
def test_layers_go_one_by_one_as_they_go_at_once(family: str, unit: Any, make_model: Callable[..., Any], examples: Any) -> None:
    at_once, in_steps = make_model(family), make_model(family)
    unit(at_once).remove(named([3, 0]))
    cumulative = unit(in_steps)
    for layer in (3, 0):
        cumulative.remove(named([layer]))
    assert torch.equal(logits(at_once, examples), logits(in_steps, examples))
    assert cumulative.left == named([1, 2])
    cumulative.remove(cumulative.left)
    assert cumulative.left == []


@pytest.mark.parametrize("unit", [HeadsOfLayers, Layers])
def test_a_layer_that_is_not_there_is_refused(unit: Any, make_model: Callable[..., Any]) -> None:
    layers = unit(make_model("roberta"))
    layers.remove(named([1]))
    for missing in (1, LAYERS, -1):
        with pytest.raises(ValueError, match=f"layer {missing} is not in the model: it has 3 layers left"):
            layers.remove(named([missing]))


@pytest.mark.parametrize("unit", [HeadsOfLayers, Layers])
def test_layers_that_share_their_weights_are_no_units(unit: Any, make_model: Callable[..., Any]) -> None:
    with pytest.raises(ValueError, match="albert shares its layers, so that none can be removed alone: its units are heads"):
        unit(make_model("albert"))
