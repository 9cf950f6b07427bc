"""How long a job waits before it can begin: seconds to import what each kind of job needs, in processes of their own."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.results import Result, compared, single
from benchmarks.timing import in_turn, seconds
from headcount.jobs import fork_server as warm
from headcount.study.rules import RULES

SCRIPTS = Path(__file__).parents[1] / "workflow" / "scripts"
MODEL = """
from headcount.encoders import family_of
family_of("roberta").model_class("roberta", "ForSequenceClassification")
"""
PLACE = ("start-up", "")
KINDS = {
    "table job": ("tabulate_recall", ""),
    "figure job": ("draw_figure", ""),
    "network job": ("estimate_importance", MODEL),
    "training job": ("finetune", MODEL),
}
"""By kind of job: a script of that kind, and what it imports once it runs."""
FETCHING = ("fetch_model", "fetch_original")
"""Scripts that load a network, although they run none."""
WARM = (
    "pandas",
    "pyarrow.parquet",
    "safetensors.torch",
    "transformers.trainer",
    "transformers.models.roberta.modeling_roberta",
)
"""What the workflow's warm process has loaded before its first job."""


def imports_of(script: Path) -> str:
    """The lines with which a script begins."""
    tree = ast.parse(script.read_text())
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom)))


def _python(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def _lacking(code: str) -> str | None:
    """Why code cannot run here, if it cannot; it has been run once then, and its bytecode is at hand."""
    done = _python("-c", code)
    return done.stderr.strip().rpartition("\n")[2] if done.returncode else None


def loads_torch(script: Path) -> bool | None:
    """Whether a script's imports load torch; ``None`` where something that they need is not installed."""
    done = _python("-c", f"{imports_of(script)}\nimport sys, json\nprint(json.dumps('torch' in sys.modules))")
    return None if done.returncode else bool(json.loads(done.stdout))


def table_scripts() -> list[Path]:
    """The scripts of jobs that only read tables or text."""
    return sorted(path for path in SCRIPTS.glob("*.py") if not RULES[path.stem].network and path.stem not in FETCHING)


def start_up(repeats: int) -> list[Result]:
    """Seconds to import, cold and from the workflow's warm process, and how many times those of torch alone."""
    codes = {"torch": "import torch"}
    codes |= {kind: imports_of(SCRIPTS / f"{script}.py") + more for kind, (script, more) in KINDS.items()}
    lacking = {kind: why for kind, code in codes.items() if (why := _lacking(code))}
    ways: dict[str, Any] = {
        kind: lambda code=code: seconds(lambda: _python("-c", code)) for kind, code in codes.items() if kind not in lacking
    }
    warm.start(WARM)
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("network job", "training job"):
            if kind not in lacking:
                job = Path(folder, f"{kind}.py")
                job.write_text(codes[kind])
                _python(warm.__file__, str(job))
                ways[f"{kind}, warm"] = lambda job=job: seconds(lambda: _python(warm.__file__, str(job)))
        took = in_turn(ways, repeats, warm_up=False)
    for name in (warm.SOCKET, warm.PREFIX):
        del os.environ[name]
    alone = took.pop("torch")
    found = [single(PLACE, "torch alone", "s", alone)]
    found += [compared(PLACE, kind, "s", times, "import torch", alone) for kind, times in took.items()]
    loaded = {path.stem: loads_torch(path) for path in table_scripts()}
    guilty = [name for name, loads in loaded.items() if loads]
    untried = [name for name, loads in loaded.items() if loads is None]
    notes = {"scripts": sorted(loaded), "load_torch": guilty, "not_tried": untried, "lacking": lacking}
    return [*found, single(PLACE, "table jobs that load torch", "jobs", [len(guilty)], notes)]
