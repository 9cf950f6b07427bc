"""Put a pre-trained model in its place: from the package, a local directory, or the Hub."""

import time
from pathlib import Path

from headcount.artifacts import write_directory
from headcount.commands import arguments, settings
from headcount.fetching import fetch


def main() -> None:
    args = arguments(__doc__, settings=settings, output=Path)
    started = time.monotonic()
    record = {"settings": vars(args.settings)}
    write_directory(args.output, lambda directory: record.update(fetch(directory, **vars(args.settings))), record, started)


if __name__ == "__main__":
    main()
