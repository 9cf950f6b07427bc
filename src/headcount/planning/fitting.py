"""Do the numbers of a config fit the models that it names? Asked before any job, of every model whose shape can be known."""

from __future__ import annotations

from pathlib import Path

from headcount.data.origins import ENCODERS
from headcount.planning.published import shape_of
from headcount.settings.files import ConfigError
from headcount.settings.study import Study


def check_models(study: Study) -> None:
    """See that models are what the config says of them, and large enough for what is done with them.

    Raises:
        ConfigError: one is of another family or is not supported, has another number of heads, no more layers than are to be
            frozen, or fewer heads than a step of pruning takes.
    """
    for model in study.models:
        encoder = study.encoders[model]
        shape = shape_of(model, encoder)
        heads = shape.all_heads if shape else encoder.heads or 0
        fetched = encoder.fetched
        on_the_hub = fetched and not (fetched.source in ENCODERS or Path(str(fetched.source)).is_dir())
        if encoder.heads not in (None, heads) and not on_the_hub:  # fetching asks the Hub's own file
            raise ConfigError(f"config: encoders.{model}.heads: it has {heads} heads, not {encoder.heads}; correct it")
        if shape and model in study.frozen_models and study.freezing.layers >= shape.layers:
            raise ConfigError(
                f"config: freezing.layers: {study.freezing.layers} leaves none of the {shape.layers} layers of {model!r} to"
                f" fine-tune; allowed is at most {shape.layers - 1}"
            )
        if heads > study.pruning.every_head_up_to and study.pruning.step * heads < 1:
            raise ConfigError(
                f"config: pruning.step: {study.pruning.step} of the {heads} heads of {model!r} is less than one;"
                f" allowed is {1 / heads:.4f} or more (pruning.every_head_up_to scores after every head)"
            )
