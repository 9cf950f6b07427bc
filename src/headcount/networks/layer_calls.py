"""The layers of an encoder one at a time, each called as the model's own body calls it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from headcount.encoders import Site, body, family, sites

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from headcount.networks.examples import Inputs


@dataclass(frozen=True)
class Call:
    """What the body gives one of its layers beside the hidden states: masks, positions, all that a batch has alike.

    ``norm`` is what the body does with the hidden states after its last layer, if anything.
    """

    site: Site
    given: tuple[Any, ...]
    named: dict[str, Any]
    norm: nn.Module | None = None

    def __call__(self, hidden: Tensor) -> Tensor:
        """The hidden states ``[examples, tokens, hidden]`` that leave the layer where these enter it.

        Its attention module is asked for attention; it gives it where attention is computed eagerly.
        """
        named = {**self.named, "output_attentions": True} if self.site.family.asked else self.named
        left = self.site.block(hidden, *self.given, **named)
        states: Tensor = left[0] if self.site.family.asked else left
        return states if self.norm is None else self.norm(states)


def layer_calls(model: PreTrainedModel, inputs: Inputs) -> tuple[Tensor, list[Call]]:
    """The hidden states ``[examples, tokens, hidden]`` that enter the lowest layer, and the layers' calls, lowest first.

    The model's body runs as it always does, but for its layers, which pass hidden states by.
    """
    kind, entering, calls = family(model), list[Tensor](), list[Call]()

    def passing(site: Site) -> Callable[..., Any]:
        def forward(hidden: Tensor, *given: Any, **named: Any) -> Any:
            entering.append(hidden)
            calls.append(Call(site, given, named))
            return (hidden, None) if kind.asked else hidden

        return forward

    places = sites(model)
    before = [vars(site.block).pop("forward", None) for site in places]
    try:
        for site in places:
            vars(site.block)["forward"] = passing(site)
        body(model)(**inputs)
    finally:
        for site, own in zip(places, before, strict=True):
            vars(site.block).pop("forward", None)
            if own is not None:
                vars(site.block)["forward"] = own
    if kind.final_norm:
        calls[-1] = replace(calls[-1], norm=body(model).get_submodule(kind.final_norm))
    return entering[0], calls
