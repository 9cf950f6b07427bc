"""Cut the sampled corpus into blocks of a model's length, tokenised by that model."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from headcount.artifacts import write_tables
from headcount.commands import arguments, log, run
from headcount.corpus import block_tables, check_room, read_articles
from headcount.text import TextEncoder


def counted(tables: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Pass tables on, then say how much they held."""
    articles = blocks = tokens = 0
    for table in tables:
        articles += table["article"].nunique()
        blocks += len(table)
        tokens += int(table["ids"].map(len).sum())
        yield table
    log(f"{blocks} blocks of {articles} articles, {tokens} tokens")


def main() -> None:
    args = arguments(__doc__, corpus=Path, model=Path, block_tokens=int, output=Path)
    check_room(args.model, args.block_tokens)
    tables = block_tables(read_articles(args.corpus), TextEncoder(args.model), args.block_tokens)
    write_tables(args.output, counted(tables), block_tokens=args.block_tokens)


if __name__ == "__main__":
    run(main)
