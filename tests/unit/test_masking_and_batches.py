"""Masks and batches: what depends on what, and that nothing depends on the batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from headcount.data.masking import IGNORED, document_rng, mask
from headcount.data.tokenizer import Tokens
from headcount.networks.batching import model_inputs, padded, surviving, token_batches
from headcount.networks.examples import MaskedExamples

ORDINARY = np.arange(10, 500)
MASK = 4


class Encoder:
    pad_id, mask_id, ordinary_ids = 1, MASK, ORDINARY


def text(length, seed=0):
    ids = np.random.default_rng(seed).integers(10, 500, length)
    special = np.zeros(length, bool)
    special[[0, -1]] = True
    return Tokens(ids, np.zeros_like(ids), special)


def test_a_documents_mask_depends_on_seed_and_document_alone():
    documents = [text(20, i) for i in range(6)]
    names = [f"article/{i}" for i in range(6)]
    alone = [MaskedExamples([t], [n], Encoder(), 1, 0.15).masked[0] for t, n in zip(documents, names, strict=True)]
    together = MaskedExamples(documents[::-1], names[::-1], Encoder(), 1, 0.15).masked[::-1]
    for (ids, labels), (other_ids, other_labels) in zip(alone, together, strict=True):
        assert np.array_equal(ids, other_ids) and np.array_equal(labels, other_labels)
    other_seed = MaskedExamples(documents, names, Encoder(), 2, 0.15).masked
    assert any(not np.array_equal(a[1], b[1]) for a, b in zip(alone, other_seed, strict=True))


def test_fifteen_percent_are_chosen_and_treated_80_10_10():
    tokens = text(40_002)
    ids, labels = mask(tokens, document_rng(1, "x"), MASK, ORDINARY)
    chosen = labels != IGNORED
    assert chosen.sum() == round(0.15 * 40_000)
    assert np.mean(ids[chosen] == MASK) == pytest.approx(0.8, abs=0.02)
    assert np.mean(ids[chosen] == tokens.ids[chosen]) == pytest.approx(0.1, abs=0.02)


def test_special_tokens_are_never_chosen_and_others_keep_their_place():
    tokens = text(30)
    ids, labels = mask(tokens, document_rng(1, "x"), MASK, ORDINARY, share=1.0)
    assert (labels[tokens.special] == IGNORED).all() and np.array_equal(ids[tokens.special], tokens.ids[tokens.special])
    assert np.array_equal(labels[~tokens.special], tokens.ids[~tokens.special])


@pytest.mark.parametrize("length", [3, 5, 9])
def test_every_document_with_a_word_has_something_masked(length):
    _, labels = mask(text(length), document_rng(1, "x"), MASK, ORDINARY)
    assert (labels != IGNORED).sum() >= 1


def test_a_document_of_special_tokens_alone_is_left_as_it_is():
    tokens = text(2)
    ids, labels = mask(tokens, document_rng(1, "x"), MASK, ORDINARY)
    assert np.array_equal(ids, tokens.ids) and (labels == IGNORED).all()


def test_batches_hold_every_example_once_within_the_budget():
    lengths = np.random.default_rng(0).integers(1, 60, 500).tolist()
    batches = token_batches(lengths, 256)
    assert sorted(i for batch in batches for i in batch) == list(range(500))
    assert all(len(batch) * max(lengths[i] for i in batch) <= 256 for batch in batches)


def test_an_example_longer_than_the_budget_has_a_batch_to_itself():
    assert token_batches([3, 100, 3], 10) == [[1], [0, 2]]


def test_batches_by_length_hardly_pad():
    lengths = np.random.default_rng(0).integers(1, 60, 500).tolist()
    batches = token_batches(lengths, 512)
    padded = sum(len(batch) * max(lengths[i] for i in batch) for batch in batches)
    assert padded < 1.1 * sum(lengths)


def test_attention_covers_the_text_and_not_the_padding():
    rows = [text(3), text(5)]
    inputs = model_inputs([r.ids for r in rows], [r.types for r in rows], 1)
    assert inputs["attention_mask"].tolist() == [[1, 1, 1, 0, 0], [1, 1, 1, 1, 1]]
    assert inputs["input_ids"][0, 3:].tolist() == [1, 1]


LENGTHS = [3, 9, 4, 4, 7, 2, 8, 5]


class SmallMemory:
    """Work on batches that fails above so many tokens, as a card does; what it did, in order."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.done: list[int] = []
        self.failures = 0

    def __call__(self, indices: Sequence[int]) -> None:
        if padded(indices, LENGTHS) > self.tokens:
            self.failures += 1
            raise torch.OutOfMemoryError
        self.done += indices


@pytest.mark.parametrize("memory", [9, 16, 20, 1000])
def test_every_example_is_done_once_however_little_memory_there_is(memory: int) -> None:
    work = SmallMemory(memory)
    batches = token_batches(LENGTHS, 30)
    surviving(batches, LENGTHS, work)
    assert work.done == [i for batch in batches for i in batch]


def test_memory_that_ran_out_is_not_asked_for_again_and_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    work = SmallMemory(16)
    surviving([[1, 6, 4, 7], [2, 3, 0, 5, 7, 4]], LENGTHS, work)
    lines = caplog.messages
    assert len(lines) == work.failures == 2
    assert "36 tokens a batch: going on with at most 18" in lines[0]


def test_a_single_example_that_is_too_much_is_an_error() -> None:
    with pytest.raises(torch.OutOfMemoryError):
        surviving([[0, 1]], LENGTHS, SmallMemory(8))
