"""Importance and divergence on disk: float64 tensors in safetensors files, with metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    pass
from headcount.store.files import replacing

ABOUT = "headcount"
"""Key of a tensor file's metadata."""


def _write_tensors(path: Path, tensors: dict[str, np.ndarray], metadata: dict[str, Any]) -> None:
    """Tensors in float64, with metadata as JSON under one key: several would stand in another order each time."""
    from safetensors.numpy import save_file

    about = {ABOUT: json.dumps(metadata, sort_keys=True)}
    with replacing(path) as temporary:
        save_file({name: np.ascontiguousarray(tensor, np.float64) for name, tensor in tensors.items()}, temporary, about)


def _read_tensors(path: Path, *names: str) -> tuple[list[np.ndarray], dict[str, Any]]:
    from safetensors import safe_open

    with safe_open(path, "numpy") as file:
        return [file.get_tensor(name) for name in names], json.loads((file.metadata() or {}).get(ABOUT, "{}"))


def read_tensor_metadata(path: Path) -> dict[str, Any]:
    """What was written besides the tensors."""
    return _read_tensors(path)[1]


def write_importance(path: Path, importance: np.ndarray, **metadata: Any) -> None:
    """An importance tensor ``[rows, heads]`` float64, with its metadata."""
    _write_tensors(path, {"importance": importance}, metadata)


def read_importance(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """The tensor and the metadata that ``write_importance`` wrote."""
    (importance,), metadata = _read_tensors(path, "importance")
    return importance, metadata


def write_divergence(path: Path, attention_js: np.ndarray, hidden_l2: np.ndarray, **metadata: Any) -> None:
    """``attention_js [layers, heads]`` in nats and ``hidden_l2 [layers + 1]``, float64, with their metadata."""
    _write_tensors(path, {"attention_js": attention_js, "hidden_l2": hidden_l2}, metadata)


def read_divergence(path: Path) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    """``attention_js``, ``hidden_l2`` and the metadata that ``write_divergence`` wrote."""
    (attention_js, hidden_l2), metadata = _read_tensors(path, "attention_js", "hidden_l2")
    return attention_js, hidden_l2, metadata
