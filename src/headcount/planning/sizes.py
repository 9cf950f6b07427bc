"""How much there is to read: examples of each task, blocks of the corpus, and their lengths in tokens.

From the config, from the footers of local parquet files, or from the published sizes; of one's own tasks, from their files.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from headcount.data.origins import EMBEDDED
from headcount.data.reading import both_splits, opened
from headcount.errors import SourceError
from headcount.families import FAMILIES
from headcount.planning.published import facts
from headcount.settings.data import CorpusSource
from headcount.settings.files import ConfigError
from headcount.settings.study import Study
from headcount.settings.tasks import TaskData
from headcount.study.resolved import given

Split = Literal["train", "validation"]


@dataclass(frozen=True)
class Reading:
    """So many examples (or blocks) of so many tokens each, special tokens counted, read so many times.

    ``spread`` says how unlike their lengths are: see ``padding``.
    """

    examples: float
    length: float
    spread: float = 0.0
    times: float = 1.0

    @property
    def tokens(self) -> float:
        return self.examples * self.length * self.times

    def sample(self, fraction: float = 1.0, at_most: int | None = None) -> Reading:
        """What ``headcount.sampling.sample`` takes of it."""
        count = max(1, round(fraction * self.examples))
        return replace(self, examples=count if at_most is None else min(count, at_most))

    def again(self, times: float) -> Reading:
        """The same, read so many times."""
        return replace(self, times=self.times * times)

    def padding(self, budget: int) -> float:
        """Tokens of its batches with what they are filled up with, against its own; in batches of at most ``budget`` tokens.

        Batches are of similar lengths (``headcount.networks.batching``): the more there are, the more similar.
        """
        return 1 + self.spread / (self.examples * self.length / budget + float(facts()["padding"]["fewest"]))


class Sizes:
    """The sizes of a study's data.

    Raises:
        ConfigError: a local source lacks the files that its layout demands.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        tasks: list[str] = [*study.tasks]
        self._own = {task: _measured(task, study.datasets[task]) for task in tasks if task in study.datasets}
        self.assumed = [task for task, found in self._own.items() if not found]
        """The tasks that are known to the Hub alone, and are taken for ``ASSUMED``."""
        self.examples = {(task, split): self._examples(task, split) for task in tasks for split in _SPLITS}
        self.corpus = self._corpus()

    def task(self, model: str, task: str, split: Split) -> Reading:
        """A task's examples as a model reads them, cut to the recipe's length."""
        if task in self._own:
            size = self._own[task][split][1] if self._own[task] else math.inf
            length = size / facts()["bytes_per_token"]["text"][self._tokenizer(model)] + SPECIAL
            spread = facts()["padding"]["glue"]
            return Reading(self.examples[task, split], min(length, self.study.max_length(model, task)), spread)
        origin = EMBEDDED if self.study.glue.source == EMBEDDED else "glue"
        length = facts()["tasks"][origin]["tokens"][self._tokenizer(model)][split][task]
        length *= self._small_tokenizer(model, self.study.glue.source)
        length = min(length, self.study.max_length(model, task))
        return Reading(self.examples[task, split], length, facts()["padding"][origin])

    def languages(self, model: str, task: str) -> Reading:
        """The test sets of all languages as a model reads them, each text as long as one of the task's own."""
        asked = self.study.languages.test
        count = asked.examples if asked.source == EMBEDDED else facts()["test_sets"][asked.name]
        each = count if asked.max_examples is None else min(count, asked.max_examples)
        return replace(self.task(model, task, "validation"), examples=each, times=len(asked.languages))

    def blocks(self, model: str, limit: int) -> Reading | None:
        """The sampled corpus in a model's blocks of at most ``limit`` tokens; ``None`` for a corpus of unknown size.

        Each article fills its blocks to the same share, and its last one to half of that on average.
        """
        if self.corpus is None:
            return None
        articles, size, filled = self.corpus
        source = given(self.study.corpus).source
        origin = EMBEDDED if source == EMBEDDED else "text"
        tokens = size / facts()["bytes_per_token"][origin][self._tokenizer(model)]
        tokens *= self._small_tokenizer(model, source)
        per_article = tokens / (filled * limit) + 0.5
        return Reading(round(articles * per_article), tokens / per_article + 2, facts()["padding"]["blocks"])

    def _tokenizer(self, model: str) -> str:
        return FAMILIES[self.study.encoders[model].family].tokenizer

    def _small_tokenizer(self, model: str, source: str) -> float:
        own = self.study.encoders[model].way == "from scratch" and source != EMBEDDED
        return float(facts()["small_tokenizer"]) if own else 1.0

    def _examples(self, task: str, split: Split) -> int:
        source = self.study.glue.source
        if task in self._own:
            count = self._own[task][split][0] if self._own[task] else ASSUMED[split]
        elif source == EMBEDDED:
            count = self.study.world.train[task] if split == "train" else self.study.world.validation
        elif Path(source).is_dir():
            count, _ = _in_task_files(source, task, split)
        else:
            count = facts()["tasks"]["glue"][split][task]
        taken = self.study.datasets.get(task, self.study.glue)
        most = taken.max_train if split == "train" else taken.max_validation
        return count if most is None else min(count, most)

    def _corpus(self) -> tuple[int, float, float] | None:
        """Articles in the sample, bytes of one, how far they fill their blocks; ``None`` if nobody knows, or none is read."""
        if not self.study.reads_corpus:
            return None
        wanted: CorpusSource = given(self.study.corpus)
        known = [entry for entry in facts()["corpora"] if wanted.source in entry["names"] and wanted.subset == entry["subset"]]
        if wanted.source == EMBEDDED:
            count, size, filled = self.study.world.articles, known[0]["bytes"], known[0]["filled"]
        elif Path(wanted.source).is_dir():
            folder = Path(wanted.source, wanted.subset) if wanted.subset else Path(wanted.source)
            count, total = _footers(sorted(folder.glob("*.parquet")), f"corpus.source: {folder} holds no parquet file", "text")
            size, filled = total / max(1, count), facts()["corpora"][0]["filled"]
        elif known:
            count, size, filled = known[0]["articles"], known[0]["bytes"], known[0]["filled"]
        else:
            return None
        sampled = max(1, round(count * wanted.fraction))
        return sampled if wanted.max_articles is None else min(sampled, wanted.max_articles), size, filled


