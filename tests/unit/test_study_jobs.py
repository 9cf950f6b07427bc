"""The one list of a study's jobs: their files, what they are told, and what is made from the list."""

from __future__ import annotations

import json
import shlex
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from string import Formatter
from typing import Any

import pandas as pd
import pytest
import yaml

from headcount.errors import SourceError
from headcount.figures import FIGURES
from headcount.freezing import ARMS, in_path
from headcount.ledger.pipeline import pipeline
from headcount.settings import files
from headcount.settings.job_settings import CurveSettings
from headcount.study.about import extended
from headcount.study.commands import command, option, options, work_name
from headcount.study.jobs import StudyJobs
from headcount.study.layout import Layout, manifest
from headcount.study.outside import Outside
from headcount.study.rules import RULES
from headcount.study.shared_points import first_curve
from headcount.study.told import OPTIONS, About, as_option, told
from headcount.study.words import words

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "config/config.yaml"
EVIDENCE = ROOT / "config/overlays/evidence.yaml"
CONFIGS = sorted((ROOT / "config").glob("*.yaml"), key=lambda path: path.name)


def study_jobs(settings: dict[str, Any] | None = None, over: Path = ROOT / "config/miniature.yaml") -> StudyJobs:
    merged = files._merged(yaml.safe_load(over.read_text()), settings or {})
    return StudyJobs(files.read(merged))


@pytest.fixture(params=CONFIGS, ids=lambda path: path.stem)
def jobs(request: pytest.FixtureRequest) -> StudyJobs:
    return StudyJobs(files.load(PAPER, request.param))


def test_no_two_jobs_make_the_same_file(jobs: StudyJobs) -> None:
    made = Counter(jobs.artifact(job) for job in jobs.all)
    assert [path for path, count in made.items() if count > 1] == []


def test_every_path_is_below_the_studys_results(jobs: StudyJobs) -> None:
    assert all(jobs.artifact(job).startswith(f"results/{jobs.study.study}/") for job in jobs.all)


EVALUATED = {
    "prune_curve",
    "draw_figure",
    "judge_claims",
    "write_report",
    *(rule for rule in RULES if rule.startswith("tabulate")),
}
"""The rules whose jobs depend on how a study evaluates."""


def test_a_study_shares_with_its_base_all_but_what_depends_on_how_it_evaluates() -> None:
    """Same jobs, same files, same words: else each of the two studies would run the other's jobs again."""
    miniature = ROOT / "config/miniature.yaml"
    small, large = (StudyJobs(files.load(PAPER, miniature, *over)) for over in ([], [EVIDENCE]))
    shared = {job for job in small.all if job.name not in EVALUATED}
    assert shared == {job for job in large.all if job.name not in EVALUATED and job.about.seed in (None, *small.study.seeds)}
    assert {job.name for job in shared} >= {"prepare_task", "finetune_frozen", "normalize_importance", "measure_divergence"}
    for job in shared:
        files_of = [[*jobs.outputs(job), jobs.layout.log(job.name), jobs.layout.benchmark(job.name)] for jobs in (small, large)]
        assert files_of[0] == files_of[1]
        assert len({options(jobs.study, job.name, job.about) for jobs in (small, large)}) == 1
        assert len({words(jobs.study, job.name, job.about) for jobs in (small, large)}) == 1
        assert len({jobs.layout.checksums(job.name) for jobs in (small, large)}) == 1
        assert len({work_name(jobs.study, job.name, job.about, []) for jobs in (small, large)}) == 1
    own = [job for job in large.all if job.name in EVALUATED]
    assert all(path.startswith("results/evidence/") for job in own for path in large.outputs(job))
    assert all(large.layout.folder(job.name) == "results/evidence" for job in own)
    assert told(large.study, "prune_curve", large.of("prune_curve")[0].about)["name"]["study"] == "evidence"
    assert not set(large.wanted) & set(small.wanted)


def test_a_path_says_all_that_its_job_is_about(jobs: StudyJobs) -> None:
    """So that the wildcards of a path give the job back."""
    for rule, entry in RULES.items():
        if rule != "draw_figure":
            named = {name for _, name, _, _ in Formatter().parse(getattr(jobs.layout, entry.artifact)) if name}
            for job in jobs.of(rule):
                assert About.of({name: job.about.wildcards[name] for name in named}) == job.about


