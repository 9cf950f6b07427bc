"""What a finished study does again: nothing for nothing, and after a change exactly what the change can reach.

Plans alone, but for one figure: each test changes its own copy of one small study that ran for real.
"""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from checkout import Checkout

from headcount.analysis.other_readings import CHOSEN, OTHERS
from headcount.settings import files
from headcount.study.jobs import StudyJobs

SEED1 = "results/tiny/roberta/cola/seed1"
CURVE = f"{SEED1}/curve/head/gate_gradient-l1.parquet"
VERDICTS = ("judge_claims", "write_report")
TRANSFER = ("tabulate_recall", "tabulate_before_after", "tabulate_required", *VERDICTS)
IMPORTANCES = ("tabulate_reliability", "tabulate_importance")
TABLES = ("tabulate_scores", *IMPORTANCES, "tabulate_divergence", "tabulate_freezing", *TRANSFER)
P = "src/headcount"

Configs = tuple[str, ...]
Edit = Callable[[Checkout], object]


def jobs(*once: str, **others: int) -> dict[str, int]:
    """Jobs per rule: one for each named, and the numbers given."""
    return {**dict.fromkeys(once, 1), **others}


def test_a_second_run_has_nothing_to_do(built: Checkout, tiny: Configs) -> None:
    assert built.plan(configs=tiny).jobs == {}


