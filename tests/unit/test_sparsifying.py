"""Trainings of sparse models: what goes, what is held, what may come back, what a killed one goes on with; what is kept."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from transformers.trainer import Trainer

from headcount import encoders
from headcount.analysis.sparse_points import points_table
from headcount.data.blocks import blocks
from headcount.data.tasks import TASKS
from headcount.data.tokenizer import TextEncoder
from headcount.encoders import matrices
from headcount.miniature.articles import article
from headcount.miniature.encoders import shipped
from headcount.models import weights
from headcount.models.finetuning import finetune
from headcount.models.held_out import parted
from headcount.models.last_steps import LastSteps, last_loss, last_steps
from headcount.models.packing import PACKED, pack, packed, unpack, unpacked
from headcount.models.pretraining import beginning, train
from headcount.models.sparsifying import Hold, Sparse, Sparsify, begun, sparsity, zero_drawn, zero_pooler, zero_smallest
from headcount.order.points import count_of
from headcount.settings.job_settings import Sample, SparsePretraining
from headcount.settings.models import Recipe
from headcount.settings.weights import WeightPruning
from headcount.units.weights import smallest, zeros

STEPS = 12


@pytest.fixture(scope="module")
def cut():
    encoder = TextEncoder(shipped("roberta"))
    return encoder, list(blocks([article(1, number) for number in range(4)], encoder, 40))


def settings(**changes):
    given = {"steps": STEPS, "batch": 4, "learning_rate": 1e-3, "weight_decay": 0.1, "block_tokens": 40, "seed": 3}
    about = {"criterion": "magnitude", "fraction": 0.6, "scope": "matrix", "score": Sample(mask=0.15)}
    return SparsePretraining(**{**given, **about, **changes})


def gone_on(cut, work, *callbacks, change=lambda model: None):
    encoder, pieces = cut
    model = beginning(shipped("roberta"), 3).model
    change(model)
    train(model, pieces, encoder, settings(), "cpu", work, callbacks)
    return model


def test_sparsity_rises_by_a_cubic_and_stays():
    assert [sparsity(step, 4, 0.8) for step in (0, 1, 2, 4, 9)] == pytest.approx(
        [0, 0.8 * (1 - 0.75**3), 0.8 * (1 - 0.5**3), 0.8, 0.8]
    )


class Watching(Sparsify):
    """Notes the masks after every step, and what the smallest weights were before it zeroed them."""

    def __init__(self, *args):
        super().__init__(*args)
        self.seen, self.expected = [], []

    def on_step_end(self, args, state, control, model=None, **kwargs):
        before = {name: matrix.detach().clone() for name, matrix in matrices(model).items()}
        for name, held in self.held.items():
            before[name][held] = 0.0
        share = sparsity(state.global_step, self.ramp, self.fraction)
        self.expected.append({name: smallest(matrix, count_of(share, matrix.numel())) for name, matrix in before.items()})
        super().on_step_end(args, state, control, model, **kwargs)
        self.seen.append(zeros(model))


def test_the_smallest_go_while_it_rises_and_the_mask_stays_to_the_end(cut, tmp_path):
    watching = Watching(0.6, 6, "matrix")
    model = gone_on(cut, tmp_path, watching)
    for step, (seen, expected) in enumerate(zip(watching.seen, watching.expected, strict=True), 1):
        if step <= 6:
            for name, mask in seen.items():  # beside what is zero by itself: the embedding of padding
                assert torch.equal(mask | expected[name], mask), (step, name)
                assert int(mask.sum()) - int(expected[name].sum()) <= 128, (step, name)
    for earlier, later in itertools.pairwise(watching.seen):
        assert all(torch.equal(earlier[name] & later[name], earlier[name]) for name in earlier), "never comes back"
    assert all(torch.equal(watching.seen[5][name], mask) for name, mask in zeros(model).items()), "the mask of the ramp's end"
    assert Sparse.of(model).fraction == pytest.approx(0.6, abs=1e-3)
    whole = beginning(shipped("roberta"), 3).model
    moved = [not torch.equal(matrix, matrices(whole)[name]) for name, matrix in matrices(model).items()]
    assert all(moved), "the others learnt"


def test_a_cut_off_training_resumes_to_the_same_bits(cut, tmp_path, monkeypatch):
    """Cut off amid the fifth step of six that sparsity rises in, with the third saved; and amid the eleventh, after it."""
    straight = gone_on(cut, tmp_path / "straight", Sparsify(0.6, 6, "matrix"))
    step = Trainer.training_step
    for number in (5, 11):
        seen = []

        def cut_off(self, model, *args, seen=seen, number=number, **named):
            seen.append(1)
            if len(seen) == number:
                raise KeyboardInterrupt
            return step(self, model, *args, **named)

        monkeypatch.setattr(Trainer, "training_step", cut_off)
        work = tmp_path / f"cut{number}"
        with pytest.raises(KeyboardInterrupt):
            gone_on(cut, work, Sparsify(0.6, 6, "matrix"))
        monkeypatch.setattr(Trainer, "training_step", step)
        assert list(work.glob("checkpoint-*")), "it had saved steps"
        resumed = gone_on(cut, work, Sparsify(0.6, 6, "matrix"))
        for name, tensor in straight.state_dict().items():
            assert torch.equal(tensor, resumed.state_dict()[name]), (number, name)


@pytest.mark.parametrize("scope", ["matrix", "model"])
def test_what_is_held_survives_momentum_and_weight_decay_and_what_is_let_go_comes_back(cut, tmp_path, scope):
    held = gone_on(cut, tmp_path / "held", Hold(), change=lambda model: zero_smallest(model, 0.5, scope))
    loose = gone_on(cut, tmp_path / "loose", change=lambda model: zero_smallest(model, 0.5, scope))
    start = beginning(shipped("roberta"), 3).model
    zero_smallest(start, 0.5, scope)
    assert all(torch.equal(mask, zeros(start)[name]) for name, mask in zeros(held).items())
    assert Sparse.of(start).fraction == pytest.approx(0.5, abs=1e-3)
    assert Sparse.of(loose).fraction < 0.2
    drawn = gone_on(cut, tmp_path / "drawn", Hold(), change=lambda model: zero_drawn(model, 0.5, 7))
    assert Sparse.of(drawn).fraction == pytest.approx(0.5, abs=1e-3)


def test_what_is_held_out_is_that_share_of_the_articles_in_every_order(cut):
    articles = [{"id": str(number), "text": "a"} for number in range(2000)]
    seen, held_out = parted(articles, 0.1)
    assert 150 < len(held_out) < 250 and len(seen) + len(held_out) == 2000
    again = parted(reversed(articles), 0.1)[1]
    assert {each["id"] for each in again} == {each["id"] for each in held_out}


def test_drawn_weights_go_before_the_training_and_the_smallest_in_it():
    model = beginning(shipped("roberta"), 3).model
    before = Sparse.of(model)
    assert begun(model, "magnitude", 0.0, 4, "matrix", 1) == [] and Sparse.of(model) == before
    (rising,) = begun(model, "magnitude", 0.5, 4, "matrix", 1)
    assert isinstance(rising, Sparsify) and Sparse.of(model) == before
    (held,) = begun(model, "random", 0.5, 4, "matrix", 1)
    assert type(held) is Hold and Sparse.of(model).fraction == pytest.approx(0.5, abs=1e-3)


def test_the_pooler_loses_its_share_when_it_joins(make_model):
    model = make_model("bert")
    before = {name: matrix.clone() for name, matrix in matrices(model).items()}
    zero_pooler(model, 0.25, None)
    after = matrices(model)
    assert torch.equal(after["pooler.dense.weight"] == 0, smallest(before["pooler.dense.weight"], count_of(0.25, 24 * 24)))
    assert all(torch.equal(after[name], matrix) for name, matrix in before.items() if not name.startswith("pooler."))
    drawn = make_model("bert")
    zero_pooler(drawn, 0.25, 5)
    assert int((matrices(drawn)["pooler.dense.weight"] == 0).sum()) == count_of(0.25, 24 * 24)


# -------------------------------------------------------------------------------------------------------------- on a disk


def test_what_is_packed_comes_back_bit_for_bit(make_model, tmp_path):
    model = make_model("bert", "ForMaskedLM")
    zero_smallest(model, 0.9, "matrix")
    model.save_pretrained(tmp_path / "sparse")
    whole, size = weights.read(tmp_path / "sparse"), (tmp_path / "sparse/model.safetensors").stat().st_size
    pack(tmp_path / "sparse")
    assert not list((tmp_path / "sparse").glob("model*")) and (tmp_path / "sparse" / PACKED).stat().st_size < size / 2
    again = weights.read(unpack(tmp_path / "sparse", tmp_path / "again"))
    assert again.keys() == whole.keys() and all(torch.equal(again[name], tensor) for name, tensor in whole.items())
    encoders.load(tmp_path / "again", "ForMaskedLM")
    assert not (tmp_path / "again" / PACKED).exists()


def test_a_dense_model_is_packed_as_it_is_and_shapes_need_not_be_multiples_of_eight():
    torch.manual_seed(1)
    odd, dense, flat = torch.randn(3, 7), torch.randn(5, 5), torch.zeros(9)
    odd[odd.abs() < 1] = 0.0
    found = packed({"odd": odd, "dense": dense, "flat": flat})
    assert set(found) == {"odd|kept", "odd|values", "odd|shape", "dense", "flat"}
    assert found["odd|values"].size == int((odd != 0).sum()) and found["odd|kept"].size == 3
    again = unpacked(found)
    for name, tensor in {"odd": odd, "dense": dense, "flat": flat}.items():
        assert np.array_equal(again[name], tensor.numpy()) and again[name].dtype == np.float32


# ----------------------------------------------------------------------------------------------------------- training loss


def test_the_loss_of_the_last_steps_is_theirs_alone():
    history = [{"step": 50, "loss": 4.0}, {"step": 95, "loss": 2.0}, {"step": 98, "loss": 1.0}, {"step": 100, "loss": 0.5}]
    assert last_steps(100) == 5 and last_steps(3) == 1
    assert last_loss(history) == pytest.approx((3 * 1.0 + 2 * 0.5) / 5)
    assert last_loss([*history, {"step": 101, "diverged": True}]) is None


def test_it_is_the_mean_of_the_losses_of_those_steps(tmp_path, monkeypatch):
    seen, step = [], Trainer.training_step

    def watched(self, *args, **named):
        loss = step(self, *args, **named)
        seen.append(float(loss))
        return loss

    monkeypatch.setattr(Trainer, "training_step", watched)
    rows = pd.DataFrame({"text": ["the dog sleeps", "a cat eats"] * 60, "text_pair": None, "label": [0, 1] * 60})
    recipe = Recipe(learning_rate=1e-3, batch=2, epochs=1, max_length=20, save_steps=7)
    _, history = finetune(shipped("roberta"), rows, TASKS["cola"], recipe, 1, "cpu", tmp_path, callbacks=[LastSteps()])
    assert len(seen) == 60 and last_loss(history) == pytest.approx(np.mean(seen[-3:]), abs=1e-4)
    saved = {int(path.name.rpartition("-")[2]) for path in tmp_path.glob("checkpoint-*")}
    assert not saved & {58, 59}


# ------------------------------------------------------------------------------------------------- settings and the table


def test_epochs_of_the_arms_are_the_papers():
    given = WeightPruning()
    assert [given.epochs("deleted", fraction) for fraction in (0.0, 0.6, 0.7, 0.9)] == [13, 13, 15, 15]
    assert [given.epochs("after", fraction) for fraction in (0.0, 0.7, 0.8)] == [5, 5, 7]
    assert given.epochs("retrained", 0.9) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"fractions": [0.5]}, "fractions: 0.0 is missing"),
        ({"fractions": [0.0, 1.0]}, "less than 1"),
        ({"random": [0.45]}, "random: 0.45 is not among the fractions above 0; allowed: 0.1, 0.2"),
        ({"random": [0.0]}, "random: 0.0 is not among"),
        ({"arms": ["after"]}, "random: random weights go in the arm `retrained`"),
        ({"deleted": {"epochs": 0.0, "more_from": 0.7}}, "greater than 0"),
        ({"pretrain": {"held_out": 1.0}}, "less than 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        WeightPruning.model_validate(changes)


def point(task, schedule, fraction, score, criterion="magnitude", **more):
    about = {"study": "s", "model": "m", "task": task, "seed": 1, "schedule": schedule, "criterion": criterion}
    return {
        **about,
        "fraction": fraction,
        "removed": int(1000 * fraction),
        "removed_fraction": fraction,
        "score": score,
        **more,
    }


def test_a_point_is_relative_to_the_unpruned_model_of_its_own_arm():
    given = [
        point("mnli", "retrained", 0.5, 0.6, collapsed=False, accuracy=0.6, loss=1.0, metric="accuracy"),
        point("mnli", "retrained", 0.0, 0.8, collapsed=False, accuracy=0.8, loss=0.5, metric="accuracy"),
        point("mnli", "retrained", 0.5, 0.4, "random", collapsed=True, accuracy=0.4, loss=2.0, metric="accuracy"),
        point("mnli", "after", 0.0, 0.5, collapsed=False, accuracy=0.5, loss=1.0, metric="accuracy"),
        point("mnli", "after", 0.5, 0.25, collapsed=False, accuracy=0.25, loss=1.0, metric="accuracy"),
        point("cola", "after", 0.0, 0.0, collapsed=True, accuracy=0.5, loss=1.0, metric="matthews_correlation"),
        point("mlm", "retrained", 0.0, 0.9, loss=0.5, metric="recall_at_1"),
        point("mlm", "retrained", 0.5, 0.45, loss=0.75, metric="recall_at_1"),
    ]
    found = points_table(pd.DataFrame(given))
    told = {(row.task, row.schedule, row.criterion, row.fraction): row.relative_score for row in found.itertuples()}
    assert told.pop(("cola", "after", "magnitude", 0.0)) is pd.NA
    assert told == pytest.approx(
        {
            ("mnli", "retrained", "magnitude", 0.0): 1.0,
            ("mnli", "retrained", "magnitude", 0.5): 0.75,
            ("mnli", "retrained", "random", 0.5): 0.5,
            ("mnli", "after", "magnitude", 0.0): 1.0,
            ("mnli", "after", "magnitude", 0.5): 0.5,
            ("mlm", "retrained", "magnitude", 0.0): 1.0,
            ("mlm", "retrained", "magnitude", 0.5): 0.5,
        }
    )
    masked = found[found["task"] == "mlm"]
    assert masked["accuracy"].isna().all() and not masked["collapsed"].any() and (found["unit"] == "weight").all()
