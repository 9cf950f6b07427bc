"""Do the numbers of a config fit the models that it names? Asked before any job, of every model whose shape can be known."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError

from headcount.data.origins import ENCODERS
from headcount.families import FAMILIES, ends_layers_with_norms, inseparable_layers
from headcount.models import weights
from headcount.planning.published import shape_in, shaped_as
from headcount.settings.files import ConfigError
from headcount.settings.study import Study


def check_models(study: Study) -> None:
    """See that models are what the config says of them, and large enough for what is done with them.

    Raises:
        ConfigError: one is of another family or is not supported, has another number of heads, no more layers than are to be
            frozen, fewer heads than a step of pruning takes, layers with which what the study wants cannot be done, or no
            head for masked LM where that is asked.
    """
    _check_languages(study)
    _check_heads_for_masked_lm(study)
    for model in study.models:
        encoder = study.encoders[model]
        _check_layers(study, model, encoder.family)
        shape = shape_in(study, model)
        heads = shape.all_heads if shape else encoder.heads or 0
        _, fetched = shaped_as(encoder, study.seeds[0]) or ("", None)
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


def _check_heads_for_masked_lm(study: Study) -> None:
    """See that local models that are asked masked LM have a head for it, before anything is fine-tuned."""
    for model in study.masked_models:
        encoder = study.encoders[model]
        folder = Path(str(encoder.source))
        if encoder.way != "fetched" or encoder.random_weights or encoder.source in ENCODERS or not folder.is_dir():
            continue
        kind = FAMILIES[encoder.family]
        parts = {path.partition(".")[0] for path in (*kind.head, kind.head_of_embeddings or "")} - {""}
        try:
            names = weights.tensor_names(folder)
        except (OSError, ValueError, SafetensorError):
            continue  # fetching says what is wrong with them
        if names and not any(name.partition(".")[0] in parts for name in names):
            raise ConfigError(
                f"config: encoders.{model}.source: {encoder.source!r} has no head for masked LM; leave masked LM out"
                f" (`mlm: null`), or go on pre-training with a new head (encoders.{model}.pretrain.from)"
            )


def _check_layers(study: Study, model: str, family: str) -> None:
    """See that layers of a model are made so that the study can do with them what it does."""
    if model in study.layers.models and (why := inseparable_layers(family)):
        raise ConfigError(f"config: layers.models: layers of {model!r} cannot be taken out: {why}; leave it out")
    if ends_layers_with_norms(family):
        return
    if model in study.outlier_models:
        raise ConfigError(f"config: outliers.models: no layer of {model!r} ends with a LayerNorm; leave it out")
    if study.encoders[model].spike:
        raise ConfigError(f"config: encoders.{model}.spike: no layer of a {family} ends with a LayerNorm; allowed is null")


def _check_languages(study: Study) -> None:
    """See that both models of a study of several languages have heads in the same places, and that its layers are there."""
    shapes = {model: shape_in(study, model) for model in study.language_models}
    places = {model: (shape.layers, shape.all_heads) for model, shape in shapes.items() if shape}
    if len(set(places.values())) > 1:
        told = ", ".join(f"{model} {layers} layers with {heads} heads" for model, (layers, heads) in places.items())
        raise ConfigError(
            f"config: languages.monolingual: the same heads are removed from both models, which need the same shape: {told}"
        )
    shape = shapes.get(study.multilingual_model or "")
    named = study.languages.sets if isinstance(study.languages.sets, dict) else {}
    wanted = [("sets", number) for numbers in named.values() for number in numbers]
    wanted += [("single_layers", number) for number in study.languages.single_layers]
    if beyond := [(key, number) for key, number in wanted if shape and number > shape.layers]:
        key, number = beyond[0]
        raise ConfigError(f"config: languages.{key}: no layer {number}; {shape and shape.layers} is the highest of its layers")
