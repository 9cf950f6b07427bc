"""The command lines of a study's jobs, and the folders in which their trainings keep steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from shlex import quote

from headcount.settings.study import Study
from headcount.study.told import About, as_option, told


def option(name: str) -> str:
    """The option of a script, by its name in Python."""
    return f"--{name.replace('_', '-')}"


def command(
    rule: str, checksums: str, *, inputs: str = "", params: str = "", outputs: str = "", processes: bool = False
) -> str:
    """The shell command of a rule, in Snakemake's form: its script, what the config tells it, files and parameters, its log.

    Args:
        checksums: the folder in which it is noted what the rule's files hold when the script has ended well.
        inputs, params, outputs: names of the rule's own, apart by a space, each of which is an option of the script. The
            parameter ``lists`` is a file that holds options, and is given as it is.
        processes: whether the script is told the rule's threads, and works in so many processes.
    """
    named = {"input": inputs, "params": params, "output": outputs}
    given = [f"{option(name)} {{{kind}.{name}}}" for kind, names in named.items() for name in names.split() if name != "lists"]
    lists = ["{params.lists}"] if "lists" in params.split() else []
    shares = ["--processes {threads}"] if processes else []
    script = " ".join(['python "$HEADCOUNT_JOB"', rule, "{params.told}", *given, *shares, *lists, "> {log} 2>&1"])
    return f'{script} && python "$HEADCOUNT_CHECKSUMS" {quote(checksums)} {{output}}'


def options(study: Study, rule: str, about: About) -> str:
    """What the config tells a job, as its command line says it."""
    return " ".join(f"{option(name)} {quote(as_option(value))}" for name, value in told(study, rule, about).items())


def work_name(study: Study, rule: str, about: About, depends: Sequence[str]) -> str:
    """The folder of the steps that a training resumes from: another one for other settings, data, models, device or code.

    Args:
        depends: digests of the code, and of what local sources hold.
    """
    corpus = [] if study.corpus is None else [study.corpus.model_dump_json()]
    data = [study.world.model_dump_json(), _task_data(study, about), *corpus]
    settings = {**told(study, rule, about), "norm": study.transfer.norm, **_before(study, rule, about)}
    digest = sha256(json.dumps([data, settings, _body(study, about), *depends]).encode()).hexdigest()[:12]
    parts = [about.model, about.task, about.seed, about.fraction, about.arm, about.point]
    return "-".join([rule, *(str(part) for part in parts if part is not None), digest])


def _task_data(study: Study, about: About) -> str:
    return study.datasets.get(str(about.task), study.glue).model_dump_json()


def _before(study: Study, rule: str, about: About) -> dict[str, object]:
    """How the sparse or fine-tuned model was made that a training starts from, where that is not its pre-trained model."""
    if rule != "finetune_sparse":
        return {}
    return {"made": [study.weights.model_dump_json(), study.recipe(str(about.model), str(about.task)).model_dump_json()]}


def _body(study: Study, about: About) -> list[object]:
    """The model that a training starts from or makes, as the config describes it."""
    if about.model is None:
        return []
    encoder = study.encoders[about.model]
    return [encoder.alone.model_dump_json(), about.task is not None and encoder.finetunes_original]
