"""Every path of a study. No other file spells one.

A path is a pattern in Snakemake's form: ``{model}``, ``{task}``, ``{seed}``, … stand for what a job is about. ``{any_task}`` is
a downstream task or masked LM, ``{task}`` a downstream task alone.
"""

from __future__ import annotations

from pathlib import Path
from string import Formatter

from headcount.store.manifests import manifest_path
from headcount.study.rules import RULES

RESULTS = "results"
CHECKSUMS, BENCHMARKS = "checksums", "benchmarks"
SEEN = f"{RESULTS}/.sources.json"
"""What local sources held when they were last read (``headcount.data.identity``), for all studies."""


class Layout:
    """The paths of one study, relative to the repository.

    Args:
        study: the study's name; what depends on how models are evaluated is below ``results/<study>``.
        base: the name of the study below whose results all else is, its own by default.
    """

    def __init__(self, study: str, base: str | None = None) -> None:
        own = self.results = f"{RESULTS}/{study}"
        top = self.base = f"{RESULTS}/{base or study}"
        model, own_model = f"{top}/{{model}}", f"{own}/{{model}}"
        run, any_run = (f"{model}/{task}/seed{{seed}}" for task in ("{task}", "{any_task}"))
        own_run, own_any_run = (f"{own_model}/{task}/seed{{seed}}" for task in ("{task}", "{any_task}"))

        self.world_task = f"{top}/world/glue/{{task}}"
        self.world_corpus = f"{top}/world/wikipedia"
        self.task = f"{top}/tasks/{{task}}"
        self.train = f"{self.task}/train.parquet"
        self.validation = f"{self.task}/validation.parquet"
        self.world_languages = f"{top}/world/languages"
        self.test_sets_directory = f"{top}/tasks/languages"
        self.test_sets = f"{self.test_sets_directory}/test.parquet"
        self.corpus = f"{top}/corpus"
        self.original = f"{model}/original"
        self.pretrained = f"{model}/pretrained"
        self.blocks_directory = f"{model}/blocks"
        self.blocks = f"{self.blocks_directory}/blocks.parquet"

        self.checkpoint = f"{run}/checkpoint"
        self.metrics = f"{run}/metrics.json"
        self.answers = f"{run}/outcomes.parquet"
        self.history = f"{run}/training.json"
        self.frozen_checkpoint = f"{run}/frozen/{{arm}}/checkpoint"
        self.frozen_metrics = f"{run}/frozen/{{arm}}/metrics.json"
        self.frozen_answers = f"{run}/frozen/{{arm}}/outcomes.parquet"
        self.frozen_history = f"{run}/frozen/{{arm}}/training.json"
        pruned, transferred = (f"{run}/{when}/{{unit}}/{{criterion}}-{{point}}" for when in ("before", "transfer"))
        self.pruned_metrics = f"{pruned}/metrics.json"
        self.pruned_answers = f"{pruned}/outcomes.parquet"
        self.transferred_metrics = f"{transferred}/metrics.json"
        self.transferred_answers = f"{transferred}/outcomes.parquet"
        self.transferred_scores = f"{transferred}/languages.parquet"
        self.transferred_outcomes = f"{transferred}/languages.outcomes.parquet"
        self.language_scores = f"{own_run}/languages.parquet"
        self.language_outcomes = f"{own_run}/languages.outcomes.parquet"

        self.raw_importance = f"{any_run}/importance/raw.safetensors"
        self.importance = f"{any_run}/importance/{{norm}}.safetensors"
        curve = f"{own_any_run}/curve/{{unit}}/{{criterion}}-{{norm}}"
        self.curve = f"{curve}.parquet"
        self.order = f"{curve}.order.parquet"
        self.outcomes = f"{curve}.outcomes.parquet"
        self.divergence = f"{run}/divergence.safetensors"
        self.readings = f"{own_run}/readings.csv"

        self.features = f"{own_model}/features.parquet"
        self.ablation = f"{own_any_run}/features.parquet"
        self.ablation_outcomes = f"{own_any_run}/features.outcomes.parquet"
        self.emergence = f"{own_model}/emergence.parquet"

        sparse = f"{model}/sparse/{{criterion}}-{{fraction}}/seed{{seed}}"
        self.sparse = f"{sparse}/pretrained"
        self.sparse_metrics = f"{sparse}/mlm.json"
        point = f"{run}/weights/{{arm}}/{{criterion}}-{{fraction}}"
        self.point_metrics = f"{point}/metrics.json"
        self.point_answers = f"{point}/outcomes.parquet"
        self.point_history = f"{point}/training.json"
        self.weight_curve = f"{own_any_run}/weights/one_shot/{{criterion}}.parquet"
        self.movement = f"{run}/movement.parquet"

        self.recall = f"{own_model}/recall.parquet"
        self.recall_csv = csv(self.recall)
        self.agreement = f"{own_model}/agreement.parquet"
        self.agreement_csv = csv(self.agreement)
        self.heads = f"{own}/heads.parquet"
        self.layers = f"{own}/layers.parquet"
        self.importances = f"{own}/importance.parquet"
        self.reliability = f"{own}/reliability.csv"
        self.freezing = f"{own}/freezing.csv"
        self.before_after = f"{own}/before_after.csv"
        self.weights = f"{own}/weights.parquet"
        self.weights_csv = csv(self.weights)
        self.languages = f"{own}/languages.parquet"
        self.languages_csv = csv(self.languages)
        self.removals = f"{own}/removals.parquet"
        self.removals_csv = csv(self.removals)
        self.required = f"{own}/required.csv"
        self.required_heads = f"{own}/required_heads.csv"
        self.required_text = f"{own}/heads.md"
        self.scores = f"{own}/scores.csv"
        self.averages = f"{own}/averages.csv"
        self.claims = f"{own}/claims.json"
        self.claims_text = f"{own}/claims.md"
        self.page = f"{own}/report.html"

    def figure(self, name: str) -> dict[str, str]:
        """The three files of a figure: two pictures, and the table behind them."""
        return {kind: f"{self.results}/figures/{name}.{kind}" for kind in ("svg", "png", "csv")}

    @property
    def folders(self) -> tuple[str, ...]:
        """Where the study's files are: its base's results, and its own."""
        return tuple(dict.fromkeys([self.base, self.results]))

    def folder(self, rule: str) -> str:
        """The one of them that a rule's jobs write to."""
        return self.base if self.artifact(rule).startswith(f"{self.base}/") else self.results

    def artifact(self, rule: str) -> str:
        """What a rule's jobs make first."""
        found: str = self.figure("{figure}")["svg"] if rule == "draw_figure" else getattr(self, RULES[rule].artifact)
        return found

    def log(self, rule: str) -> str:
        """The log of a rule's jobs."""
        return f"{self.folder(rule)}/logs/{self._jobs(rule)}.log"

    def benchmark(self, rule: str) -> str:
        """What Snakemake measures of each of a rule's jobs."""
        return f"{self.folder(rule)}/{BENCHMARKS}/{self._jobs(rule)}.tsv"

    def _jobs(self, rule: str) -> str:
        """A name for each of a rule's jobs, from the wildcards of what they make."""
        fields = [name for _, name, _, _ in Formatter().parse(self.artifact(rule)) if name]
        parts = [f"{'seed' if name == 'seed' else ''}{{{name}}}" for name in fields]
        return "/".join([rule, "-".join(parts)] if parts else [rule])

    def checksums(self, rule: str) -> str:
        """The folder of what the files of a rule's jobs held when they ended (``headcount.store.checksums``)."""
        return f"{self.folder(rule)}/{CHECKSUMS}"

    def work(self, name: str) -> str:
        """Where a training keeps the steps that it resumes from."""
        return f"{self.base}/.work/{name}"


def manifest(directory: str) -> str:
    """The manifest beside a directory: what its consumers depend on; the directory itself need only be there."""
    return manifest_path(Path(directory)).as_posix()


def csv(table: str) -> str:
    """The text beside a parquet table."""
    return Path(table).with_suffix(".csv").as_posix()
