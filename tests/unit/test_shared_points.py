"""Points that two curves of a run share are asked about once, and the tables are those of curves that share nothing."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from headcount.data.blocks import block_table
from headcount.data.tokenizer import TextEncoder
from headcount.miniature.articles import article
from headcount.miniature.encoders import shipped
from headcount.networks.examples import MaskedExamples
from headcount.order.curve import units_in
from headcount.order.known import asked_once, whole_model
from headcount.order.norms import normalize
from headcount.order.outcomes import Answer, light
from headcount.store.tables import read_table, read_table_metadata, write_table
from headcount.store.tensors import write_importance

ROOT = Path(__file__).parents[2]
SCORE = {"mask": 0.15}
POINTS = {"score": SCORE, "importance": {**SCORE, "estimator": "per_example", "batch": 8}, "step": 0.1, "every_unit_up_to": 1}
NAME = {"study": "s", "model": "roberta", "task": "mlm", "seed": 1}
FILES = {"prune_curve": ("curve", "order", "outcomes"), "prune_weights": ("curve",)}


@dataclass
class Curves:
    """Curves of a shipped encoder, made by their rules' scripts."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    asked: int = 0

    def __post_init__(self) -> None:
        self.model = shipped("roberta")
        self.data = self.folder / "blocks.parquet"
        articles = [article(1, number) for number in range(30_000, 30_002)]
        write_table(self.data, block_table(articles, TextEncoder(self.model), 40))
        raw = np.random.default_rng(1).lognormal(size=(4, 8))
        for norm in ("l1", "l2"):
            write_importance(self.folder / norm, normalize(raw, norm))
        answer = MaskedExamples.answer

        def counted(*args: Any) -> Any:
            self.asked += 1
            return answer(*args)

        self.monkeypatch.setattr(MaskedExamples, "answer", counted)

    def make(self, rule: str, told: dict[str, Any], *more: str, first: tuple[Path, ...] = ()) -> tuple[int, tuple[Path, ...]]:
        """How often the model was asked, and the tables that were made."""
        spec = importlib.util.spec_from_file_location(rule, ROOT / f"workflow/scripts/{rule}.py")
        assert spec and spec.loader
        script = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(script)
        self.monkeypatch.setattr(script, "payload", Path)  # nothing here has a manifest
        number = len(list(self.folder.iterdir()))
        made = tuple(self.folder / f"{number}.{name}.parquet" for name in FILES[rule])
        options = {
            **{name: json.dumps(value) for name, value in told.items()},
            **{"device": "cpu", "budget": "4096", "model": str(self.model), "data": str(self.data)},
            **{name: str(path) for name, path in zip(FILES[rule], made, strict=True)},
        }
        flags = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.monkeypatch.setattr(sys, "argv", [rule, *flags, *more, "--first", *map(str, first)])
        before = self.asked
        script.main()
        return self.asked - before, made

    def of_heads(self, norm: str, first: tuple[Path, ...] = ()) -> tuple[int, tuple[Path, ...]]:
        name = {**NAME, "unit": "head", "criterion": "gate_gradient", "norm": norm}
        more = ("--importance", str(self.folder / norm), "--importance-data", str(self.data))
        return self.make("prune_curve", {"name": name, "settings": {**POINTS, "schedule": "one_shot"}}, *more, first=first)

    def of_weights(self, criterion: str, first: tuple[Path, ...] = ()) -> tuple[int, tuple[Path, ...]]:
        settings = {"criterion": criterion, "fractions": [0.0, 0.5], "scope": "matrix", "score": SCORE}
        return self.make("prune_weights", {"run": NAME, "settings": settings}, first=first)


@pytest.fixture
def curves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Curves:
    return Curves(tmp_path, monkeypatch)


def contents(paths: tuple[Path, ...]) -> list[bytes]:
    return [path.read_bytes() for path in paths]


def sets(tables: tuple[Path, ...]) -> set[frozenset[Any]]:
    gone = units_in(read_table(tables[1]))
    return {frozenset(gone[:removed]) for removed in read_table(tables[0])["removed"]}


def test_equal_sets_of_units_are_asked_about_once_on_machines_of_one_kind(curves: Curves) -> None:
    points, first = curves.of_heads("l1")
    _, alone = curves.of_heads("l2")
    asked, shared = curves.of_heads("l2", first)
    same = len(sets(first) & sets(alone))
    assert points == 11 and 2 < same < 11, "the ends, and between them some of the points"
    assert asked == points - same
    assert contents(shared) == contents(alone)
    write_table(first[0], read_table(first[0]), **{**read_table_metadata(first[0]), "cpu": "another"})
    asked, elsewhere = curves.of_heads("l2", first)
    assert asked == points and contents(elsewhere) == contents(alone)


def test_curves_of_weights_share_their_ends_alone(curves: Curves) -> None:
    points, first = curves.of_weights("magnitude")
    _, alone = curves.of_weights("random")
    asked, shared = curves.of_weights("random", first)
    assert (points, asked) == (3, 1)
    assert contents(shared) == contents(alone) != contents(first)


def test_a_whole_model_that_was_asked_about_other_examples_is_not_known() -> None:
    outcomes = pd.DataFrame({"example": ["0", "1"], "label": [0, 1], "removed_0": [1, 1]})
    (answer,) = whole_model(0.5, 0.25, outcomes, outcomes[["example"]]).values()
    assert (answer.score, answer.loss, answer.outcomes.tolist()) == (0.5, 0.25, [1, 1])
    assert whole_model(0.5, 0.25, outcomes, outcomes[["example"]][:1]) == {}


def test_answers_that_are_known_take_two_bytes_an_example() -> None:
    known: dict[int, Answer] = {}
    ask = asked_once(lambda: Answer(0.5, 0.25, np.array([1, 0]), np.array([0.5, 0.0])), lambda: 0, known)
    assert (known[0].outcomes.nbytes if ask() else 0, known[0].losses) == (4, None)
    assert np.shares_memory(light(ask()).outcomes, known[0].outcomes), "and are not kept twice"
