"""Divide each layer's importances by their norm (Eq. 4)."""

from pathlib import Path

from headcount.artifacts import read_importance, write_importance
from headcount.commands import arguments
from headcount.ranking import normalize


def main() -> None:
    args = arguments(__doc__, raw=Path, norm=str, output=Path)
    importance, metadata = read_importance(args.raw)
    write_importance(args.output, normalize(importance, args.norm), **metadata, norm=args.norm)


if __name__ == "__main__":
    main()