def test_what_a_job_is_told_is_plain_json(jobs: StudyJobs) -> None:
    for job in jobs.all:
        found = told(jobs.study, job.name, job.about)
        assert json.loads(json.dumps(found)) == found
        assert set(found) == set(OPTIONS[job.name])


def test_every_rule_has_its_options() -> None:
    assert set(OPTIONS) == set(RULES)


def test_figures_read_files_that_jobs_make(jobs: StudyJobs) -> None:
    made = {path for job in jobs.all for path in jobs.outputs(job)}
    for name in jobs.figures:
        for files_of_one in jobs.figure_inputs(name).values():
            assert files_of_one and set(files_of_one) <= made


def test_a_study_without_a_third_model_has_no_figure_5() -> None:
    assert "figure5" not in study_jobs().figures
    assert "figure5" in StudyJobs(files.load(PAPER)).figures


LANGUAGES_ALONE = {
    **{part: {"models": []} for part in ("pruning", "before_after", "freezing", "layers")},
    "roles": {"main": None, "shared": None},
    "encoders": {"multilingual": {"family": "roberta", "source": "embedded-multilingual"}},
    "models": ["multilingual"],
    "finetuning": {"multilingual": {"default": {"learning_rate": 1.0e-4, "batch": 4, "epochs": 1}}},
    "languages": {"multilingual": "multilingual", "test": {"source": "embedded", "languages": ["en", "kunde"]}},
}


def test_a_study_that_looks_at_no_heads_draws_no_figure_that_its_page_does_not_show() -> None:
    """Though it measures divergence: a claim about languages reads it."""
    jobs = study_jobs(LANGUAGES_ALONE)
    assert jobs.of("measure_divergence") and jobs.of("tabulate_divergence")
    assert {FIGURES[name].group for name in jobs.figures if name != "table1"} == {"languages"}
    assert not jobs.of(("tabulate_required", "tabulate_importance")), "nor does it say which heads can go"


def test_a_part_that_no_model_has_gives_no_job_and_no_figure() -> None:
    jobs = study_jobs({"freezing": {"models": []}, "before_after": {"models": []}, "layers": {"models": []}})
    rules = {job.name for job in jobs.all}
    assert not rules & {"finetune_frozen", "finetune_pruned", "tabulate_freezing", "tabulate_before_after"}
    assert not {"before_after", "layers_and_heads"} & set(jobs.figures)
    assert {job.about.unit for job in jobs.of("prune_curve")} == {"head"}
    assert {job.about.criterion for job in jobs.of("prune_curve")} == {"gate_gradient"}


FURTHER = {"family": "roberta", "source": None, "pretrain": {"from": "embedded", "steps": 2}}


def gone_on_with(**pretrain: Any) -> StudyJobs:
    """The miniature whose RoBERTa goes on with masked LM."""
    return study_jobs({"encoders": {"roberta": {**FURTHER, "pretrain": {**FURTHER["pretrain"], **pretrain}}}})


def test_a_model_that_goes_on_is_fetched_first_and_its_tasks_start_from_what_it_became() -> None:
    run, place = About("roberta", "cola", 1), "results/miniature/roberta"
    for finetune_from, directory in (("pretrained", f"{place}/pretrained"), ("original", f"{place}/original")):
        jobs = gone_on_with(finetune_from=finetune_from)
        (fetched,), (further,) = jobs.of("fetch_original"), jobs.of("pretrain_further")
        assert (jobs.artifact(fetched), jobs.artifact(further)) == (f"{place}/original", f"{place}/pretrained")
        assert not jobs.of(("fetch_model", "pretrain_model"), model="roberta")
        assert jobs.made_from(further) == {"corpus": "results/miniature/corpus", "original": f"{place}/original"}
        assert jobs.started_from(run) == directory
        assert {jobs.made_from(job)["model"] for job in jobs.of(("finetune", "finetune_frozen"), model="roberta")} == {
            directory
        }
        assert jobs.asked_model(About("roberta", "mlm", 1)) == f"{place}/pretrained"
        assert {jobs.made_from(job)["model"] for job in jobs.of("cut_blocks", model="roberta")} == {f"{place}/pretrained"}


