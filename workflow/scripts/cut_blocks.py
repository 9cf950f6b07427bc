"""Cut the sampled corpus into blocks of a model's length, tokenised by that model."""

from pathlib import Path

from headcount.artifacts import write_table
from headcount.commands import arguments, log
from headcount.corpus import block_table, read_articles
from headcount.text import TextEncoder


def main() -> None:
    args = arguments(__doc__, corpus=Path, model=Path, block_tokens=int, output=Path)
    table = block_table(read_articles(args.corpus), TextEncoder(args.model), args.block_tokens)
    log(f"{len(table)} blocks of {table['article'].nunique()} articles, {table['ids'].map(len).sum()} tokens")
    write_table(args.output, table, block_tokens=args.block_tokens)


if __name__ == "__main__":
    main()
