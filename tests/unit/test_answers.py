"""What a model answers: score, loss and outcomes from one set of forward passes, against example by example in float64."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from conftest import Padding

from headcount.data.blocks import block_table
from headcount.data.masking import IGNORED
from headcount.data.metrics import accuracy, accuracy_and_f1, matthews
from headcount.data.sampling import sample
from headcount.data.tasks import Classification
from headcount.data.tokenizer import TextEncoder
from headcount.miniature.articles import article
from headcount.miniature.encoders import shipped
from headcount.networks.examples import LabelledExamples, MaskedExamples
from headcount.networks.task_examples import ask
from headcount.order.curve import InOrder, one_shot, table, trace
from headcount.order.outcomes import Answer, outcomes_table
from headcount.store.tables import read_table, write_table, write_tables
from headcount.units.heads import Heads

KEYS = dict.fromkeys(("study", "model", "task", "seed", "norm", "unit", "criterion", "schedule", "metric"), "x")


class Vocabulary(Padding):
    """As much of a text encoder as masking needs."""

    mask_id = 4
    ordinary_ids = np.arange(5, 60)


@pytest.fixture
def documents(tokens: Any) -> MaskedExamples:
    return MaskedExamples(tokens, [str(i) for i in range(len(tokens))], Vocabulary(), 1, 0.4)  # type: ignore[arg-type]


def undecided(model: Any, examples: Any) -> Any:
    """A classifier whose last bias was shifted so that it does not give one class to all examples."""
    logits = torch.cat([alone(model, examples, index)[0] for index in range(len(examples.lengths))])
    classifier = getattr(model.classifier, "out_proj", model.classifier)
    classifier.bias -= logits.mean(0)
    return model


def alone(model: Any, examples: Any, index: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits in float64 and targets of one example, at the positions that count."""
    inputs, targets = examples.batch([index], model.device)
    logits = model(**inputs).logits
    if targets.ndim == 1:
        return logits.double(), targets
    chosen = targets != IGNORED
    return logits[chosen].double(), targets[chosen]


def losses_alone(model: Any, examples: Any) -> list[list[float]]:
    """−log p of each target, example by example."""
    found = []
    for index in range(len(examples.lengths)):
        logits, targets = alone(model, examples, index)
        probabilities = logits.exp() / logits.exp().sum(-1, keepdim=True)
        found.append([-float(row[target].log()) for row, target in zip(probabilities, targets, strict=True)])
    return found


def test_of_labelled_texts(family: str, make_model: Callable[..., Any], examples: LabelledExamples) -> None:
    model = undecided(make_model(family), examples)
    answer = examples.answer(model, 40)
    predicted = [int(alone(model, examples, i)[0].argmax()) for i in range(12)]
    assert answer.outcomes.tolist() == predicted and len(set(predicted)) > 1
    assert answer.score == examples.score(model, 40) == accuracy(examples.labels, np.array(predicted))
    assert answer.loss == pytest.approx(np.mean(losses_alone(model, examples)), rel=1e-5)


def test_of_masked_text_the_loss_is_a_mean_over_masked_tokens(
    family: str, make_model: Callable[..., Any], documents: MaskedExamples
) -> None:
    model = make_model(family, "ForMaskedLM")
    answer = documents.answer(model, 40)
    each = losses_alone(model, documents)
    assert answer.loss == pytest.approx(np.mean(np.concatenate(each)), rel=1e-5)
    assert answer.loss != pytest.approx(np.mean([np.mean(one) for one in each]), rel=1e-3)
    hits = []
    for index in range(12):
        logits, targets = alone(model, documents, index)
        hits.append(int((logits.argmax(-1) == targets).sum()))
    assert answer.outcomes.tolist() == hits
    assert documents.masked_tokens.tolist() == [len(one) for one in each]
    assert answer.score == documents.score(model, 40) == sum(hits) / sum(map(len, each))


def test_an_answer_does_not_turn_on_the_batches(make_model: Callable[..., Any], examples: Any, documents: Any) -> None:
    for asked, purpose in ((examples, "ForSequenceClassification"), (documents, "ForMaskedLM")):
        model = make_model("roberta", purpose)
        large, small = asked.answer(model, 10_000), asked.answer(model, 1)
        assert large.outcomes.tolist() == small.outcomes.tolist() and large.score == small.score
        assert large.loss == pytest.approx(small.loss, rel=1e-5)


def test_each_example_is_asked_once(make_model: Callable[..., Any], examples: Any, documents: Any) -> None:
    for asked, purpose in ((examples, "ForSequenceClassification"), (documents, "ForMaskedLM")):
        model, seen = make_model("bert", purpose), []
        model.bert.embeddings.register_forward_hook(lambda _, inputs, output, seen=seen: seen.append(len(output)))
        asked.answer(model, 30)
        assert sum(seen) == 12 and len(seen) > 1


