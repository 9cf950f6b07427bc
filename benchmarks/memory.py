"""What a curve of RoBERTa-large over the paper's QQP holds in memory, part by part: ``python -m benchmarks.memory``.

Each part runs in a process of its own, as large as it really is; only of the network's parts a single batch is run, because
what a batch holds is free again after it.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import psutil
from tokenizers import Tokenizer

from benchmarks.lengths import drawn
from benchmarks.shapes import LONGEST, PAPER, SHAPES, labelled
from headcount.analysis.divergence import measure
from headcount.criteria.gate_gradient import estimate
from headcount.data.tasks import TASKS
from headcount.data.tokenizer import TextEncoder
from headcount.miniature.encoders import shipped
from headcount.networks import task_examples
from headcount.networks.examples import LabelledExamples
from headcount.order.curve import InOrder, one_shot, trace
from headcount.order.outcomes import Answer, outcomes_table
from headcount.order.points import points
from headcount.units.heads import Heads

SCORED, TRAINED = PAPER["curve"][1]["qqp"], PAPER["fine-tuning"][1]["qqp"]
HEADS = 384
SPECIAL = 4
"""Special tokens around a pair."""
Part = Callable[[argparse.Namespace], Callable[[], Any]]
"""Prepares a part, and gives what is measured; what that returns is kept."""


def pairs(split: str, number: int) -> pd.DataFrame:
    """So many pairs of texts in the embedded world's words, as long in tokens as QQP's."""
    vocabulary = Tokenizer.from_file(str(shipped("roberta") / "tokenizer.json")).get_vocab()
    words = np.array(sorted(word[1:] for word in vocabulary if word[0] == "\u0120" and word[1:].isalpha()))
    rng = np.random.default_rng(0)
    texts: tuple[list[str], list[str]] = ([], [])
    for length in drawn("qqp", split, number, LONGEST):
        for side, half in zip(texts, np.array_split(rng.choice(words, length - SPECIAL), 2), strict=True):
            side.append(" ".join(half))
    return pd.DataFrame({"text": texts[0], "text_pair": texts[1], "label": rng.integers(0, 2, number)})


def encoded(split: str, number: int) -> Part:
    def prepare(_: argparse.Namespace) -> Callable[[], Any]:
        rows, encoder = pairs(split, number), TextEncoder(shipped("roberta"))
        return lambda: task_examples.labelled(rows, TASKS["qqp"], encoder, LONGEST)

    return prepare


class Stand(InOrder):
    """In the place of a model that loses its heads."""

    def __init__(self) -> None:
        self.size, self.gone = HEADS, []

    def shrink(self, removed: int) -> None:
        pass


def answered(every_unit_up_to: int) -> Part:
    """The answers at each point of a model that answers at random, and their table."""

    def prepare(_: argparse.Namespace) -> Callable[[], Any]:
        rng, removed = np.random.default_rng(0), points(HEADS, 0.05, every_unit_up_to)
        named = pd.DataFrame({"example": [str(i) for i in range(SCORED)], "label": rng.integers(0, 2, SCORED)})
        return lambda: outcomes_table(
            named, removed, trace(Stand(), removed, lambda: Answer(0.5, 0.7, rng.integers(0, 2, SCORED), rng.random(SCORED)))
        )

    return prepare


def _model() -> Any:
    return SHAPES["roberta-large"].model("ForSequenceClassification", "cpu")


def _longest(model: Any, split: str, tokens: int) -> LabelledExamples:
    """The first batch that QQP's examples fall into."""
    lengths = sorted(drawn("qqp", split, SCORED, LONGEST), reverse=True)
    return labelled(lengths[: tokens // lengths[0]], model.config)


def curve(args: argparse.Namespace) -> Callable[[], Any]:
    model = _model()
    heads, examples = Heads(model), _longest(model, "validation", args.tokens)
    order = one_shot(heads.left)
    return lambda: trace(InOrder(heads, order), [0, HEADS // 2], lambda: examples.answer(model, args.tokens)) and None


def importance(args: argparse.Namespace) -> Callable[[], Any]:
    model = _model()
    examples = _longest(model, "train", args.tokens)
    return lambda: estimate(model, examples, args.tokens) and None


def divergence(args: argparse.Namespace) -> Callable[[], Any]:
    models = _model(), _model()
    examples = _longest(models[0], "train", args.tokens)
    return lambda: measure(*models, examples, args.tokens) and None


PARTS: dict[str, Part] = {
    f"{SCORED:,} examples, encoded": encoded("validation", SCORED),
    f"{TRAINED:,} examples, encoded": encoded("train", TRAINED),
    f"answers of {SCORED:,} examples at 21 points": answered(24),
    f"answers of {SCORED:,} examples at {HEADS + 1} points": answered(HEADS),
    "curve: one batch, with all heads and with half of them": curve,
    "importance: one batch": importance,
    "divergence: one batch": divergence,
}


def measured(part: Part, args: argparse.Namespace) -> tuple[int, int, int]:
    """Bytes that this process held before a part, at most during it, and after it."""
    work = part(args)
    before = psutil.Process().memory_info().rss
    kept = work()
    after = psutil.Process().memory_info().rss
    del kept
    return before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, after


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("--parts", nargs="+", type=int, choices=range(len(PARTS)), default=range(len(PARTS)), help="by number")
    parser.add_argument("--tokens", type=int, default=1024, help="of the network's batch")
    parser.add_argument("--alone", action="store_true", help="one part, in this process, as JSON")
    args = parser.parse_args(given)
    if args.alone:
        print(json.dumps(measured([*PARTS.values()][args.parts[0]], args)))
        return
    print("| part | MB before | MB at most | MB more at most | MB more kept |\n|---|---|---|---|---|")
    for number in args.parts:
        alone = [sys.executable, "-m", "benchmarks.memory", "--alone", "--parts", str(number), "--tokens", str(args.tokens)]
        before, most, after = json.loads(subprocess.run(alone, check=True, capture_output=True, text=True).stdout)
        numbers = (before, most, most - before, after - before)
        print(f"| {[*PARTS][number]} | {' | '.join(f'{each / 1e6:,.0f}' for each in numbers)} |", flush=True)


if __name__ == "__main__":
    main()
