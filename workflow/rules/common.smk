"""The study, and what all rules ask of it. Its paths stand in headcount.study.layout, its jobs in headcount.study.jobs."""

import atexit
import gc
import inspect
import os
import re
import sys
from dataclasses import replace
from functools import cache
from snakemake.exceptions import WorkflowError

ROOT = Path(str(workflow.current_basedir)).resolve().parents[1]
SOURCE = ROOT / "src"
SCRIPTS = ROOT / "workflow" / "scripts"
ENVS = ROOT / "envs"

if set("{}") & set(f"{ROOT}{os.getcwd()}"):
    raise WorkflowError(f"Snakemake takes a brace in a path for a wildcard: move {ROOT} to a folder without {{ and }}")
if str(SOURCE) not in sys.path:
    sys.path.insert(0, str(SOURCE))
# `.venv/bin/snakemake` works too, without the environment being activated: its jobs find its python.
PATH = os.pathsep.join([os.path.dirname(sys.executable), *os.get_exec_path()])
# What runs beside a script stands in no rule, so that it may move without a job being run again.
JOB = SOURCE / "headcount" / "jobs" / "fork_server.py"
CHECKSUMS = SOURCE / "headcount" / "store" / "checksums.py"
os.environ.update(
    PATH=PATH, PYTHONPATH=str(SOURCE), HEADCOUNT_HOME=str(ROOT), HEADCOUNT_JOB=str(JOB), HEADCOUNT_CHECKSUMS=str(CHECKSUMS)
)
os.environ.update(HEADCOUNT_USAGE="1")  # jobs leave what they used

# A plan is millions of objects that stay until the end: looking through them for garbage took a third of the time.
gc.disable()
atexit.register(gc.freeze)

# A log file is no terminal: a progress bar in it need not be redrawn more than every few seconds.
os.environ.setdefault("TQDM_MININTERVAL", "5")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from headcount.data.origins import EMBEDDED
from headcount.data.tasks import MASKED_LM
from headcount.errors import SourceError
from headcount.figures import FIGURES
from headcount.jobs import fork_server, interruption, slurm
from headcount.jobs.argument_file import ArgumentFile
from headcount.jobs.fingerprints import Fingerprints
from headcount.ledger.ownership import refuse_foreign
from headcount.order.norms import NORMS
from headcount.planning.fitting import check_models
from headcount.planning.following import follow
from headcount.settings import files
from headcount.study import commands, shared_points
from headcount.study.content import page_templates, shipped_digest
from headcount.criteria import OWN, RANDOM, TRANSFERRED
from headcount.study.jobs import StudyJobs
from headcount.study.model_jobs import FINE_TUNED
from headcount.study.layout import SEEN, manifest
from headcount.study.outside import Outside
from headcount.study.rules import RULES
from headcount.study.told import About, shown_models
from headcount.study.words import words

try:
    files.check_files(workflow.configfiles)
    STUDY = files.read(config)
    check_models(STUDY)
    JOBS = StudyJobs(STUDY)
    OUTSIDE = Outside(JOBS, Path(SEEN))
    refuse_foreign(JOBS)
except (files.ConfigError, SourceError) as error:
    raise WorkflowError(str(error)) from None
PATHS = JOBS.layout
RULES_USED = {job.name for job in JOBS.all}
FINGERPRINTS = Fingerprints(Path(".snakemake/headcount/fingerprints.json"), [SOURCE, SCRIPTS])
atexit.register(FINGERPRINTS.keep)

# What a cluster is given, and what runs where Snakemake does: a thousand jobs of a second need not queue one by one.
workflow.localrules(*(rule for rule in RULES_USED if not RULES[rule].submitted))
if workflow.remote_exec:  # a job that was submitted: what runs warm where it was submitted is none of its allocation
    os.environ.pop(fork_server.SOCKET, None)


