"""What a model is asked at each stage: which examples of a task importance is estimated on, and which a curve is scored on.

The one place where the pre-train task and the downstream tasks part ways: in what their examples are, not in what is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from headcount.data.metrics import RECALL_AT_1
from headcount.data.sampling import named_sample
from headcount.data.tasks import MASKED_LM, Classification, of_table
from headcount.data.tokenizer import Encoded, TextEncoder
from headcount.networks.examples import Examples, LabelledExamples, MaskedExamples
from headcount.store.tables import column_batches, count_rows, read_rows


@dataclass(frozen=True)
class Questions:
    """Examples of a task.

    Args:
        named: a row an example: its name in ``example`` (``idx`` of a task's table, ``article/number`` of a block), and what
            its outcome is compared with: the class in ``label``, or in ``masked`` how many tokens are masked.
        purpose: the kind of model that answers them.
        metric: the name of their score.
        labels: the classes that they have, in order; none for masked LM.
    """

    examples: Examples
    named: pd.DataFrame
    purpose: str
    metric: str
    labels: tuple[str, ...] | None = None


def encode(rows: pd.DataFrame, encoder: TextEncoder, max_length: int) -> Encoded:
    """The texts (or pairs) of a task table (``glue.load_split``), tokenised."""
    pairs = None if rows["text_pair"].isna().all() else rows["text_pair"].tolist()
    return encoder.encode(rows["text"].tolist(), pairs, max_length)


def labelled(rows: pd.DataFrame, task: Classification, encoder: TextEncoder, max_length: int) -> LabelledExamples:
    """A task table as examples that a network can be asked about."""
    tokens = encode(rows, encoder, max_length)
    return LabelledExamples(tokens, rows["label"].tolist(), encoder, task.metric, len(task.labels))


def masked(blocks: pd.DataFrame, encoder: TextEncoder, seed: int, share: float) -> MaskedExamples:
    """A table of blocks (``corpus.block_table``), masked."""
    tokens = [encoder.tokens(np.asarray(ids, np.int64)) for ids in blocks["ids"]]
    return MaskedExamples(tokens, block_names(blocks), encoder, seed, share)


def block_names(blocks: pd.DataFrame) -> list[str]:
    """``article/number`` of each block."""
    return [f"{article}/{number}" for article, number in zip(blocks["article"], blocks["number"], strict=True)]


def _names(task: str, data: Path) -> Iterator[str]:
    """The name of each row of a task's table, which its place in a sample depends on."""
    for rows in column_batches(data, ["article", "number"] if task == MASKED_LM else ["idx"]):
        yield from block_names(rows) if task == MASKED_LM else map(str, rows["idx"])


def ask(task: str, data: Path, model: Path, seed: int, settings: Any) -> Questions:
    """The examples of ``task`` that a seed asks the model about.

    Args:
        data: the task's table: training set, validation set, or blocks.
        settings: ``fraction`` and ``at_most`` so many examples; ``max_length`` of a text; ``mask``, the share of tokens masked.
    """
    encoder = TextEncoder(model)
    chosen = named_sample(seed, _names(task, data), count_rows(data), settings.fraction, settings.at_most)
    rows, called = read_rows(data, list(chosen)), list(chosen.values())
    if task == MASKED_LM:
        blocks = masked(rows, encoder, seed, settings.mask)
        named = pd.DataFrame({"example": called, "masked": blocks.masked_tokens})
        return Questions(blocks, named, "ForMaskedLM", RECALL_AT_1)
    asked = of_table(data)
    texts = labelled(rows, asked, encoder, settings.max_length)
    named = pd.DataFrame({"example": called, "label": texts.labels})
    return Questions(texts, named, "ForSequenceClassification", asked.metric_name, asked.labels)
