"""What the removal of single weights saves and does not: ``python -m benchmarks.sparse > docs/sparse.md``.

At the shape of BERT-base with random weights: a product with a layer's matrix, dense, with zeros in it, and in a sparse format;
a checkpoint on the disk; and the memory that a curve over all its weights takes.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers.models.bert.configuration_bert import BertConfig
from transformers.models.bert.modeling_bert import BertForMaskedLM

from headcount.markdown import frame, paragraphs
from headcount.models.packing import PACKED, pack, unpack
from headcount.models.sparsifying import zero_smallest
from headcount.order.curve import trace
from headcount.order.outcomes import Answer
from headcount.phrasing import percent
from headcount.store.hardware import hardware
from headcount.units.weights import smallest, weights_by_magnitude

SHARES = (0.0, 0.5, 0.9, 0.99)
ROWS, COLUMNS, TOKENS, REPEATS = 3072, 768, 2048, 20
"""A feed-forward matrix of BERT-base, and the tokens of a batch."""


def seconds(work: Callable[[], object]) -> float:
    """The median of some runs, after one that does not count."""
    work()
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        work()
        took.append(time.perf_counter() - started)
    return float(np.median(took))


def products() -> pd.DataFrame:
    """A row a share: a dense product, and one in a sparse format (CSR), over the dense one without zeros."""
    torch.manual_seed(0)
    matrix, states = torch.randn(ROWS, COLUMNS), torch.randn(COLUMNS, TOKENS)
    whole = seconds(lambda: matrix @ states)
    rows = []
    for share in SHARES:
        pruned = matrix.masked_fill(smallest(matrix, round(share * matrix.numel())), 0.0)
        compressed = pruned.to_sparse_csr()
        dense, sparse = seconds(lambda it=pruned: it @ states), seconds(lambda it=compressed: it @ states)
        rows.append({"zero": percent(share, 0), "dense format": dense / whole, "sparse format (CSR)": sparse / whole})
    return pd.DataFrame(rows)


def bert() -> BertForMaskedLM:
    torch.manual_seed(0)
    return BertForMaskedLM(BertConfig()).eval().requires_grad_(False)


def files() -> pd.DataFrame:
    """A row a share: a checkpoint of BERT-base as it is saved and packed, and the seconds of both ways."""
    rows = []
    with tempfile.TemporaryDirectory() as place:
        for share in SHARES[:-1]:
            model, folder = bert(), Path(place, str(share))
            zero_smallest(model, share, "matrix")
            model.save_pretrained(folder)
            saved = (folder / "model.safetensors").stat().st_size
            started = time.perf_counter()
            pack(folder)
            packed = time.perf_counter()
            unpack(folder, Path(place, "again"))
            unpacked = time.perf_counter()
            size = (folder / PACKED).stat().st_size
            row = {"zero": percent(share, 0), "saved, MB": saved / 1e6, "packed, MB": size / 1e6}
            rows.append({**row, "packing, s": packed - started, "unpacking, s": unpacked - packed})
    return pd.DataFrame(rows)


def _memory(scope: str, answer: multiprocessing.connection.Connection) -> None:
    def peak() -> float:
        """MiB since it was asked last; ``ru_maxrss`` counts the parent, of which this process began as a copy."""
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        Path("/proc/self/clear_refs").write_text("5")
        return int(status["VmHWM"].split()[0]) / 1024

    peak()
    import_alone = peak()
    model = bert()
    peak()
    loaded = peak()
    started = time.perf_counter()
    units = weights_by_magnitude(model, scope)  # type: ignore[arg-type]
    removed = [units.count_of(share) for share in np.arange(0, 1, 0.1)] + [units.size]
    trace(units, removed, lambda: Answer(0.0, 0.0, np.zeros(0, np.int64)))
    took = time.perf_counter() - started
    parameters, order = model.num_parameters() * 4 / 2**20, units.size * 4 / 2**20
    answer.send((import_alone, loaded, peak(), parameters, order, units.size, took))


def memory() -> pd.DataFrame:
    """A row a scope, each in a process of its own: what a curve over all weights takes beside the scores."""
    rows = []
    for scope in ("matrix", "model"):
        here, there = multiprocessing.get_context("spawn").Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_memory, args=(scope, there))
        process.start()
        import_alone, loaded, most, parameters, order, size, took = here.recv()
        process.join()
        rows.append(
            {
                "scope": scope,
                "weights, M": size / 1e6,
                "model, MiB": parameters,
                "order, MiB": order,
                "libraries, MiB": import_alone,
                "with the model, MiB": loaded,
                "peak of the curve, MiB": most,
                "order and 11 points, s": took,
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    found, threads = hardware(), torch.get_num_threads()
    parts = [
        "# What the removal of single weights saves",
        f"Written by `python -m benchmarks.sparse > docs/sparse.md` on {found['cpu']} ({found['instructions']}, {threads}"
        " threads), at the shape of BERT-base with random weights.",
        f"**Time.** A product of a {ROWS} × {COLUMNS} matrix with {TOKENS:,} tokens, over that without zeros. A dense"
        " product takes as long whatever is zero; a sparse one pays only where hardly anything is left. A head that is removed"
        " takes its rows and columns along: what is left is smaller and dense.",
        frame(products()),
        "**Disk.** A saved model is as large whatever is zero. Packed (a bit an entry, and the values"
        " that are left) it is smaller, and comes back bit for bit.",
        frame(files()),
        "**Memory of a curve.** One order of all weights, 4 bytes each, beside the model; what comes on top is the sorting of"
        " the largest matrix. Each in a process of its own, as Linux counts its memory.",
        frame(memory()),
    ]
    print(paragraphs(parts))


if __name__ == "__main__":
    main()