# One machine may hold several cards, but a job that is not told otherwise must not share one: without this, an
# unlisted resource is unlimited, and every GPU job starts at once. Local scope, so that cluster submission is not throttled.
resource_scopes:
    gpu="local",


if "gpu" not in workflow.global_resources:
    workflow.register_resource("gpu", 1)
GPUS = 1 if STUDY.device == "cuda" else 0
# Slurm's executor makes `--gpus` of `gpu`, which not every Slurm has; it is asked for `--gres` in its place. Functions are for
# runs that may submit jobs: Snakemake calls them for each job.
SUBMITS = workflow.remote_exec or workflow.resource_settings.nodes is not None
ON_SLURM = {"gpu": lambda _: 0 if on_slurm() else GPUS, "gres": lambda _: gres() if on_slurm() else None}
CARD = ON_SLURM if GPUS and SUBMITS else {"gpu": GPUS}
THREADS = STUDY.threads
# For what runs on any number: all of this machine but those of the job that holds the card. A cluster is asked for THREADS.
CORES = workflow.global_resources["_cores"].value
ALL_THREADS = max(1, CORES - THREADS * GPUS) if workflow.local_exec and CORES else THREADS


wildcard_constraints:
    model="|".join(map(re.escape, STUDY.models)),
    task="|".join(map(re.escape, STUDY.tasks)),
    any_task="|".join(map(re.escape, STUDY.all_tasks)),
    seed="|".join(map(str, STUDY.seeds)),
    norm="|".join(NORMS),
    unit="[a-z_]+",
    criterion="[a-z_]+",
    figure="[a-z0-9_]+",
    fraction="[0-9.]+",
    arm="[a-z-]+",
    point="[A-Za-z0-9._-]+",


onstart:
    gc.freeze()  # the plan stays
    gc.enable()
    if any(job.is_local and not job.rule.norun for job in workflow.dag.needrun_jobs()):
        fork_server.start(libraries())
    interruption.heed([str(JOB), str(CHECKSUMS)])
    if on_slurm():
        slurm.look_after(workflow.scheduler._executor.run_uuid)
    quiet = {each.name.lower() for each in workflow.output_settings.quiet or ()} & {"all", "progress"}
    in_a_file = not quiet and not sys.stderr.isatty()
    follow(workflow.dag.needrun_jobs(), STUDY, at_once(), sys.stderr if in_a_file else None)


def libraries():
    """What the jobs that run beside Snakemake load: all jobs, or where others are submitted, those without a network."""
    shared = ["pandas", "pyarrow.parquet", "matplotlib.backends.backend_agg", "safetensors.torch"]
    if not workflow.local_exec:
        return shared
    families = sorted({STUDY.encoders[model].family.replace("-", "_") for model in STUDY.models})
    models = [f"transformers.models.{family}.modeling_{family}" for family in families]
    return [*shared, "transformers.trainer", *models]


def on_slurm():
    """Whether jobs go to Slurm, or this is one of them on its node. Known once the rules are read."""
    return workflow.executor_plugin is not None and workflow.executor_plugin.name.startswith("slurm")


def gres():
    """What a job with a network asks Slurm for."""
    return os.environ.get("HEADCOUNT_GRES", "gpu:1")


def at_once():
    """How many jobs run at a time."""
    if not workflow.local_exec:
        return workflow.nodes
    return workflow.global_resources["gpu"].value if GPUS else workflow.cores // THREADS


def environment(rule):
    return str(ENVS / ("networks.yaml" if RULES[rule].network or rule in ("fetch_model", "fetch_original") else "tables.yaml"))


def command(rule, **names):
    """The shell command of a rule, from the names of those of its files and parameters that are options of its script."""
    return commands.command(rule, PATHS.checksums(rule), **names)


def lists(*names, **others):
    """The parameter ``lists``: the inputs of these names, however many files they are, and what else is given."""
    return lambda wildcards, input: argument_file(input, names, **others)


