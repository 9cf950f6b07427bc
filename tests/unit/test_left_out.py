"""What a study may leave out, masked LM or the pre-trained model: what is asked then, what is refused, and what is said."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from claim_tables import SETTINGS, supporting
from safetensors.torch import save_file

from headcount.claims import Settings, judge_claim
from headcount.data.tasks import MASKED_LM
from headcount.planning import rates
from headcount.planning.bill import bill
from headcount.planning.fitting import check_models
from headcount.planning.page import Page
from headcount.report.absent import why_absent
from headcount.report.differences import differences, standins
from headcount.settings import files
from headcount.settings.study import Study
from headcount.study.about import About
from headcount.study.jobs import StudyJobs
from headcount.study.resolved import judged

ROOT = Path(__file__).parents[2]
MINIATURE = yaml.safe_load((ROOT / "config/miniature.yaml").read_text())
ALONE: dict[str, Any] = {
    "study": "mine",
    "models": ["mine"],
    "tasks": ["sst2"],
    "seeds": [1],
    "mlm": None,
    "glue": {"source": "embedded"},
    "encoders": {"mine": {"family": "bert", "finetuned": {"sst2": {"source": "/models/sst2"}}}},
}
"""The shortest study of a model that comes fine-tuned: no recipe, no corpus, no pre-trained model."""
NO_LM = {"mlm": None, "before_after": {"models": []}}


def changed(settings: dict[str, Any], *changes: dict[str, Any]) -> Study:
    for change in changes:
        settings = files._merged(settings, change)
    return files.read(settings)


# -------------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, "before_after.models: 'roberta' would lose heads in masked LM's order, which this study leaves out (`mlm: null`)"),
        (
            {**NO_LM, "weights": {"models": ["roberta"]}},
            "weights.models: 'roberta' would go on with masked LM, which this study leaves out (`mlm: null`); leave it out",
        ),
        (
            {**NO_LM, "layers": {"criteria": ["pretrain_gate_gradient"]}},
            "layers.criteria: 'pretrain_gate_gradient' is importance on masked LM, which this study leaves out",
        ),
        (
            {
                **NO_LM,
                "encoders": {
                    "roberta": {"source": None, "pretrain": {"from": "a/b", "steps": 4, "snapshots": [4]}},
                },
            },
            "encoders.roberta.pretrain.snapshots: they are asked masked LM, which this study leaves out",
        ),
        (
            {**NO_LM, "corpus": None, "encoders": {"albert": {"source": None, "pretrain": {"from": "a/b", "steps": 4}}}},
            "corpus: missing; encoders.albert.pretrain learns from it",
        ),
    ],
    ids=["before fine-tuning", "weights", "criterion", "snapshots", "corpus to learn from"],
)
def test_what_needs_masked_lm_is_refused_where_that_is_left_out(change: dict[str, Any], message: str) -> None:
    with pytest.raises(files.ConfigError, match=f"^config: {re.escape(message)}"):
        changed({**MINIATURE, "mlm": None}, change)


def test_masked_lm_needs_a_corpus() -> None:
    with pytest.raises(files.ConfigError, match=r"^config: corpus: missing; masked LM is asked about it; `mlm: null` leaves"):
        changed({**MINIATURE, "corpus": None})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"mlm": {"mask": 0.15}},
            "encoders.mine.source: missing, and masked LM is asked of the pre-trained model; give it, or leave masked LM out"
            " (`mlm: null`)",
        ),
        (
            {"tasks": ["sst2", "cola"]},
            "encoders.mine.source: missing, and with it the model that is fine-tuned for cola; give it, or a model that is"
            " fine-tuned already (encoders.mine.finetuned.cola), or leave the task out of `tasks`",
        ),
        (
            {"outliers": {"models": ["mine"]}},
            "outliers.models: the LayerNorms of 'mine' are read in the pre-trained model, and there is none; give"
            " encoders.mine.source, or leave it out",
        ),
        ({"freezing": {"models": ["mine"]}}, "freezing.models: 'mine' comes fine-tuned for sst2"),
        ({"seeds": [1, 2]}, "encoders.mine.finetuned.sst2.source: one model cannot stand for 2 seeds"),
        (
            {"encoders": {"mine": {"revision": "main"}}},
            "encoders.mine: `revision` is about `source`; allowed without one is null",
        ),
        ({"encoders": {"mine": {"finetuned": None}}}, "encoders.mine.finetuned: should be a valid dictionary"),
    ],
)
def test_a_model_that_comes_fine_tuned_alone_is_asked_what_it_can_be_asked(change: dict[str, Any], message: str) -> None:
    assert changed(ALONE).compared_models == []
    with pytest.raises(files.ConfigError, match=f"^config: {re.escape(message)}"):
        changed(ALONE, change)


def test_null_goes_over_a_mapping_a_mapping_over_null_and_an_empty_one_changes_nothing() -> None:
    """As Snakemake merges config files."""
    over = files._merged({"mlm": {"mask": 0.2}}, {"mlm": None})
    assert over == {"mlm": None}
    assert files._merged(over, {"mlm": {"mask": 0.3}}) == {"mlm": {"mask": 0.3}}
    assert files._merged(over, {"mlm": {}}) == over
    assert files._merged({}, {"mlm": {}}) == {"mlm": {}}


# ------------------------------------------------------------------------------------------------------------------ jobs


def test_without_masked_lm_there_is_no_job_about_it_and_all_others_stay() -> None:
    asked, without = (StudyJobs(changed(MINIATURE, {"before_after": {"models": []}}, change)) for change in ({}, NO_LM))
    gone = [job for job in asked.all if job not in set(without.all)]
    assert {job.about.figure for job in gone if job.name == "draw_figure"} == {"figure2", "figure3"}
    assert {job.name for job in gone if job.about.task != MASKED_LM} == {
        "write_world_corpus",
        "sample_corpus",
        "cut_blocks",
        "draw_figure",
    }
    assert set(without.all) <= set(asked.all)
    assert [asked.outputs(job) for job in without.all] == [without.outputs(job) for job in without.all]
    assert without.tables("recall") == [] != without.tables("agreement")


def test_a_model_that_comes_fine_tuned_alone_is_compared_with_nothing() -> None:
    jobs = StudyJobs(changed(ALONE))
    assert {job.name for job in jobs.computed} == {
        "write_world_task",
        "prepare_task",
        "fetch_finetuned",
        "estimate_importance",
        "normalize_importance",
        "prune_curve",
        "tabulate_reliability",
        "tabulate_scores",
    }
    assert {"figure1", "table1"} <= set(jobs.figures)
    assert not {"figure2", "figure3", "figure4", "figure6", "agreement", "divergence_maps"} & set(jobs.figures)
    (fetched,) = jobs.of("fetch_finetuned")
    assert jobs.started_from(fetched.about) is None and jobs.made_from(fetched) == {}


# ---------------------------------------------------------------------------------------------------------------- the plan


def test_the_plan_says_that_masked_lm_is_left_out_and_takes_the_shape_from_the_fine_tuned_model(tmp_path: Path) -> None:
    settings = {"model_type": "bert", "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6}
    (tmp_path / "seed2").mkdir()
    (tmp_path / "seed2/config.json").write_text(json.dumps({**settings, "intermediate_size": 96, "vocab_size": 100}))
    own = {"sst2": {"source": f"{tmp_path}/seed{{seed}}"}}
    study = changed(ALONE, {"seeds": [2], "encoders": {"mine": {"finetuned": own}}})
    page = Page(bill(study, rates.card("cpu"))).text()
    assert "Masked LM is left out (mlm: null).\n" in page and "not known offline" not in page
    assert re.search(r"fetch_finetuned +1 +[\d.]+ k +[\d.]+ M", page)
    unknown = Page(bill(changed(ALONE), rates.card("cpu"))).text()
    assert "mine: the shape of '/models/sst2' is not known offline" in unknown


def test_a_local_model_without_a_head_for_masked_lm_is_refused_where_that_is_asked(tmp_path: Path) -> None:
    settings = {"model_type": "bert", "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 6}
    (tmp_path / "config.json").write_text(json.dumps({**settings, "intermediate_size": 96, "vocab_size": 100}))
    weights = {"embeddings.word_embeddings.weight": torch.ones(1), "pooler.dense.bias": torch.ones(1)}
    save_file(weights, tmp_path / "model.safetensors")
    own = {"models": ["roberta"], "encoders": {"roberta": {"family": "bert", "source": str(tmp_path)}}}
    ways = r"leave masked LM out \(`mlm: null`\), or go on .*encoders\.roberta\.pretrain\.from"
    with pytest.raises(files.ConfigError, match=rf"^config: encoders\.roberta\.source: .* has no head for masked LM; {ways}"):
        check_models(changed(MINIATURE, own))
    check_models(changed(MINIATURE, own, NO_LM))
    for keeps in ({"random_weights": True}, {"source": None, "pretrain": {"from": str(tmp_path), "steps": 1}}):
        check_models(changed(MINIATURE, own, {"encoders": {"roberta": keeps}}))
    save_file({**weights, "cls.predictions.bias": torch.ones(1)}, tmp_path / "model.safetensors")
    check_models(changed(MINIATURE, own))


# ------------------------------------------------------------------------------------------------------- claims, the page


def told(study: Study) -> Settings:
    return Settings.of(judged(study, About()))


@pytest.mark.parametrize("identifier", ["C4", "C5", "C10"])
def test_a_claim_about_masked_lm_says_why_it_is_not_run(identifier: str) -> None:
    settings = replace(told(changed(MINIATURE, NO_LM)), study="test")
    claim = judge_claim(identifier, replace(supporting("C1"), before_after=supporting("C1").recall), settings)
    assert (claim.verdict, claim.statement) == (
        "not run",
        "Not run on roberta: this study leaves masked LM out (mlm: null).",
    )
    assert told(changed(MINIATURE)).masked_lm


def test_a_claim_of_which_a_part_is_about_masked_lm_says_what_is_missing() -> None:
    whole = supporting("C8")
    claim = judge_claim(
        "C8", replace(whole, heads=whole.heads.assign(pretrain_importance=None)), replace(SETTINGS, masked_lm=False)
    )
    assert claim.verdict == "inconclusive" and "CoLA, importance on the pre-train task" in claim.to_decide
    assert claim.note.endswith("Not all of it was measured: this study leaves masked LM out (mlm: null).")
    assert "Not all of it" not in judge_claim("C8", whole, SETTINGS).note


def test_claims_about_a_model_that_comes_fine_tuned_alone_name_the_key() -> None:
    settings = replace(told(changed(ALONE, {"roles": {"main": "mine"}})), study="test")
    for identifier in ("C6", "C7", "C8"):
        statement = judge_claim(identifier, replace(supporting("C1"), metrics=supporting("C1").recall), settings).statement
        assert statement == "Not run on mine: this study has no pre-trained model of it (encoders.mine.source).", identifier


def test_the_page_says_why_a_figure_is_missing_and_what_deviates() -> None:
    without, alone = (study.model_dump(mode="json") for study in (changed(MINIATURE, NO_LM), changed(ALONE)))
    for name in ("figure2", "figure3", "before_after"):
        assert why_absent(name, without) == why_absent(name, alone) == "This study leaves masked LM out (mlm: null)."
    assert why_absent("divergence_maps", alone).startswith("This study has the fine-tuned models alone")
    assert "one run" in why_absent("agreement", alone)
    found = {one.what: one.here for one in differences(without, standins(without, {}))}
    assert found["Pre-train task"] == "left out (mlm: null)"
    assert "Pre-train corpus" not in found and "Articles" not in found
    mine = changed(ALONE, {"roles": {"main": "mine"}}).model_dump(mode="json")
    assert standins(mine, {})[0].about == "a BERT, fine-tuned elsewhere"
