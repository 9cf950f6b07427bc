"""What is planned before anything is built: a target's ancestors, the paper's grid, and nothing for a bad config."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from checkout import MINIATURE, ROOT, Checkout

from headcount.settings import files
from headcount.settings.measures import Pruning
from headcount.settings.study import Study

CURVE = "results/miniature/roberta/cola/seed1/curve/head/gate_gradient-l1.parquet"


def test_a_target_plans_its_ancestors_and_nothing_else(checkout: Checkout) -> None:
    plan = checkout.plan(CURVE, configs=(MINIATURE,))
    prepared = ("write_world_task", "prepare_task", "fetch_model", "finetune")
    asked = ("estimate_importance", "normalize_importance", "prune_curve")
    assert plan.jobs == dict.fromkeys((*prepared, *asked), 1)
    parts = {part for path in plan.paths("miniature") for part in Path(path).parts}
    assert {"roberta", "cola", "seed1"} <= parts
    assert not parts & {
        "albert",
        "sst2",
        "qqp",
        "mnli",
        "mlm",
        "seed2",
        "gate_gradient-l2.parquet",
        "gate_gradient-none.parquet",
    }


def expected_jobs(paper: Study) -> dict[str, int]:
    """Jobs per rule of a study whose data come from the Hub, as its lists say."""
    runs = len(paper.seeds) * len(paper.all_tasks)
    norms = sum(len(paper.norms_of(model)) for model in paper.models)
    fine_tuned = len(paper.tasks) * len(paper.seeds)
    pruned_first = len(paper.pruned_first) * len(paper.seeds)
    in_pretrain_order = len({model for model, _ in paper.pruned_first}) * fine_tuned
    return {
        "fetch_model": len(paper.models),
        "prepare_task": len(paper.tasks),
        "sample_corpus": 1,
        "cut_blocks": len(paper.models),
        "finetune": len(paper.models) * fine_tuned,
        "finetune_frozen": len(paper.frozen_models) * fine_tuned * len(paper.freezing.arms),
        "finetune_pruned": pruned_first * len(paper.before_after.fractions),
        "measure_divergence": len(paper.models) * fine_tuned,
        "tabulate_recall": len(paper.models),
        "estimate_importance": len(paper.models) * runs,
        "normalize_importance": norms * runs,
        "prune_curve": norms * runs + in_pretrain_order,
        "draw_figure": 11,
    }


def test_the_papers_grid_plans_offline_and_is_what_the_config_says(checkout: Checkout) -> None:
    plan = checkout.plan(options=("--resources", "gpu=1"))
    expected = expected_jobs(files.load(ROOT / "config" / "config.yaml"))
    pages = {rule for rule in plan.jobs if rule not in expected}
    assert plan.jobs == {**expected, **dict.fromkeys(pages, 1)}  # tables of the whole study: one job each
    assert {"tabulate_scores", "tabulate_reliability", "judge_claims", "write_report"} <= pages


def test_a_bad_config_is_refused_before_any_job_in_one_line(checkout: Checkout) -> None:
    bad = checkout.overlay({"pruning": {"stepp": 0.1}})
    refused = checkout.snakemake("--cores", "1", "--configfile", MINIATURE, bad)
    assert refused.returncode != 0
    assert [line for line in refused.stdout.splitlines() if "stepp" in line] == [
        f"config: pruning.stepp: unknown key; allowed: {', '.join(Pruning.model_fields)}"
    ]
    assert "Traceback" not in refused.stdout
    assert not (checkout.path / "results").exists()


def work_directories(checkout: Checkout, *overlays: str) -> dict[str, str]:
    """Where a pre-training and a fine-tuning of it would keep the steps that they resume from."""
    target = str(Path(CURVE).parents[2] / "checkpoint.json")
    plan = checkout.plan(target, configs=(MINIATURE, *overlays), options=("--printshellcmds",))
    return dict(re.findall(r'HEADCOUNT_JOB" (pretrain_model|finetune) .* --work (\S+)', plan.text))


def test_no_training_resumes_from_steps_taken_with_other_data_precision_or_code(checkout: Checkout) -> None:
    made = yaml.safe_load((ROOT / "config" / "encoders.yaml").read_text())["encoders"]["roberta"]
    here = checkout.overlay({"encoders": {"roberta": {"source": None, **made}}}, "here.yaml")
    before = work_directories(checkout, here)
    other_data = work_directories(checkout, here, checkout.overlay({"world": {"seed": 2}}))
    other_device = work_directories(checkout, here, checkout.overlay({"device": "cuda"}))
    checkout.insert("src/headcount/models/trainer.py", "run", "_ = 0")
    other_code = work_directories(checkout, here)
    assert set(before) == {"pretrain_model", "finetune"}
    for change, after in {"data": other_data, "device": other_device, "code": other_code}.items():
        assert not set(before.values()) & set(after.values()), f"the same work directory with other {change}"