def test_where_tasks_start_from_tells_neither_fetching_nor_pre_training_anything() -> None:
    one, other = gone_on_with(), gone_on_with(finetune_from="original")
    more = gone_on_with(steps=3)
    about, run = About("roberta"), About("roberta", "cola", 1)
    assert options(one.study, "pretrain_further", about) == options(other.study, "pretrain_further", about)
    assert work_name(one.study, "pretrain_further", about, []) == work_name(other.study, "pretrain_further", about, [])
    assert len({options(jobs.study, "fetch_original", about) for jobs in (one, other, more)}) == 1
    assert options(one.study, "pretrain_further", about) != options(more.study, "pretrain_further", about)
    assert len({work_name(jobs.study, "finetune", run, []) for jobs in (one, other, more)}) == 3
    assert "embedded" in words(one.study, "fetch_original", about)


def test_pre_training_from_scratch_is_told_nothing_of_going_on() -> None:
    jobs = StudyJobs(files.load(ROOT / "config/encoders.yaml"))
    given = told(jobs.study, "pretrain_model", About("roberta"))["encoder"]["pretrain"]
    assert "shape" in given and not {"from", "revision", "finetune_from"} & given.keys()
    further = told(gone_on_with().study, "pretrain_further", About("roberta"))["encoder"]["pretrain"]
    assert further["from"] == "embedded" and not {"shape", "vocabulary"} & further.keys()


@pytest.mark.parametrize(("finetune_from", "reads_corpus"), [("pretrained", True), ("original", False)])
def test_a_training_goes_back_to_what_its_body_was_made_of(finetune_from: str, reads_corpus: bool, tmp_path: Path) -> None:
    """A local model to go on from is told apart by content, as one that is studied as it is."""
    mine = shutil.copytree(ROOT / "src/headcount/miniature/weights/roberta", tmp_path / "mine")
    wiki = tmp_path / "wiki/part"
    wiki.mkdir(parents=True)
    pd.DataFrame({"id": ["1"], "text": ["a"]}).to_parquet(wiki / "train-00000-of-00001.parquet")

    def behind() -> dict[str, set[str]]:
        pretrain = {"from": str(mine), "steps": 2, "finetune_from": finetune_from}
        corpus = {"source": str(tmp_path / "wiki"), "subset": "part"}
        jobs = study_jobs({"encoders": {"roberta": {**FURTHER, "pretrain": pretrain}}, "corpus": corpus})
        outside = Outside(jobs, tmp_path / "seen.json")
        content = {outside.content("fetch_original", About("roberta"))}
        of_corpus = {outside.content("sample_corpus", About())}
        assert content <= set(outside.behind("pretrain_further", About("roberta"))) >= of_corpus
        for rule, corpus_too in (("finetune", reads_corpus), ("finetune_frozen", reads_corpus), ("finetune_pruned", True)):
            found = set(outside.behind(rule, About("roberta", "cola", 1)))
            assert content <= found and (of_corpus <= found) == corpus_too
        return {"model": content, "corpus": of_corpus}

    before = behind()
    (mine / "config.json").write_text((mine / "config.json").read_text() + "\n")
    after = behind()
    assert after["model"] != before["model"] and after["corpus"] == before["corpus"]


def test_a_source_to_go_on_from_that_is_neither_folder_nor_name_is_refused_by_its_key(tmp_path: Path) -> None:
    jobs = gone_on_with(**{"from": "/nowhere/at/all"})
    with pytest.raises(SourceError, match=r"^encoders\.roberta\.pretrain\.from: '/nowhere/at/all' is no directory"):
        Outside(jobs, tmp_path / "seen.json")


def test_a_model_with_one_row_of_heads_has_one_curve_a_run() -> None:
    jobs = study_jobs()
    assert {job.about.norm for job in jobs.of("prune_curve", model="albert", unit="head")} == {"none"}
    assert {job.about.norm for job in jobs.of("prune_curve", model="roberta", unit="head")} == {"l1", "l2", "none"}


