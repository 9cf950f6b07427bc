"""A corpus of any size through sampling and block cutting, as the rules run them: ``python -m benchmarks.corpus --help``.

Articles are repeated under new ids until they are so many gigabytes of text. Of each step: seconds, CPU seconds of all its
processes, and the most memory that they held at once.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from headcount.data.tokenizer import copy_tokenizer
from headcount.miniature.encoders import shipped
from headcount.store.manifests import write_directory

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "workflow" / "scripts"
ROWS = 250
TICK = 0.2
"""Seconds between two looks at what a step's processes hold."""
DIGEST = """
import sys
from pathlib import Path
from headcount.data.articles import content
from headcount.data.identity import identity
from headcount.data.sources import data_set

data = data_set("corpus", sys.argv[1], None)
print(identity(data.folder, Path(sys.argv[2]), content(data, None)))
"""


@dataclass(frozen=True)
class Used:
    """What a step used: seconds, CPU seconds, the number of processes at once, and bytes: all of theirs, and the largest's.

    Memory that processes share, such as the libraries, counts once among all of theirs.
    """

    seconds: float
    cpu: float
    processes: int
    together: int
    largest: int


def used(command: Sequence[str], environment: dict[str, str]) -> tuple[Used, str]:
    """What a command and the processes that it starts use; and its output.

    Raises:
        subprocess.CalledProcessError: it fails.
    """
    before, started = _cpu(), time.monotonic()
    together = largest = processes = 0
    with tempfile.TemporaryFile("w+") as output:
        step = psutil.Popen(command, env=environment, stdout=output)
        while step.poll() is None:
            held = [*_held(step.pid)]
            together, largest, processes = max(together, sum(held)), max([largest, *held]), max(processes, len(held))
            time.sleep(TICK)
        if step.returncode:
            raise subprocess.CalledProcessError(step.returncode, command)
        output.seek(0)
        return Used(time.monotonic() - started, _cpu() - before, processes, together, largest), output.read()


def _cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return children.ru_utime + children.ru_stime


def _held(pid: int) -> Iterator[int]:
    """Bytes of a process and of those below it."""
    try:
        for process in (parent := psutil.Process(pid), *parent.children(recursive=True)):
            about = process.memory_full_info()
            yield int(getattr(about, "pss", about.rss))
    except psutil.Error:  # it has ended
        return


def repeated(articles: Sequence[Path], size: float, folder: Path) -> tuple[int, int]:
    """Write articles over and over under new ids until they are ``size`` bytes of text; how many, and their bytes."""
    folder.mkdir(parents=True)
    written = texts = 0
    for round_, path in ((number, path) for number in count() for path in articles):
        if texts >= size:
            return written, texts
        target = folder / f"articles-{written:09}.parquet"
        with pq.ParquetFile(path) as file, pq.ParquetWriter(target, file.schema_arrow) as writer:
            for batch in file.iter_batches(ROWS):
                ids = pa.array([f"{name}-{round_}" for name in batch.column("id").to_pylist()])
                batch = batch.set_column(batch.schema.get_field_index("id"), "id", ids)
                writer.write_table(pa.Table.from_batches([batch]).cast(file.schema_arrow))
                written, texts = written + len(batch), texts + batch.column("text").nbytes
                if texts >= size:
                    break
    raise AssertionError("it goes on for ever")


def model_of(directory: Path, folder: Path) -> Path:
    """A directory with a manifest that has the configuration and the tokenizer of the model in ``directory``."""

    def fill(target: Path) -> None:
        shutil.copyfile(directory / "config.json", target / "config.json")
        copy_tokenizer(directory, target)

    write_directory(folder, fill, {}, time.monotonic())
    return folder


def steps(source: Path, model: Path, tokens: int, processes: int, work: Path) -> Iterator[tuple[str, Used]]:
    """The digest of a source, its sample (all of it), and the blocks, one after the other."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "TOKENIZERS_PARALLELISM": "false"}
    seen = str(work / "seen.json")
    found, digest = used([sys.executable, "-c", DIGEST, str(source), seen], environment)
    yield "digest", found
    settings: Any = json.dumps({"source": str(source), "fraction": 1.0})
    sample = ["--settings", settings, "--source", str(source), "--content", digest.strip(), "--seen", seen]
    sample += ["--directory", str(work / "corpus")]
    yield "sample_corpus", used([sys.executable, str(SCRIPTS / "sample_corpus.py"), *sample], environment)[0]
    cut = ["--corpus", str(work / "corpus"), "--model", str(model), "--block-tokens", str(tokens)]
    cut += ["--processes", str(processes), "--directory", str(work / "blocks")]
    yield "cut_blocks", used([sys.executable, str(SCRIPTS / "cut_blocks.py"), *cut], environment)[0]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corpus", description=__doc__)
    parser.add_argument("--articles", type=Path, required=True, help="a folder of parquet files in Wikipedia's columns")
    parser.add_argument("--model", type=Path, default=shipped("roberta"), help="a saved model with its tokenizer")
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[0.1, 0.5], help="of text, one run each")
    parser.add_argument("--processes", type=int, nargs="+", default=[os.cpu_count() or 1], help="of cut_blocks, one run each")
    parser.add_argument("--block-tokens", type=int, default=126)
    parser.add_argument("--work", type=Path, help="a folder with room for four times the text; by default a temporary one")
    args = parser.parse_args()
    print("| text | articles | step | seconds | CPU s | MB of text/s | processes | GB together | GB of the largest |")
    print("|---" * 9 + "|")
    for size in args.gigabytes:
        for processes in args.processes:
            with tempfile.TemporaryDirectory(dir=args.work) as folder:
                work = Path(folder)
                articles, texts = repeated(sorted(args.articles.glob("*.parquet")), size * 1e9, work / "source")
                model = model_of(args.model, work / "model")
                for name, each in steps(work / "source", model, args.block_tokens, processes, work):
                    row = [f"{texts / 1e9:.2f} GB", f"{articles:,}", name, f"{each.seconds:.1f}", f"{each.cpu:.1f}"]
                    row += [f"{texts / 1e6 / each.seconds:.1f}", each.processes]
                    row += [f"{each.together / 1e9:.2f}", f"{each.largest / 1e9:.2f}"]
                    print("| " + " | ".join(map(str, row)) + " |", flush=True)


if __name__ == "__main__":
    main()
