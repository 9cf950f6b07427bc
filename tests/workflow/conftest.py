"""A fresh copy of the repository for each test, and one in which a very small study has run."""

from __future__ import annotations

from pathlib import Path

import pytest
from checkout import MINIATURE, TINY, Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """The sources alone."""
    return Checkout.of_sources(tmp_path / "checkout")


@pytest.fixture(scope="session")
def tiny() -> tuple[str, ...]:
    """The config files of the tiny study."""
    return (MINIATURE, "tiny.yaml")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, tiny: tuple[str, ...]) -> Checkout:
    """The tiny study, run once, not to be changed. Only one test file uses it: parallel tests run it once, too."""
    checkout = Checkout.of_sources(tmp_path_factory.mktemp("built") / "checkout")
    checkout.overlay(TINY, "tiny.yaml")
    checkout.run("--cores", "2", "--configfile", *tiny)
    return checkout


@pytest.fixture
def finished(built: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the finished tiny study."""
    return built.copied_to(tmp_path / "finished")