def test_every_curve_takes_points_from_one_that_the_study_has_and_that_takes_none(jobs: StudyJobs) -> None:
    for rule in ("prune_curve", "prune_weights"):
        curves = {job.about for job in jobs.of(rule)}
        firsts = {first for about in curves if (first := first_curve(jobs.study, rule, about))}
        assert firsts <= curves and not any(first_curve(jobs.study, rule, first) for first in firsts)


def test_a_norm_or_a_criterion_more_leaves_where_points_are_taken_from() -> None:
    few, more = (
        study_jobs({"norms": norms, "layers": {"criteria": criteria}})
        for norms, criteria in ((["l1", "none"], ["top"]), (["l2", "none", "l1"], ["gate_gradient", "top"]))
    )
    for job in few.of("prune_curve"):
        assert first_curve(few.study, job.name, job.about) == first_curve(more.study, job.name, job.about)


def test_each_run_of_a_frozen_model_is_fine_tuned_in_every_arm() -> None:
    jobs = study_jobs()
    both = jobs.of("finetune_frozen", task="cola", seed=1)
    assert [told(jobs.study, job.name, job.about)["arm"] for job in both] == list(ARMS)
    place = "results/miniature/roberta/cola/seed1/frozen"
    assert [jobs.artifact(job) for job in both] == [f"{place}/layers/checkpoint", f"{place}/layers-and-embeddings/checkpoint"]
    assert len({work_name(jobs.study, job.name, job.about, []) for job in both}) == 2
    one = study_jobs({"freezing": {"arms": ["layers and embeddings"]}})
    assert {job.about.arm for job in one.of("finetune_frozen")} == {"layers-and-embeddings"}
    assert [words(jobs.study, job.name, job.about) & set(ARMS) for job in both] == [{arm} for arm in ARMS]
    assert [arm.title for arm in ARMS.values()] == jobs.study.freezing.arms
    assert [in_path(arm.title) for arm in ARMS.values()] == list(ARMS)


def test_only_the_tasks_own_order_of_heads_is_estimated_again() -> None:
    jobs = study_jobs({"pruning": {"schedule": "iterative"}})
    schedules = {}
    for job in jobs.of("prune_curve", model="roberta"):
        settings = CurveSettings.model_validate(told(jobs.study, "prune_curve", job.about)["settings"])
        schedules[job.about.unit, job.about.criterion] = settings.schedule
    assert {key for key, schedule in schedules.items() if schedule == "iterative"} == {("head", "gate_gradient")}


def test_a_job_speaks_of_its_own_entries_alone() -> None:
    study = study_jobs().study
    cola = words(study, "prune_curve", About("roberta", "cola", 1, norm="l1", unit="head", criterion="gate_gradient"))
    assert {"roberta", "cola", "l1", "head", "gate_gradient", "per_example"} <= cola
    assert not cola & {"albert", "sst2", "mlm", "l2", "layer", "top"}
    assert {"roberta", "albert", "cola", "sst2", "mlm", "l1", "l2", "none"} <= words(study, "judge_claims", About())


def test_jobs_of_all_seeds_may_look_at_the_same_entries(jobs: StudyJobs) -> None:
    """So that the code behind a job is looked up once for all of them, however many there are."""
    for job in jobs.all:
        of_no_seed = replace(job.about, seed=None)
        assert words(jobs.study, job.name, job.about) == words(jobs.study, job.name, of_no_seed)


def test_masked_lm_is_asked_in_blocks_and_tasks_in_texts() -> None:
    jobs = study_jobs({"mlm": {"max_blocks": 7}, "importance": {"max_examples": 9}})
    blocks = told(jobs.study, "estimate_importance", About("roberta", "mlm", 1))["settings"]
    texts = told(jobs.study, "estimate_importance", About("roberta", "qqp", 1))["settings"]
    assert (blocks["at_most"], blocks["max_length"], blocks["mask"]) == (7, None, 0.15)
    assert (texts["at_most"], texts["fraction"], texts["mask"]) == (9, 0.2, None)
    assert texts["max_length"] == jobs.study.recipe("roberta", "qqp").max_length


