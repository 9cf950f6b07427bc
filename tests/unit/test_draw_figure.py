"""The list of figures: complete, cheap to read, and each drawn by name from the tables that its entry asks for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from test_figures import LAYERS, METRICS

from headcount.data.tasks import TASKS, TITLES
from headcount.figures import FIGURES
from headcount.jobs import fingerprint
from headcount.report.captions import CAPTIONS
from headcount.store.tables import write_table

SCRIPT = Path(__file__).parents[2] / "workflow" / "scripts" / "draw_figure.py"


def test_every_figure_has_a_caption_and_every_task_a_title():
    assert [caption.name for caption in CAPTIONS] == list(FIGURES)
    assert set(TASKS) <= set(TITLES)


def test_reading_the_list_loads_nothing_that_draws():
    code = "import sys, headcount.figures; print({'torch', 'matplotlib', 'scipy'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


@pytest.mark.parametrize("name", FIGURES)
def test_a_drawing_depends_on_its_own_entry_alone(name):
    reached = {each.key for each in fingerprint.definitions(SCRIPT, [name]) if each.name == "FIGURES" and each.key}
    assert reached == {name}


def draw(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), "--svg", str(folder / "drawn.svg"), *options]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_script_draws_a_figure_from_the_options_of_its_entry(tmp_path):
    write_table(tmp_path / "curves.parquet", pd.concat(LAYERS))
    run = {**METRICS.iloc[1].to_dict(), "seed": 1, "collapsed": False}
    (tmp_path / "metrics.json").write_text(json.dumps(run, default=int))
    given = ["--figure", "layers_and_heads", "--study", '{"models": ["roberta"], "tasks": ["cola"]}']
    given += ["--unit-curves", str(tmp_path / "curves.parquet"), "--metrics", str(tmp_path / "metrics.json")]
    assert draw(tmp_path, *given).stderr == ""
    assert {path.suffix for path in tmp_path.glob("drawn.*")} == {".svg", ".png", ".csv"}
    assert pd.read_csv(tmp_path / "drawn.csv")["unit"].unique().tolist() == ["head", "layer_heads", "layer"]
    assert "required: --metrics" in draw(tmp_path, *given[:-2]).stderr
    assert "figure 'figure9' is unknown: allowed are figure1" in draw(tmp_path, "--figure", "figure9").stderr
