"""The study, its paths, what each job is told, and what the study consists of. No other file spells a path."""

import json
import os
import sys
from hashlib import sha256
from snakemake.exceptions import WorkflowError

ROOT = Path(str(workflow.current_basedir)).resolve().parents[1]
SOURCE = ROOT / "src"
SCRIPTS = ROOT / "workflow" / "scripts"
ENVS = ROOT / "envs"

if str(SOURCE) not in sys.path:
    sys.path.insert(0, str(SOURCE))
# `.venv/bin/snakemake` works too, without the environment being activated: its jobs find its python.
PATH = os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()])
os.environ.update(PATH=PATH, PYTHONPATH=str(SOURCE), HEADCOUNT_HOME=str(ROOT))
os.environ["HEADCOUNT_JOB"] = str(SOURCE / "headcount" / "jobs" / "fork_server.py")

# A log file is no terminal: a progress bar in it need not be redrawn more than every few seconds.
os.environ.setdefault("TQDM_MININTERVAL", "5")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from headcount.jobs import fingerprint, fork_server
from headcount.settings import files

try:
    STUDY = files.read(config)
except files.ConfigError as error:
    raise WorkflowError(str(error)) from None


# One machine may hold several cards, but a job that is not told otherwise must not share one: without this, an
# unlisted resource is unlimited, and every GPU job starts at once. Local scope, so that cluster submission is not throttled.
resource_scopes:
    gpu="local",


if "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)


wildcard_constraints:
    model="|".join(STUDY.models),
    task="|".join(STUDY.tasks),
    any_task="|".join(STUDY.all_tasks),
    seed="|".join(map(str, STUDY.seeds)),
    norm="|".join(("l1", "l2", "none")),
    order="|".join(("l1", "l2", "none", "pretrain-l1", "pretrain-l2", "pretrain-none")),


onstart:
    families = sorted({STUDY.encoders[model].family for model in STUDY.models})
    fork_server.start(
        [
            "pandas",
            "pyarrow.parquet",
            "matplotlib.backends.backend_agg",
            "safetensors.torch",
            "transformers.trainer",
            *(f"transformers.models.{family}.modeling_{family}" for family in families),
        ]
    )


# --------------------------------------------------------------------------------------------------------------- paths

RESULTS = f"results/{STUDY.study}"

WORLD_TASK = f"{RESULTS}/world/glue/{{task}}"
WORLD_CORPUS = f"{RESULTS}/world/wikipedia"
TASK_DATA = f"{RESULTS}/tasks/{{task}}"
TASK_TRAIN = f"{TASK_DATA}/train.parquet"
TASK_VALIDATION = f"{TASK_DATA}/validation.parquet"
CORPUS = f"{RESULTS}/corpus"
PRETRAINED = f"{RESULTS}/{{model}}/pretrained"
BLOCKS_DATA = f"{RESULTS}/{{model}}/blocks"
BLOCKS = f"{BLOCKS_DATA}/blocks.parquet"
CHECKPOINT = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/checkpoint"
METRICS = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/metrics.json"
TRAINING_LOG = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/training.json"
RAW_IMPORTANCE = f"{RESULTS}/{{model}}/{{any_task}}/seed{{seed}}/importance/raw.safetensors"
IMPORTANCE = f"{RESULTS}/{{model}}/{{any_task}}/seed{{seed}}/importance/{{norm}}.safetensors"
CURVE = f"{RESULTS}/{{model}}/{{any_task}}/seed{{seed}}/curve/{{order}}.parquet"
FROZEN = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/frozen/checkpoint"
FROZEN_METRICS = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/frozen/metrics.json"
FROZEN_LOG = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/frozen/training.json"
PRUNED_METRICS = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/pruned-{{fraction}}/metrics.json"
READINGS = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/readings.csv"
DIVERGENCE = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/divergence.safetensors"
RECALL = f"{RESULTS}/{{model}}/recall.parquet"
AGREEMENT = f"{RESULTS}/{{model}}/agreement.parquet"
HEADS = f"{RESULTS}/heads.parquet"
LAYERS = f"{RESULTS}/layers.parquet"
FREEZING = f"{RESULTS}/freezing.csv"
BEFORE_AFTER = f"{RESULTS}/before_after.csv"
FIGURE = f"{RESULTS}/figures/{{name}}"
SCORES = f"{RESULTS}/scores.csv"
AVERAGES = f"{RESULTS}/averages.csv"
CLAIMS = f"{RESULTS}/claims.json"
REPORT = f"{RESULTS}/report.html"


