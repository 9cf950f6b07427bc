"""``headcount`` on the command line: one screen, JSON and nothing else, errors in one line, and a clean end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

import headcount as hc
from headcount import encoders, formats
from headcount.cli import app
from tests.unit.small_models import classifier, labelled, tokenizer

RUN = [sys.executable, "-c", "from headcount.cli import app; app(prog_name='headcount')"]


@pytest.fixture
def folder(tmp_path: Path, make_model: Callable[..., Any]) -> Path:
    """A classifier in ``model``, and examples in ``rows.csv``."""
    network = classifier(make_model)
    network.save_pretrained(tmp_path / "model")
    tokenizer().save_pretrained(tmp_path / "model")
    labelled(network, 500).rename(columns={"text": "review", "label": "stars"}).to_csv(tmp_path / "rows.csv", index=False)
    return tmp_path


def run(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def asked(folder: Path) -> list[str]:
    return [str(folder / "model"), "--data", str(folder / "rows.csv"), "--text", "review", "--label", "stars"]


def test_json_is_the_librarys_answer_and_nothing_else_is_printed(folder: Path) -> None:
    found = run("heads", *asked(folder), "--keep", 0.9, "--keep", 0.6, "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    ranking, rest = hc.split(folder / "rows.csv", (0.25, 0.75), text="review", label="stars")
    model = hc.load(folder / "model")
    importance = hc.importance(model, ranking)
    assert told["importance"] == importance.values.tolist()
    assert told["examples"]["ranked"] == 125 and sum(told["examples"].values()) == 500
    for answer, keep in zip(told["answers"], (0.9, 0.6), strict=True):
        small = hc.prune(model, importance, keep, rest)
        assert (answer["keep"], answer["kept"]) == (keep, small.kept)
        assert answer["measured"]["smaller"] == small.measured.smaller
        assert answer["speed"]["ratio"] > 0


def test_one_screen_says_how_many_which_and_on_what(folder: Path) -> None:
    assert "99 % hangs on 2 examples" in run("heads", *asked(folder), "--keep", 0.99, "--no-speed").stdout
    found = run("heads", *asked(folder), "--keep", 0.6, "--plot", folder / "heads.svg", "--no-speed")
    assert found.exit_code == 0, found.output
    told = json.loads(run("heads", *asked(folder), "--keep", 0.6, "--no-speed", "--json").stdout)["answers"][0]
    said = " ".join(found.stdout.split())
    assert told["removed"] > 0 and f"{told['removed']} of 16" in said
    assert "125 examples ranked the heads" in said and "no example did two of these" in said
    cells = [line.split()[2:] for line in found.stdout.splitlines() if line.startswith("layer")]
    kept = [[number for number, cell in enumerate(row) if cell == "·"] for row in cells[::-1]]
    assert kept == told["kept"]
    assert (folder / "heads.svg").stat().st_size > 1000


def test_examples_of_their_own_rank_the_heads(folder: Path) -> None:
    rows = (folder / "rows.csv").read_text().splitlines()
    (folder / "train.csv").write_text("\n".join(rows[:101]) + "\n")
    told = json.loads(run("heads", *asked(folder), "--train", folder / "train.csv", "--no-speed", "--json").stdout)
    assert told["examples"] == {"ranked": 100, "chose": 200, "measured": 200}


def test_the_smaller_model_is_written_and_stands_in_nobodys_way(folder: Path) -> None:
    goal = folder / "smaller"
    found = run("prune", *asked(folder), "--keep", 0.8, "-o", goal)
    assert found.exit_code == 0, found.output
    card = (goal / "README.md").read_text()
    assert "rows.csv" in card and "times as fast" in card and str(folder) not in card
    assert str(goal) in found.stdout.replace("\n", "")
    assert run("prune", *asked(folder), "--keep", 0.8, "-o", folder / "dense", "--format", "dense").exit_code == 0
    assert "times as fast" not in (folder / "dense/README.md").read_text()
    again = run("prune", *asked(folder), "--keep", 0.8, "-o", goal)
    assert again.exit_code == 2 and "exists" in again.stderr
    refused = run("heads", goal, *asked(folder)[1:])
    assert refused.exit_code == 2 and "lost heads already" in refused.stderr
    (folder / "mine").mkdir()
    (folder / "mine" / "thesis.txt").write_text("years of work")
    assert run("prune", *asked(folder), "-o", folder / "mine", "--force").exit_code == 2
    assert (folder / "mine" / "thesis.txt").read_text() == "years of work"


def test_a_smaller_model_and_a_whole_one_are_exported(folder: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    assert run("prune", *asked(folder), "--keep", 0.6, "-o", folder / "smaller").exit_code == 0
    read = tokenizer()(["w1 w2 w3", "w4 w5 w6 w7 w8"], padding=True, return_tensors="pt")
    for name, load in (("smaller", formats.load), ("model", lambda where: encoders.load(where, "ForSequenceClassification"))):
        path = folder / f"{name}.onnx"
        found = run("export", folder / name, "--onnx", "-o", path)
        assert found.exit_code == 0, found.output
        session = onnxruntime.InferenceSession(path)
        (logits,) = session.run(None, {each.name: read[each.name].numpy() for each in session.get_inputs()})
        with torch.no_grad():
            assert np.allclose(logits, load(folder / name)(**read).logits, atol=1e-5)
    assert "exists" in run("export", folder / "model", "-o", folder / "model.onnx").stderr
    assert "end in .onnx" in run("export", folder / "model", "-o", folder / "model.pt").stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["heads", "{folder}/nothing", "--data", "{folder}/rows.csv"], "nothing"),
        (["heads", "{folder}/model"], "--data"),
        (["heads", "{folder}/model", "--data", "{folder}/none.csv"], "none.csv"),
        (
            ["heads", "{folder}/model", "--data", "{folder}/rows.csv", "--text", "review"],
            "no column 'label'; it has review, stars",
        ),
        (["heads", "{folder}/model", "--data", "{folder}/rows.csv", "--label", "stars", "--metric", "bleu"], "metric 'bleu'"),
        (["heads", "{folder}/model", "--data", "{folder}/rows.csv", "--plot", "heads.gif"], "heads.gif"),
        (["prune", "{folder}/model", "--data", "{folder}/rows.csv", "-o", "{folder}/out", "--format", "tar"], "format: 'tar'"),
        (["prune", "{folder}/model", "--data", "{folder}/rows.csv", "-o", "{folder}/out", "--keep", "95"], "keep: 95"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(folder: Path, words: list[str], message: str) -> None:
    found = run(*(word.format(folder=folder) for word in words))
    assert found.exit_code == 2
    assert found.stdout == "" and found.stderr.count("\n") == 1 and message in found.stderr
    assert not (folder / "out").exists()


def test_help_teaches_with_examples() -> None:
    for command in ("heads", "prune", "export"):
        found = run(command, "--help")
        assert found.exit_code == 0 and f"headcount {command} my-classifier" in " ".join(found.stdout.split())


def test_an_interrupted_run_ends_quietly_and_leaves_nothing(folder: Path) -> None:
    hook = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background job's ancestors may have it ignored
        "def wait(*a, **k):\n    print('now', flush=True); time.sleep(60)\n"
        "import headcount.formats as f; f.save = wait\n"
    )
    code = hook + RUN[2]
    words = ["prune", *asked(folder), "--keep", "0.8", "-o", str(folder / "smaller")]
    for number, expected in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
        ran = subprocess.Popen([sys.executable, "-c", code, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert ran.stdout is not None and ran.stdout.readline() == "now\n"
        os.kill(ran.pid, number)
        started = time.monotonic()
        _, complaint = ran.communicate(timeout=20)
        assert ran.returncode == expected and time.monotonic() - started < 10
        assert "Traceback" not in complaint
        assert sorted(path.name for path in folder.iterdir()) == ["model", "rows.csv"]


def test_no_workflow_is_needed() -> None:
    code = "import sys, headcount.cli; from headcount.one_model import asking, screen; print({'snakemake'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "set()"


def test_a_task_with_a_name_brings_its_columns_labels_metric_and_splits(folder: Path) -> None:
    rows = pd.read_csv(folder / "rows.csv")
    rows = rows[rows["stars"] != "so-so"].reset_index(drop=True)
    mine = {"bad": "negative", "good": "positive"}
    network = encoders.load(folder / "model", "ForSequenceClassification")
    with torch.no_grad():
        for part in network.classifier.parameters():
            part.data = part.data[[2, 0]]
    network.config.id2label, network.config.label2id = {0: "positive", 1: "negative"}, {"positive": 0, "negative": 1}
    network.save_pretrained(folder / "two")
    tokenizer().save_pretrained(folder / "two")
    for split, part in (("train", rows[:120]), ("validation", rows[120:])):
        table = pd.DataFrame({"sentence": part["review"], "label": [int(mine[star] == "positive") for star in part["stars"]]})
        (folder / "glue/sst2").mkdir(parents=True, exist_ok=True)
        table.to_parquet(folder / f"glue/sst2/{split}-00000-of-00001.parquet")
    found = run("heads", folder / "two", "--task", "sst2", "--source", folder / "glue", "--no-speed", "--json")
    assert found.exit_code == 0, found.output
    told = json.loads(found.stdout)
    assert told["metric"] == "accuracy" and told["examples"]["ranked"] == 120
    assert told["examples"]["chose"] + told["examples"]["measured"] == len(rows) - 120
    assert told["answers"][0]["measured"]["whole"] > 0.85
    both = run("heads", folder / "two", "--task", "sst2", "--data", folder / "rows.csv")
    assert both.exit_code == 2 and "either --data" in both.stderr
