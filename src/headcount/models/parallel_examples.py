"""The same examples in several languages, as a network that was fine-tuned in one of them is asked about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from headcount.analysis.learnt import learnt
from headcount.data.tasks import Classification
from headcount.data.tokenizer import TextEncoder
from headcount.networks.task_examples import labelled
from headcount.order.outcomes import Answer, outcomes_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedModel


class ParallelExamples:
    """Test sets in several languages.

    Args:
        tests: rows ``language, idx, text, text_pair, label``.
        task: what they ask.
        max_length: of a text, in tokens.
    """

    def __init__(self, tests: pd.DataFrame, task: Classification, encoder: TextEncoder, max_length: int) -> None:
        self.task = task
        self.rows = {str(language): rows for language, rows in tests.groupby("language", sort=False)}
        self.examples = {language: labelled(rows, task, encoder, max_length) for language, rows in self.rows.items()}

    def answers(self, model: PreTrainedModel, budget: int) -> dict[str, Answer]:
        """What the model makes of each language's, in batches of ``budget`` tokens."""
        return {language: examples.answer(model, budget) for language, examples in self.examples.items()}

    def scores(self, answers: Mapping[str, Answer], keys: Mapping[str, Any]) -> pd.DataFrame:
        """A row a language: ``keys``, and ``language, examples, score, constant_score`` (of the best constant answer),
        ``standard_error`` (of the score).
        """
        rows = []
        for language, answer in answers.items():
            found = learnt(self.task, self.examples[language].labels, answer.outcomes)
            told = {"score": found.score, "constant_score": found.constant_score, "standard_error": found.standard_error}
            rows.append({**keys, "language": language, "examples": len(answer.outcomes), **told})
        return pd.DataFrame(rows)

    def outcomes(self, trials: Sequence[Mapping[str, Answer]]) -> pd.DataFrame:
        """Each example's outcome in each trial: ``language, example, label, removed_0 …``, the languages below each other."""
        parts = []
        for language, rows in self.rows.items():
            named = pd.DataFrame({"language": language, "example": list(map(str, rows["idx"])), "label": list(rows["label"])})
            parts.append(outcomes_table(named, range(len(trials)), [answers[language] for answers in trials]))
        return pd.concat(parts, ignore_index=True)
