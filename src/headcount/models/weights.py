"""A checkpoint's files, and the weights that they hold: read, questioned, and written in full precision, nothing left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from headcount.families import FAMILIES

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedModel

WEIGHTS = ("model.safetensors", "model.safetensors.index.json", "model-*-of-*.safetensors")
VOCABULARY = ("tokenizer.json", "spiece.model", "spm.model", "vocab.json", "vocab.txt")
BESIDE = ("tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt")
FILES = ("config.json", *WEIGHTS, *VOCABULARY, *BESIDE)
"""All files of a checkpoint that are ever read, by patterns."""

NEVER_LEARNT = ("position_ids", "token_type_ids")
"""Buffers that older checkpoints hold, and that the model makes by itself."""


def read(folder: Path) -> dict[str, Tensor]:
    """All tensors of the safetensors files in ``folder``, under their names there; numbers with a fraction in float32."""
    from safetensors.torch import load_file

    single = folder / "model.safetensors"
    paths = [single] if single.is_file() else sorted(folder.glob("model-*-of-*.safetensors"))
    found = {name: tensor for path in paths for name, tensor in load_file(path).items()}
    return {name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in found.items()}


def tensor_names(folder: Path) -> list[str]:
    """The names of all tensors of the safetensors files in ``folder``, from their headers alone."""
    from safetensors import safe_open

    found = []
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, "numpy") as file:
            found += file.keys()
    return found


def write(directory: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write them as ``save_pretrained`` does, in one file."""
    from safetensors.torch import save_file

    whole = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(whole, directory / "model.safetensors", {"format": "pt"})


def unsound(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the first weight that holds a value that is no finite number."""
    return next((name for name, tensor in tensors.items() if not tensor.isfinite().all()), None)


def misfit(model: type[PreTrainedModel], directory: Path, model_type: str) -> str | None:
    """Why the weights in ``directory`` are not those of the encoder that ``config.json`` describes; nothing where they are.

    What lies outside the encoder's body (heads of any kind, a pooler) may be there or not.
    """
    kind = FAMILIES[model_type]
    _, loading = model.from_pretrained(
        directory, output_loading_info=True, local_files_only=True, use_safetensors=True, ignore_mismatched_sizes=True
    )
    parts = {path.split(".")[0] for path in (kind.blocks, *kind.embedding, kind.final_norm) if path}

    def of_the_body(names: Iterable[str]) -> list[str]:
        inner = {name: name.removeprefix(f"{kind.body}.") for name in names}
        return sorted(name for name, short in inner.items() if short.split(".")[0] in parts)

    if wrong := [each for each in loading["mismatched_keys"] if of_the_body([each[0]])]:
        name, found, expected = wrong[0]
        return f"{name} has the shape {list(found)}, config.json describes {list(expected)}"
    given = loading["unexpected_keys"]
    if missing := of_the_body(loading["missing_keys"]):
        wrapped = next((name for name in sorted(given) if name.endswith(missing[0].removeprefix(f"{kind.body}."))), None)
        instead = f"; it has {wrapped}, as a wrapper names it: save the model within" if wrapped else ""
        return f"it has no {missing[0]}{instead}"
    if more := [name for name in of_the_body(given) if not name.endswith(NEVER_LEARNT)]:
        return f"it has {more[0]}, which a {kind.title} of this config.json has no use for"
    return None
