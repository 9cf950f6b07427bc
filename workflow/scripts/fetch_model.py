"""Put a pre-trained model in its place: from the package, a local directory, or the Hub."""

import time
from pathlib import Path

from headcount.jobs.command_line import arguments, run, settings
from headcount.models.fetching import fetch
from headcount.progress import log
from headcount.settings.models import Encoder
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, model=str, settings=settings, output=Path)
    started = time.monotonic()
    encoder = Encoder.model_validate(vars(args.settings))
    record = {"settings": vars(args.settings)}

    def fill(directory: Path) -> None:
        record.update(fetch(directory, f"encoders.{args.model}", encoder))
        log.info(f"{args.model}: {record['origin']}")

    write_directory(args.output, fill, record, started)


if __name__ == "__main__":
    run(main)