@pytest.mark.parametrize("more", [{}, {"study": "larger", "base": "miniature"}], ids=["alone", "on a base"])
@pytest.mark.parametrize("only", [["roberta"], ["roberta", "other"]], ids=["one of two", "two of three"])
def test_dvcs_stages_are_the_studys_directories(only: list[str], more: dict[str, Any]) -> None:
    """Also where no one matrix gives them: models that lack a part."""
    encoders = {"other": {"family": "roberta", "source": "embedded"}}
    recipe = {"other": {"default": {"learning_rate": 1e-3, "batch": 4, "epochs": 1}}}
    models = ["roberta", "albert", "other"]
    jobs = study_jobs(
        {
            "models": models,
            "encoders": encoders,
            "finetuning": recipe,
            "freezing": {"models": only},
            "weights": {"models": only},
            **more,
        }
    )
    stages = yaml.safe_load(pipeline(jobs, Path("config/x.yaml")))["stages"]
    found = []
    for stage in stages.values():
        (out,) = stage["outs"]
        (place,) = out
        items: list[dict[str, Any]] = [{}]
        for key, values in stage.get("matrix", {}).items():
            items = [{**item, key: value} for item in items for value in values]
        for item in items:
            path = place
            for key, value in item.items():
                path = path.replace(f"${{item.{key}}}", str(value))
            found.append(path)
    assert sorted(found) == sorted(path for path, job in jobs.directories.items() if job.rule.versioned)


def test_dvc_yaml_is_that_of_the_papers_study() -> None:
    assert (ROOT / "dvc.yaml").read_text() == pipeline(StudyJobs(files.load(PAPER)), Path("config/config.yaml")), (
        "make reference"
    )


def test_a_manifest_lies_beside_its_directory() -> None:
    assert manifest(Layout("x").checkpoint.format(model="m", task="cola", seed=1)) == "results/x/m/cola/seed1/checkpoint.json"


def test_masked_lm_asks_the_pretrained_model_about_blocks() -> None:
    jobs = study_jobs()
    masked, texts = About("roberta", "mlm", 1), About("roberta", "cola", 1)
    assert jobs.asked_model(masked) == "results/miniature/roberta/pretrained"
    assert jobs.asked_data(masked, jobs.layout.train) == "results/miniature/roberta/blocks/blocks.parquet"
    assert jobs.asked_model(texts) == "results/miniature/roberta/cola/seed1/checkpoint"
    assert jobs.asked_data(texts, jobs.layout.train) == "results/miniature/tasks/cola/train.parquet"


def test_a_command_gives_each_thing_under_its_own_name() -> None:
    asked = command("prune_curve", "results/x/checksums", inputs="model importance_data", params="work lists", outputs="curve")
    assert asked == (
        'python "$HEADCOUNT_JOB" prune_curve {params.told} --model {input.model} --importance-data {input.importance_data}'
        " --work {params.work} --curve {output.curve} {params.lists} > {log} 2>&1"
        ' && python "$HEADCOUNT_CHECKSUMS" results/x/checksums {output}'
    )


def test_a_shell_reads_back_what_a_job_is_told(jobs: StudyJobs) -> None:
    for job in jobs.all:
        told_here = told(jobs.study, job.name, job.about)
        read = shlex.split(options(jobs.study, job.name, job.about))
        assert read[::2] == [option(name) for name in told_here]
        assert read[1::2] == [as_option(value) for value in told_here.values()]


CHANGED = {
    "learning rate": {"finetuning": {"roberta": {"default": {"learning_rate": 1e-4}}}},
    "device": {"device": "cuda"},
    "world": {"world": {"seed": 2}},
    "data": {"glue": {"max_train": 5}},
}


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_no_training_resumes_from_steps_of_another(change: dict[str, Any]) -> None:
    about = About("roberta", "cola", 1)
    names = [work_name(study_jobs(settings).study, "finetune", about, ["code"]) for settings in (None, change)]
    names.append(work_name(study_jobs().study, "finetune", about, ["other code"]))
    assert len(set(names)) == 3


