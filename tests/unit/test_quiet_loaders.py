"""What a job's log says of a model that it loads: nothing of what is as it should be, all of what is not."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from headcount import progress


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """As a job is, and no other test."""
    logger = logging.getLogger(progress.LOADER)
    before = list(logger.filters)
    progress.quiet_loaders()
    yield
    logger.filters = before


def test_a_head_that_comes_new_and_one_that_is_left_are_not_worth_a_table(make_model, tmp_path, capfd):
    make_model("bert", "ForMaskedLM").save_pretrained(tmp_path)
    assert type(make_model("bert")).from_pretrained(tmp_path) is not None
    assert progress.TABLE not in capfd.readouterr().err


def test_a_weight_of_another_shape_is_told_of_with_its_table(make_model, tmp_path, capfd):
    make_model("bert", num_labels=3).save_pretrained(tmp_path)
    with pytest.raises(RuntimeError, match="above report"):
        type(make_model("bert")).from_pretrained(tmp_path, num_labels=5)
    said = capfd.readouterr().err
    assert progress.TABLE in said and "classifier.weight" in said


def test_another_complaint_of_the_loader_stays(capfd):
    from transformers.utils.logging import get_logger

    get_logger(progress.LOADER).warning("a complaint")
    assert "a complaint" in capfd.readouterr().err
