"""The library in five lines: what it answers, what it leaves alone, and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import headcount as hc
from headcount.data.tasks import Classification
from headcount.data.tokenizer import TextEncoder
from headcount.one_model import data as given
from headcount.one_model.importance import asked
from headcount.one_model.pruning import _halves, _measured
from headcount.one_model.speed import compare
from headcount.order.outcomes import Answer
from tests.unit.small_models import LABELS, classifier, labelled, texts, tokenizer

Make = Callable[..., Any]


@pytest.fixture
def network(make_model: Make) -> Any:
    return classifier(make_model)


@pytest.fixture
def model(network: Any) -> hc.Model:
    return hc.load(network, tokenizer())


@pytest.fixture
def rows(network: Any) -> pd.DataFrame:
    return labelled(network, 400)


def state(network: Any) -> dict[str, Any]:
    """All of a network that somebody could notice."""
    return {
        "weights": {name: value.clone() for name, value in network.state_dict().items()},
        "training": [module.training for module in network.modules()],
        "learning": [parameter.requires_grad for parameter in network.parameters()],
        "gradients": [parameter.grad is None for parameter in network.parameters()],
        "hooks": [(len(module._forward_hooks), len(module._forward_pre_hooks)) for module in network.modules()],
        "config": network.config.to_dict(),
    }


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    weights = all(torch.equal(value, second["weights"][name]) for name, value in first["weights"].items())
    return weights and all(first[name] == second[name] for name in first if name != "weights")


# ------------------------------------------------------------------------------------------------------------- answers


def test_the_smaller_model_keeps_what_was_asked_where_it_was_chosen(model: hc.Model, rows: pd.DataFrame) -> None:
    ranking, held_out = hc.split(rows, (0.4, 0.6))
    importance = hc.importance(model, ranking)
    small = hc.prune(model, importance, keep=0.6, data=held_out)
    curve, level = small.curve, 0.6 * small.chosen.whole
    assert 0 < small.removed < small.heads == 16
    assert (curve.loc[curve["removed"] <= small.removed, "score"] >= level - 1e-9).all()
    assert curve.loc[curve["removed"] == small.removed + 1, "score"].item() < level
    gone = {(row, head) for row in range(4) for head in set(range(4)) - set(small.kept[row])}
    assert gone == set(importance.order[: small.removed])
    assert sum(p.numel() for p in small.model.parameters()) < sum(p.numel() for p in model.model.parameters())


def test_the_scores_are_those_of_the_two_models_on_the_examples_that_measure(model: hc.Model, rows: pd.DataFrame) -> None:
    ranking, held_out = hc.split(rows, (0.4, 0.6))
    small = hc.prune(model, hc.importance(model, ranking), keep=0.6, data=held_out)
    labels, encoded = small.questions.labels, small.questions
    inputs, _ = encoded.batch(range(len(labels)), torch.device("cpu"))
    for network, score in ((model.model, small.measured.whole), (small.model, small.measured.smaller)):
        with torch.no_grad():
            predicted = network(**inputs).logits.argmax(1).numpy()
        assert score == pytest.approx((predicted == labels).mean())
    assert small.measured.share == pytest.approx(small.measured.smaller / small.measured.whole)
    low, high = small.measured.interval or (1.0, 0.0)
    assert low < small.measured.share < high


def test_every_family_is_answered(make_model: Make, family: str) -> None:
    network = classifier(make_model, family)
    ranking, held_out = hc.split(labelled(network, 200))
    model = hc.load(network, tokenizer())
    importance = hc.importance(model, ranking)
    one = hc.prune(model, importance, 0.5, held_out, metric="balanced_accuracy")
    assert importance.values.shape == model.shape == (len(one.kept), 4)
    assert one.measured.whole > 0.7
    assert one.curve["removed"].tolist() == list(range(one.heads + 1))


def test_several_shares_are_answered_as_each_alone(model: hc.Model, rows: pd.DataFrame) -> None:
    ranking, held_out = hc.split(rows)
    importance = hc.importance(model, ranking)
    together = hc.heads(model, importance, (0.9, 0.6), held_out)
    alone = [hc.prune(model, importance, keep, held_out) for keep in (0.9, 0.6)]
    assert [one.kept for one in together] == [one.kept for one in alone]
    assert together[0].removed <= together[1].removed


def test_no_example_does_two_things(model: hc.Model, rows: pd.DataFrame) -> None:
    ranking, held_out = hc.split(rows, (0.3, 0.7))
    repeated = pd.concat([held_out, held_out[:20], ranking[:30]])
    importance = hc.importance(model, ranking)
    halves = _halves(model, importance, repeated, hc.prune(model, importance, 0.8, held_out).task, None, None, 1000, 0)
    parts = [{tuple(tokens.ids) for tokens in examples.tokens} for examples in (halves.choosing, halves.measuring)]
    parts.append({tuple(tokens.ids) for tokens in asked(model, given.examples(ranking, model)).tokens})
    assert [len(part) for part in parts] == [140, 140, 120]
    assert len(set.union(*parts)) == 400


def test_parts_of_a_data_set_share_no_text_and_have_every_label_alike(rows: pd.DataFrame) -> None:
    parts = hc.split(pd.concat([rows, rows[:50]]), (0.25, 0.75), seed=3)
    again = hc.split(rows.sample(frac=1, random_state=1), (0.25, 0.75), seed=3)
    assert [set(part["text"]) for part in parts] == [set(part["text"]) for part in again]
    assert not set(parts[0]["text"]) & set(parts[1]["text"])
    whole = rows["label"].value_counts()
    for part, share in zip(parts, (0.25, 0.75), strict=True):
        assert (part["label"].value_counts() - share * whole).abs().max() <= 1
    assert set(hc.split(rows, (0.25, 0.75), seed=4)[0]["text"]) != set(parts[0]["text"])


def test_texts_are_read_as_the_study_reads_them(tmp_path: Path, make_model: Make) -> None:
    network = classifier(make_model, type_vocab_size=1)
    network.save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    first, second = texts(20), texts(20, 1)
    model = hc.load(tmp_path, max_length=12)
    for pairs in (None, second):
        ours, theirs = model.encode(first, pairs, 12), TextEncoder(tmp_path).encode(first, pairs, 12)
        for mine, other in zip(ours, theirs, strict=True):
            assert (mine.ids.tolist(), mine.types.tolist(), mine.special.tolist()) == (
                other.ids.tolist(),
                other.types.tolist(),
                other.special.tolist(),
            )


def test_the_same_question_in_every_form_has_the_same_answer(model: hc.Model, rows: pd.DataFrame, tmp_path: Path) -> None:
    from datasets import ClassLabel, Dataset

    path = tmp_path / "rows.csv"
    rows.to_csv(path, index=False)
    numbers = rows.assign(label=[LABELS.index(label) for label in rows["label"]])
    turned = Dataset.from_pandas(rows.rename(columns={"text": "sentence"})).cast_column(
        "label", ClassLabel(names=[*LABELS[::-1]])
    )
    forms = [rows, path, str(path), numbers, list(zip(rows["text"], rows["label"], strict=True))]
    values = [hc.importance(model, form).values for form in forms]
    values.append(hc.importance(model, turned, text="sentence").values)
    assert all(np.array_equal(value, values[0]) for value in values)


def test_texts_that_are_cut_are_counted(network: Any, rows: pd.DataFrame, caplog: pytest.LogCaptureFixture) -> None:
    cut = sum(len(text.split()) >= 6 for text in rows["text"])
    hc.importance(hc.load(network, tokenizer(), max_length=8), rows)
    assert f"{cut} of 400 texts fill the 8 tokens to which they are cut" in caplog.text


def test_a_saved_model_loads_and_answers_the_same(model: hc.Model, rows: pd.DataFrame, tmp_path: Path) -> None:
    model.model.save_pretrained(tmp_path)
    model.tokenizer.save_pretrained(tmp_path)
    loaded = hc.load(tmp_path)
    assert loaded.labels == LABELS and loaded.shape == (4, 4)
    assert np.allclose(hc.importance(loaded, rows).values, hc.importance(model, rows).values, rtol=1e-4)


def test_speed_is_the_ratio_of_times_taken_in_turn(model: hc.Model, rows: pd.DataFrame) -> None:
    import copy

    slow = copy.deepcopy(model.model)
    slow.register_forward_pre_hook(lambda *_: time.sleep(0.05))
    found = compare(slow, model.model, asked(model, given.examples(rows, model)), batch=4)
    assert found.ratio == pytest.approx(found.whole / found.smaller, rel=0.5)
    assert found.whole >= 50 and found.ratio > 2
    assert found.batch == 4 and found.rounds >= 5 and found.threads == torch.get_num_threads()


def test_pictures_are_drawn_and_written(model: hc.Model, rows: pd.DataFrame, tmp_path: Path) -> None:
    ranking, held_out = hc.split(rows)
    importance = hc.importance(model, ranking)
    small = hc.prune(model, importance, 0.8, held_out)
    assert importance.plot(tmp_path / "a.svg")._repr_png_()[:4] == b"\x89PNG"
    small.plot(tmp_path / "b.png")
    assert (tmp_path / "a.svg").read_text().startswith("<?xml") and (tmp_path / "b.png").stat().st_size > 1000
    with pytest.raises(ValueError, match=r"\.png, \.svg, \.pdf"):
        importance.plot(tmp_path / "c.gif")


# --------------------------------------------------------------------------------------------------- what is left alone


def test_a_model_in_memory_is_left_as_it_was(make_model: Make, rows: pd.DataFrame, tmp_path: Path) -> None:
    network = classifier(make_model)
    network.requires_grad_(True).train()
    network.bert.encoder.layer[1].eval()
    network.classifier.requires_grad_(False)
    network.register_forward_hook(lambda *_: None)
    before, model = state(network), hc.load(network, tokenizer())
    ranking, held_out = hc.split(rows)
    with torch.inference_mode():
        small = hc.prune(model, hc.importance(model, ranking), 0.8, held_out)
    small.speed(4)
    assert same(before, state(network)) and not small.model.training
    with torch.no_grad():
        small.model.classifier.weight.zero_()
    assert same(before, state(network))


def test_a_model_is_left_as_it_was_by_an_error_too(make_model: Make, rows: pd.DataFrame) -> None:
    network = classifier(make_model).requires_grad_(True).train()
    model = hc.load(network, tokenizer())

    def fail(*_: Any) -> None:
        raise RuntimeError("in the middle")

    ranking, held_out = hc.split(rows)
    importance = hc.importance(model, ranking)
    network.bert.encoder.layer[2].register_forward_hook(fail)
    before = state(network)
    for ask in (lambda: hc.importance(model, ranking), lambda: hc.prune(model, importance, 0.8, held_out)):
        with pytest.raises(RuntimeError, match="in the middle"):
            ask()
        assert same(before, state(network))


def test_naming_the_package_loads_no_heavy_library() -> None:
    code = "import sys, headcount; dir(headcount); print(*{'torch', 'pandas', 'transformers', 'matplotlib'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


# -------------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "family 'gpt2'; supported are bert, roberta"),
        ({"headcount_kept_heads": [[0]]}, "lost heads already"),
        ({"problem_type": "multi_label_classification"}, "multi label classification; supported is one label"),
        ({"quantization_config": {"bits": 4}}, "quantised"),
        ({"pruned_heads": {"0": [1]}}, "pruned_heads"),
    ],
)
def test_a_model_that_cannot_be_done_right_is_refused(network: Any, change: dict[str, Any], message: str) -> None:
    settings = {**network.config.to_dict(), **change}
    network.config.to_dict = lambda: settings
    with pytest.raises(ValueError, match=message):
        hc.load(network, tokenizer())


def test_a_model_for_something_else_is_refused(make_model: Make) -> None:
    with pytest.raises(ValueError, match="BertForMaskedLM does not classify texts, or is wrapped; allowed is a BertForSeq"):
        hc.load(make_model("bert", "ForMaskedLM"), tokenizer())
    with pytest.raises(ValueError, match="1 output: it predicts a number"):
        hc.load(make_model("bert", num_labels=1), tokenizer())
    with pytest.raises(ValueError, match="tokenizer: missing"):
        hc.load(make_model("bert"))


def test_weights_that_are_not_plain_are_refused(network: Any) -> None:
    class Linear8bit(torch.nn.Linear):
        pass

    layer = network.bert.encoder.layer[1].attention.self
    layer.query = Linear8bit(24, 24)
    with pytest.raises(ValueError, match=r"attention\.self\.query is a .*Linear8bit; heads are cut from plain weights alone"):
        hc.load(network, tokenizer())


def test_what_is_no_model_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^'nobody/has-this' is no directory here"):
        hc.load("nobody/has-this")
    with pytest.raises(ValueError, match=r"no config\.json that can be read"):
        hc.load(tmp_path)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (["bad", "fine", "good"], "names a label 'fine', allowed are bad, so-so, good"),
        ([0, 1, 3], "there is a 3; allowed are 0 to 2, the model's numbers for bad, so-so, good"),
        ([0, 1, 0.5], "there is a 0.5"),
        (["bad", None, "good"], "no label in row 1"),
    ],
)
def test_labels_that_are_not_the_models_are_refused(model: hc.Model, labels: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        given.examples(pd.DataFrame({"text": ["a", "b", "c"], "label": labels}), model)


def test_labels_are_matched_by_name_in_any_order_and_case(model: hc.Model) -> None:
    found = given.examples([("a", "GOOD"), ("b", "So so"), ("c", "bad")], model)
    assert found["label"].tolist() == [2, 1, 0]


def test_names_for_outputs_without_a_name_must_be_given(make_model: Make) -> None:
    network = make_model("bert", pad_token_id=1)
    rows = [("a", "good"), ("b", "bad"), ("c", "so-so")]
    with pytest.raises(ValueError, match="does not say what its 3 outputs mean"):
        given.examples(rows, hc.load(network, tokenizer()))
    assert given.examples(rows, hc.load(network, tokenizer(), labels=LABELS))["label"].tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match="3 outputs, and each needs a name"):
        hc.load(network, tokenizer(), labels=["good", "bad"])


def test_other_names_than_the_models_own_are_refused(network: Any) -> None:
    with pytest.raises(ValueError, match="calls its outputs bad, so-so, good"):
        hc.load(network, tokenizer(), labels=LABELS[::-1])


def test_a_column_that_is_missing_is_named(model: hc.Model, rows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="no column 'stars'; it has text, label"):
        hc.importance(model, rows, label="stars")
    with pytest.raises(ValueError, match="no column 'text'; it has one, two, label"):
        hc.importance(model, pd.DataFrame({"one": ["a"], "two": ["b"], "label": [0]}))


def test_too_few_examples_are_refused(model: hc.Model, rows: pd.DataFrame) -> None:
    with pytest.raises(ValueError, match="30 examples are too few to say anything; give at least 50"):
        hc.importance(model, rows[:30])
    with pytest.raises(ValueError, match="all examples have one label"):
        hc.importance(model, rows[rows["label"] == "good"])
    importance = hc.importance(model, rows[:100])
    with pytest.raises(ValueError, match="the half of data that chooses: 40 examples"):
        hc.prune(model, importance, data=rows[100:180])


def test_the_examples_that_ranked_do_not_choose(model: hc.Model, rows: pd.DataFrame, tmp_path: Path) -> None:
    importance = hc.importance(model, rows)
    rows.to_csv(tmp_path / "rows.csv", index=False)
    for data in (rows, tmp_path / "rows.csv", pd.concat(hc.split(rows)).assign(text_pair=np.nan)):
        with pytest.raises(ValueError, match="the heads were ranked on these very examples"):
            hc.prune(model, importance, data=data)


def test_a_model_that_has_not_learnt_is_refused(model: hc.Model, rows: pd.DataFrame) -> None:
    rng = np.random.default_rng(0)
    ranking, held_out = hc.split(rows.assign(label=rng.permutation(rows["label"])))
    with pytest.raises(ValueError, match="no better than one constant answer's"):
        hc.prune(model, hc.importance(model, ranking), data=held_out)


def test_a_share_that_a_constant_answer_keeps_too_is_refused(model: hc.Model, rows: pd.DataFrame) -> None:
    most = rows["label"].mode().item()
    few = pd.concat([rows[rows["label"] == most], rows[rows["label"] != most][:60]])
    ranking, held_out = hc.split(few, (0.3, 0.7))
    importance = hc.importance(model, ranking)
    with pytest.raises(ValueError, match=r"one constant answer scores .* balanced_accuracy"):
        hc.prune(model, importance, 0.5, held_out)
    assert hc.prune(model, importance, 0.9, held_out, metric="balanced_accuracy").above_constant


def test_an_importance_of_another_model_is_refused(model: hc.Model, rows: pd.DataFrame, make_model: Make) -> None:
    other = hc.load(classifier(make_model, "albert"), tokenizer())
    ranking, held_out = hc.split(rows)
    with pytest.raises(ValueError, match=r"importance: of \(1, 4\) heads; .* has \(4, 4\)"):
        hc.prune(model, hc.importance(other, ranking), data=held_out)


def test_keeping_what_is_no_share_is_refused(model: hc.Model, rows: pd.DataFrame) -> None:
    importance = hc.importance(model, rows)
    for keep in (0, 95, -1):
        with pytest.raises(ValueError, match="allowed are shares, above 0 and 1 at most"):
            hc.prune(model, importance, keep, rows)
    with pytest.raises(ValueError, match="metric: 'f1' is of two classes, there are 3"):
        hc.prune(model, importance, 0.9, rows, metric="f1")


def test_the_interval_of_the_share_covers_it() -> None:
    """Of 400 draws of 200 examples from a world in which the truth is known, about 19 in 20 intervals hold it."""
    rng = np.random.default_rng(0)
    task = Classification(("bad", "good"), "accuracy")
    held = 0
    for _ in range(400):
        labels = rng.integers(0, 2, 200)
        first = rng.random(200) < 0.9
        second = np.where(first, rng.random(200) < 0.95, rng.random(200) < 0.3)  # the whole share: 0.885 / 0.9
        answers = [Answer(right.mean(), 0.0, np.where(right, labels, 1 - labels)) for right in (first, second)]
        low, high = _measured(task, labels, *answers).interval or (1.0, 0.0)
        held += low <= 0.885 / 0.9 <= high
    assert 0.92 <= held / 400 <= 0.98
    assert _measured(task, labels, answers[0], answers[0]).interval == pytest.approx((1 - 3 / 200, 1 + 3 / 200))
