"""The summary of a study: its numbers are those of the study's own tables."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from headcount.report import results_page as summary
from headcount.report import siblings
from headcount.report.keeping import keep, without_places


@pytest.fixture
def study(tmp_path):
    (tmp_path / "figures").mkdir()
    fractions = np.linspace(0, 1, 21)
    curve = pd.DataFrame({"removed_fraction": fractions, "mean": 1 - fractions**2})
    curve[["model", "task", "norm"]] = ["m", "cola", "l1"]
    curve.to_csv(tmp_path / "figures" / "figure1.csv", index=False)
    (tmp_path / "benchmarks" / "finetune").mkdir(parents=True)
    for name, value in (("a", 1.5), ("b", 2.0)):
        (tmp_path / "benchmarks" / "finetune" / f"{name}.tsv").write_text(f"s\th:m:s\n{value}\t0:00:01\n")
    (tmp_path / "benchmarks" / "sample.tsv").write_text("s\th:m:s\n4.0\t0:00:04\n")
    run = tmp_path / "m/cola/seed1"
    run.mkdir(parents=True)
    made = {"device": "cpu", "cpu": "A CPU", "instructions": "AVX2", "source": f"{tmp_path}/copies/glue"}
    (run / "checkpoint.json").write_text(json.dumps(made))
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks/cola.json").write_text(json.dumps({"settings": {"source": f"{tmp_path}/copies/glue"}}))
    kept = tmp_path / "kept"
    keep(tmp_path, kept)
    return kept


def test_nothing_kept_says_where_on_its_machine_a_study_lay(study, tmp_path):
    assert json.loads((study / "tasks/cola.json").read_text()) == {"settings": {"source": "glue"}}
    assert without_places({"a": ["/x/y z", "/x/y, a local directory", "a/b", "https://h/x/y", 1]}) == {
        "a": ["y z", "y, a local directory", "a/b", "https://h/x/y", 1]
    }
    assert not [path for path in study.rglob("*") if path.is_file() and str(tmp_path) in path.read_text()]


def test_a_study_says_on_what_it_ran(study):
    assert summary.summary(study).endswith("Networks ran on: A CPU, AVX2.")


def test_sections_are_written_anew_and_others_stay(study):
    old = "# Old\n\n## evidence\n\nstays\n\n## laptop\n\nold\n\n## Speed: a\n\nstays too\n"
    page = summary.renewed(old, ["## laptop\n\nnew", "## Speed: b\n\nmore"])
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    assert titles == ["## laptop", "## evidence", "## Speed: a", "## Speed: b"]
    assert (
        "old" not in page.partition("## laptop")[2] and page.count("stays") == 2 and page.startswith(summary.INTRODUCTION[:20])
    )


def test_scores_of_real_tasks_stand_beside_those_measured_elsewhere(study):
    row = {"task": "sst2", "train": 4000, "validation": 872, "metric": "accuracy", "constant": 0.5, "model": "m", "mean": 0.8}
    pd.DataFrame([row]).to_csv(study / "figures/table1.csv", index=False)
    found = summary.scores_elsewhere(study)
    assert found.iloc[0, :5].tolist() == ["m", "sst2", "accuracy", 4000, 0.8]
    assert found.iloc[0, 5:].tolist() == [other["values"]["sst2"] for other in summary.elsewhere()["scores"]]
    assert "Scores beside published ones" in summary.summary(study)
    (study / "tasks/cola.json").write_text(json.dumps({"settings": {"source": "embedded"}}))
    assert "Scores beside published ones" not in summary.summary(study)


def test_agreement_is_that_of_the_seeds_of_one_task(study):
    pairs = [("cola", 1, "cola", 2, 0.5), ("cola", 1, "cola", 3, 0.3), ("cola", 1, "sst2", 1, 0.9), ("mlm", 1, "mlm", 2, 1.0)]
    table = pd.DataFrame(pairs, columns=["task_a", "seed_a", "task_b", "seed_b", "spearman"]).assign(model="m", norm="l2")
    (study / "m").mkdir()
    table.to_csv(study / "m/agreement.csv", index=False)
    found = summary.agreement(study)
    assert found.iloc[0, :7].tolist() == ["m", "cola", "l2", 2, pytest.approx(0.4), 0.3, 0.5] and len(found) == 1
    assert found.iloc[0, 7] == summary.elsewhere()["agreement"]["values"]["cola"]


def test_relative_scores_are_read_at_the_nearest_points(study):
    row = summary.shares_kept(study, "figure1").iloc[0].tolist()
    assert row == ["m", "cola", "l1", *map(pytest.approx, (0.9375, 0.75, 0.4375, 0.0))]


def test_job_seconds_are_summed_per_rule(study):
    assert "| finetune | 2 | 3.500 |\n| sample | 1 | 4.000 |\n| sum | 3 | 7.500 |" in summary.summary(study)


def test_models_from_scratch_say_how_they_were_trained(study):
    shape = {"num_hidden_layers": 4, "num_attention_heads": 8, "hidden_size": 128}
    settings = {"steps": 1000, "batch": 10, "block_tokens": 50, "vocabulary": 600, "shape": shape}
    (study / "corpus.json").write_text(json.dumps({"articles": 12, "settings": {"subset": "2024.en"}}))
    made = {
        "encoder": {"family": "roberta", "pretrain": settings},
        "training": {"seconds": 90.0, "final_loss": 5.25},
        "files": {},
    }
    for name, manifest in (("small", made), ("fetched", {"settings": {"source": "a/b"}, "files": {}})):
        (study / name).mkdir()
        (study / name / "pretrained.json").write_text(json.dumps(manifest))
    row = summary.pretraining(study).iloc[0].to_dict()
    assert len(summary.pretraining(study)) == 1
    assert (row["model"], row["tokens seen (M)"], row["final loss"], row["minutes"]) == ("small", 0.5, 5.25, 1.5)
    assert "| small | 12 articles of 2024.en | 4 | 8 | 128 | 600 | 1,000 | 0.500 | 5.250 | 1.500 |" in summary.summary(study)


def test_a_model_that_went_on_has_the_sizes_that_it_was_saved_with(study):
    shape = {"model_type": "bert", "num_hidden_layers": 6, "num_attention_heads": 12, "hidden_size": 384, "vocab_size": 30522}
    settings = {"from": "a/b", "steps": 1000, "batch": 10, "block_tokens": 50}
    made = {
        "encoder": {"family": "bert", "pretrain": settings},
        "training": {"seconds": 90.0, "final_loss": 5.25},
        "files": {},
    }
    (study / "corpus.json").write_text(json.dumps({"articles": 12, "settings": {"subset": "2024.en"}}))
    (study / "mine/pretrained").mkdir(parents=True)
    (study / "mine/pretrained.json").write_text(json.dumps(made))
    (study / "mine/pretrained/config.json").write_text(json.dumps(shape))
    row = summary.pretraining(study).iloc[0].to_dict()
    assert (row["model"], row["layers"], row["heads"], row["vocabulary"]) == ("mine, gone on from a/b", 6, 12, 30522)


def test_verdicts_are_those_of_the_study(study):
    claim = {"id": "C1", "claim": "|r| is small", "verdict": "supported", "statement": "It is.", "parts": []}
    claim |= {"model": "m (32 heads)", "to_decide": "More."}
    (study / "claims.json").write_text(json.dumps({"study": "s", "claims": [claim]}))
    assert "| C1 | \\|r\\| is small | m (32 heads) | supported | It is. | More. |" in summary.summary(study)


def test_missing_tables_are_left_out(study):
    text = summary.summary(study)
    assert "downstream tasks" in text and "masked LM" not in text and "Data and scores" not in text


def test_speed_has_every_comparison_and_every_bar(tmp_path):
    spread = {"median": 1234.5, "low": 1200.0, "high": 1300.0, "runs": []}
    ratio = {"median": 9.871, "low": 9.871, "high": 9.871, "runs": []}
    place = {"section": "importance", "shape": "large", "name": "one by one"}
    compared = {**place, "unit": "examples/s", "value": spread, "against": "x", "baseline": spread, "ratio": ratio}
    alone = {**place, "name": "alone", "unit": "s", "value": ratio, "against": None, "baseline": None, "ratio": None}
    bar = {**place, "device": "cpu", "relation": ">=", "bound": 8, "measured": 9.871, "verdict": "reached"}
    content = {"device": "A CPU", "versions": {"torch": "2"}, "results": [compared, alone], "bars": [bar]}
    path = tmp_path / "cpu.json"
    path.write_text(json.dumps(content))
    text = summary.section(path)
    assert text.startswith("## Speed: A CPU, torch 2\n")
    measured = "1,234 (least 1,200, most 1,300)"
    assert f"| importance | large | one by one | examples/s | {measured} | {measured} | 9.87 |" in text
    assert "| importance | large | alone | s | 9.87 | – | – |" in text
    assert "| importance | large | one by one | >= 8 | 9.871 | reached |" in text


def test_sparse_models_are_means_over_the_seeds_that_learnt_and_losses_over_the_unpruned_ones(study):
    rows = [
        ("mlm", 1, 0.0, 2.0, None, None, False),
        ("mlm", 2, 0.0, 1.0, None, None, False),
        ("mlm", 1, 0.5, 3.0, None, None, False),
        ("mlm", 2, 0.5, 2.0, None, None, False),
        ("cola", 1, 0.5, 0.5, 0.8, 0.2, False),
        ("cola", 2, 0.5, 0.7, 0.1, 9.0, True),
    ]
    table = pd.DataFrame(rows, columns=["task", "seed", "fraction", "loss", "accuracy", "training_loss", "collapsed"])
    table.assign(model="m", criterion="magnitude", schedule="retrained").to_csv(study / "weights.csv", index=False)
    found = siblings.without_weights(study).set_index(["task", "weights removed"])
    assert found["loss over unpruned"].dropna().to_dict() == {("mlm", "0%"): 1.0, ("mlm", "50%"): (1.5 + 2.0) / 2}
    assert found.loc[("cola", "50%"), ["accuracy", "training loss", "seeds"]].tolist() == [0.8, 0.2, 1]
    assert "### Without single weights" in summary.summary(study)


def test_drops_in_several_languages_are_means_over_draws_and_over_the_seeds_that_learnt(study):
    rows = [
        ("whole", "whole", None, 1, False, 0.8, 0.0),
        ("whole", "whole", None, 2, True, 0.3, None),
        ("before", "0.5-1", 0.5, 1, False, 0.6, 0.4),
        ("before", "0.5-2", 0.5, 1, False, 0.7, 0.2),
        ("before", "0.5-1", 0.5, 2, True, 0.3, None),
        ("before", "top", None, 1, False, 0.4, 0.8),
        ("one_shot", "top", None, 1, False, 0.1, 9.0),
    ]
    columns = ["schedule", "point", "fraction", "seed", "collapsed", "score", "drop_above_chance"]
    about = {"language": "sw", "articles": 7, "order": "svo", "morphology": "agglutinative", "standard_error": 0.02}
    pd.DataFrame(rows, columns=columns).assign(**about).to_csv(study / "languages.csv", index=False)
    (found,) = siblings.in_languages(study).to_dict("records")
    assert (found["seeds"], found["score"]) == (1, 0.8)
    assert found["drop without 50% of the heads"] == pytest.approx(0.3) and found["drop without top"] == 0.8