@pytest.mark.parametrize("metric", [accuracy, accuracy_and_f1, matthews])
def test_a_curves_scores_are_computed_again_from_its_outcomes(
    metric: Any, make_model: Callable[..., Any], tokens: Any, tmp_path: Any
) -> None:
    model, rng = make_model("roberta"), np.random.default_rng(4)
    asked = LabelledExamples(tokens, rng.integers(0, 2, 12).tolist(), Padding(), metric)  # type: ignore[arg-type]
    heads, removed = Heads(model), [0, 2, 5, 9, 16]
    order = [heads.left[i] for i in rng.permutation(16)]
    answers = trace(InOrder(heads, one_shot(order)), removed, lambda: asked.answer(model, 100))
    named = pd.DataFrame({"example": [str(i) for i in range(12)], "label": asked.labels})
    write_table(tmp_path / "x.parquet", outcomes_table(named, removed, answers))

    outcomes = read_table(tmp_path / "x.parquet")
    assert list(outcomes.columns) == ["example", "label", *(f"removed_{count}" for count in removed)]
    labels = outcomes["label"].to_numpy()
    again = [metric(labels, outcomes[f"removed_{count}"].to_numpy()) for count in removed]
    assert again == table(removed, answers, KEYS)["score"].tolist() and len(set(again)) > 1


def test_recall_at_1_is_computed_again_from_the_hits_of_each_block(
    make_model: Callable[..., Any], documents: MaskedExamples
) -> None:
    model, removed = make_model("roberta", "ForMaskedLM"), [0, 8, 16]
    heads = Heads(model)
    answers = trace(InOrder(heads, one_shot(heads.left)), removed, lambda: documents.answer(model, 100))
    outcomes = outcomes_table(pd.DataFrame({"masked": documents.masked_tokens}), removed, answers)
    again = [outcomes[f"removed_{count}"].sum() / outcomes["masked"].sum() for count in removed]
    assert again == [answer.score for answer in answers]


def test_outcomes_are_small_whole_numbers() -> None:
    def answer(outcome: int) -> Answer:
        return Answer(0.5, 0.5, np.array([0, outcome]))

    named = pd.DataFrame({"example": ["a", "b"]}, index=[7, 9])
    found = outcomes_table(named, [0, 3], [answer(1), answer(2)])
    assert found.to_dict("list") == {"example": ["a", "b"], "removed_0": [0, 1], "removed_3": [0, 2]}
    assert set(found.dtypes[1:]) == {np.dtype("int16")}
    with pytest.raises(ValueError, match="an outcome of 40000 does not fit int16: allowed is up to 32767"):
        outcomes_table(named, [0], [answer(40_000)])


def test_examples_of_a_task_are_named_as_in_its_table(tmp_path: Any) -> None:
    rows = pd.DataFrame({"idx": range(100, 120), "text": "a dog sleeps", "text_pair": None, "label": [0, 1] * 10})
    write_table(tmp_path / "validation.parquet", rows, **Classification(("bad", "good"), "accuracy").record)
    wanted = SimpleNamespace(fraction=0.5, at_most=None, max_length=20)
    questions = ask("cola", tmp_path / "validation.parquet", shipped("roberta"), 3, wanted)
    chosen = sample(3, [str(idx) for idx in rows["idx"]], 0.5)
    assert questions.named["example"].tolist() == [str(100 + number) for number in chosen]
    assert questions.named["label"].tolist() == rows["label"][chosen].tolist()


def test_blocks_are_named_by_article_and_number_with_their_masked_tokens(tmp_path: Any) -> None:
    blocks = block_table([article(1, number) for number in (5, 6)], TextEncoder(shipped("roberta")), 40)
    write_table(tmp_path / "blocks.parquet", blocks)
    wanted = SimpleNamespace(fraction=1.0, at_most=4, mask=0.15)
    questions = ask("mlm", tmp_path / "blocks.parquet", shipped("roberta"), 3, wanted)
    named = [f"{block.article}/{block.number}" for block in blocks.itertuples()]
    assert questions.named["example"].tolist() == [named[number] for number in sample(3, named, 1.0, 4)]
    masked = [int((targets != IGNORED).sum()) for _, targets in questions.examples.masked]  # type: ignore[attr-defined]
    assert questions.named["masked"].tolist() == masked and len(masked) == 4


def test_few_blocks_of_many_are_found_without_the_others_in_memory(tmp_path: Any) -> None:
    ids = [np.arange(40, dtype=np.int32)] * 500
    groups = [pd.DataFrame({"article": [f"{group}"] * 500, "number": range(500), "ids": ids}) for group in range(60)]
    write_tables(tmp_path / "blocks.parquet", groups)
    tracemalloc.start()
    ask("mlm", tmp_path / "blocks.parquet", shipped("roberta"), 3, SimpleNamespace(fraction=1.0, at_most=4, mask=0.15))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 60 * 500 * 80  # a name takes 55 bytes, and its place in a list 8; 40 ids take 160


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_classifier_of_another_number_of_labels_gives_no_score(
    outputs: int, make_model: Callable[..., Any], examples: LabelledExamples
) -> None:
    model = make_model("bert", "ForSequenceClassification", num_labels=outputs)
    examples.classes = 2
    with pytest.raises(ValueError, match=rf"num_labels is {outputs}; the task has 2 labels"):
        examples.score(model, 100)
