"""What a file of the results says of itself, beside its numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from headcount.store.tables import read_table_metadata
from headcount.store.tensors import read_tensor_metadata

READERS: dict[str, Callable[[Path], Any]] = {
    ".parquet": read_table_metadata,
    ".safetensors": read_tensor_metadata,
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")),
}
"""By the end of a file's name."""


def record(path: Path) -> dict[str, Any]:
    """The metadata of a table or of tensors, the content of a JSON file; nothing of other files, and of a damaged one."""
    from safetensors import SafetensorError

    try:
        found = READERS[path.suffix](path) if path.suffix in READERS and path.is_file() else {}
    except (ValueError, SafetensorError):  # its readers say that it changed
        return {}
    return found if isinstance(found, dict) else {}
