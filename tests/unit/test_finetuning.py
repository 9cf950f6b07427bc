"""Fine-tuning: what freezing holds fixed, and that what was done to the pre-trained model stays done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from headcount import encoders
from headcount.analysis.learnt import learnt
from headcount.data.splits import checked
from headcount.data.tasks import TASKS
from headcount.data.tokenizer import TextEncoder
from headcount.freezing import ARMS
from headcount.miniature.tasks import examples
from headcount.models.finetuning import classifier, finetune, freeze, metrics
from headcount.models.trainer import BucketedTrainer
from headcount.settings.models import Recipe
from headcount.units.heads import Heads

WEIGHTS = Path(encoders.__file__).parent / "miniature" / "weights"
SETTINGS: dict[str, Any] = dict(
    learning_rate=1e-3,
    batch=8,
    steps=3,
    weight_decay=0.1,
    betas=(0.9, 0.98),
    epsilon=1e-6,
    max_length=64,
)
COLA = TASKS["cola"]
RECIPE = Recipe(**SETTINGS)


@pytest.fixture
def train() -> pd.DataFrame:
    return checked(pd.DataFrame(examples("cola", "train", 1, 24)), COLA, "test")


FIXED = {"layers": (), "layers-and-embeddings": ("embeddings.",)}


@pytest.mark.parametrize("arm", ARMS)
def test_what_an_arm_freezes_does_not_move_and_all_else_does(arm: str, train: pd.DataFrame, tmp_path: Path) -> None:
    before = encoders.load(WEIGHTS / "roberta", "ForMaskedLM")
    after, _ = finetune(WEIGHTS / "roberta", train, COLA, RECIPE, 1, "cpu", tmp_path, lambda model: freeze(model, 2, arm))
    old = dict(encoders.body(before).named_parameters())
    changed = {name for name, value in encoders.body(after).named_parameters() if not torch.equal(value, old[name])}
    fixed = (*FIXED[arm], "encoder.layer.0.", "encoder.layer.1.")
    assert changed
    assert {name for name in old if not name.startswith(fixed)} == changed


def test_a_training_that_diverges_ends_before_its_weights_are_no_numbers_and_counts_as_collapsed(
    train: pd.DataFrame, tmp_path: Path
) -> None:
    wild = Recipe(**SETTINGS | {"learning_rate": 1e30})
    model, history = finetune(WEIGHTS / "roberta", train, COLA, wild, 1, "cpu", tmp_path)
    assert history[-1] == {"step": 2, "diverged": True}
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    mild, history = finetune(WEIGHTS / "roberta", train, COLA, RECIPE, 1, "cpu", tmp_path / "mild")
    assert "diverged" not in history[-1]
    encoder = TextEncoder(WEIGHTS / "roberta")
    found = [metrics(mild, train, train, COLA, encoder, 64, 4096, diverged) for diverged in (True, False)]
    labels, answers = found[1][1][["label", "removed_0"]].to_numpy().T
    assert [told["collapsed"] for told, _ in found] == [True, not learnt(COLA, labels, answers).learnt]
    assert found[1][1]["example"].tolist() == list(map(str, train["idx"]))


def test_a_recipes_dropout_is_every_familys(family: str, make_model: Callable[..., Any], tmp_path: Path) -> None:
    make_model(family, "ForMaskedLM").save_pretrained(tmp_path)
    model = classifier(tmp_path, COLA, Recipe(**SETTINGS | {"max_length": 36}, dropout=0.25, classifier_dropout=0.125))
    of_the_body = {module for module in encoders.body(model).modules() if isinstance(module, torch.nn.Dropout)}
    others = {module for module in model.modules() if isinstance(module, torch.nn.Dropout)} - of_the_body
    assert {module.p for module in of_the_body} == {0.25}
    assert {module.p for module in others} - {0.0} == {0.125}


@pytest.mark.parametrize("family", ["mpnet", "deberta-v2"])
def test_frozen_embeddings_are_frozen_with_what_tells_distances(family: str, make_model: Callable[..., Any]) -> None:
    """Or layers that are fixed would give something else: they all read it."""
    model = make_model(family).requires_grad_(True)
    inputs = {"input_ids": torch.arange(5, 15)[None], "attention_mask": torch.ones(1, 10, dtype=torch.long)}
    freeze(model, 2, "layers-and-embeddings")
    model(**inputs).logits.sum().backward()
    learnt = {name for name, parameter in encoders.body(model).named_parameters() if parameter.grad is not None}
    assert learnt and all(name.startswith(("encoder.layer.2.", "encoder.layer.3.")) for name in learnt)


def test_models_that_share_layers_cannot_be_frozen() -> None:
    with pytest.raises(ValueError, match=r"freezing\.models: albert shares its layers"):
        freeze(classifier(WEIGHTS / "albert", COLA, RECIPE), 1, "layers")


def test_at_least_one_layer_is_left_to_fine_tune() -> None:
    with pytest.raises(ValueError, match=r"freezing\.layers: 4 of 4 layers leave none"):
        freeze(classifier(WEIGHTS / "roberta", COLA, RECIPE), 4, "layers")


@pytest.mark.parametrize("family", ["roberta", "albert"])
def test_heads_removed_before_fine_tuning_stay_removed_and_the_others_learn(
    family: str, train: pd.DataFrame, tmp_path: Path
) -> None:
    gone = [(0, head) for head in range(6)]
    whole = classifier(WEIGHTS / family, COLA, RECIPE)
    width = encoders.head_dim(whole)
    model, _ = finetune(WEIGHTS / family, train, COLA, RECIPE, 1, "cpu", tmp_path, lambda model: Heads(model).remove(gone))
    query = encoders.sites(model)[0].projection("query").weight
    assert query.shape[0] == 2 * width
    assert not torch.equal(query, encoders.sites(whole)[0].projection("query").weight[6 * width :])


@pytest.fixture
def weights(train: pd.DataFrame, tmp_path: Path) -> Callable[..., dict[str, torch.Tensor]]:
    """What a fine-tuning ends with, as float64 so that only real differences show, under changed settings."""

    def finetuned(**changes: Any) -> dict[str, torch.Tensor]:
        recipe = Recipe(**SETTINGS | {"steps": 4} | changes)
        found, _ = finetune(
            WEIGHTS / "roberta", train, COLA, recipe, 1, "cpu", tmp_path / str(changes), lambda model: model.double().eval()
        )
        return dict(found.named_parameters())

    return finetuned


def test_gradients_of_parts_of_a_batch_add_up_to_the_whole_batchs(weights: Callable[..., dict[str, torch.Tensor]]) -> None:
    whole, parts = weights(), weights(micro_batch=2)
    for name, value in whole.items():
        torch.testing.assert_close(parts[name], value, rtol=1e-6, atol=1e-8)


def test_training_goes_on_in_smaller_parts_where_memory_ends(
    weights: Callable[..., dict[str, torch.Tensor]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    whole = weights()
    step = BucketedTrainer.training_step

    def small(self: Any, model: Any, inputs: Any, *rest: Any) -> Any:
        if len(inputs["labels"]) > 2:
            raise torch.OutOfMemoryError
        return step(self, model, inputs, *rest)

    monkeypatch.setattr(BucketedTrainer, "training_step", small)
    for name, value in weights(save_steps=99).items():
        torch.testing.assert_close(value, whole[name], rtol=1e-6, atol=1e-8)
    assert "going on with 2 of a step's 8 examples at once" in caplog.text