def manifest(directory):
    """The manifest beside a directory: what its consumers depend on; the directory itself need only be there."""
    return f"{directory}.json"


def log_file(name):
    return f"{RESULTS}/logs/{name}.log"


def benchmark_file(name):
    return f"{RESULTS}/benchmarks/{name}.tsv"


def work_directory(name, script_name, wildcards, *settings):
    """Where a training keeps the steps that it resumes from: another place for other settings, data, device or code."""
    parts = [STUDY.world, STUDY.glue, STUDY.corpus, *settings]
    told = [part if isinstance(part, str) else part.model_dump_json() for part in parts] + [
        STUDY.device,
        code(script_name)(wildcards),
    ]
    return f"{RESULTS}/.work/{name}-{sha256(json.dumps(told).encode()).hexdigest()[:12]}"


# ------------------------------------------------------------------------------------------------------ what jobs run


def script(name):
    """The command that runs a script, in a fork of a process that has the libraries loaded.

    It names no place, so that a study that was moved is still up to date.
    """
    return f'python "$HEADCOUNT_JOB" {name}'


def code(name):
    """Fingerprint of all the code that a job depends on: it runs again when that changes, and only then."""
    return lambda wildcards: fingerprint.fingerprint(SCRIPTS / f"{name}.py", spoken_of(wildcards))


def spoken_of(wildcards):
    """Keys of registries that a job may look at: those of its wildcards, and for what it has no wildcard, all the study's."""
    given = dict(wildcards.items())
    models = [given["model"]] if "model" in given else STUDY.models
    tasks = [given.get("any_task") or given["task"]] if {"any_task", "task"} & set(given) else STUDY.all_tasks
    norm = given.get("norm") or given.get("order", "").removeprefix("pretrain-")
    norms = [norm] if norm else [*STUDY.norms, "none"]
    families = [STUDY.encoders[model].family for model in models]
    return frozenset([*families, *tasks, *norms, STUDY.importance.estimator])


def options(values):
    """Settings as JSON, for a script's command line."""
    return json.dumps(values, sort_keys=True)


def environment(name):
    return str(ENVS / f"{name}.yaml")


GPUS = 1 if STUDY.device == "cuda" else 0
THREADS = STUDY.threads


# -------------------------------------------------------------------------------------------------- what jobs are told


def model_of(wildcards):
    """The directory of the model that a job asks about: the fine-tuned one, or for masked LM the pre-trained one."""
    pattern = PRETRAINED if wildcards.any_task == "mlm" else CHECKPOINT
    return pattern.format(model=wildcards.model, task=wildcards.any_task, seed=wildcards.seed)


def importance_data(wildcards):
    return _data(wildcards, TASK_TRAIN)


def curve_data(wildcards):
    return _data(wildcards, TASK_VALIDATION)


def _data(wildcards, pattern):
    """Data may be large, and Snakemake compares a large file by its time alone: what counts is ``data_manifest``."""
    pattern = BLOCKS if wildcards.any_task == "mlm" else pattern
    return ancient(pattern.format(model=wildcards.model, task=wildcards.any_task))


def data_manifest(wildcards):
    pattern = BLOCKS_DATA if wildcards.any_task == "mlm" else TASK_DATA
    return manifest(pattern.format(model=wildcards.model, task=wildcards.any_task))


def shipped_digest(model):
    """What an encoder that ships with the package is made of; nothing for one that comes from elsewhere."""
    encoder = STUDY.encoders[model]
    if encoder.source != "embedded":
        return ""
    files = sorted((SOURCE / "headcount" / "miniature" / "weights" / encoder.family).iterdir())
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def recipe(wildcards):
    return STUDY.recipe(wildcards.model, wildcards.task).model_dump(mode="json")


def finetuning_settings(name, *more):
    """What every fine-tuning is told: which run, how, and where to keep the steps that it resumes from.

    ``more`` settings make other steps.
    """

    def columns(wildcards):
        return options(run_columns(wildcards))

    def work(wildcards):
        part = "-".join(f"{key}{value}" for key, value in wildcards.items() if key not in ("model", "task"))
        encoder, steps = STUDY.encoders[wildcards.model], STUDY.recipe(wildcards.model, wildcards.task)
        return work_directory(f"{name}-{wildcards.model}-{wildcards.task}-{part}", name, wildcards, encoder, steps, *more)

    return {
        "code": code(name),
        "columns": columns,
        "recipe": lambda wildcards: options(recipe(wildcards)),
        "work": work,
        "device": STUDY.device,
        "budget": STUDY.batch_tokens,
    }


