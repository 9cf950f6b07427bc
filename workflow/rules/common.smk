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
os.environ.update(PYTHONPATH=str(SOURCE), HEADCOUNT_HOME=str(ROOT))

# A log file is no terminal: a progress bar in it need not be redrawn more than every few seconds.
os.environ.setdefault("TQDM_MININTERVAL", "5")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from headcount import fingerprint, study, warm

try:
    STUDY = study.read(config)
except study.ConfigError as error:
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


onstart:
    families = sorted({STUDY.encoders[model].family for model in STUDY.models})
    warm.start(
        [
            "pandas",
            "pyarrow.parquet",
            "safetensors.torch",
            "transformers.trainer",
            *(f"transformers.models.{family}.modeling_{family}" for family in families),
        ]
    )


# --------------------------------------------------------------------------------------------------------------- paths

RESULTS = f"results/{STUDY.study}"

WORLD_TASK = f"{RESULTS}/world/glue/{{task}}"
WORLD_CORPUS = f"{RESULTS}/world/wikipedia"
TASK_TRAIN = f"{RESULTS}/tasks/{{task}}/train.parquet"
TASK_VALIDATION = f"{RESULTS}/tasks/{{task}}/validation.parquet"
CORPUS = f"{RESULTS}/corpus"
PRETRAINED = f"{RESULTS}/{{model}}/pretrained"
BLOCKS = f"{RESULTS}/{{model}}/blocks.parquet"
CHECKPOINT = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/checkpoint"
METRICS = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/metrics.json"
TRAINING_LOG = f"{RESULTS}/{{model}}/{{task}}/seed{{seed}}/training.json"
RAW_IMPORTANCE = f"{RESULTS}/{{model}}/{{any_task}}/seed{{seed}}/importance/raw.safetensors"
IMPORTANCE = f"{RESULTS}/{{model}}/{{any_task}}/seed{{seed}}/importance/{{norm}}.safetensors"
CURVE = f"{RESULTS}/{{model}}/{{any_task}}/seed{{seed}}/curve/{{norm}}.parquet"
FIGURE = f"{RESULTS}/figures/{{name}}"
SCORES = f"{RESULTS}/scores.csv"
AVERAGES = f"{RESULTS}/averages.csv"


def manifest(directory):
    """The manifest beside a directory: what its consumers depend on; the directory itself need only be there."""
    return f"{directory}.json"


def log_file(name):
    return f"{RESULTS}/logs/{name}.log"


def benchmark_file(name):
    return f"{RESULTS}/benchmarks/{name}.tsv"


def work_directory(name, script_name, *settings):
    """Where a training keeps the steps that it resumes from: another place for other settings, data, device or code."""
    parts = [STUDY.world, STUDY.glue, STUDY.corpus, *settings]
    told = [part.model_dump_json() for part in parts] + [STUDY.device, code(script_name)]
    return f"{RESULTS}/.work/{name}-{sha256(json.dumps(told).encode()).hexdigest()[:12]}"


# ------------------------------------------------------------------------------------------------------ what jobs run


def script(name):
    """The command that runs a script. It names no place, so that a study that was moved is still up to date."""
    return f'python "$HEADCOUNT_HOME/workflow/scripts/{name}.py"'


def network_script(name):
    """The same for a script that needs a network: it runs in a fork of a process that has the libraries loaded."""
    return f'python "$HEADCOUNT_HOME/src/headcount/warm.py" "$HEADCOUNT_HOME/workflow/scripts/{name}.py"'


def code(name):
    """Fingerprint of all the code that a script runs on: its rule runs again when that changes, and only then."""
    return fingerprint.fingerprint(SCRIPTS / f"{name}.py")


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
    pattern = BLOCKS if wildcards.any_task == "mlm" else TASK_TRAIN
    return pattern.format(model=wildcards.model, task=wildcards.any_task)


def curve_data(wildcards):
    pattern = BLOCKS if wildcards.any_task == "mlm" else TASK_VALIDATION
    return pattern.format(model=wildcards.model, task=wildcards.any_task)


def shipped_digest(model):
    """What an encoder that ships with the package is made of; nothing for one that comes from elsewhere."""
    encoder = STUDY.encoders[model]
    if encoder.source != "embedded":
        return ""
    files = sorted((SOURCE / "headcount" / "miniature" / "weights" / encoder.family).iterdir())
    return sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:16]


def recipe(wildcards):
    return STUDY.recipe(wildcards.model, wildcards.task).model_dump(mode="json")


def pretrain_settings(wildcards):
    return STUDY.encoders[wildcards.model].pretrain.model_dump(mode="json", exclude={"shape"})


def asked(wildcards, fraction, at_most):
    """Which examples of a task a job asks the model about, and how it puts them."""
    if wildcards.any_task == "mlm":
        return {"fraction": 1.0, "at_most": STUDY.mlm.max_blocks, "mask": STUDY.mlm.mask}
    length = STUDY.recipe(wildcards.model, wildcards.any_task).max_length
    return {"fraction": fraction, "at_most": at_most, "max_length": length}


def importance_settings(wildcards):
    settings = STUDY.importance
    sample = asked(wildcards, settings.fractions.get(wildcards.any_task, 1.0), settings.max_examples)
    return {**sample, "estimator": settings.estimator, "batch": settings.batch}


def curve_settings(wildcards):
    settings = STUDY.pruning
    return {
        "score": asked(wildcards, settings.validation_fractions.get(wildcards.any_task, 1.0), None),
        "importance": importance_settings(wildcards),
        **settings.model_dump(include={"step", "every_head_up_to", "schedule"}),
    }


def run_columns(wildcards):
    """The columns that say which run a table's row is of."""
    return {
        "study": STUDY.study,
        "model": wildcards.model,
        "task": getattr(wildcards, "any_task", None) or wildcards.task,
        "seed": int(wildcards.seed),
    }


# ------------------------------------------------------------------------------------------- what the study consists of


def curves(tasks, models=None):
    """Every curve of the given tasks: one per model, task, seed, and norm that makes a difference."""
    return [
        CURVE.format(model=model, any_task=task, seed=seed, norm=norm)
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


PICTURES = ["figure1", "figure2", "table1"]


def picture(name):
    """The three files of a figure: two pictures, and the table behind them."""
    return {suffix: f"{FIGURE.format(name=name)}.{suffix}" for suffix in ("svg", "png", "csv")}


def study_targets():
    """Everything that the study is made for."""
    return [
        *curves(STUDY.all_tasks),
        *(path for name in PICTURES for path in picture(name).values()),
        SCORES,
    ]
