"""What tables, figures, verdicts and the page of a study take when it has many seeds.

A study that has run, such as the miniature, lends its results: each further seed has those of a seed that is there, under its
own number. All jobs that run no network are then run anew by Snakemake, and the table says what the longest of each rule took.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from benchmarks.planning import ROOT, TOUCHED, snakemake
from headcount.settings import files
from headcount.settings.study import Study
from headcount.store.checksums import note
from headcount.study.jobs import StudyJobs
from headcount.study.model_jobs import Job
from headcount.study.rules import RULES

CONFIG = "config/config.yaml"
COLUMNS = ("rule", "jobs", "seconds", "CPU seconds", "memory, MB")


def lend(source: Path, target: Path, seed: int | None) -> None:
    """A file or directory under another name; its seed, if it is about one, has another number there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        target.symlink_to(source.resolve(), target_is_directory=True)
    elif seed is None:
        shutil.copy(source, target)
    elif source.suffix == ".parquet":
        table = pq.read_table(source)
        known = {**(table.schema.metadata or {})}
        if b"seed" in known:
            known[b"seed"] = str(seed).encode()
        if "seed" in table.column_names:
            at = table.column_names.index("seed")
            table = table.set_column(at, "seed", pa.array([seed] * len(table), table.schema.field(at).type))
        pq.write_table(table.replace_schema_metadata(known), target)
    elif source.suffix == ".safetensors":
        with safe_open(source, "numpy") as file:
            about = {key: re.sub(r'"seed": \d+', f'"seed": {seed}', value) for key, value in (file.metadata() or {}).items()}
        save_file(load_file(source), target, about)
    elif source.suffix == ".json":
        target.write_text(re.sub(r'"seed": \d+', f'"seed": {seed}', source.read_text()))
    else:
        shutil.copy(source, target)


def lay_out(have: Study, many: Study, root: Path) -> tuple[StudyJobs, list[Job]]:
    """The results of a study with many seeds; and those of its jobs that are to be run.

    Raises:
        FileNotFoundError: the study has not run to its end.
    """
    jobs, anew = StudyJobs(many), list[Job]()
    for job in jobs.all:
        own = job
        if job.about.seed is not None:
            lender = have.seeds[many.seeds.index(job.about.seed) % len(have.seeds)]
            own = replace(job, about=replace(job.about, seed=lender))
        elif not RULES[job.name].network and RULES[job.name].kind != "data" and not job.name.startswith("fetch_"):
            anew.append(job)
        made = [root / path for path in jobs.outputs(job)]
        for source, target in zip(map(Path, jobs.outputs(own)), made, strict=True):
            lend(source, target, job.about.seed)
        note(root / jobs.layout.checksums(job.name), made)
    return jobs, anew


def took(paths: Iterable[Path]) -> tuple[float, float, float]:
    """Seconds, CPU seconds and memory in MB: the most of each that a job took."""
    rows = [next(csv.DictReader(path.open(encoding="utf-8"), delimiter="\t")) for path in paths]
    clock, cpu, memory = (max(float(row[key]) for row in rows) for key in ("s", "cpu_time", "max_rss"))
    return clock, cpu, memory


def measured(configs: Sequence[Path], seeds: int, root: Path) -> Iterator[tuple[object, ...]]:
    have = files.load(ROOT / CONFIG, *configs)
    overlay = root / "seeds.json"
    overlay.write_text(json.dumps({"seeds": list(range(1, seeds + 1))}))
    jobs, anew = lay_out(have, files.load(ROOT / CONFIG, *configs, overlay), root)
    study = ("--snakefile", ROOT / "Snakefile", "--configfile", *(path.resolve() for path in configs), overlay)
    snakemake(root, "--touch", "--quiet", "all", *study, program=("-c", TOUCHED))
    for job in anew:
        for path in (*jobs.outputs(job), jobs.layout.benchmark(job.name).format(**job.about.wildcards)):
            (root / path).unlink(missing_ok=True)
    snakemake(root, "--rerun-triggers", "mtime", *study)
    for rule in dict.fromkeys(job.name for job in anew):
        own = [job for job in anew if job.name == rule]
        yield rule, len(own), *took(root / jobs.layout.benchmark(rule).format(**job.about.wildcards) for job in own)


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.seeds", description=__doc__)
    parser.add_argument("config", nargs="*", type=Path, default=[Path("config/miniature.yaml")], help="of a study that has run")
    parser.add_argument("--seeds", type=int, default=60)
    parser.add_argument("--keep", type=Path, metavar="DIRECTORY", help="an empty one, for the results to be looked at")
    args = parser.parse_args(given)
    with tempfile.TemporaryDirectory() as name:
        print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
        for rule, count, *numbers in measured(args.config, args.seeds, args.keep or Path(name)):
            print(f"| {rule} | {count} | {' | '.join(f'{number:,.1f}' for number in numbers[:2])} | {numbers[2]:,.0f} |")


if __name__ == "__main__":
    main()
