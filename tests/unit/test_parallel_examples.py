"""Test sets in several languages, as one model answers them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headcount.data.tasks import TASKS
from headcount.data.tokenizer import TextEncoder
from headcount.miniature.encoders import shipped
from headcount.miniature.parallel import parallel
from headcount.models.finetuning import classifier
from headcount.models.parallel_examples import ParallelExamples
from headcount.networks.task_examples import labelled
from headcount.settings.models import Recipe

LANGUAGES = ("en", "tabek")


@pytest.fixture(scope="module")
def tests() -> pd.DataFrame:
    rows = [pd.DataFrame(examples).assign(language=name) for name, examples in parallel(1, 30, LANGUAGES).items()]
    return pd.concat(rows, ignore_index=True).rename(columns={"premise": "text", "hypothesis": "text_pair"})


@pytest.fixture(scope="module")
def asked(tests: pd.DataFrame) -> ParallelExamples:
    return ParallelExamples(tests, TASKS["mnli"], TextEncoder(shipped("multilingual")), 64)


def test_each_language_is_scored_on_its_own_examples(tests: pd.DataFrame, asked: ParallelExamples) -> None:
    model = classifier(
        shipped("multilingual"), TASKS["mnli"], Recipe(learning_rate=1e-3, batch=4, steps=1, max_length=64)
    ).eval()
    answers = asked.answers(model, 512)
    scores = asked.scores(answers, {"seed": 7}).set_index("language")
    outcomes = asked.outcomes([answers, answers])
    assert list(outcomes["language"].unique()) == list(LANGUAGES) and len(outcomes) == 60
    encoder = TextEncoder(Path(shipped("multilingual")))
    for language in LANGUAGES:
        rows = tests[tests["language"] == language]
        alone = labelled(rows, TASKS["mnli"], encoder, 64).answer(model, 10_000).outcomes
        own = outcomes[outcomes["language"] == language]
        assert own["removed_0"].tolist() == own["removed_1"].tolist() == list(alone)
        right = np.mean(alone == rows["label"].to_numpy())
        said = scores.loc[language]
        assert said["score"] == pytest.approx(right) and said["examples"] == 30 and said["seed"] == 7
        assert said["constant_score"] == pytest.approx(rows["label"].value_counts().max() / 30)
        assert said["standard_error"] == pytest.approx(np.sqrt(right * (1 - right) / 29), rel=1e-6)
