"""Divide each layer's importances by their norm (Eq. 4)."""

from pathlib import Path

from headcount.jobs.command_line import arguments, run
from headcount.order.norms import normalize
from headcount.store.tensors import read_importance, write_importance


def main() -> None:
    args = arguments(__doc__, norm=str, raw=Path, importance=Path)
    importance, metadata = read_importance(args.raw)
    write_importance(args.importance, normalize(importance, args.norm), **metadata, norm=args.norm)


if __name__ == "__main__":
    run(main)