_SPLITS: tuple[Split, ...] = ("train", "validation")
ASSUMED = {"train": 10_000, "validation": 1_000}
"""Examples of a task that the Hub alone knows, each as long as the recipe allows."""
SPECIAL = 3
"""Tokens that are put around a text or a pair."""


def _measured(task: str, data: TaskData) -> dict[Split, tuple[int, float]]:
    """Examples and bytes of text of one, by split, of a task whose files are here; of another, nothing.

    Raises:
        ConfigError: they cannot be read.
    """
    examples = data.examples(task)
    try:
        if (here := examples.local()) is None:
            return {}
        with opened(examples, here) as found:
            tables, _ = both_splits(found, **data.splits)
    except SourceError as error:
        raise ConfigError(f"config: {error}") from None
    sizes: dict[Split, tuple[int, float]] = {}
    for split in _SPLITS:
        texts = tables[split]["text"] + tables[split]["text_pair"].fillna("")
        sizes[split] = len(texts), sum(len(text.encode()) for text in texts) / len(texts)
    return sizes


def _in_task_files(source: str, task: str, split: Split) -> tuple[int, int]:
    from headcount.data.tasks import TASKS

    name = "train" if split == "train" else TASKS[task].validation
    files = sorted(Path(source, task).glob(f"{name}-*.parquet"))
    return _footers(files, f"glue.source: {Path(source, task)} has no file {name}-*.parquet")


def _footers(files: list[Path], fault: str, column: str | None = None) -> tuple[int, int]:
    """Rows in parquet files, and bytes in one of their columns, from the files' footers alone."""
    if not files:
        raise ConfigError(f"config: {fault}; give a directory that does")
    from pyarrow.parquet import read_metadata

    rows = size = 0
    for footer in map(read_metadata, files):
        rows += footer.num_rows
        groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
        chunks = [group.column(i) for group in groups for i in range(group.num_columns)]
        size += sum(chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema == column)
    return rows, size


def steps(examples: float, batch: int, epochs: float) -> int:
    """Optimiser steps of so many passes, as the Trainer counts them: a short last batch is a step."""
    return math.ceil(epochs * math.ceil(examples / batch))
