"""The plan beside the clock, for a study that has run: ``python -m headcount.planning.clock config/miniature.yaml``.

The plan is the one that ``make plan`` would have made before: nothing in it is learnt from what ran. What ran is in the files
that Snakemake writes of each job (``headcount.jobs.usage``); of a job that went on where it was killed, the last part alone.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headcount.data.tasks import MASKED_LM
from headcount.markdown import paragraphs, table
from headcount.planning.alike import alike
from headcount.planning.load import Job
from headcount.planning.machine import chosen_card
from headcount.planning.progress import as_snakemake_reads
from headcount.planning.rates import Card
from headcount.planning.sizes import Sizes
from headcount.settings.files import ConfigError
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs

AFFECTS_RESULTS = False
CLOSE = 0.25
"""How far the clock may be from the plan, as a share of the plan."""
UNKNOWN = "?"
COLUMNS = ("model", "stage", "jobs", "planned, s", "clock, s", "CPU, s", "clock / plan", "CPU / plan")
TABLES, FETCHED = "norms, tables, figures, page", "models and data"


@dataclass(frozen=True)
class Timed:
    """Seconds of one job: planned, as they went by, and of a processor. ``None`` where nobody knows."""

    planned: float | None
    clock: float | None = None
    cpu: float | None = None


@dataclass(frozen=True)
class Stage:
    """Jobs of one rule about one model, on the tasks or on masked LM."""

    model: str
    title: str
    jobs: tuple[Timed, ...]

    @property
    def measured(self) -> list[Timed]:
        return [job for job in self.jobs if job.clock is not None]

    @property
    def planned(self) -> float | None:
        """Of the jobs that were measured."""
        return _sum([job.planned for job in self.measured])

    @property
    def clock(self) -> float | None:
        return _sum([job.clock for job in self.measured])

    @property
    def cpu(self) -> float | None:
        return _sum([job.cpu for job in self.measured])

    def against_plan(self, took: float | None) -> float | None:
        return took / self.planned if took is not None and self.planned else None

    @property
    def close(self) -> bool | None:
        """Whether it took about as long as planned; ``None`` where that is not known."""
        ratio = self.against_plan(self.clock)
        return None if ratio is None else abs(ratio - 1) <= CLOSE

    def row(self) -> tuple[str, ...]:
        count, times = len(self.measured), (self.planned, self.clock, self.cpu)
        jobs = f"{len(self.jobs)}" if count == len(self.jobs) else f"{count} of {len(self.jobs)}"
        ratios = [self.against_plan(took) for took in (self.clock, self.cpu)]
        shown = [UNKNOWN if time is None else f"{time:,.0f}" if time >= 9.95 else f"{time:.1f}" for time in times]
        return self.model, self.title, jobs, *shown, *(UNKNOWN if ratio is None else f"{ratio:.2f}" for ratio in ratios)


def _sum(seconds: Sequence[float | None]) -> float | None:
    """``None`` where one of them is unknown, or there is none."""
    known = [each for each in seconds if each is not None]
    return sum(known) if known and len(known) == len(seconds) else None


def stages(study: Study, card: Card) -> tuple[list[Stage], list[Stage]]:
    """The stages that run a network, a line for each rule and model; and all else, in two lines.

    Raises:
        ConfigError: a local source lacks files that its layout demands, or a local model its configuration.
    """
    planned = StudyJobs(study)
    networks: dict[tuple[str, str], list[Timed]] = {}
    others: dict[tuple[str, str], list[Timed]] = {("", TABLES): [], ("", FETCHED): []}
    for own, work in alike(study, Sizes(study)):
        about, job = own[0].about, Job(own[0].name, 1, own[0].about.model, work=work)
        known = job.counted and all(each.flops is not None for each in work)
        seconds = card.seconds(job) / (study.threads if card.is_cpu and job.network else 1) if known else None
        key = about.model or "", own[0].name + ", masked LM" * (about.task == MASKED_LM)
        found = networks.setdefault(key, []) if job.network else others["", TABLES if job.counted else FETCHED]
        for each in own:
            found.append(Timed(seconds, *took(Path(planned.layout.benchmark(each.name).format(**each.about.wildcards)))))
    return _listed(networks), [stage for stage in _listed(others) if stage.jobs]


def _listed(found: dict[tuple[str, str], list[Timed]]) -> list[Stage]:
    return [Stage(model, title, tuple(jobs)) for (model, title), jobs in found.items()]


def took(benchmark: Path) -> tuple[float | None, float | None]:
    """The seconds and the CPU seconds in the file that Snakemake writes of a job; ``None`` for what is not there."""
    if not benchmark.exists():
        return None, None
    with benchmark.open(encoding="utf-8", newline="") as lines:
        row = next(csv.DictReader(lines, delimiter="\t"))
    cpu = row.get("cpu_time", "NA")
    return float(row["s"]), None if cpu == "NA" else float(cpu)


def text(study: Study, card: Card) -> str:
    """The table, and what is to be said of it, in Markdown.

    Raises:
        ConfigError: nothing of the study has run.
    """
    networks, others = stages(study, card)
    if not any(stage.measured for stage in [*networks, *others]):
        raise ConfigError(f"{study.study}: nothing of it has run here; `make plan` says what it will take")
    sums = [Stage("", "sum, networks", tuple(job for stage in networks for job in stage.jobs))] if networks else []
    rows = [stage.row() for stage in [*networks, *sums, *others]]
    return paragraphs([table(COLUMNS, rows), "\n".join(_findings(networks, others))])


def _findings(networks: Sequence[Stage], others: Sequence[Stage]) -> Iterator[str]:
    off = [f"{stage.model} {stage.title}".strip() for stage in networks if stage.close is False]
    compared = [stage for stage in networks if stage.close is not None]
    outside = f"; further off: {'; '.join(off)}" if off else ""
    yield f"{len(compared) - len(off)} of {len(compared)} stages with a network took within {CLOSE:.0%} of the plan{outside}."
    if missing := [f"{stage.model} {stage.title}".strip() for stage in networks if not stage.measured]:
        yield f"Not run, or not measured: {'; '.join(missing)}."
    unplanned = [stage for stage in [*networks, *others] if stage.measured and stage.planned is None]
    if unplanned:
        named = "; ".join(f"{stage.model} {stage.title}".strip() for stage in unplanned)
        yield f"The plan does not know how long these take: {named}."


def renewed(page: str, study: str, found: str) -> str:
    """The page with its section on a study written anew, up to the next heading.

    Raises:
        ConfigError: it has none.
    """
    heading = f"### {study}"
    before, here, rest = page.partition(f"{heading}\n")
    if not here:
        raise ConfigError(f"--page: it has no heading {heading!r}; write one where the table is to stand")
    after = re.search(r"^#", rest, re.MULTILINE)
    return f"{before}{heading}\n\n{found}\n" + (f"\n{rest[after.start() :]}" if after else "")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m headcount.planning.clock", description="A study's plan beside the time that its jobs took."
    )
    parser.add_argument("config", nargs="+", type=Path, help="config files, as given to Snakemake after --configfile")
    parser.add_argument("--card", help="as of make plan; default: h200, or cpu for a study on the CPU")
    parser.add_argument("--benchmark", type=Path, metavar="FILE", help="as of make plan")
    parser.add_argument("--throughput", nargs="+", default=[], metavar="TFLOPS", help="as of make plan")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write it into this page, below the heading `### <study>`")
    args = parser.parse_args(arguments)
    try:
        study = as_snakemake_reads(args.config)
        found = text(study, chosen_card(study, args.card, args.benchmark, args.throughput))
        if args.page:
            args.page.write_text(renewed(args.page.read_text(encoding="utf-8"), study.study, found), encoding="utf-8")
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        raise SystemExit(f"{error.filename}: {error.strerror}") from None
    print(found)


if __name__ == "__main__":
    main()
