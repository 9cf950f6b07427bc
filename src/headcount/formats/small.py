"""Small: weights without the removed heads, and beside them the file that builds the model again. Exact, and fast anywhere."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.encoders import body, family, family_of, head_dim
from headcount.formats import modelling
from headcount.store.files import write_json
from headcount.units.cutting import Cut, cut
from headcount.units.heads import KEPT

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel

Kept = Sequence[Sequence[int]]
"""The original numbers of the heads that each set of attention weights has left."""


def purpose_of(model: PreTrainedModel) -> str:
    """What a model is for, as the name of its class ends: ``ForMaskedLM``, …, or ``Model`` for a body alone."""
    return type(model).__name__.removeprefix(family(model).prefix)


def write(model: PreTrainedModel, kept: Kept, directory: Path) -> None:
    """Weights in their own precision, configuration, and modelling file; the model stays as it is.

    Raises:
        ValueError: no Auto class loads what this model is for.
    """
    model_type = model.config.model_type
    purposes = modelling.loadable(model_type, purpose_of(model))
    write_plainly(model, directory)
    path, heads = directory / "config.json", modelling.heads_key(model_type)
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings |= {
        KEPT: [list(row) for row in kept],
        modelling.WHOLE: settings[heads],
        heads: modelling.REFUSAL,
        "model_type": modelling.PREFIX + model_type,
        "architectures": [modelling.class_name(model_type, purpose_of(model))],
        "auto_map": modelling.auto_map(model_type, purposes),
    }
    write_json(path, settings)
    text = modelling.modelling_file(model_type, purposes)
    (directory / f"{modelling.NAME}.py").write_text(text, encoding="utf-8")


def write_plainly(model: PreTrainedModel, directory: Path) -> None:
    """``save_pretrained`` with a configuration that says nothing of removed heads."""
    before = model.config
    model.config = plain_config(model)
    try:
        model.save_pretrained(directory)
    finally:
        model.config = before


def plain_config(model: PreTrainedModel) -> PreTrainedConfig:
    """A copy of a model's configuration as it was before heads were removed."""
    config = deepcopy(model.config)
    if hasattr(config, KEPT):
        delattr(config, KEPT)
    return config


def load(directory: Path | str) -> PreTrainedModel:
    """The small model in ``directory``, for what it was saved for: eval mode, no parameter needs a gradient.

    It is of the plain Hugging Face class, as a model is from whose weights heads were just removed; its configuration has the
    original numbers of those that it has left.

    Raises:
        ValueError: the directory holds no small model, or one whose weights are not all there.
    """
    directory = Path(directory)
    settings = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    model_type = str(settings.get("model_type"))
    if KEPT not in settings or not model_type.startswith(modelling.PREFIX):
        raise ValueError(f"{directory}: config.json has no {KEPT}; no heads were removed here, load it with from_pretrained")
    model_type = model_type.removeprefix(modelling.PREFIX)
    kind = family_of(model_type)
    purpose = settings["architectures"][0].removeprefix(modelling.class_name(model_type, ""))
    plain = kind.model_class(model_type, purpose)
    config = kind.config_class(model_type).from_dict(_plain_settings(settings, model_type))
    told: dict[str, Any] = {"local_files_only": True, "use_safetensors": True, "attn_implementation": kind.attention}
    loaded = _smaller(plain).from_pretrained(directory, config=config, output_loading_info=True, **told)
    model: PreTrainedModel = loaded[0]
    if missing := sorted(loaded[1]["missing_keys"]):
        raise ValueError(f"{directory} lacks {missing[0]}; give a directory that headcount wrote")
    model.__class__ = plain
    model.requires_grad_(False)
    return model.eval()


def _plain_settings(settings: dict[str, Any], model_type: str) -> dict[str, Any]:
    left_out = (modelling.WHOLE, "auto_map", "architectures")
    plain = {key: value for key, value in settings.items() if key not in left_out}
    return {**plain, "model_type": model_type, modelling.heads_key(model_type): settings[modelling.WHOLE]}


def _smaller(plain: type[PreTrainedModel]) -> type[PreTrainedModel]:
    """A class whose models lose their heads before they get their weights."""

    def build(self: Any, config: PreTrainedConfig, *args: Any, **kwargs: Any) -> None:
        plain.__init__(self, config, *args, **kwargs)
        remove(self, getattr(config, KEPT))

    return type(plain.__name__, (plain,), {"__init__": build, "__module__": plain.__module__})


def remove(model: PreTrainedModel, kept: Kept) -> None:
    """Leave these heads of a whole model."""
    kind = family(model)
    for layer, stay in zip(body(model).get_submodule(kind.blocks).children(), kept, strict=True):
        cut(layer, Cut(**kind.cut), stay, head_dim(model))