def finetuning(name):
    """The command of every fine-tuning, but for what it writes."""
    asked_for = (
        " --model {input.model} --train {input.train} --validation {input.validation} --run {params.columns:q}"
        " --recipe {params.recipe:q} --device {params.device} --budget {params.budget} --work {params.work}"
        " --metrics {output.metrics}"
    )
    return script(name) + asked_for


def pretrain_settings(wildcards):
    return STUDY.encoders[wildcards.model].pretrain.model_dump(mode="json", exclude={"shape"})


def asked(wildcards, fraction, at_most):
    """Which examples of a task a job asks the model about, and how it puts them."""
    if task_of(wildcards) == "mlm":
        return {"fraction": 1.0, "at_most": STUDY.mlm.max_blocks, "mask": STUDY.mlm.mask}
    length = STUDY.recipe(wildcards.model, task_of(wildcards)).max_length
    return {"fraction": fraction, "at_most": at_most, "max_length": length}


def task_of(wildcards):
    return getattr(wildcards, "any_task", None) or wildcards.task


def importance_settings(wildcards):
    settings = STUDY.importance
    sample = asked(wildcards, settings.fractions.get(task_of(wildcards), 1.0), settings.max_examples)
    return {**sample, "estimator": settings.estimator, "batch": settings.batch}


def ranked_by(wildcards):
    """The importances whose order a curve follows: the task's own, or the pre-train task's (``pretrain-`` before the norm)."""
    norm, task = curve_norm(wildcards), wildcards.any_task
    task = "mlm" if wildcards.order.startswith("pretrain-") else task
    return IMPORTANCE.format(model=wildcards.model, any_task=task, seed=wildcards.seed, norm=norm)


def curve_norm(wildcards):
    return wildcards.order.removeprefix("pretrain-")


def curve_columns(wildcards):
    """The columns of a curve that do not change along it, and do not follow from what it is made of."""
    own = {"own": "gate_gradient", "pretrain": "pretrain_gate_gradient"}
    criterion = own["pretrain" if wildcards.order.startswith("pretrain-") else "own"]
    return {**run_columns(wildcards), "norm": curve_norm(wildcards), "criterion": criterion}


def divergence_settings(wildcards):
    settings = STUDY.divergence
    length = STUDY.recipe(wildcards.model, wildcards.task).max_length
    fraction = settings.fractions.get(wildcards.task, 1.0)
    return {"fraction": fraction, "at_most": settings.max_examples, "max_length": length}


def curve_settings(wildcards):
    settings = STUDY.pruning
    schedule = "one_shot" if wildcards.order.startswith("pretrain-") else settings.schedule
    return {**points_settings(wildcards), "schedule": schedule}


def points_settings(wildcards):
    settings = STUDY.pruning
    return {
        "score": asked(wildcards, settings.validation_fractions.get(task_of(wildcards), 1.0), None),
        "importance": importance_settings(wildcards),
        **settings.model_dump(include={"step", "every_head_up_to"}),
    }


def readings_settings(wildcards):
    return {**points_settings(wildcards), "level": STUDY.transfer.downstream_level}


def run_columns(wildcards):
    """The columns that say which run a table's row is of."""
    return {
        "study": STUDY.study,
        "model": wildcards.model,
        "task": task_of(wildcards),
        "seed": int(wildcards.seed),
    }


# ------------------------------------------------------------------------------------------- what the study consists of


def curves(tasks, models=None):
    """Every curve of the given tasks: one per model, task, seed, and norm that makes a difference."""
    return [
        CURVE.format(model=model, any_task=task, seed=seed, order=norm)
        for model in models or STUDY.models
        for task in tasks
        for seed in STUDY.seeds
        for norm in STUDY.norms_of(model)
    ]


def all_metrics():
    return expand(METRICS, model=STUDY.models, task=STUDY.tasks, seed=STUDY.seeds)


