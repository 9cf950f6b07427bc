"""What a finished study does again: nothing for nothing, and after a change exactly what the change can reach.

Plans alone, but for one figure: each test changes its own copy of one small study that ran for real.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from checkout import Checkout

SEED1 = "results/tiny/roberta/cola/seed1"
CURVE = f"{SEED1}/curve/head/gate_gradient-l1.parquet"
CURVES = ("draw_downstream_curves", "draw_masked_lm_curves")
TRANSFER = ("tabulate_recall", "draw_recall", "draw_agreement", "tabulate_before_after", "draw_before_after")
DIVERGENCE = ("tabulate_divergence", "draw_divergence", "draw_importance_divergence")
VERDICTS = ("judge_claims", "write_report")
PAGES = (*CURVES, *TRANSFER, *DIVERGENCE, *VERDICTS, "tabulate_scores", "tabulate_freezing")


def jobs(*pages: str, **others: int) -> dict[str, int]:
    """Jobs per rule: one for each page, and the numbers given."""
    return {**dict.fromkeys(pages, 1), **others}


Configs = tuple[str, ...]


def test_a_second_run_has_nothing_to_do(built: Checkout, tiny: Configs) -> None:
    assert built.plan(configs=tiny).jobs == {}


def test_a_study_moved_elsewhere_has_nothing_to_do(finished: Checkout, tiny: Configs) -> None:
    assert finished.plan(configs=tiny).jobs == {}


P = "src/headcount"
UNUSED = "\n\ndef unused(x: int) -> int:\n    return x\n"
# Edits that change no result: none of them plans a job.
EDITS: dict[str, Callable[[Checkout], None]] = {
    "a new version": lambda c: c.replace("pyproject.toml", 'version = "', 'version = "9.'),
    "another log format": lambda c: c.replace(f"{P}/progress.py", "%(asctime)s %(message)s", "%(message)s"),
    "another log line": lambda c: c.replace(f"{P}/order/curve.py", "point %d of %d", "%d/%d"),
    "another progress bar": lambda c: c.replace(
        f"{P}/progress.py", "tqdm(items, desc=what)", "tqdm(items, desc=what, ncols=80)"
    ),
    "a function that no job reaches": lambda c: c.append(f"{P}/store/files.py", UNUSED),
    "docstrings and comments": lambda c: [
        c.reword(f) for f in (f"{P}/store/files.py", f"{P}/order/norms.py", "workflow/scripts/finetune.py")
    ],
    "an annotation": lambda c: c.replace(f"{P}/order/norms.py", "norm: str)", "norm: object)"),
    "a new family": lambda c: c.replace(
        f"{P}/encoders.py",
        '"bert": Family',
        '"xlm-roberta": Family(prefix="XLMRoberta", body="roberta", head="lm_head", **_BERT_LAYER), "bert": Family',
    ),
    "a new task": lambda c: c.replace(
        f"{P}/data/tasks.py",
        '"mnli": Task',
        '"rte": Task(("sentence1", "sentence2"), ("entailment", "not_entailment"), "accuracy", accuracy), "mnli": Task',
    ),
    "a new norm": lambda c: c.replace(f"{P}/order/norms.py", '"l2": 2', '"l2": 2, "l3": 3'),
    "a new estimator": lambda c: c.replace(
        f"{P}/criteria/estimators.py", '"per_batch": PerBatch', '"squared": PerBatch, "per_batch": PerBatch'
    ),
    "a module with another name": lambda c: c.rename_module("headcount.order.norms", "headcount.order.within_layers"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_what_changes_no_result_reruns_nothing(edit: Callable[[Checkout], None], finished: Checkout, tiny: Configs) -> None:
    edit(finished)
    assert finished.plan(configs=tiny).jobs == {}


def test_a_changed_constant_or_entry_reruns_what_looks_at_it(finished: Checkout, tiny: Configs) -> None:
    finished.replace(f"{P}/data/tasks.py", '("unacceptable", "acceptable")', '("no", "yes")')
    assert finished.plan(configs=tiny).changed == {"prepare_task"}


DRAWN = {*CURVES, "draw_recall", "draw_agreement", "draw_before_after", *DIVERGENCE[1:], "tabulate_scores"}

# A definition; the rules that its change reaches first; and these with all that follows, each with its number of jobs:
# two where it is done for the downstream task and for masked LM, three where also in the pre-train task's order.
CHANGES = {
    "importance": (
        ("src/headcount/criteria/estimators.py", "PerExample"),
        {"estimate_importance"},
        jobs(
            *(*CURVES, *TRANSFER, *DIVERGENCE, *VERDICTS),
            estimate_importance=2,
            normalize_importance=2,
            prune_curve=3,
            finetune_pruned=1,
        ),
    ),
    "norms": (
        ("src/headcount/order/norms.py", "normalize"),
        {"normalize_importance"},
        jobs(*CURVES, *TRANSFER, *VERDICTS, normalize_importance=2, prune_curve=3, finetune_pruned=1),
    ),
    "curve": (
        ("src/headcount/order/curve.py", "trace"),
        {"prune_curve"},
        jobs(*CURVES, *TRANSFER, *VERDICTS, prune_curve=3),
    ),
    "freezing": (
        ("workflow/scripts/finetune_frozen.py", "main"),
        {"finetune_frozen"},
        jobs("finetune_frozen", "tabulate_freezing", *VERDICTS),
    ),
    "divergence": (
        ("src/headcount/analysis/divergence.py", "jensen_shannon"),
        {"measure_divergence"},
        jobs("measure_divergence", *DIVERGENCE, *VERDICTS),
    ),
    "verdicts": (("src/headcount/claims/judge.py", "judge"), {"judge_claims"}, jobs(*VERDICTS)),
    "figures": (("src/headcount/figures/style.py", "save"), DRAWN, jobs(*DRAWN, "write_report")),
    "one script": (
        ("workflow/scripts/draw_masked_lm_curves.py", "main"),
        {"draw_masked_lm_curves"},
        jobs("draw_masked_lm_curves", "write_report"),
    ),
}


@pytest.mark.parametrize(("place", "first", "planned"), CHANGES.values(), ids=CHANGES)
def test_changed_code_reruns_what_runs_on_it_and_what_follows(
    place: tuple[str, str], first: set[str], planned: dict[str, int], finished: Checkout, tiny: Configs
) -> None:
    finished.insert(*place, "_ = 0")
    plan = finished.plan(configs=tiny)
    assert plan.changed == first
    assert plan.jobs == planned


def test_a_changed_learning_rate_reruns_fine_tuning_and_what_follows(finished: Checkout, tiny: Configs) -> None:
    change = finished.overlay({"finetuning": {"roberta": {"default": {"learning_rate": 1.0e-4}}}})
    plan = finished.plan(configs=(*tiny, change))
    assert plan.changed == {"finetune", "finetune_frozen", "finetune_pruned"}
    once = ("finetune", "finetune_frozen", "finetune_pruned", "estimate_importance", "normalize_importance")
    pages = set(PAGES) - {"draw_masked_lm_curves"}  # masked LM asks the pre-trained model
    assert plan.jobs == jobs(*once, "measure_divergence", *pages, prune_curve=2)


def test_another_seed_plans_its_own_jobs_and_the_pages(finished: Checkout, tiny: Configs) -> None:
    change = finished.overlay({"seeds": [1, 2]})
    plan = finished.plan(configs=(*tiny, change))
    once = ("finetune", "finetune_frozen", "finetune_pruned", "measure_divergence")
    assert plan.jobs == jobs(*once, *PAGES, estimate_importance=2, normalize_importance=2, prune_curve=3)


def test_another_shipped_encoder_is_fetched_again(finished: Checkout, tiny: Configs) -> None:
    weights = finished.path / "src/headcount/miniature/weights/roberta/config.json"
    weights.write_text(weights.read_text() + "\n")
    assert "fetch_model" in finished.plan(configs=tiny).jobs


def test_a_deleted_figure_comes_back_to_the_page_from_tables_alone(finished: Checkout, tiny: Configs) -> None:
    figure = finished.path / "results/tiny/figures/figure1.svg"
    figure.unlink()
    done = finished.run("--cores", "1", "--configfile", *tiny)
    assert done.jobs == jobs("draw_downstream_curves", "write_report")
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
