"""How long GLUE's texts are: ``lengths.json`` holds the quantiles of their lengths in tokens, and no text.

``python -m benchmarks.lengths --glue DIR --corpus DIR`` makes that file from local copies in the Hub's layout. The tokenizer
is RoBERTa's kind, byte-level BPE of 50,265 pieces, learnt on the corpus unless one is given.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

TABLE = Path(__file__).with_name("lengths.json")
PARTS = 100
VOCABULARY = 50_265
SPECIAL = {"text": 2, "pair": 4}
"""Special tokens around a text, and around a pair of texts, as RoBERTa has them."""


def read() -> dict[str, dict[str, dict[str, Any]]]:
    """By task and split: ``examples`` measured, their ``mean`` length, and the ``quantiles`` 0.5 %, 1.5 %, …, 99.5 %."""
    table: dict[str, dict[str, dict[str, Any]]] = json.loads(TABLE.read_text())["lengths"]
    return table


def drawn(task: str, split: str, count: int, longest: int) -> list[int]:
    """``count`` lengths spread evenly over the distribution, the same at every call, cut to ``longest`` tokens."""
    quantiles = read()[task][split]["quantiles"]
    spread = [quantiles[int((i + 0.5) / count * len(quantiles))] for i in range(count)]
    return [min(int(length), longest) for length in np.random.default_rng(0).permutation(spread)]


# ------------------------------------------------------------------------------------------------- making the table


def summary(lengths: Sequence[int]) -> dict[str, Any]:
    """What the table keeps of one split."""
    quantiles = np.quantile(lengths, (np.arange(PARTS) + 0.5) / PARTS, method="nearest")
    return {
        "examples": len(lengths),
        "mean": round(float(np.mean(lengths)), 2),
        "quantiles": [int(value) for value in quantiles],
    }


def _texts(corpus: Path, articles: int) -> Iterator[str]:
    import pyarrow.parquet as pq

    files = sorted(corpus.glob("*.parquet"))
    for path in files:
        for batch in islice(pq.ParquetFile(path).iter_batches(100, columns=["text"]), -(-articles // len(files) // 100)):
            yield from batch["text"].to_pylist()


def learnt(corpus: Path, articles: int) -> Any:
    """A byte-level BPE tokenizer of RoBERTa's size, from some articles of a corpus."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(_texts(corpus, articles), trainer)
    return tokenizer


def _count(tokenizer: Any, texts: Sequence[str]) -> np.ndarray:
    return np.array([len(found) for found in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)])


def glue_lengths(tokenizer: Any, task: str, path: Path) -> list[int]:
    """The length of every example in a parquet file of the Hub's columns, special tokens counted."""
    import pyarrow.parquet as pq

    from headcount.data.tasks import TASKS

    columns = TASKS[task].columns
    table = pq.read_table(path, columns=list(columns))
    counts = [_count(tokenizer, [text or "" for text in table[column].to_pylist()]) for column in columns]
    special = SPECIAL["pair" if len(columns) > 1 else "text"]
    return [int(length) + special for length in np.sum(counts, axis=0)]


def block_lengths(tokenizer: Any, corpus: Path, articles: int, block_tokens: int) -> list[int]:
    """Lengths of the blocks that articles fall into, cut every ``block_tokens``, special tokens counted."""
    found: list[int] = []
    for size in _count(tokenizer, list(islice(_texts(corpus, articles), articles))):
        whole, rest = divmod(int(size), block_tokens)
        found += [block_tokens] * whole + ([rest] if rest else [])
    return [length + SPECIAL["text"] for length in found]


def measure(glue: Path, corpus: Path, tokenizer: Any, articles: int) -> dict[str, dict[str, Any]]:
    """The table, of every split that has one file below ``glue``, and of the corpus as ``mlm``."""
    table: dict[str, dict[str, Any]] = {}
    for path in sorted(glue.glob("*/*-00000-of-00001.parquet")):
        task, split = path.parent.name, path.name.partition("-")[0].partition("_")[0]
        table.setdefault(task, {})[split] = summary(glue_lengths(tokenizer, task, path))
    table["mlm"] = {"train": summary(block_lengths(tokenizer, corpus, articles, 510))}
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--glue", type=Path, required=True, help="a folder per task of parquet files, as the Hub has them")
    parser.add_argument("--corpus", type=Path, required=True, help="a folder of parquet files of articles, column `text`")
    parser.add_argument("--tokenizer", type=Path, help="a tokenizer.json; by default one is learnt on the corpus")
    parser.add_argument("--articles", type=int, default=5000, help="articles to learn from")
    args = parser.parse_args()
    from tokenizers import Tokenizer

    given = args.tokenizer is not None
    tokenizer = Tokenizer.from_file(str(args.tokenizer)) if given else learnt(args.corpus, args.articles)
    origin = "given" if given else f"byte-level BPE of {VOCABULARY} pieces, learnt on {args.articles} articles of the corpus"
    table = measure(args.glue, args.corpus, tokenizer, articles=1000)
    content = {"tokenizer": origin, "unit": "tokens, special ones counted", "lengths": table}
    TABLE.write_text(json.dumps(content).replace("}, ", "},\n") + "\n")


if __name__ == "__main__":
    main()
