"""Test sets in several languages: read from the Hub's layout, and refused where they do not ask the same of all."""

from __future__ import annotations

import json
import runpy
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headcount.data.identity import identity
from headcount.data.origins import EMBEDDED, TEST_SET_WRITERS
from headcount.data.sources import NOT_LOCAL
from headcount.data.tasks import TASKS
from headcount.data.test_sets import COLUMNS, TEST_SETS, content, files, read_test_sets, repository
from headcount.errors import SourceError
from headcount.registry import UnknownName

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
WORLD = ("en", "luma", "kunde")
NAMES = ("entailment", "neutral", "contradiction")


def write(directory: Path, code: str, labels: Sequence[object], shard: str = "00000-of-00001", **more: Any) -> None:
    """One language's test set, as the Hub has it: without an ``idx`` unless it is given."""
    texts = [f"{code} {i}" for i in range(len(labels))]
    rows = {"premise": texts, "hypothesis": [f"{text}?" for text in texts], "label": labels, **more}
    (directory / code).mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(rows), directory / code / f"test-{shard}.parquet")


def read(directory: Path, *codes: str, at_most: int | None = None) -> pd.DataFrame:
    return read_test_sets("xnli", codes, repository(str(directory), None), at_most)


def test_every_test_set_is_answered_by_models_of_a_task_of_pairs() -> None:
    for about in TEST_SETS.values():
        assert len(TASKS[about.trained_as].columns) == 2


def test_languages_stand_one_after_the_other_with_the_same_examples(tmp_path: Path) -> None:
    for code in ("sw", "de"):
        write(tmp_path, code, [2, 0, 1])
    table = read(tmp_path, "sw", "de")
    assert tuple(table.columns) == COLUMNS
    assert table["language"].tolist() == ["sw"] * 3 + ["de"] * 3
    assert table["idx"].tolist() == [0, 1, 2] * 2
    assert table["label"].tolist() == [2, 0, 1] * 2
    assert table.iloc[4][["text", "text_pair"]].tolist() == ["de 1", "de 1?"]


def test_shards_are_one_test_set(tmp_path: Path) -> None:
    write(tmp_path, "en", [0, 1], "00000-of-00002")
    write(tmp_path, "en", [2], "00001-of-00002")
    assert read(tmp_path, "en")["label"].tolist() == [0, 1, 2]
    names = [path.name for path in files("xnli", ["en"], repository(str(tmp_path), None))]
    assert names == ["test-00000-of-00002.parquet", "test-00001-of-00002.parquet"]


def test_files_lie_where_a_card_says_and_labels_bear_its_names(tmp_path: Path) -> None:
    for code in ("en", "th"):
        write(tmp_path, f"data/{code}", [0, 1, 2])
    configs = [{"config_name": code, "data_files": [{"split": "test", "path": f"data/{code}/test-*"}]} for code in ("en", "th")]
    feature = {"name": "label", "dtype": {"class_label": {"names": dict(enumerate(reversed(NAMES)))}}}
    infos = [{"config_name": code, "features": [feature]} for code in ("en", "th")]
    (tmp_path / "README.md").write_text(f"---\n{json.dumps({'configs': configs, 'dataset_info': infos})}\n---\n")
    assert read(tmp_path, "en", "th")["label"].tolist() == [2, 1, 0] * 2
    assert content("xnli", ["th"], repository(str(tmp_path), None)) == ("README.md", "data/th/test-*")


def test_at_most_so_many_examples_are_the_same_ones_in_every_language(tmp_path: Path) -> None:
    for code in ("en", "fr"):
        write(tmp_path, code, [i % 3 for i in range(50)], idx=list(range(100, 150)))
    table = read(tmp_path, "en", "fr", at_most=20)
    parts = {code: part.reset_index(drop=True) for code, part in table.groupby("language")}
    assert [len(part) for part in parts.values()] == [20, 20]
    assert parts["en"]["idx"].tolist() == parts["fr"]["idx"].tolist() != list(range(100, 120))
    pd.testing.assert_frame_equal(read(tmp_path, "fr", at_most=20), parts["fr"])


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "language missing": (lambda path: None, r".* has no file sw/test-\*\.parquet; give a source that has one"),
    "another number": (
        lambda path: write(path, "sw", [0, 1]),
        r"test of sw in .* has 2 examples, en has 3; give test sets that ask the same in the same order, or leave",
    ),
    "another order": (
        lambda path: write(path, "sw", [0, 2, 1]),
        r"test of sw in .*: row 1 has the label 2, in en it is 1; give test sets that ask the same in the same order, or",
    ),
    "another idx": (
        lambda path: write(path, "sw", [0, 1, 2], idx=[0, 2, 1]),
        r"test of sw in .*: row 1 has the idx 2, in en it is 1; give",
    ),
    "no label": (
        lambda path: write(path, "sw", [0, 1, -1]),
        r"test of sw in .*: row 2 has the label -1, allowed are \[0, 1, 2\] \(entailment, neutral, contradiction\); correct",
    ),
    "labels of another task": (
        lambda path: write(path, "sw", ["yes", "no", "yes"]),
        r"test of sw in .*: row 0 has the label yes, allowed are \[0, 1, 2\] .*; correct",
    ),
    "no row": (lambda path: write(path, "sw", []), r".*; give"),
    "no text": (
        lambda path: write(path, "sw", [0, 1, 2], hypothesis=[None, "", " "]),
        r"test of sw in .*: column 'hypothesis' .*; give",
    ),
    "a column missing": (
        lambda path: pq.write_table(pa.table({"premise": ["a"], "label": [0]}), path / "sw/test-00000-of-00001.parquet"),
        r"column 'hypothesis' is missing in .*sw/test-00000-of-00001\.parquet, .*; give",
    ),
    "a shard missing": (lambda path: write(path, "sw", [0, 1, 2], "00000-of-00002"), r".* lacks sw/test-00001-of-00002"),
}


