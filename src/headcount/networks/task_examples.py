"""What a model is asked at each stage: which examples of a task importance is estimated on, and which a curve is scored on.

The one place where the pre-train task and the downstream tasks part ways: in what their examples are, not in what is done.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from headcount.data.metrics import RECALL_AT_1
from headcount.data.sampling import sample
from headcount.data.tasks import MASKED_LM, Classification, of_table
from headcount.data.tokenizer import TextEncoder, Tokens
from headcount.networks.examples import Examples, LabelledExamples, MaskedExamples
from headcount.store.tables import read_rows, read_table


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


def encode(rows: pd.DataFrame, encoder: TextEncoder, max_length: int) -> list[Tokens]:
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


def _names(task: str, data: Path) -> list[str]:
    """The name of each row of a task's table, which its place in a sample depends on."""
    if task == MASKED_LM:
        return block_names(read_table(data, ["article", "number"]))
    return list(map(str, read_table(data, ["idx"])["idx"]))


def ask(task: str, data: Path, model: Path, seed: int, settings: Any) -> Questions:
    """The examples of ``task`` that a seed asks the model about.

    Args:
        data: the task's table: training set, validation set, or blocks.
        settings: ``fraction`` and ``at_most`` so many examples; ``max_length`` of a text; ``mask``, the share of tokens masked.
    """
    encoder = TextEncoder(model)
    names = _names(task, data)
    chosen = sample(seed, names, settings.fraction, settings.at_most)
    rows, called = read_rows(data, chosen), [names[number] for number in chosen]
    if task == MASKED_LM:
        blocks = masked(rows, encoder, seed, settings.mask)
        named = pd.DataFrame({"example": called, "masked": blocks.masked_tokens})
        return Questions(blocks, named, "ForMaskedLM", RECALL_AT_1)
    asked = of_table(data)
    texts = labelled(rows, asked, encoder, settings.max_length)
    named = pd.DataFrame({"example": called, "label": texts.labels})
    return Questions(texts, named, "ForSequenceClassification", asked.metric_name, asked.labels)
