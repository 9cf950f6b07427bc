"""Every path of a study. No other file spells one.

A path is a pattern in Snakemake's form: ``{model}``, ``{task}``, ``{seed}``, … stand for what a job is about. ``{any_task}`` is
a downstream task or masked LM, ``{task}`` a downstream task alone.
"""

from __future__ import annotations

from pathlib import Path

from headcount.store.manifests import manifest_path

RESULTS = "results"
CHECKSUMS = "checksums"
SEEN = f"{RESULTS}/.sources.json"
"""What local sources held when they were last read (``headcount.data.identity``), for all studies."""


class Layout:
    """The paths of one study, below ``results/<study>``, relative to the repository.

    Args:
        study: the study's name.
    """

    def __init__(self, study: str) -> None:
        top = self.results = f"{RESULTS}/{study}"
        model = f"{top}/{{model}}"
        run, any_run = f"{model}/{{task}}/seed{{seed}}", f"{model}/{{any_task}}/seed{{seed}}"

        self.world_task = f"{top}/world/glue/{{task}}"
        self.world_corpus = f"{top}/world/wikipedia"
        self.task = f"{top}/tasks/{{task}}"
        self.train = f"{self.task}/train.parquet"
        self.validation = f"{self.task}/validation.parquet"
        self.corpus = f"{top}/corpus"
        self.pretrained = f"{model}/pretrained"
        self.blocks_directory = f"{model}/blocks"
        self.blocks = f"{self.blocks_directory}/blocks.parquet"

        self.checkpoint = f"{run}/checkpoint"
        self.metrics = f"{run}/metrics.json"
        self.history = f"{run}/training.json"
        self.frozen_checkpoint = f"{run}/frozen/checkpoint"
        self.frozen_metrics = f"{run}/frozen/metrics.json"
        self.frozen_history = f"{run}/frozen/training.json"
        self.pruned_metrics = f"{run}/pruned-{{fraction}}/metrics.json"

        self.raw_importance = f"{any_run}/importance/raw.safetensors"
        self.importance = f"{any_run}/importance/{{norm}}.safetensors"
        curve = f"{any_run}/curve/{{unit}}/{{criterion}}-{{norm}}"
        self.curve = f"{curve}.parquet"
        self.order = f"{curve}.order.parquet"
        self.outcomes = f"{curve}.outcomes.parquet"
        self.divergence = f"{run}/divergence.safetensors"
        self.readings = f"{run}/readings.csv"

        self.recall = f"{model}/recall.parquet"
        self.recall_csv = csv(self.recall)
        self.agreement = f"{model}/agreement.parquet"
        self.agreement_csv = csv(self.agreement)
        self.heads = f"{top}/heads.parquet"
        self.layers = f"{top}/layers.parquet"
        self.reliability = f"{top}/reliability.csv"
        self.freezing = f"{top}/freezing.csv"
        self.before_after = f"{top}/before_after.csv"
        self.scores = f"{top}/scores.csv"
        self.averages = f"{top}/averages.csv"
        self.claims = f"{top}/claims.json"
        self.claims_text = f"{top}/claims.md"
        self.page = f"{top}/report.html"

    def figure(self, name: str) -> dict[str, str]:
        """The three files of a figure: two pictures, and the table behind them."""
        return {kind: f"{self.results}/figures/{name}.{kind}" for kind in ("svg", "png", "csv")}

    def log(self, name: str) -> str:
        """The log of a rule's jobs, ``name`` with their wildcards."""
        return f"{self.results}/logs/{name}.log"

    @property
    def benchmarks(self) -> str:
        """The folder of what Snakemake measures of each job."""
        return f"{self.results}/benchmarks"

    def benchmark(self, name: str) -> str:
        return f"{self.benchmarks}/{name}.tsv"

    @property
    def checksums(self) -> str:
        """The folder of what each job's files held when it ended (``headcount.store.checksums``)."""
        return f"{self.results}/{CHECKSUMS}"

    def work(self, name: str) -> str:
        """Where a training keeps the steps that it resumes from."""
        return f"{self.results}/.work/{name}"


def manifest(directory: str) -> str:
    """The manifest beside a directory: what its consumers depend on; the directory itself need only be there."""
    return manifest_path(Path(directory)).as_posix()


def csv(table: str) -> str:
    """The text beside a parquet table."""
    return Path(table).with_suffix(".csv").as_posix()
