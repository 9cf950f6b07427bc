"""Artifacts: whole or not at all, with a manifest that tells when one is not what it was."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from headcount.store.files import replacing, write_json
from headcount.store.manifests import differences, manifest_path, write_directory
from headcount.store.tables import read_described, read_rows, read_table, read_table_metadata, write_table, write_tables
from headcount.store.tensors import read_importance, write_importance


def fill(directory):
    (directory / "a.txt").write_text("a")
    (directory / "sub").mkdir()
    (directory / "sub" / "b.txt").write_text("b")


@pytest.fixture
def made(tmp_path):
    directory = tmp_path / "thing"
    write_directory(directory, fill, {"settings": {"x": 1}}, time.monotonic())
    return directory


def manifest(directory):
    return json.loads(manifest_path(directory).read_text())


def test_a_manifest_records_files_settings_versions_and_duration(made):
    content = manifest(made)
    assert content["files"]["sub/b.txt"]["size"] == 1
    assert content["settings"] == {"x": 1} and content["seconds"] >= 0 and content["versions"]["numpy"] == np.__version__


def test_an_untouched_directory_is_what_its_manifest_says(made):
    assert differences(made, manifest(made)) == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda d: (d / "a.txt").write_text("x"), "a.txt: sha256 differs"),
        (lambda d: (d / "a.txt").unlink(), "a.txt: missing"),
        (lambda d: (d / "c.txt").write_text("c"), "c.txt: not in the manifest"),
    ],
    ids=["edited", "deleted", "added"],
)
def test_a_changed_file_is_named(change, complaint, made):
    change(made)
    assert [line.startswith(complaint) for line in differences(made, manifest(made))] == [True]


def test_a_failure_leaves_the_old_directory_and_nothing_half_written(made):
    def fail(directory):
        (directory / "a.txt").write_text("half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_directory(made, fail, {}, time.monotonic())
    assert (made / "a.txt").read_text() == "a"
    assert sorted(p.name for p in made.parent.iterdir()) == ["thing", "thing.json"]


def test_importance_comes_back_exactly_with_its_metadata(tmp_path):
    values = np.random.default_rng(0).random((4, 8))
    write_importance(tmp_path / "i.safetensors", values, task="cola", seed=1)
    again, metadata = read_importance(tmp_path / "i.safetensors")
    assert again.dtype == np.float64 and np.array_equal(again, values)
    assert metadata == {"task": "cola", "seed": 1}


def test_equal_tensors_make_equal_files(tmp_path):
    """A file that differed would make what reads it run again."""
    code = "import sys, numpy, pathlib; from headcount.store.tensors import write_importance as w\n"
    code += "w(pathlib.Path(sys.argv[1]), numpy.ones((2, 3)), task='cola', seed=1, estimator='e', examples=5)"
    for number in range(4):
        subprocess.run([sys.executable, "-c", code, str(tmp_path / f"{number}")], check=True)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1


def test_a_table_comes_back_with_its_order_of_heads(tmp_path):
    table = pd.DataFrame({"score": pd.array([1.0, None], dtype="Float64")})
    write_table(tmp_path / "t.parquet", table, order=[[0, 1], [1, 0]])
    assert read_table(tmp_path / "t.parquet")["score"].isna().tolist() == [False, True]
    assert read_table_metadata(tmp_path / "t.parquet") == {"order": [[0, 1], [1, 0]]}


def test_numbers_of_the_metadata_stand_beside_the_rows_of_their_table(tmp_path):
    write_table(tmp_path / "a.parquet", pd.DataFrame({"score": [1.0, 2.0]}), parameters=10, weights=8)
    write_table(tmp_path / "b.parquet", pd.DataFrame({"score": [3.0]}), order=[[0, 1]])
    found = read_described([tmp_path / "a.parquet", tmp_path / "b.parquet"], ["parameters"])
    assert list(found) == ["score", "parameters"]
    assert found["score"].tolist() == [1, 2, 3]
    assert found["parameters"].tolist()[:2] == [10, 10] and found["parameters"].isna().tolist() == [False, False, True]


@pytest.mark.parametrize("numbers", [[0], [2, 3, 4], [6], list(range(7))])
def test_rows_are_read_from_whichever_groups_hold_them(numbers, tmp_path):
    table = pd.DataFrame({"article": list("abcdefg"), "ids": [[n, n] for n in range(7)]})
    write_tables(tmp_path / "t.parquet", [table[:3], table[3:4], table[4:]])
    found = read_rows(tmp_path / "t.parquet", numbers)
    assert found["article"].tolist() == table["article"].iloc[numbers].tolist()
    assert [row.tolist() for row in found["ids"]] == [[n, n] for n in numbers]
    assert read_table(tmp_path / "t.parquet", ["article"]).columns.tolist() == ["article"]


@pytest.fixture
def order(monkeypatch):
    """What was flushed to the disk and what was renamed, in order; names as they were before."""
    done = []
    flush, rename = os.fsync, os.replace

    def fsync(opened):
        done.append(("flush", os.readlink(f"/proc/self/fd/{opened}")))
        flush(opened)

    def replace(old, new):
        done.append(("rename", str(old)))
        rename(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    return done


def test_a_file_is_on_the_disk_before_it_is_renamed_and_its_name_after(tmp_path, order):
    write_json(tmp_path / "x.json", {})
    temporary = f"{tmp_path}/.x.json.{os.getpid()}"
    assert order == [("flush", temporary), ("rename", temporary), ("flush", str(tmp_path))]


def test_a_directory_is_on_the_disk_with_all_that_is_in_it_before_it_is_renamed(tmp_path, order):
    with replacing(tmp_path / "thing") as temporary:
        temporary.mkdir()
        fill(temporary)
        (temporary / "link").symlink_to("nowhere")
    at = order.index(("rename", str(temporary)))
    assert {name for _, name in order[:at]} == {str(temporary / each) for each in ("", "a.txt", "sub", "sub/b.txt")}
    assert order[at + 1 :] == [("flush", str(tmp_path))]


@pytest.mark.parametrize(("number", "is_fatal"), [(errno.EINVAL, False), (errno.EIO, True), (errno.ENOSPC, True)])
def test_what_could_not_be_flushed_takes_no_ones_place(number, is_fatal, tmp_path, monkeypatch):
    def fsync(opened):
        raise OSError(number, "failed")

    (tmp_path / "x.json").write_text("old")
    monkeypatch.setattr(os, "fsync", fsync)
    try:
        write_json(tmp_path / "x.json", {})
    except OSError as error:
        assert is_fatal and error.errno == number
    assert ((tmp_path / "x.json").read_text() == "old") == is_fatal
    assert len(list(tmp_path.iterdir())) == 1
