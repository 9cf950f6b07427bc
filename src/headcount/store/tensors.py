"""Importance and divergence on disk: float64 tensors in safetensors files, with metadata."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from headcount.store.files import replacing

ABOUT = "headcount"
"""Key of a tensor file's metadata."""
DIVERGENCE = ("attention_js", "hidden_l2", "attention_js_local", "hidden_l2_local")
"""The tensors of a divergence: JS ``[layers, heads]`` in nats, L2 ``[layers + 1]``, and both layer-local."""


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


def write_divergence(path: Path, moved: Mapping[str, np.ndarray], **metadata: Any) -> None:
    """The tensors of ``DIVERGENCE``, float64, with their metadata."""
    _write_tensors(path, {name: moved[name] for name in DIVERGENCE}, metadata)


def read_divergence(path: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The tensors by their names, and the metadata, that ``write_divergence`` wrote."""
    tensors, metadata = _read_tensors(path, *DIVERGENCE)
    return dict(zip(DIVERGENCE, tensors, strict=True)), metadata
