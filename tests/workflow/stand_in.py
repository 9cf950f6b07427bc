"""Takes the place of a script that trains or asks a network: files in that script's formats, written slowly.

What it writes follows from what it was told and from what it read, and from nothing else.
"""

import hashlib
import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from headcount.store.files import write_json
from headcount.store.manifests import checksums, write_directory
from headcount.store.tables import write_table
from headcount.store.tensors import write_importance

PIECES, PAUSE = 4, float(os.environ.get("STAND_IN_PAUSE", "0.05"))
REPEATED = 1000  # times a digest of 64 characters


def content(value: str) -> bytes:
    """What an option's value stands for."""
    if not value.startswith("results/"):
        return value.encode()
    path = Path(value)
    return json.dumps(checksums(path)).encode() if path.is_dir() else path.read_bytes()


def slowly(path: Path, text: str) -> None:
    """Write a file piece by piece, each seen by others at once."""
    with path.open("w") as stream:
        for _ in range(PIECES):
            stream.write(text)
            stream.flush()
            time.sleep(PAUSE)


def main() -> None:
    told = dict(zip([name[2:] for name in sys.argv[1::2]], sys.argv[2::2], strict=True))
    written = {"output", "metrics", "history", "work"}
    read = [content(value) for name, value in sorted(told.items()) if name not in written]
    digest = hashlib.sha256(b"\n".join(read)).hexdigest()
    numbers = np.random.default_rng(int(digest, 16)).random((4, 8))
    output = Path(told["output"])
    if output.suffix == ".safetensors":
        time.sleep(PAUSE)
        write_importance(output, numbers)
    elif output.suffix == ".parquet":
        time.sleep(PAUSE)
        write_table(output, pd.DataFrame(numbers))
    else:

        def fill(directory: Path) -> None:
            for name in ("config.json", "model.safetensors", "tokenizer.json"):
                slowly(directory / name, REPEATED * (digest + name))

        write_directory(output, fill, {"told": digest}, time.monotonic())
    for name in ("metrics", "history"):
        if name in told:
            write_json(Path(told[name]), {"told": digest, "of": name})


if __name__ == "__main__":
    main()
