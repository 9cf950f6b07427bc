"""Cut the sampled corpus into blocks of a model's length, tokenised by that model."""

import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from headcount.data.articles import read_articles
from headcount.data.blocks import block_tables, check_room
from headcount.data.tokenizer import TextEncoder
from headcount.jobs.command_line import arguments, recorded, run
from headcount.jobs.inputs import files_of, payload
from headcount.jobs.processes import shared
from headcount.progress import log
from headcount.store.manifests import write_directory
from headcount.store.tables import write_tables


def counted(tables: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """Pass tables on, then say how much they held."""
    articles = blocks = tokens = 0
    for table in tables:
        articles += pc.count_distinct(table["article"]).as_py()
        blocks += len(table)
        tokens += pc.sum(pc.list_value_length(table["ids"])).as_py()
        yield table
    log.info(f"{blocks} blocks of {articles} articles, {tokens} tokens")


def main() -> None:
    args = arguments(__doc__, block_tokens=int, corpus=payload, model=payload, directory=Path, processes=int)
    started = time.monotonic()
    check_room(args.model, args.block_tokens)
    left_out: list[str] = []
    each = partial(shared, processes=args.processes)
    tables = block_tables(read_articles(args.corpus), TextEncoder(args.model), args.block_tokens, left_out, each)

    inputs = {name: files_of(directory) for name, directory in (("corpus", args.corpus), ("model", args.model))}
    record = {**recorded(args, "block_tokens"), "inputs": inputs}

    def fill(directory: Path) -> None:
        write_tables(directory / "blocks.parquet", counted(tables), block_tokens=args.block_tokens)
        record["left_out"] = len(left_out)

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