def test_units_are_ranked_by_the_importance_that_their_criterion_reads() -> None:
    jobs = study_jobs()
    place = "results/miniature/roberta/{}/seed1/importance/{}.safetensors"
    head = {"model": "roberta", "task": "cola", "seed": 1, "norm": "l1", "unit": "head"}
    layer = {**head, "norm": "none", "unit": "layer"}
    found = {
        (about["unit"], criterion): jobs.ranked_by(About(**about, criterion=criterion))
        for about, criterion in [
            (head, "gate_gradient"),
            (head, "pretrain_gate_gradient"),
            (layer, "gate_gradient"),
            (layer, "top"),
        ]
    }
    assert found == {
        ("head", "gate_gradient"): [place.format("cola", "l1")],
        ("head", "pretrain_gate_gradient"): [place.format("mlm", "l1")],
        ("layer", "gate_gradient"): [place.format("cola", "raw")],
        ("layer", "top"): [],
    }
    before = About("roberta", "cola", 1, unit="head", point="0.5")
    found = [jobs.pretrain_importance(extended(before, criterion=name)) for name in ("pretrain_gate_gradient", "random")]
    assert found == [[place.format("mlm", "l1")], []]


def test_the_judge_is_told_whose_features_are_looked_at_in_the_order_asked_for() -> None:
    looked = study_jobs({"outliers": {"models": ["albert", "roberta"]}}).study
    assert told(looked, "judge_claims", About())["settings"]["outliers"] == {"models": ["albert", "roberta"]}
    assert "outliers" not in told(study_jobs().study, "judge_claims", About())["settings"]


def test_each_arm_of_sparse_models_has_its_jobs_and_is_told_its_own_epochs() -> None:
    """By hand: 2 seeds, magnitude at 3 shares and random at one; on one task of the study's."""
    asked = {"models": ["roberta"], "tasks": ["mnli"], "fractions": [0.0, 0.5, 0.8], "random": [0.5]}
    jobs = study_jobs({"seeds": [1, 2], "weights": asked})
    assert len(jobs.of("pretrain_sparse")) == 2 * (3 + 1)
    per_arm = {arm: len(jobs.of("finetune_sparse", arm=arm)) for arm in ("retrained", "deleted", "after")}
    assert per_arm == {"retrained": 2 * 4, "deleted": 2 * 3, "after": 2 * 3}
    assert len(jobs.of("prune_weights", task="mnli")) == 2 * 3 and len(jobs.of("prune_weights", task="mlm")) == 2 * 2
    assert {job.about.task for job in jobs.of("measure_movement")} == {"mnli"}

    def epochs(arm: str, fraction: str) -> float:
        about = About("roberta", "mnli", 1, criterion="magnitude", fraction=fraction, arm=arm)
        return float(told(jobs.study, "finetune_sparse", about)["recipe"]["epochs"])

    own = jobs.study.recipe("roberta", "mnli").epochs
    assert [epochs("retrained", "0.8"), epochs("deleted", "0.5"), epochs("deleted", "0.8")] == [own, 13, 15]
    assert [epochs("after", "0.0"), epochs("after", "0.8")] == [5, 7]
    about = About("roberta", seed=2, criterion="random", fraction="0.5")
    settings = told(jobs.study, "pretrain_sparse", about)["settings"]
    assert (settings["seed"], settings["criterion"], settings["fraction"]) == (2, "random", 0.5)
    only_after = study_jobs({"weights": {**asked, "arms": ["after"], "random": []}})
    assert not only_after.of("pretrain_sparse"), "a fine-tuned model needs none"


def test_a_study_without_weights_is_as_it_was() -> None:
    jobs = study_jobs()
    assert not [job for job in jobs.all if "weight" in job.name or "sparse" in job.name or job.name == "measure_movement"]


def test_steps_of_a_sparse_fine_tuning_are_those_of_its_models_making() -> None:
    """The model that it starts from is named by its path alone, which says nothing of how it was made."""
    about = About("roberta", "mnli", 1, criterion="magnitude", fraction="0.5", arm="after")

    def place(changes: dict[str, Any]) -> str:
        return work_name(study_jobs(changes).study, "finetune_sparse", about, [])

    plain, asked = place({}), {"weights": {"pretrain": {"steps": 7}}}
    assert len({plain, place(asked), place({"finetuning": {"roberta": {"mnli": {"epochs": 9}}}})}) == 3