def argument_file(input, names, **others):
    given = {name: [input[name]] if isinstance(input[name], str) else list(input[name]) for name in names}
    return ArgumentFile(f"{PATHS.results}/.lists", {**given, **others}, lambda: workflow.dryrun)


def params(rule):
    """What a rule's jobs depend on besides files: the code that they reach, and what the config tells them."""
    return {
        "code": lambda wildcards: code(rule, wildcards),
        "told": lambda wildcards: commands.options(STUDY, rule, About.of(wildcards)),
    }


def code(rule, wildcards):
    """Fingerprint of the code that a job depends on: it runs again when that changes, and only then."""
    return code_of(rule, replace(About.of(wildcards), seed=None))


@cache
def code_of(rule, about):
    """The same for the jobs of every seed: ``words`` asks for none."""
    return FINGERPRINTS.of(SCRIPTS / f"{rule}.py", words(STUDY, rule, about) | RULES_USED)


def source_of(rule):
    """What a rule's jobs read of local files outside the study, by content, and where it is kept what has been read."""
    return {"content": lambda wildcards: OUTSIDE.content(rule, About.of(wildcards)), "seen": SEEN}


def work_directory(rule):
    """Where a training keeps the steps that it resumes from."""

    def name(wildcards):
        about = About.of(wildcards)
        return PATHS.work(commands.work_name(STUDY, rule, about, [code(rule, wildcards), *OUTSIDE.behind(rule, about)]))

    return name


def started_from(wildcards):
    """The model that a fine-tuning starts from; none of a model that comes fine-tuned, without the other."""
    return JOBS.started_from(About.of(wildcards))


def pretrain_importance(wildcards):
    """The importance by which units go before fine-tuning, where it is that."""
    return JOBS.pretrain_importance(About.of(wildcards))


def sparse_model(path):
    """Kept, or gone when all is made of it, as the config says."""
    return directory(path) if STUDY.weights.keep else temp(directory(path))


def started_sparse(wildcards):
    """The model that a sparse fine-tuning starts from: a fine-tuned one, or a sparse pre-trained one."""
    return (PATHS.checkpoint if wildcards.arm == "after" else PATHS.sparse).format(**wildcards)


def model_of(wildcards):
    return JOBS.asked_model(About.of(wildcards))


def with_signatures():
    """Snakemake asks each of their functions for its parameters at every job; here they are."""
    for each in workflow.rules:
        for given in (*each.input, *each.params, *each.output, *each.log, *each.resources.values()):
            if callable(given):
                given.__signature__ = inspect.signature(given)


def whole_model(wildcards):
    """What a fine-tuned model answered when it was scored, as new as its metrics: a curve begins with it."""
    about = About.of(wildcards)
    return [] if about.task == MASKED_LM else ancient(PATHS.answers.format(**about.wildcards))


def first_curve(rule, curve, *beside):
    """The tables of the curve that others of the run take points from; those beside it are as new as it."""

    def name(wildcards):
        first = shared_points.first_curve(STUDY, rule, About.of(wildcards))
        if first is None:
            return []
        # Not ancient, all of them: when the first curve is made again, Snakemake asks the others for no reasons of their own.
        return [curve.format(**first.wildcards), *(ancient(table.format(**first.wildcards)) for table in beside)]

    return name


def data_of(table):
    """Data may be large, and Snakemake compares a large file by its time alone: what counts is ``data_manifest``."""
    return lambda wildcards: ancient(JOBS.asked_data(About.of(wildcards), table))


def world_task(as_input):
    """Of a task whose data are the embedded world's: the directory in which they are written, or its manifest."""
    written = {job.about.task for job in JOBS.of("write_world_task")}
    return lambda wildcards: as_input(PATHS.world_task.format(**wildcards)) if wildcards.task in written else []


def data_manifest(wildcards):
    return manifest(os.path.dirname(JOBS.asked_data(About.of(wildcards), PATHS.train)))
