"""Sparse checkpoints on disk: of a matrix with many zeros, where it is not zero, one bit an entry, and its other values.

A dense file is as large however sparse the model is: BERT-base at 90 % takes 440 MB so, and 60 MB packed. Nothing is lost.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from headcount.models import weights

if TYPE_CHECKING:
    from torch import Tensor

PACKED = "packed.safetensors"
"""The file that stands in the place of ``model.safetensors``."""
KEPT, VALUES, SHAPE = "kept", "values", "shape"
PAYS = 1 / 16
"""A matrix is packed where more than this share of it is zero; the bits take a 32nd of it."""


def packed(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    """Tensors by name, sparse ones as three arrays: ``<name>|kept``, ``<name>|values``, ``<name>|shape``."""
    found: dict[str, np.ndarray] = {}
    for name, tensor in tensors.items():
        array = tensor.detach().cpu().numpy()
        kept = array != 0
        if array.ndim == 2 and kept.mean() < 1 - PAYS:
            parts = {KEPT: np.packbits(kept), VALUES: array[kept], SHAPE: np.asarray(array.shape, np.int64)}
            found |= {f"{name}|{part}": value for part, value in parts.items()}
        else:
            found[name] = array
    return found


def unpacked(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What was packed, bit for bit; but a negative zero comes back as zero."""
    found = {name: array for name, array in arrays.items() if "|" not in name}
    for name in (each.removesuffix(f"|{KEPT}") for each in arrays if each.endswith(f"|{KEPT}")):
        shape, values = arrays[f"{name}|{SHAPE}"], arrays[f"{name}|{VALUES}"]
        whole = np.zeros(int(shape.prod()), values.dtype)
        whole[np.unpackbits(arrays[f"{name}|{KEPT}"], count=len(whole)).astype(bool)] = values
        found[name] = whole.reshape(shape)
    return found


def pack(directory: Path) -> None:
    """Put a packed file in the place of a saved model's weights."""
    from safetensors.numpy import save_file

    save_file(packed(weights.read(directory)), directory / PACKED)
    for pattern in weights.WEIGHTS:
        for path in directory.glob(pattern):
            path.unlink()


def unpack(directory: Path, place: Path) -> Path:
    """Write the model that is packed in ``directory`` to ``place``, as it is saved else; that is also what is returned."""
    from safetensors.numpy import load_file, save_file

    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(directory, place, ignore=shutil.ignore_patterns(PACKED))
    save_file(unpacked(load_file(directory / PACKED)), place / "model.safetensors", {"format": "pt"})
    return place
