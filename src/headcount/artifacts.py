"""What artifacts look like on disk: manifests, tensors, tables. Every format stands here and nowhere else.

Everything is written whole or not at all: to a temporary name first, then renamed.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

NOT_PAYLOAD = {".snakemake_timestamp"}
"""Files that the workflow engine leaves in the directories that it knows."""
ABOUT = "headcount"
"""Key of a tensor file's metadata."""
LIBRARIES = ("headcount", "torch", "transformers", "tokenizers", "huggingface_hub", "numpy", "pandas", "pyarrow")


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries whose numbers an artifact may depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of ``path`` when the block ends well, and vanishes when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    _delete(temporary)
    try:
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        temporary.replace(path)
    finally:
        _delete(temporary)


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, default=float) + "\n")


def manifest_path(directory: Path) -> Path:
    """The manifest beside a directory: ``<dir>.json``."""
    return directory.with_name(directory.name + ".json")


def checksums(directory: Path) -> dict[str, dict[str, Any]]:
    """``sha256`` and ``size`` in bytes of every file below a directory, by its path within."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(p for p in directory.rglob("*") if p.is_file() and p.name not in NOT_PAYLOAD):
        with path.open("rb") as stream:
            digest = file_digest(stream, "sha256").hexdigest()
        found[path.relative_to(directory).as_posix()] = {"sha256": digest, "size": path.stat().st_size}
    return found


def write_directory(directory: Path, fill: Callable[[Path], None], made_by: dict[str, Any], started: float) -> None:
    """Have ``fill`` write a directory, then put it and its manifest in place.

    Args:
        made_by: the settings, device, inputs and results that belong to the record.
        started: ``time.monotonic()`` when the work began; the manifest keeps the seconds since.
    """
    with replacing(directory) as temporary:
        temporary.mkdir()
        fill(temporary)
        content = {
            **made_by,
            "seconds": round(time.monotonic() - started, 1),
            "versions": versions(),
            "files": checksums(temporary),
        }
    write_json(manifest_path(directory), content)


def differences(directory: Path, manifest: dict[str, Any]) -> list[str]:
    """The files of a directory that are not what its manifest says, each with what is wrong with it."""
    found, expected = checksums(directory), manifest["files"]
    complaints = [f"{name}: missing" for name in sorted(expected.keys() - found.keys())]
    complaints += [f"{name}: not in the manifest" for name in sorted(found.keys() - expected.keys())]
    complaints += [
        f"{name}: sha256 differs from the manifest's"
        for name in sorted(found.keys() & expected.keys())
        if found[name] != expected[name]
    ]
    return complaints


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


def write_table(path: Path, table: pd.DataFrame, **metadata: Any) -> None:
    """A parquet table; ``metadata`` (JSON) goes into its schema."""
    write_tables(path, [table], **metadata)


def write_tables(path: Path, tables: Iterable[pd.DataFrame], **metadata: Any) -> None:
    """Tables of the same columns, at least one, below each other in one parquet file; one is in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = (pa.Table.from_pandas(table, preserve_index=False) for table in tables)
    first = next(parts)
    own = {key: json.dumps(value) for key, value in metadata.items()}
    schema = first.schema.with_metadata({**(first.schema.metadata or {}), **own})
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for part in chain([first], parts):
            writer.write_table(part.cast(schema))


def write_csv(path: Path, table: pd.DataFrame) -> None:
    """A table as text: full precision, null is empty."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")


def read_table(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """A parquet table, or some of its columns."""
    import pandas as pd

    return pd.read_parquet(path, columns=columns)


def read_rows(path: Path, numbers: Sequence[int]) -> pd.DataFrame:
    """Some rows of a parquet table, by number, ascending; beside them, one row group is in memory at a time."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted, start, parts = np.asarray(numbers), 0, []
    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            end = start + file.metadata.row_group(group).num_rows
            if (here := wanted[(wanted >= start) & (wanted < end)]).size:
                parts.append(file.read_row_group(group).take(here - start))
            start = end
    rows: pd.DataFrame = pa.concat_tables(parts).to_pandas()
    return rows


def read_table_metadata(path: Path) -> dict[str, Any]:
    """What ``write_table`` was given besides the table."""
    import pyarrow.parquet as pq

    found = pq.read_schema(path).metadata or {}
    return {key.decode(): json.loads(value) for key, value in found.items() if key not in (b"pandas", b"ARROW:schema")}


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Several parquet tables of the same columns, one below the other."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    together: pd.DataFrame = pa.concat_tables([pq.read_table(path).replace_schema_metadata() for path in paths]).to_pandas()
    return together


def read_metrics(paths: Sequence[Path]) -> pd.DataFrame:
    """The ``metrics.json`` of several fine-tuned models, one row each."""
    import pandas as pd

    return pd.DataFrame([json.loads(path.read_text()) for path in paths])
