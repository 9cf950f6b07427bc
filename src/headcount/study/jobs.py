"""Every job of a study, and with it every artifact that the study consists of.

The one list: rules, plan, verification, costs, publication and DVC's stages are made from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cached_property

from headcount.criteria import CRITERIA, OWN, RANDOM, TRANSFERRED
from headcount.data.origins import EMBEDDED
from headcount.data.tasks import MASKED_LM
from headcount.figures import FIGURES
from headcount.settings.study import Study
from headcount.study.about import About
from headcount.study.about import extended as about_with
from headcount.study.layout import Layout, manifest
from headcount.study.model_jobs import FINE_TUNED, Job, of_model
from headcount.study.resolved import given
from headcount.study.rules import STARTED_FROM
from headcount.study.told import shown_models
from headcount.units import UNITS


class StudyJobs:
    """The jobs of a study, in the order of the workflow."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.layout = Layout(study.study, study.base)

    @cached_property
    def all(self) -> tuple[Job, ...]:
        """What Snakemake runs for its default target: each of these, and no other."""
        drawn = [Job("draw_figure", About(figure=name)) for name in self.figures]
        return (*self.computed, *drawn, Job("judge_claims", About()), Job("write_report", About()))

    @cached_property
    def computed(self) -> tuple[Job, ...]:
        """All of them but those that read tables alone: figures, verdicts and the page."""
        models = [job for model in self.study.models for job in of_model(self.study, model)]
        return (*self._data(), *models, *self._tables())

    @cached_property
    def _by_rule(self) -> dict[str, list[Job]]:
        found: dict[str, list[Job]] = {}
        for job in self.computed:
            found.setdefault(job.name, []).append(job)
        return found

    def _data(self) -> Iterator[Job]:
        if self.study.glue.source == EMBEDDED:
            yield from (Job("write_world_task", About(task=task)) for task in self.study.glue_tasks)
        yield from (Job("prepare_task", About(task=task)) for task in self.study.tasks)
        if self.study.multilingual_model:
            if self.study.languages.test.source == EMBEDDED:
                yield Job("write_world_languages", About())
            yield Job("prepare_languages", About())
        if self.study.reads_corpus:
            if given(self.study.corpus).source == EMBEDDED:
                yield Job("write_world_corpus", About())
            yield Job("sample_corpus", About())

    def _tables(self) -> Iterator[Job]:
        study = self.study
        several = len(study.all_tasks) * len(study.seeds) > 1  # one run has none to agree with
        yield from (Job("tabulate_recall", About(model)) for model in study.head_models if several)
        for rule, has_it in {
            "tabulate_reliability": bool(study.head_models),
            "tabulate_importance": bool(study.head_models),
            "tabulate_required": bool(study.head_models),
            "tabulate_scores": True,
            "tabulate_weights": bool(study.weight_models) and bool(study.weights.arms),
            "tabulate_languages": bool(study.multilingual_model),
            "tabulate_divergence": bool(study.compared_models or study.multilingual_model),
            "tabulate_freezing": bool(study.frozen_models),
            "tabulate_before_after": bool(study.pruned_first),
        }.items():
            if has_it:
                yield Job(rule, About())

    # --------------------------------------------------------------------------------------------------------- artifacts

    def of(self, rule: str | tuple[str, ...], **about: object) -> list[Job]:
        """The jobs of a rule or some (that compute), those about what is given: a value, or one of several."""
        rules = (rule,) if isinstance(rule, str) else rule
        jobs = [job for name in rules for job in self._by_rule.get(name, [])]
        for key, value in about.items():
            wanted = value if isinstance(value, (list, tuple, set, dict)) else (value,)
            jobs = [job for job in jobs if getattr(job.about, key) in wanted]
        return jobs

    def paths(self, pattern: str, rule: str | tuple[str, ...], **about: object) -> list[str]:
        """A file of each of these jobs, by its pattern in the layout."""
        return [pattern.format(**job.about.wildcards) for job in self.of(rule, **about)]

    def artifact(self, job: Job) -> str:
        """What a job makes first."""
        return self.layout.artifact(job.name).format(**job.about.wildcards)

    def outputs(self, job: Job) -> list[str]:
        """Every file and directory that Snakemake knows a job to make, the artifact (or what it holds) first."""
        if job.about.figure:
            return list(self.layout.figure(job.about.figure).values())
        patterns = [getattr(self.layout, name) for name in (*(job.rule.holds or (job.rule.artifact,)), *job.rule.beside)]
        beside = [manifest(self.artifact(job))] if job.rule.directory else []
        return [*(pattern.format(**job.about.wildcards) for pattern in patterns), *beside]

    def asked_model(self, about: About) -> str:
        """The directory of the model that a job asks about: the fine-tuned one, or for masked LM the pre-trained one."""
        pattern = self.layout.pretrained if about.task == MASKED_LM else self.layout.checkpoint
        return pattern.format(**about.wildcards)

    def started_from(self, about: About) -> str | None:
        """The directory of the model that fine-tuning starts from: the pre-trained one, or the one that it went on from.

        None of a model of which there is the fine-tuned one alone.
        """
        encoder = self.study.encoders[str(about.model)]
        if encoder.finetuned_alone:
            return None
        return (self.layout.original if encoder.finetunes_original else self.layout.pretrained).format(**about.wildcards)

    def made_from(self, job: Job) -> dict[str, str]:
        """The directories whose files a job's manifest lists, by option of its script."""
        places = {**vars(self.layout), STARTED_FROM: self.started_from(job.about)} if job.rule.made_from else {}
        found = [(name, places[place]) for name, place in job.rule.made_from]
        return {name: place.format(**job.about.wildcards) for name, place in found if place is not None}

    def metrics_of(self, about: About) -> list[str]:
        """What is told of the fine-tuned model that a job asks about; nothing where it is the pre-trained one."""
        return [] if about.task == MASKED_LM else [self.layout.metrics.format(**about.wildcards)]

    def asked_data(self, about: About, table: str) -> str:
        """A task's table (by its pattern in the layout), or for masked LM the blocks."""
        return (self.layout.blocks if about.task == MASKED_LM else table).format(**about.wildcards)

    def ranked_by(self, about: About) -> list[str]:
        """The importance that a curve's units are ranked by: of the run's own task, of the pre-train task, or none."""
        on = CRITERIA[str(about.criterion)].importance_on
        if on is None:
            return []
        pattern = self.layout.importance if UNITS[str(about.unit)].within_layers else self.layout.raw_importance
        return [pattern.format(**about_with(about, task=MASKED_LM if on == "pretrain" else str(about.task)).wildcards)]

    def pretrain_importance(self, about: About) -> list[str]:
        """The importance by which units go before fine-tuning, where it is that; in the norm that transfer is read in."""
        if about.criterion != TRANSFERRED:
            return []
        norm = self.study.transfer_norm_of(str(about.model))
        return [self.layout.importance.format(**about_with(about, task=MASKED_LM, norm=norm).wildcards)]

    def in_transfer_norm(self, pattern: str, rule: str, models: Collection[str], **about: object) -> list[str]:
        """``paths`` of some models, each in the norm that transfer is read in for it."""
        norms = {model: self.study.transfer_norm_of(model) for model in models}
        return [path for model, norm in norms.items() for path in self.paths(pattern, rule, model=model, norm=norm, **about)]

    @property
    def directories(self) -> dict[str, Job]:
        """Every large directory with a manifest beside it, and the job that makes it."""
        return {self.artifact(job): job for job in self.all if job.rule.directory}

    @property
    def benchmarks(self) -> list[str]:
        """What Snakemake measured of each job, a file each."""
        return [self.layout.benchmark(job.name).format(**job.about.wildcards) for job in self.all]

    @property
    def wanted(self) -> list[str]:
        """What the study is made for."""
        return [self.artifact(job) for job in self.all if job.rule.wanted]

    # ----------------------------------------------------------------------------------------------------------- figures

    @cached_property
    def figures(self) -> list[str]:
        """The figures that this study has: those for models that it has, from tables that it has."""
        return [name for name in FIGURES if self.shown_models(name) and all(self.figure_inputs(name).values())]

    def shown_models(self, name: str) -> list[str]:
        """The models that a figure shows."""
        return shown_models(self.study, FIGURES[name].models)

    def figure_inputs(self, name: str) -> dict[str, list[str]]:
        """The files that a figure is drawn from, by the option of its script."""
        return {option: self.tables(option, self.shown_models(name)) for option in FIGURES[name].inputs}

    def tables(self, name: str, models: Collection[str] | None = None) -> list[str]:
        """The files behind one input of figures and claims, of some models or all."""
        layout, study = self.layout, self.study
        shown = list(study.models if models is None else models)
        heads = self.of("prune_curve", model=shown, unit="head", criterion=OWN)
        read = [job for job in heads if job.about.norm == study.transfer_norm_of(str(job.about.model))]
        beside = self.of("prune_curve", model=shown, unit=study.layers.units)
        found = {
            "curves": [job for job in heads if job.about.task != MASKED_LM],
            "mlm_curves": [job for job in heads if job.about.task == MASKED_LM],
            "all_curves": heads,
            "unit_curves": [job for job in [*read, *beside] if job.about.task != MASKED_LM] if beside else [],
        }
        if name in found:
            return [self.artifact(job) for job in found[name]]
        if name == "head_curves":
            models = [model for model in shown if model in study.weight_models]
            return self.in_transfer_norm(layout.curve, "prune_curve", models, unit="head", criterion=OWN)
        if name in ("outcomes", "orders"):
            pattern = layout.outcomes if name == "outcomes" else layout.order
            return [pattern.format(**job.about.wildcards) for job in heads]
        if name == "answers":
            compared = [
                *((layout.frozen_answers, job) for job in self.of("finetune_frozen")),
                *((layout.pruned_answers, job) for job in self.of("finetune_pruned", criterion=TRANSFERRED)),
            ]
            ordinary = self.paths(layout.answers, FINE_TUNED, model={str(job.about.model) for _, job in compared})
            return [*ordinary, *(pattern.format(**job.about.wildcards) for pattern, job in compared)]
        if name == "removal_outcomes":
            pruned = self.paths(layout.pruned_answers, "finetune_pruned", criterion=RANDOM)
            ordinary = self.paths(layout.answers, FINE_TUNED, model=study.language_models, task=study.language_tasks)
            return [*ordinary, *pruned, *self.paths(layout.transferred_answers, "transfer_pruned")]
        if name == "language_outcomes":
            whole = self.paths(layout.language_outcomes, "score_languages")
            return [*whole, *self.paths(layout.transferred_outcomes, "transfer_pruned")]
        places: dict[str, tuple[str, str | tuple[str, ...]]] = {
            "metrics": (layout.metrics, FINE_TUNED),
            "recall": (layout.recall, () if study.mlm is None else "tabulate_recall"),
            "agreement": (layout.agreement, "tabulate_recall"),
            "heads": (layout.heads, "tabulate_divergence"),
            "layers": (layout.layers, "tabulate_divergence"),
            "reliability": (layout.reliability, "tabulate_reliability"),
            "importances": (layout.importances, "tabulate_importance"),
            "required": (layout.required, "tabulate_required"),
            "required_heads": (layout.required_heads, "tabulate_required"),
            "freezing": (layout.freezing, "tabulate_freezing"),
            "before_after": (layout.before_after, "tabulate_before_after"),
            "features": (layout.features, "measure_features"),
            "ablations": (layout.ablation, "ablate_features"),
            "ablation_outcomes": (layout.ablation_outcomes, "ablate_features"),
            "emergence": (layout.emergence, "follow_features"),
            "weights": (layout.weights, "tabulate_weights"),
            "weight_outcomes": (layout.point_answers, "finetune_sparse"),
            "weight_curves": (layout.weight_curve, "prune_weights"),
            "movements": (layout.movement, "measure_movement"),
            "languages": (layout.languages, "tabulate_languages"),
            "removals": (layout.removals, "tabulate_languages"),
        }
        pattern, rule = places[name]
        return [pattern.format(**job.about.wildcards) for job in self.of(rule) if job.about.model in (None, *shown)]
