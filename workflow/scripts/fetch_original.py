"""Put a model that pre-training goes on from in its place: from the package, a local directory, or the Hub."""

import time
from pathlib import Path

from headcount.jobs.command_line import arguments, recorded, run, typed
from headcount.models.fetching import fetch
from headcount.progress import log
from headcount.settings.models import Encoder
from headcount.store.manifests import write_directory


def main() -> None:
    args = arguments(__doc__, model=str, encoder=typed(Encoder), content=str, seen=Path, directory=Path)
    started = time.monotonic()
    record = recorded(args, "model", "encoder")

    def fill(directory: Path) -> None:
        key = f"encoders.{args.model}"
        record.update(fetch(directory, key, args.encoder, args.content, args.seen, entry="pretrain.from"))
        log.info(f"{args.model}: {record['origin']}")

    write_directory(args.directory, fill, record, started)


if __name__ == "__main__":
    run(main)
