"""The study, and what all rules ask of it. Its paths stand in headcount.study.layout, its jobs in headcount.study.jobs."""

import json
import os
import sys
from hashlib import sha256
from shlex import quote
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
# The command that runs a script stands in no rule, so that it may move without a job being run again.
os.environ["HEADCOUNT_JOB"] = str(SOURCE / "headcount" / "jobs" / "fork_server.py")

# A log file is no terminal: a progress bar in it need not be redrawn more than every few seconds.
os.environ.setdefault("TQDM_MININTERVAL", "5")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from headcount.criteria import CRITERIA
from headcount.data.origins import EMBEDDED
from headcount.data.tasks import MASKED_LM
from headcount.figures import FIGURES
from headcount.jobs import fork_server
from headcount.jobs.argument_file import ArgumentFile
from headcount.jobs.fingerprint import fingerprint
from headcount.settings import files
from headcount.study.content import page_templates, shipped_digest
from headcount.study.jobs import OWN, TRANSFERRED, StudyJobs
from headcount.study.layout import Layout, csv, manifest
from headcount.study.rules import RULES
from headcount.units import UNITS
from headcount.study.told import About, as_option, told, words

try:
    files.check_files(workflow.configfiles)
    STUDY = files.read(config)
except files.ConfigError as error:
    raise WorkflowError(str(error)) from None
JOBS = StudyJobs(STUDY)
PATHS = JOBS.layout
RULES_USED = {job.name for job in JOBS.all}


# One machine may hold several cards, but a job that is not told otherwise must not share one: without this, an
# unlisted resource is unlimited, and every GPU job starts at once. Local scope, so that cluster submission is not throttled.
resource_scopes:
    gpu="local",


if "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)
GPUS = 1 if STUDY.device == "cuda" else 0
THREADS = STUDY.threads


wildcard_constraints:
    model="|".join(STUDY.models),
    task="|".join(STUDY.tasks),
    any_task="|".join(STUDY.all_tasks),
    seed="|".join(map(str, STUDY.seeds)),
    norm="[a-z0-9]+",
    unit="[a-z_]+",
    criterion="[a-z_]+",
    figure="[a-z0-9_]+",
    fraction="[0-9.]+",


onstart:
    families = sorted({STUDY.encoders[model].family.replace("-", "_") for model in STUDY.models})
    libraries = [
        "pandas",
        "pyarrow.parquet",
        "matplotlib.backends.backend_agg",
        "safetensors.torch",
        "transformers.trainer",
    ]
    fork_server.start([*libraries, *(f"transformers.models.{family}.modeling_{family}" for family in families)])


def environment(rule):
    return str(ENVS / ("networks.yaml" if RULES[rule].network or rule == "fetch_model" else "tables.yaml"))


def command(rule, *, inputs="", params="", outputs=""):
    """The shell command of a rule: its script, what the config tells it, and the files and parameters named.

    Each is given under its own name. Lists of files travel in a file (``lists``): a command line is limited. The script runs
    in a fork of a process that has the libraries loaded.
    """
    named = {"input": inputs, "params": params, "output": outputs}
    files = [f"--{name.replace('_', '-')} {{{kind}.{name}}}" for kind, names in named.items() for name in names.split()]
    return " ".join(['python "$HEADCOUNT_JOB"', rule, "{params.told}", *files, "> {log} 2>&1"]).replace("--lists ", "")


def lists(*names):
    """The parameter ``lists``: the inputs of these names, however many files they are."""
    return lambda wildcards, input: argument_file(input, names)


def argument_file(input, names):
    given = {name: [input[name]] if isinstance(input[name], str) else list(input[name]) for name in names}
    return ArgumentFile(f"{PATHS.results}/.lists", given, lambda: workflow.dryrun)


def params(rule):
    """What a rule's jobs depend on besides files: the code that they reach, and what the config tells them."""
    return {"code": lambda wildcards: code(rule, wildcards), "told": lambda wildcards: options(rule, wildcards)}


def options(rule, wildcards):
    found = told(STUDY, rule, About.of(wildcards)).items()
    return " ".join(f"--{name.replace('_', '-')} {quote(as_option(value))}" for name, value in found)


def code(rule, wildcards):
    """Fingerprint of the code that a job depends on: it runs again when that changes, and only then."""
    return fingerprint(SCRIPTS / f"{rule}.py", words(STUDY, About.of(wildcards)) | RULES_USED)


def work_directory(rule):
    """Where a training keeps the steps that it resumes from: another place for other settings, data, device or code."""

    def place(wildcards):
        data = [STUDY.world.model_dump_json(), STUDY.glue.model_dump_json(), STUDY.corpus.model_dump_json()]
        options = {**told(STUDY, rule, About.of(wildcards)), "norm": STUDY.transfer.norm}
        digest = sha256(json.dumps([data, options, code(rule, wildcards)]).encode()).hexdigest()[:12]
        return PATHS.work("-".join([rule, *wildcards, digest]))

    return place


def model_of(wildcards):
    """The directory of the model that a job asks about: the fine-tuned one, or for masked LM the pre-trained one."""
    pattern = PATHS.pretrained if wildcards.any_task == MASKED_LM else PATHS.checkpoint
    return pattern.format(model=wildcards.model, task=wildcards.any_task, seed=wildcards.seed)


def data_of(table):
    """A task's table, or for masked LM the blocks.

    Data may be large, and Snakemake compares a large file by its time alone: what counts is ``data_manifest``.
    """

    def place(wildcards):
        pattern = PATHS.blocks if wildcards.any_task == MASKED_LM else table
        return ancient(pattern.format(model=wildcards.model, task=wildcards.any_task))

    return place


def data_manifest(wildcards):
    pattern = PATHS.blocks_directory if wildcards.any_task == MASKED_LM else PATHS.task
    return manifest(pattern.format(model=wildcards.model, task=wildcards.any_task))