@pytest.mark.parametrize(("spoil", "message"), FAULTS.values(), ids=list(FAULTS))
def test_test_sets_that_do_not_fit_are_refused_with_key_language_and_remedy(
    spoil: Callable[[Path], None], message: str, tmp_path: Path
) -> None:
    write(tmp_path, "en", [0, 1, 2])
    (tmp_path / "sw").mkdir()
    spoil(tmp_path)
    with pytest.raises(SourceError, match=rf"^languages\.test\.source: {message}") as raised:
        read(tmp_path, "en", "sw")
    assert "\n" not in str(raised.value)


def test_the_embedded_worlds_test_sets_are_read_as_the_hubs(tmp_path: Path) -> None:
    TEST_SET_WRITERS[EMBEDDED](tmp_path, 1, 40, WORLD)
    table = read(tmp_path, *WORLD)
    assert table["language"].value_counts().to_dict() == dict.fromkeys(WORLD, 40)
    assert set(table["label"]) == {0, 1, 2}
    assert table.groupby("idx")["label"].nunique().eq(1).all()
    assert table.groupby("idx")["text"].nunique().eq(len(WORLD)).all()


def test_a_language_that_the_embedded_world_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="language 'sw' is unknown: allowed are en, luma"):
        TEST_SET_WRITERS[EMBEDDED](tmp_path, 1, 3, ["en", "sw"])
    assert not list(tmp_path.iterdir())


def call(monkeypatch: pytest.MonkeyPatch, script: str, **options: object) -> None:
    words = [word for name, value in options.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    monkeypatch.setattr(sys, "argv", ["", *words])
    runpy.run_path(str(SCRIPTS / f"{script}.py"), run_name="__main__")


def test_the_scripts_write_a_world_and_read_it_as_one_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world, made, seen = tmp_path / "world", tmp_path / "made", tmp_path / "seen.json"
    call(monkeypatch, "write_world_languages", seed=1, examples=30, languages=json.dumps(WORLD), directory=world)
    settings = {"source": "embedded", "revision": None, "languages": WORLD, "max_examples": 12}
    known = {"settings": json.dumps(settings), "source": world, "seen": seen, "directory": made}
    call(monkeypatch, "prepare_languages", **known, content=NOT_LOCAL)
    table = pd.read_parquet(made / "test.parquet")
    pd.testing.assert_frame_equal(table, read(world, *WORLD, at_most=12))
    manifest = json.loads((tmp_path / "made.json").read_text())
    assert manifest["settings"]["max_examples"] == 12 and manifest["source"] == str(world)


def test_a_source_that_changed_since_it_was_planned_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for code in ("en", "sw", "ur"):
        write(tmp_path / "source", code, [0, 1, 2])
    data, seen = repository(str(tmp_path / "source"), None), tmp_path / "seen.json"
    planned = identity(data.folder, seen, content("xnli", ["en", "sw"], data))
    settings = {"source": data.source, "revision": None, "languages": ["en", "sw"], "max_examples": None}
    known = {"settings": json.dumps(settings), "source": data.source, "content": planned, "seen": seen}
    write(tmp_path / "source", "ur", [2, 1, 0])
    call(monkeypatch, "prepare_languages", **known, directory=tmp_path / "made")
    assert json.loads((tmp_path / "made.json").read_text())["content"] == planned
    write(tmp_path / "source", "sw", [0, 1, 2], idx=[0, 1, 2])
    with pytest.raises(SystemExit, match=r"^error: languages\.test\.source: .* has changed since this run began; run again"):
        call(monkeypatch, "prepare_languages", **known, directory=tmp_path / "again")
