"""The machine that a job ran on, for its records: the same seed on another kind of CPU gives other weights.

It is told to no job, so that a study that moves to another machine stays up to date. It is compared where a job can spare
itself work that another has done: numbers of two machines make no curve.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

AFFECTS_RESULTS = False
_CPUINFO = Path("/proc/cpuinfo")


def hardware() -> dict[str, Any]:
    """The CPU's model; and where torch is at hand, the instructions that it uses there, on how many threads, and the card."""
    found: dict[str, Any] = {"cpu": cpu()}
    if (torch := sys.modules.get("torch")) is not None:
        found |= {"instructions": torch.backends.cpu.get_cpu_capability(), "threads": torch.get_num_threads()}
        if torch.cuda.is_initialized():
            found["card"] = torch.cuda.get_device_name()
    return found


def on_such_a_machine(record: Mapping[str, Any]) -> bool:
    """Whether what a record is of was made on a machine as this one is."""
    return hardware().items() <= record.items()


def cpu(cpuinfo: Path = _CPUINFO) -> str:
    """The CPU's model, with its numbers where Linux gives them: a cloud may call several models by one name."""
    text = cpuinfo.read_text(encoding="utf-8", errors="replace") if cpuinfo.is_file() else ""
    said = {
        key: value
        for key, value in re.findall(r"^(model name|cpu family|model)[ \t]*:[ \t]*(\S.*?)[ \t]*$", text, re.MULTILINE)
    }
    if "model name" not in said:
        return platform.processor() or platform.machine()
    numbers = {"family": said.get("cpu family"), "model": said.get("model")}
    return ", ".join([said["model name"], *(f"{name} {number}" for name, number in numbers.items() if number)])


def in_words(record: Mapping[str, Any]) -> str:
    """The hardware that a record names, in one phrase; empty where it names none."""
    threads = record.get("threads")
    return ", ".join(
        [
            *(str(record[name]) for name in ("cpu", "instructions", "card") if record.get(name)),
            *([f"{threads} thread{'s' * (threads != 1)}"] if threads else []),
        ]
    )
