"""What a local source is: by content alone, and read again only where something changed."""

from __future__ import annotations

import json
import os
import shutil
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from time import sleep

import pytest

from headcount.data import identity as module
from headcount.data.identity import identity
from headcount.errors import SourceError


@pytest.fixture
def source(tmp_path):
    """A data set of three files, written a while ago."""
    for name, content in (("cola/train.parquet", "labels 0 1"), ("cola/validation.parquet", "labels 1"), ("README.md", "card")):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    sleep(0.02)  # more than a tick of the file system's clock
    return tmp_path / "data"


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "identity.json"


@pytest.fixture
def reads(monkeypatch):
    """The files that were read, in place of the wait until a file counts as old."""
    monkeypatch.setattr(module, "FRESH", -60.0)
    names, digest = [], module.file_sha256

    def note(path):
        names.append(path.name)
        return digest(path)

    monkeypatch.setattr(module, "file_sha256", note)
    return names


def test_the_same_content_elsewhere_is_the_same_source(source, cache, tmp_path):
    shutil.copytree(source, tmp_path / "copy")
    assert identity(source, cache) == identity(tmp_path / "copy", cache)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "cola/train.parquet").write_text("labels 1 0"),
        lambda folder: (folder / "cola/train.parquet").write_text("labels 0 1 1"),
        lambda folder: (folder / "cola/train.parquet").rename(folder / "cola/training.parquet"),
        lambda folder: (folder / "cola/more.parquet").write_text(""),
        lambda folder: (folder / "README.md").unlink(),
        lambda folder: [(folder / n).rename(folder / m) for n, m in (("cola", "x"), ("x", "sst2"))],
    ],
    ids=["label", "longer", "other name", "one more", "one less", "other folder"],
)
def test_a_change_of_content_or_name_is_another_source(change, source, cache, reads):
    before = identity(source, cache)
    change(source)
    assert identity(source, cache) != before


def test_two_names_that_change_places_are_another_source(source, cache, reads):
    before = identity(source, cache)
    train, validation, aside = (source / "cola" / name for name in ("train.parquet", "validation.parquet", "aside"))
    train.rename(aside), validation.rename(train), aside.rename(validation)
    assert identity(source, cache) != before


def test_what_did_not_change_is_not_read_again(source, cache, reads):
    before = identity(source, cache)
    assert sorted(reads) == ["README.md", "train.parquet", "validation.parquet"]
    reads.clear()
    assert identity(source, cache) == before and reads == []
    (source / "README.md").write_text("another")
    assert identity(source, cache) != before and reads == ["README.md"]


@pytest.mark.parametrize("what", ["time", "time restored"])
def test_a_label_changed_in_place_is_found_even_where_size_and_time_were_restored(what, source, cache, reads):
    before = identity(source, cache)
    train = source / "cola/train.parquet"
    time = train.stat().st_mtime_ns
    train.write_text("labels 1 0")
    if what == "time restored":
        os.utime(train, ns=(time, time))
    assert identity(source, cache) != before


def test_a_file_written_just_now_is_read_again(source, cache):
    """Within one tick of the clock a second write leaves no trace, so such a file is not remembered."""
    identity(source, cache)
    assert not cache.exists()


def test_only_files_that_match_count(source, cache):
    some = identity(source, cache, ["cola/train*"])
    (source / "README.md").write_text("another card")
    (source / "cola" / ".hidden").write_text("x")
    assert identity(source, cache, ["cola/train*"]) == some
    (source / "cola" / "train.parquet").write_text("x")
    assert identity(source, cache, ["cola/train*"]) != some


def test_links_stand_for_what_they_lead_to_and_hidden_files_for_nothing(source, cache, tmp_path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "cola").symlink_to(source / "cola")
    (tmp_path / "linked" / "README.md").symlink_to(source / "README.md")
    (tmp_path / "linked" / ".git").mkdir()
    (tmp_path / "linked" / ".git" / "HEAD").write_text("x")
    assert identity(tmp_path / "linked", cache) == identity(source, cache)


def test_a_folder_that_links_to_itself_ends(source, cache):
    before = identity(source, cache)
    (source / "again").symlink_to(source)
    assert identity(source, cache) == before


def test_a_single_file_is_a_source(source, cache, tmp_path):
    shutil.copy(source / "README.md", tmp_path / "README.md")
    assert identity(source / "README.md", cache) == identity(tmp_path / "README.md", cache)


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"a": 1}', '{"a": [1, 2]}'])
def test_a_cache_that_is_none_is_made_anew(content, source, cache, reads):
    before = identity(source, cache)
    cache.write_text(content)
    assert identity(source, cache) == before
    assert len(json.loads(cache.read_text())) == 3


def test_nothing_there_is_an_error_that_names_it(source, cache):
    with pytest.raises(SourceError, match=r"data: no file \*\.csv there; correct the path"):
        identity(source, cache, ["*.csv"])
    with pytest.raises(SourceError, match=r"nowhere: no file at all there"):
        identity(source / "nowhere", cache)


def often(source, cache):
    module.FRESH = -60.0
    found = set()
    for _ in range(20):
        found.add(identity(source, cache))
        with suppress(FileNotFoundError):  # another process removed it
            json.loads(cache.read_text())
        cache.unlink(missing_ok=True)
        found.add(identity(source, cache))
    return found


def test_processes_at_once_agree_and_leave_a_whole_cache(source, cache):
    with ProcessPoolExecutor(4) as pool:
        jobs = [pool.submit(often, source, cache) for _ in range(4)]
        found = set().union(*(job.result() for job in jobs))
    assert len(found) == 1
    assert len(json.loads(cache.read_text())) == 3 and not [*cache.parent.glob(".*")]
