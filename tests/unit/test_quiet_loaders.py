"""What a job's log says of a model that it loads: nothing of what is as it should be, all of what is not."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from headcount import progress


@pytest.fixture
def said() -> Iterator[list[str]]:
    """What the loader says where it is quiet, as in a job, and in no other test."""
    logger, found = logging.getLogger(progress.LOADER), list[str]()
    before, heard = list(logger.filters), logging.Handler()
    heard.emit = lambda record: found.append(record.getMessage())  # type: ignore[method-assign]
    logger.addHandler(heard)
    progress.quiet_loaders()
    yield found
    logger.removeHandler(heard)
    logger.filters = before


def test_a_head_that_comes_new_and_one_that_is_left_are_not_worth_a_table(make_model, tmp_path, said):
    make_model("bert", "ForMaskedLM").save_pretrained(tmp_path)
    assert type(make_model("bert")).from_pretrained(tmp_path) is not None
    assert said == []


def test_a_weight_of_another_shape_is_told_of_with_its_table(make_model, tmp_path, said):
    make_model("bert", num_labels=3).save_pretrained(tmp_path)
    with pytest.raises(RuntimeError, match="above report"):
        type(make_model("bert")).from_pretrained(tmp_path, num_labels=5)
    assert progress.TABLE in said[0] and "classifier.weight" in said[0]


def test_another_complaint_of_the_loader_stays(said):
    from transformers.utils.logging import get_logger

    get_logger(progress.LOADER).warning("a complaint")
    assert said == ["a complaint"]