def test_of_a_run_that_collapsed_no_curve_is_computed(built: Checkout) -> None:
    """Sixty examples teach it nothing; the points are there, so that the run is counted, and all that follows was made."""
    assert json.loads((built.path / SEED1 / "metrics.json").read_text())["collapsed"]
    for curve in (built.path / SEED1 / "curve").glob("*/*.parquet"):
        if curve.suffixes == [".parquet"]:
            table, order = pd.read_parquet(curve), pd.read_parquet(curve.with_suffix(".order.parquet"))
            units = {"head": 32}.get(table["unit"].iloc[0], 4)
            assert table["removed"].tolist() == [0, units // 2, units] and order.empty
            assert table[["score", "relative_score", "loss"]].isna().all(axis=None)
    log = built.path / "results/tiny/logs/prune_curve/roberta-cola-seed1-head-gate_gradient-l1.log"
    assert "no curve is computed" in log.read_text()
    assert pd.read_parquet(built.path / CURVE.replace("cola", "mlm"))["score"].notna().all()
    assert "Seed 1 left out: collapsed in fine-tuning." in (built.path / "results/tiny/heads.md").read_text()


def test_a_study_moved_elsewhere_has_nothing_to_do(finished: Checkout, tiny: Configs) -> None:
    assert finished.plan(configs=tiny).jobs == {}


def test_progress_counts_what_is_left(finished: Checkout, tiny: Configs) -> None:
    whole = finished.python("-m", "headcount.planning.progress", *tiny).stdout
    total = len(StudyJobs(files.load(*(finished.path / config for config in tiny))).all)
    assert whole.strip() == f"tiny: {total} of {total} jobs done, about 100% of the work"
    (finished.path / "results/tiny/figures/figure1.svg").unlink()
    rest = finished.python("-m", "headcount.planning.progress", *tiny).stdout
    assert f"tiny: {total - 2} of {total} jobs done" in rest and "nothing is running here" in rest


# ------------------------------------------------------------------------------------------------ what changes no result


def entry(file: str, first: str, new: str) -> Edit:
    """Put a new entry before the first one of a registry."""
    return lambda checkout: checkout.replace(f"{P}/{file}", first, f"{new},\n        {first}")


EDITS: dict[str, Edit] = {
    "a new version": lambda c: c.replace("pyproject.toml", 'version = "', 'version = "9.'),
    "another log format": lambda c: c.replace(f"{P}/progress.py", "%(asctime)s %(message)s", "%(message)s"),
    "another log line": lambda c: c.replace(f"{P}/order/curve.py", "point %d of %d", "%d/%d"),
    "another progress bar": lambda c: c.replace(f"{P}/progress.py", "desc=what)", "desc=what, ncols=80)"),
    "a function that no job reaches": lambda c: c.append(f"{P}/store/files.py", "\n\ndef unused(x):\n    return x\n"),
    "docstrings and comments": lambda c: [
        c.reword(file) for file in (f"{P}/store/files.py", f"{P}/order/norms.py", "workflow/scripts/finetune.py")
    ],
    "an annotation": lambda c: c.replace(f"{P}/order/norms.py", "norm: str)", "norm: object)"),
    "another CPU": lambda c: c.replace(f"{P}/store/hardware.py", '{"cpu": cpu()}', '{"cpu": "another"}'),
    "a reworded key of the config": lambda c: c.replace(f"{P}/settings/models.py", "Peak learning rate", "The peak"),
    "a new family": entry(
        "family_table.py",
        '"bert": Family(',
        '"novel": Family("Novel", "Novel", body="bert", head=("cls",), tokenizer="wordpiece", sizes=_BASE, **_BERT_LAYER)',
    ),
    "a new task": entry("data/tasks.py", '"cola": Task(', '"rte": Task(("yes", "no"), "accuracy", ("a", "b"))'),
    "a new norm": lambda c: c.replace(f"{P}/order/norms.py", '"l2": 2', '"l2": 2, "l3": 3'),
    "a new estimator": entry("criteria/estimators.py", '"per_token": PerToken', '"squared": PerBatch'),
    "a new unit": entry(
        "units/__init__.py",
        '"layer": Unit(',
        '"neuron": Unit("neuron", "neurons", ("row",), _of_each_head, True, True)',
    ),
    "a new criterion": entry(
        "criteria/__init__.py", '"top": Criterion(', '"widest": Criterion("widest", None, _every_unit, _lowest_first)'
    ),
    "a new figure": entry(
        "figures/__init__.py", '"table1": Figure(', '"figure9": Figure("9", "", "paper", (), draw.scores, models="appendix")'
    ),
    "a new rule": entry("study/rules.py", '"cut_blocks": Rule(', '"weigh": Rule("weights", "corpus")'),
    "a module with another name": lambda c: c.rename_module("headcount.order.norms", "headcount.order.within_layers"),
}


def test_what_changes_no_result_reruns_nothing(built: Checkout, tiny: Configs, tmp_path: Path) -> None:
    """All at once, as each plan takes seconds; each alone only to say which it was."""

    def rerun(name: str, *edits: Edit) -> dict[str, int]:
        checkout = built.copied_to(tmp_path / name)
        for edit in edits:
            edit(checkout)
        return checkout.plan(configs=tiny).jobs

    if rerun("all", *EDITS.values()):
        pytest.fail(str({name: found for name, edit in EDITS.items() if (found := rerun(name, edit))}))


# --------------------------------------------------------------------------------------------------- what changes results

# An edit; the rules whose own code it changes, as far as nothing that they read changes too; and all jobs that follow, each
# rule with its number. Curves: of heads 3 (the task, masked LM, the task in the pre-train task's order), of layers 4.
CHANGES: dict[str, tuple[Edit, set[str], dict[str, int]]] = {
    "importance": (
        lambda c: c.insert(f"{P}/criteria/estimators.py", "PerExample", "_ = 0"),
        {"estimate_importance"},
        jobs(
            *(*TRANSFER, "tabulate_divergence", *IMPORTANCES, "finetune_pruned"),
            estimate_importance=2,
            normalize_importance=2,
            prune_curve=7,
            draw_figure=10,
        ),
    ),
    "norms": (
        lambda c: c.insert(f"{P}/order/norms.py", "normalize", "_ = 0"),
        {"normalize_importance"},  # every curve follows the run's first
        jobs(*TRANSFER, "tabulate_importance", "finetune_pruned", normalize_importance=2, prune_curve=7, draw_figure=7),
    ),
    "curve": (
        lambda c: c.insert(f"{P}/order/curve.py", "trace", "_ = 0"),
        {"prune_curve"},
        jobs(*TRANSFER, prune_curve=7, draw_figure=6),
    ),
    "one unit": (
        lambda c: c.insert(f"{P}/units/layers.py", "Layers", "_ = 0"),
        {"prune_curve"},
        jobs("write_report", prune_curve=4, draw_figure=1),  # the curves of either kind of layers: "layer" is in their columns
    ),
    "freezing": (
        lambda c: c.insert("workflow/scripts/finetune_frozen.py", "main", "_ = 0"),
        {"finetune_frozen"},
        jobs("tabulate_freezing", *VERDICTS, finetune_frozen=2),
    ),
    "divergence": (
        lambda c: c.insert(f"{P}/analysis/divergence.py", "jensen_shannon", "_ = 0"),
        {"measure_divergence"},
        jobs("measure_divergence", "tabulate_divergence", *VERDICTS, draw_figure=3),
    ),
    "a constant": (
        lambda c: c.replace(f"{P}/analysis/chance.py", "BAND = (0.025, 0.975)", "BAND = (0.05, 0.95)"),
        {"tabulate_recall"},
        jobs("tabulate_recall", *VERDICTS, draw_figure=2),
    ),
    "the entry of a task": (
        lambda c: c.replace(f"{P}/data/tasks.py", '("unacceptable", "acceptable")', '("no", "yes")'),
        {"prepare_task"},
        jobs(
            *("prepare_task", "finetune", "finetune_pruned", "measure_divergence", *TABLES),
            finetune_frozen=2,
            estimate_importance=1,
            normalize_importance=1,
            prune_curve=4,
            draw_figure=10,
        ),
    ),
    "verdicts": (lambda c: c.insert(f"{P}/claims/judge.py", "judge", "_ = 0"), {"judge_claims"}, jobs(*VERDICTS)),
    "all figures": (
        lambda c: c.insert(f"{P}/figures/style.py", "save", "_ = 0"),
        {"draw_figure"},
        jobs("write_report", draw_figure=11),
    ),
    "one figure": (
        lambda c: c.insert(f"{P}/figures/recall.py", "recall_figure", "_ = 0"),
        {"draw_figure"},
        jobs("write_report", draw_figure=1),
    ),
}


@pytest.mark.parametrize(("edit", "first", "planned"), CHANGES.values(), ids=CHANGES)
def test_changed_code_reruns_what_reaches_it_and_what_follows(
    edit: Edit, first: set[str], planned: dict[str, int], finished: Checkout, tiny: Configs
) -> None:
    edit(finished)
    plan = finished.plan(configs=tiny)
    assert plan.jobs == planned
    assert plan.changed == first


def test_a_changed_learning_rate_reruns_fine_tuning_and_what_follows(finished: Checkout, tiny: Configs) -> None:
    change = finished.overlay({"finetuning": {"roberta": {"default": {"learning_rate": 1.0e-4}}}})
    plan = finished.plan(configs=(*tiny, change))
    assert plan.changed >= {"finetune", "finetune_frozen", "finetune_pruned"}
    once = ("finetune", "finetune_pruned", "estimate_importance", "normalize_importance")
    # masked LM asks the pre-trained model: its curves and figure 2 stay
    assert plan.jobs == jobs(*once, "measure_divergence", *TABLES, finetune_frozen=2, prune_curve=4, draw_figure=10)


def test_another_seed_plans_its_own_jobs_and_the_tables(finished: Checkout, tiny: Configs) -> None:
    change = finished.overlay({"seeds": [1, 2]})
    plan = finished.plan(configs=(*tiny, change))
    once = ("finetune", "finetune_pruned", "measure_divergence")
    more = jobs(finetune_frozen=2, estimate_importance=2, normalize_importance=2, prune_curve=7, draw_figure=11)
    assert plan.jobs == {**jobs(*once, *TABLES), **more}


def test_a_larger_study_goes_on_what_its_base_has_trained_and_leaves_the_base_as_it_is(
    finished: Checkout, tiny: Configs
) -> None:
    whole = {"pruning": {"validation_fractions": {"cola": 1.0}}}
    larger = (*tiny, finished.overlay({"study": "larger", "base": "tiny", "seeds": [1, 2], **whole}))
    trained = jobs(
        *("finetune", "finetune_pruned", "measure_divergence"),
        finetune_frozen=2,
        estimate_importance=2,
        normalize_importance=2,
    )
    plan = finished.plan(configs=larger)
    assert plan.jobs == {**trained, **jobs(*TABLES, prune_curve=14, draw_figure=11)}
    assert not plan.changed
    finished.run("--cores", "2", "--configfile", *larger)
    assert finished.plan(configs=larger).jobs == {}
    assert finished.plan(configs=tiny).jobs == {}
    for name in ("scores.csv", "freezing.csv", "before_after.csv"):
        table = pd.read_csv(finished.path / "results/larger" / name)
        assert set(table["study"]) == {"larger"} and set(table["seed"]) == {1, 2}
    assert not list((finished.path / "results/larger").rglob("checkpoint.json"))
    verified = finished.python("-m", "headcount.ledger.publishing", "verify", *larger)
    assert verified.returncode == 0, verified.stdout
    history = finished.python("-m", "headcount.ledger.provenance", "results/larger/scores.csv")
    assert "results/tiny/roberta/cola/seed2/metrics.json" in history.stdout and "as checked out" in history.stdout


def test_another_shipped_encoder_is_fetched_again(finished: Checkout, tiny: Configs) -> None:
    weights = finished.path / "src/headcount/miniature/weights/roberta/config.json"
    weights.write_text(weights.read_text() + "\n")
    assert "fetch_model" in finished.plan(configs=tiny).jobs


def test_a_deleted_figure_comes_back_to_the_page_from_tables_alone(finished: Checkout, tiny: Configs) -> None:
    figure = finished.path / "results/tiny/figures/figure1.svg"
    figure.unlink()
    done = finished.run("--cores", "1", "--configfile", *tiny)
    assert done.jobs == jobs("draw_figure", "write_report")
    assert figure.exists()


def test_a_deleted_checkpoint_whose_tables_are_there_is_not_missed(finished: Checkout, tiny: Configs) -> None:
    shutil.rmtree(finished.path / SEED1 / "checkpoint")
    assert finished.plan(CURVE, configs=tiny).jobs == {}
    assert finished.plan(configs=tiny).jobs == {}


def test_a_deleted_checkpoint_comes_back_when_something_needs_it(finished: Checkout, tiny: Configs) -> None:
    shutil.rmtree(finished.path / SEED1 / "checkpoint")
    (finished.path / CURVE).unlink()
    plan = finished.plan(CURVE, configs=tiny)
    assert {"finetune", "prune_curve"} <= set(plan.jobs)


def test_a_fresh_clone_without_payloads_has_nothing_to_do(built: Checkout, tiny: Configs, tmp_path: Path) -> None:
    """What git keeps is there, each file with the time of its checkout: an order that nothing can rely on."""
    clone = built.copied_to(tmp_path / "clone")
    results = clone.path / "results"
    for manifest in list(results.rglob("*.json")):
        shutil.rmtree(manifest.with_suffix(""), ignore_errors=True)
    files = sorted(path for path in results.rglob("*") if path.is_file())
    random.Random(0).shuffle(files)
    for moment, path in enumerate(files, 1_700_000_000):
        os.utime(path, (moment, moment))
    assert clone.plan(configs=tiny).jobs == {}


def test_what_other_readings_change_is_measured_for_those_who_ask(finished: Checkout, tiny: Configs) -> None:
    table = f"{SEED1}/readings.csv"
    done = finished.run("--cores", "1", table, "--configfile", *tiny)
    assert done.jobs == jobs("compare_readings")
    assert set(pd.read_csv(finished.path / table)["alternative"]) >= {CHOSEN, *OTHERS, "iterative"}
