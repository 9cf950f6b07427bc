"""Smaller models in other tools' hands, family by family: ``python -m benchmarks.formats > docs/formats.md``.

Random weights at the shape of MiniLM; 50 of its 72 heads are removed, all of one layer among them. Each format is loaded by the
tool it is for, and held against the model in memory from which the heads were removed; times are those of one thread.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification
from transformers.utils import logging

from benchmarks.shapes import Shape
from benchmarks.timing import in_turn, rate_of, ratios
from headcount import formats
from headcount.encoders import FAMILIES, Family
from headcount.markdown import frame, paragraphs
from headcount.store.hardware import hardware
from headcount.units.heads import Heads

PURPOSE = "ForSequenceClassification"
BATCH, LENGTH, REPEATS, SPECIAL = 8, 64, 15, 5
EMPTY, LEFT = 2, 22
"""The layer that loses all heads, and how many of 72 are left in the others."""
SIZES = {
    "vocab_size": 4000,
    "hidden_size": 384,
    "num_hidden_layers": 6,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 514,
}
ALSO: dict[str, dict[str, Any]] = {
    "albert": {"embedding_size": 128},
    "deberta-v2": {
        "relative_attention": True,
        "position_buckets": 256,
        "pos_att_type": ["p2c", "c2p"],
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "position_biased_input": False,
    },
    "modernbert": {"pad_token_id": 1},
}
"""What a family's published models set, and its configuration class does not."""


def whole(name: str, kind: Family) -> Any:
    named = {kind.names.get(key, key): value for key, value in SIZES.items()}
    return Shape(name, {**named, "initializer_range": 0.05, **ALSO.get(name, {})}).model(PURPOSE, "cpu")


def smaller(name: str, kind: Family) -> tuple[Any, list[list[int]]]:
    """With heads drawn at random; as large a share of them where layers share one set."""
    model = whole(name, kind)
    heads = Heads(model)
    drawn = [heads.left[i] for i in np.random.default_rng(0).permutation(len(heads.left))]
    left = [head for head in drawn if head[0] != EMPTY][: round(LEFT / 72 * len(drawn))]
    heads.remove(set(heads.left) - set(left))
    return model, heads.kept


def session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def in_onnx_runtime(running: onnxruntime.InferenceSession, inputs: dict[str, torch.Tensor]) -> Callable[[], np.ndarray]:
    fed = {each.name: inputs[each.name].numpy() for each in running.get_inputs()}
    return lambda: running.run(None, fed)[0]  # type: ignore[no-any-return]


def row(name: str, kind: Family, place: Path) -> dict[str, Any]:
    """What one family's smaller model gives in each format, and how fast."""
    before, (model, kept) = whole(name, kind), smaller(name, kind)
    ids = torch.from_numpy(np.random.default_rng(1).integers(SPECIAL, SIZES["vocab_size"], (BATCH, LENGTH)))
    mask = torch.arange(LENGTH) < torch.tensor([[LENGTH - 3 * i] for i in range(BATCH)])
    inputs = {"input_ids": ids, "attention_mask": mask.long(), "token_type_ids": torch.zeros_like(ids)}
    read = {key: inputs[key] for key in ("input_ids", "attention_mask")}
    expected = model(**read).logits
    for form in ("small", "dense", "onnx"):
        formats.save(model, None, place / form, kept=kept, format=form)
    formats.save(before, None, place / "whole", format="onnx")
    small = AutoModelForSequenceClassification.from_pretrained(place / "small", trust_remote_code=True)
    dense = AutoModelForSequenceClassification.from_pretrained(place / "dense")
    small_onnx, whole_onnx = (in_onnx_runtime(session(place / form / "model.onnx"), inputs) for form in ("onnx", "whole"))
    found = {"small": small(**read).logits, "dense": dense(**read).logits, "ONNX": torch.from_numpy(small_onnx())}
    away = {form: float((logits - expected).abs().max() / expected.abs().max()) for form, logits in found.items()}
    ways = {"whole": lambda: before(**read), "small": lambda: small(**read), "whole ONNX": whole_onnx, "ONNX": small_onnx}
    rates = in_turn({way: rate_of(work, 1, "cpu") for way, work in ways.items()}, REPEATS)
    return {
        "family": kind.title,
        "heads left": f"{sum(map(len, kept))} of {len(kept) * SIZES['num_attention_heads']}",
        **{f"{form}: away by": "0" if distance == 0 else f"{distance:.0e}" for form, distance in away.items()},
        "times as fast, torch": median(ratios(rates["small"], rates["whole"])),
        "times as fast, ONNX Runtime": median(ratios(rates["ONNX"], rates["whole ONNX"])),
        "ONNX Runtime over torch": median(ratios(rates["ONNX"], rates["small"])),
    }


@torch.inference_mode()
def main() -> None:
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    rows = []
    for name, kind in FAMILIES.items():
        with tempfile.TemporaryDirectory() as place:
            rows.append(row(name, kind, Path(place)))
    found = hardware()
    parts = [
        "# Smaller models in other tools' hands",
        f"Written by `python -m benchmarks.formats > docs/formats.md` on {found['cpu']} ({found['instructions']}, one thread),"
        f" at the shape of MiniLM (6 layers, 12 heads, 384 wide) with random weights, {BATCH} texts of {LENGTH} tokens."
        " *Away by* is the largest difference of a logit from the model in memory that heads were removed from, over the"
        " largest logit. *Small* is loaded by `AutoModelForSequenceClassification` with `trust_remote_code=True`, *dense*"
        " without, *ONNX* by"
        f" ONNX Runtime. Speeds are medians of {REPEATS} ratios, the ways in turn.",
        frame(pd.DataFrame(rows)),
    ]
    print(paragraphs(parts))


if __name__ == "__main__":
    main()
