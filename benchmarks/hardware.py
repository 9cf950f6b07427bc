"""How far the same seeds are apart on other hardware: ``python -m benchmarks.hardware > docs/hardware.md``.

The miniature's RoBERTa is fine-tuned on two tasks with three seeds and pruned, again and again: with this CPU's own
instructions, with fewer of them (what an older CPU has: the libraries are told so), and with two threads. All else is the same.
Each setting is a study of its own, ``results/hardware-<name>``, so that a killed run goes on.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from safetensors.numpy import load_file

from headcount.analysis.required import prunable_share
from headcount.data.tasks import title
from headcount.markdown import frame, paragraphs
from headcount.settings.files import load
from headcount.store.hardware import hardware
from headcount.store.tables import read_table
from headcount.study.layout import Layout

LEVEL = 0.9
MODEL, TASKS, SEEDS, CURVE = (
    "roberta",
    ("cola", "sst2"),
    (1, 2, 3),
    {"unit": "head", "criterion": "gate_gradient", "norm": "l1"},
)


@dataclass(frozen=True)
class Setting:
    """One kind of hardware: what the libraries are told, and the threads of a job."""

    name: str
    title: str
    threads: int = 1
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        return Layout(f"hardware-{self.name}")


def older(instructions: str) -> dict[str, str]:
    """What keeps torch's own kernels, oneDNN and MKL to an older CPU's instructions."""
    return {
        "ATEN_CPU_CAPABILITY": instructions.lower(),
        "ONEDNN_MAX_CPU_ISA": instructions,
        "MKL_ENABLE_INSTRUCTIONS": instructions,
    }


SETTINGS = (
    Setting("own", "this CPU's instructions, one thread"),
    Setting("again", "the same once more"),
    Setting("avx2", "no more than AVX2", environment=older("AVX2")),
    Setting("threads", "two threads", threads=2),
)


def run(setting: Setting) -> None:
    """Fine-tune, estimate and prune under a setting; what is there already is not made again."""
    part = {"study": setting.layout.results.rpartition("/")[2], "models": [MODEL], "tasks": list(TASKS), "seeds": list(SEEDS)}
    part |= {"threads": setting.threads, "roles": {"main": MODEL, "shared": None, "appendix": None}}
    wanted = [setting.layout.curve.format(**about) for about in runs()]
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as overlay:
        yaml.safe_dump(part, overlay)
        overlay.flush()
        command = [
            "snakemake",
            *wanted,
            "--cores",
            "2",
            "--quiet",
            "all",
            "--configfile",
            "config/miniature.yaml",
            overlay.name,
        ]
        subprocess.run(command, check=True, stdout=sys.stderr, env={**os.environ, **setting.environment})


def runs() -> list[dict[str, object]]:
    """What each curve is about."""
    return [{"model": MODEL, "task": task, "any_task": task, "seed": seed, **CURVE} for task in TASKS for seed in SEEDS]


def measured(setting: Setting) -> pd.DataFrame:
    """A row a run: its unpruned score, the share of its heads that can go, and its weights in one vector."""
    rows = []
    for about in runs():
        curve = read_table(Path(setting.layout.curve.format(**about)))
        shares = prunable_share(curve["removed_fraction"].to_numpy(), curve["relative_score"].to_numpy(float), LEVEL)
        weights = load_file(Path(setting.layout.checkpoint.format(**about)) / "model.safetensors")
        vector = np.concatenate([weights[name].ravel() for name in sorted(weights)])
        rows.append({"task": about["task"], "seed": about["seed"], "score": float(curve["score"].iloc[0])})
        rows[-1] |= {"share": float(shares), "weights": vector}
    return pd.DataFrame(rows)


def compared(own: pd.DataFrame, other: pd.DataFrame, name: str) -> list[dict[str, object]]:
    """A row a task: how far a setting's runs are from those of the same seeds."""
    rows = []
    for task, mine in own.groupby("task", sort=False):
        theirs = other[other["task"] == task]
        pairs = zip(mine["weights"], theirs["weights"], strict=True)
        apart = np.mean([np.linalg.norm(a - b) / np.linalg.norm(a) for a, b in pairs])
        differences = {key: np.abs(mine[key].to_numpy() - theirs[key].to_numpy()).mean() for key in ("score", "share")}
        rows.append(
            {
                "hardware": name,
                "task": title(task),
                "weights apart": apart,
                "score apart": differences["score"],
                "share apart": differences["share"],
                "mean share": theirs["share"].mean(),
                "sd of the share over seeds": mine["share"].std(ddof=1),
            }
        )
    return rows


def main() -> None:
    load(
        Path("config/config.yaml"), Path("config/miniature.yaml")
    )  # one line, and not a minute later, if this is not the repository's folder
    for setting in SETTINGS:
        run(setting)
    own, *others = map(measured, SETTINGS)
    rows = [row for setting, other in zip(SETTINGS[1:], others, strict=True) for row in compared(own, other, setting.title)]
    import torch  # noqa: F401 — so that the record names the instructions too

    found = hardware()
    introduction = (
        f"# The same seeds on other hardware\n\nWritten by `python -m benchmarks.hardware > docs/hardware.md` on {found['cpu']}"
        f" ({found['instructions']}). {len(SEEDS)} seeds of the miniature's RoBERTa on each task, everything the same but the"
        " hardware; each row is held against the same seeds with this CPU's own instructions and one thread. *Weights apart* is"
        " the distance of the fine-tuned weights over their length; *share* is the share of the heads that can go at"
        f" {LEVEL} relative performance. Numbers are means over seeds of absolute differences."
    )
    print(paragraphs([introduction, frame(pd.DataFrame(rows))]))


if __name__ == "__main__":
    main()
