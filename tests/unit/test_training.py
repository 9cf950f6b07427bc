"""Training: the order of examples, and from which saved steps a run resumes."""

from __future__ import annotations

import numpy as np
import pytest

from headcount.models.trainer import LengthBucketSampler, last_saved

LENGTHS = np.random.default_rng(0).integers(5, 60, 1003).tolist()


def order(seed, epoch):
    sampler = LengthBucketSampler(LENGTHS, 8, seed)
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_example_comes_once_an_epoch():
    assert sorted(order(1, 0)) == list(range(len(LENGTHS)))


def test_the_order_depends_on_seed_and_epoch_alone():
    assert order(1, 0) == order(1, 0)
    assert order(1, 0) != order(1, 1)
    assert order(1, 0) != order(2, 0)


def test_batches_hold_texts_of_similar_length():
    found = order(1, 0)
    batches = [found[at : at + 8] for at in range(0, len(found), 8)]
    padded = sum(len(batch) * max(LENGTHS[i] for i in batch) for batch in batches)
    assert padded < 1.1 * sum(LENGTHS)


@pytest.mark.parametrize(
    ("whole", "half", "expected"), [((), (), None), ((4, 12, 8), (), 12), ((4, 8), (12,), 8)], ids=["none", "newest", "half"]
)
def test_a_run_resumes_from_the_newest_steps_that_were_saved_whole(whole, half, expected, tmp_path):
    for step in (*whole, *half):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in whole:
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    assert last_saved(tmp_path) == (expected and tmp_path / f"checkpoint-{expected}")
