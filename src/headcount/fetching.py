"""Pre-trained models from where the config says: shipped with the package, a local directory, or the Hub."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from headcount import encoders
from headcount.miniature.encoders import shipped

EMBEDDED = "embedded"


class ModelError(ValueError):
    """A model that cannot be used; the message names the config key, what is wrong, and the remedy."""


def fetch(
    directory: Path, family: str, source: str, revision: str | None, random_weights: bool, heads: int | None
) -> dict[str, Any]:
    """Put the model and its tokenizer into ``directory``, as ``save_pretrained`` does; returns what to record of its origin.

    Raises:
        ModelError: it cannot be loaded, is of another family, or has another number of heads than the config says.
    """
    record = _put(directory, family, source, revision)
    rows, columns = encoders.head_shape(json.loads((directory / "config.json").read_text()))
    if heads is not None and rows * columns != heads:
        raise ModelError(f"encoders: source {source!r} has {rows * columns} heads, but heads is given as {heads}")
    if random_weights:
        from transformers.trainer_utils import set_seed

        set_seed(0)
        encoders.load_empty(directory, "ForMaskedLM").save_pretrained(directory)
    return record


def _put(directory: Path, family: str, source: str, revision: str | None) -> dict[str, Any]:
    if source == EMBEDDED:
        shutil.copytree(shipped(family), directory, dirs_exist_ok=True, copy_function=shutil.copyfile)
        return {"origin": f"shipped with the package: {family}"}
    from transformers.configuration_utils import PreTrainedConfig
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    cls = encoders.family_of(family).model_class(family, "ForMaskedLM")
    try:
        found = PreTrainedConfig.get_config_dict(source, revision=revision)[0].get("model_type")
        if found != family:
            raise ModelError(f"encoders: source {source!r} is a {found!r}, but its family is given as {family!r}")
        tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
        model = cls.from_pretrained(source, revision=revision, use_safetensors=True)
    except ModelError:
        raise
    except (OSError, ValueError) as error:
        first = str(error).splitlines()[0]
        raise ModelError(
            f"encoders: source {source!r} cannot be loaded ({first}); give a local directory with safetensors weights, "
            "or a name on the Hub that is reachable or cached"
        ) from error
    tokenizer.save_pretrained(directory)
    model.save_pretrained(directory)
    return {"origin": source, "commit": getattr(model.config, "_commit_hash", None)}
