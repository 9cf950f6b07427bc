"""The tasks' data: read from files in the Hub's layout, checked before they are used."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headcount.data.sources import data_set
from headcount.data.splits import checked, load_split
from headcount.data.tasks import TASKS
from headcount.errors import SourceError


def test_pairs_and_single_texts_come_in_the_same_columns():
    pair = checked(pd.DataFrame({"premise": ["a"], "hypothesis": ["b"], "label": [2], "idx": [5]}), TASKS["mnli"], "here")
    assert pair.iloc[0].tolist() == [5, "a", "b", 2]
    single = checked(pd.DataFrame({"sentence": ["a", None], "label": [1, 0]}), TASKS["cola"], "here")
    assert single["text_pair"].isna().all() and single["idx"].tolist() == [0, 1] and single["text"].tolist() == ["a", ""]


def split(tmp_path, rows=None, content=None, shard="00000-of-00001"):
    """A data set with one file of CoLA's training set."""
    (tmp_path / "cola").mkdir(exist_ok=True)
    path = tmp_path / "cola" / f"train-{shard}.parquet"
    if content is None:
        pq.write_table(pa.table(rows), path)
    else:
        path.write_bytes(content)
    return data_set("glue", str(tmp_path), None)


def test_local_files_in_the_hubs_layout_are_read_in_order_of_their_shards(tmp_path):
    split(tmp_path, {"sentence": ["c"], "label": [1], "idx": [2]}, shard="00001-of-00002")
    data = split(tmp_path, {"sentence": ["a", "b"], "label": [0, 1], "idx": [0, 1]}, shard="00000-of-00002")
    assert load_split("cola", "train", data)["text"].tolist() == ["a", "b", "c"]
    assert data.record == {"source": str(tmp_path), "commit": None}


GOOD = {"sentence": ["a", "b"], "label": [0, 1]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"question": ["a"], "label": [0]}, r"column 'sentence' is missing in .*train.*parquet, .*give data with the columns"),
        ({"sentence": ["a"]}, r"column 'label' is missing in .*train.*parquet, .*give data with the columns"),
        (
            GOOD | {"label": [0, -1]},
            r".* row 1 has the label -1, allowed are \[0, 1\] \(unacceptable, acceptable\); ",
        ),
        (GOOD | {"label": [0, None]}, r".* row 1 has the label nan, allowed are \[0, 1\] .*; correct it"),
        (GOOD | {"label": ["0", "1"]}, r".* row 0 has the label 0, allowed are \[0, 1\] .*; correct it"),
        (GOOD | {"idx": [4, 4]}, ".* idx should be another whole number in each row; correct it"),
        (GOOD | {"idx": ["x", "y"]}, ".* idx should be another whole number in each row; correct it"),
        ({"sentence": [], "label": []}, "train of cola in .* is empty; give data that has examples"),
    ],
    ids=[
        "text column",
        "label column",
        "label out of range",
        "no label",
        "label as text",
        "idx twice",
        "idx as text",
        "no row",
    ],
)
def test_unusable_rows_are_refused_with_key_fault_and_remedy(rows, message, tmp_path):
    with pytest.raises(SourceError, match=rf"^glue\.source: {message}") as raised:
        load_split("cola", "train", split(tmp_path, rows))
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SourceError, match=r"^glue\.source: .* has no file cola/train-\*\.parquet; give a source that has one"):
        load_split("cola", "train", data_set("glue", str(tmp_path), None))


@pytest.mark.parametrize("cut_at", [0, 40, -60], ids=["empty", "beginning", "all but the end"])
def test_an_unreadable_file_is_an_error_that_names_it(cut_at, tmp_path):
    split(tmp_path, GOOD)
    content = next((tmp_path / "cola").iterdir()).read_bytes()[:cut_at]
    with pytest.raises(SourceError, match=r"^glue\.source: .*train-00000-of-00001\.parquet cannot be read \(.*\); fetch"):
        load_split("cola", "train", split(tmp_path, content=content))
