"""Takes the place of a script that trains or asks a network: files in that script's formats, written slowly.

What it writes follows from what it was told and from what it read, and from nothing else.

In a folder with a folder ``faults``, a job notes in ``begun`` that it has begun, and with which card, and a file
``faults/<script>-<seed>`` says what befalls it: ``meet 4`` (it waits until so many of its script have begun), ``no card``,
``hang``.
"""

import hashlib
import json
import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from headcount.jobs import fork_server, gpus
from headcount.store.files import write_json
from headcount.store.manifests import checksums, write_directory
from headcount.store.tables import write_table
from headcount.store.tensors import write_importance

PIECES, PAUSE = 4, float(os.environ.get("STAND_IN_PAUSE", "0.05"))
REPEATED = 1000  # times a digest of 64 characters
WRITTEN = {
    "fetch_model": ("directory",),
    "finetune": ("directory", "metrics", "outcomes", "history"),
    "estimate_importance": ("importance",),
    "prune_curve": ("curve", "order", "outcomes"),
}
"""Options that name what a script writes."""
PATIENCE = 60.0
"""Seconds for which a job waits for others."""


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


def befall(script: str, artifact: str) -> None:
    """What is to happen to this job."""
    if not Path("faults").is_dir():
        return
    seed = "".join(re.findall(r"seed(\d+)", artifact))
    Path("begun").mkdir(exist_ok=True)
    served = fork_server.SOCKET in os.environ
    job = {"card": os.environ.get(gpus.VISIBLE), "slurm": os.environ.get("SLURM_JOB_ID"), "served": served}
    Path(f"begun/{script}-{seed}.part").write_text(json.dumps(job))
    Path(f"begun/{script}-{seed}.part").rename(f"begun/{script}-{seed}.json")
    faults = Path(f"faults/{script}-{seed}")
    for fault in faults.read_text().splitlines() if faults.exists() else []:
        if fault.startswith("meet"):
            deadline = time.monotonic() + PATIENCE
            while len(list(Path("begun").glob(f"{script}-*.json"))) < int(fault.split()[1]) and time.monotonic() < deadline:
                time.sleep(0.05)
        elif fault == "no card":
            gpus.device("cuda")
        elif fault == "hang":
            time.sleep(1000)


def main() -> None:
    script = Path(sys.argv[0]).stem
    written = WRITTEN[script]
    told: dict[str, list[str]] = {}
    for word in sys.argv[1:]:
        if word.startswith("--"):
            values = told[word[2:]] = []
        else:
            values.append(word)
    befall(script, told[written[0]][0])
    named = [name for name in sorted(told) if name not in (*written, "work", "seen")]
    read = [content(value) for name in named for value in told[name]]
    digest = hashlib.sha256(b"\n".join(read)).hexdigest()
    numbers = np.random.default_rng(int(digest, 16)).random((4, 8))
    for name in written:
        write(name, Path(*told[name]), digest, numbers)


def write(name: str, path: Path, digest: str, numbers: np.ndarray) -> None:
    if path.suffix == ".safetensors":
        time.sleep(PAUSE)
        write_importance(path, numbers)
    elif path.suffix == ".parquet":
        time.sleep(PAUSE)
        write_table(path, pd.DataFrame(numbers))
    elif path.suffix == ".json":
        write_json(path, {"told": digest, "of": name})
    else:

        def fill(directory: Path) -> None:
            for file in ("config.json", "model.safetensors", "tokenizer.json"):
                slowly(directory / file, REPEATED * (digest + file))

        write_directory(path, fill, {"told": digest}, time.monotonic())


if __name__ == "__main__":
    main()
