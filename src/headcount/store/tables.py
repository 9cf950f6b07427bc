"""Tables on disk: parquet with metadata in its schema, and CSV."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

from headcount.store.files import replacing

ROWS_AT_ONCE = 10_000


def write_table(path: Path, table: pd.DataFrame, **metadata: Any) -> None:
    """A parquet table; ``metadata`` (JSON) goes into its schema."""
    write_tables(path, [table], **metadata)


def write_tables(path: Path, tables: Iterable[pd.DataFrame | pa.Table], **metadata: Any) -> None:
    """Tables of the same columns, at least one, below each other in one parquet file; one is in memory at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = (table if isinstance(table, pa.Table) else pa.Table.from_pandas(table, preserve_index=False) for table in tables)
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


def count_rows(path: Path) -> int:
    """The rows of a parquet table."""
    import pyarrow.parquet as pq

    found: int = pq.read_metadata(path).num_rows
    return found


def column_batches(path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
    """Some columns of a parquet table, ``ROWS_AT_ONCE`` rows at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS_AT_ONCE, columns=columns):
            yield batch.to_pandas()


def read_rows(path: Path, numbers: Sequence[int]) -> pd.DataFrame:
    """Some rows of a parquet table, by number, ascending; beside them, one row group is in memory at a time."""
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


def read_described(paths: Sequence[Path], names: Sequence[str]) -> pd.DataFrame:
    """``read_tables``, and of each table's metadata the numbers of some names as columns; null where it does not say."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = []
    for path in paths:
        part, known = pq.read_table(path).replace_schema_metadata(), read_table_metadata(path)
        for name in names:
            part = part.append_column(name, pa.array([known.get(name)] * part.num_rows, pa.float64()))
        parts.append(part)
    together: pd.DataFrame = pa.concat_tables(parts).to_pandas()
    return together


def read_metrics(paths: Sequence[Path], study: str) -> pd.DataFrame:
    """The ``metrics.json`` of several fine-tuned models, one row each, as rows of ``study``: they may be its base's."""
    import pandas as pd

    return pd.DataFrame([json.loads(path.read_text()) for path in paths]).assign(study=study)