def shared_models():
    """The studied models whose layers share their heads, so that every norm gives the same order."""
    return [model for model in STUDY.models if STUDY.encoders[model].shared]


def transfer_curves(models, tasks, prefix=""):
    """The curves in the norm that transfer is read in, in the tasks' own order or (``pretrain-``) the pre-train task's."""
    return [
        CURVE.format(model=model, any_task=task, seed=seed, order=prefix + STUDY.transfer_norm_of(model))
        for model in models
        for task in tasks
        for seed in STUDY.seeds
    ]


def each_run(pattern, pairs, **more):
    """A file of every run of the (model, task) in ``pairs``."""
    return [path for model, task in pairs for path in expand(pattern, model=model, task=task, seed=STUDY.seeds, **more)]


def all_runs():
    return [(model, task) for model in STUDY.models for task in STUDY.tasks]


def runs_in_full():
    """The columns of every run, in the order of ``each_run(…, all_runs())``."""
    return [
        {"study": STUDY.study, "model": model, "task": task, "seed": seed} for model, task in all_runs() for seed in STUDY.seeds
    ]


def raw_importance(run, task):
    return RAW_IMPORTANCE.format(model=run["model"], any_task=task, seed=run["seed"])


def frozen_runs():
    return [(model, task) for model in STUDY.frozen_models for task in STUDY.tasks]


def picture(name):
    """The three files of a figure: two pictures, and the table behind them."""
    return {suffix: f"{FIGURE.format(name=name)}.{suffix}" for suffix in ("svg", "png", "csv")}


def pruned_first_models():
    return list(dict.fromkeys(model for model, _ in STUDY.pruned_first))


def appendix_models():
    """The third model, whose curves are figure 5."""
    return [model for model in STUDY.models if model == STUDY.roles.appendix]


def main_model():
    """The model of figure 6: the claims' main one, or the first."""
    return [model for model in STUDY.models if model == STUDY.roles.main] or STUDY.models[:1]


def pictures():
    """The figures and table 1 that this study has, in the paper's order, and those beyond the paper."""
    names = {
        "figure1": True,
        "figure2": True,
        "figure3": True,
        "figure4": True,
        "figure5": appendix_models(),
        "figure6": True,
        "table1": True,
        "agreement": True,
        "divergence_maps": True,
        "before_after": STUDY.pruned_first,
    }
    return [name for name, has_it in names.items() if has_it]


def main_models():
    """The models of figure 1."""
    return [model for model in STUDY.models if model != STUDY.roles.appendix] or STUDY.models


def drawing(models):
    """What a figure is told of the study."""
    return {"models": models, "tasks": STUDY.tasks, "shared": shared_models()}


def report_mark(path, title):
    """The same path, shown under its title by ``snakemake --report``."""
    return report(path, category="Figures", labels={"figure": Path(path).stem, "shows": title})


def drawn(name, title):
    """``picture(name)`` as a rule's outputs."""
    files = picture(name)
    return {**files, "svg": report_mark(files["svg"], title)}


def tables():
    """The tables that claims and page read, by the name of their option; some only if the study has what they compare."""
    return {
        "recall": expand(RECALL, model=STUDY.models),
        "heads": [HEADS],
        "layers": [LAYERS],
        "freezing": [FREEZING] if frozen_runs() else [],
    }


def table_options(files):
    """The options of a script that reads ``tables()``: those that the study has."""
    given = {name: files.get(name) for name, paths in tables().items() if paths}
    return " ".join(f"--{name} {paths}" for name, paths in given.items())


def all_manifests():
    """The manifests of every model of the study: what made it, on what, and how long it took."""
    fine_tuned = [*each_run(CHECKPOINT, all_runs()), *each_run(FROZEN, frozen_runs())]
    return [manifest(directory) for directory in [*expand(PRETRAINED, model=STUDY.models), *fine_tuned]]


def page_templates():
    """A digest of what the page is made from besides code."""
    package = SOURCE / "headcount"
    files = sorted([*(package / "report" / "templates").iterdir(), package / "report" / "readings.yaml"])
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def study_targets():
    """Everything that the study is made for."""
    return [
        *curves(STUDY.all_tasks),
        *(path for name in pictures() for path in picture(name).values()),
        *(path for paths in tables().values() for path in paths),
        *expand(AGREEMENT, model=STUDY.models),
        SCORES,
        CLAIMS,
        REPORT,
    ]
