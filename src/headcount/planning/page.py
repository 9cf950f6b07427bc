"""What a study will cost, before anything runs: ``python -m headcount.planning config/config.yaml``.

Jobs, tokens, floating-point operations and GPU-hours, from the config alone: no network, no data, no card.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path

from headcount.data.tasks import MASKED_LM
from headcount.planning import targets
from headcount.planning.bill import Bill, Line, bill
from headcount.planning.disk import sparse_models
from headcount.planning.fitting import check_models
from headcount.planning.load import Job
from headcount.planning.machine import chosen_card
from headcount.planning.progress import as_snakemake_reads
from headcount.planning.published import facts, shape_in, shaped_as
from headcount.planning.rates import KINDS
from headcount.planning.sizes import ASSUMED
from headcount.settings.files import ConfigError, load

FEWER_BLOCKS = 20_000
"""A masked-LM sample worth proposing: about a million masked tokens, which fix recall@1 to 0.1 points."""

UNKNOWN = "?"
PREFIXES = ("", "k", "M", "G", "T", "P", "E", "Z")


def scaled(value: float | None, unit: str = "") -> str:
    """A number to three digits with its SI prefix."""
    if value is None:
        return f"{UNKNOWN} {unit}".strip()
    power = 0
    while abs(value) >= 999.5 and power < len(PREFIXES) - 1:
        value, power = value / 1000, power + 1
    digits = 0 if power == 0 or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {PREFIXES[power]}{unit}".strip()


class Page:
    """A bill as a person reads it: the sum first, then what it is made of, then what it rests on."""

    def __init__(self, bill: Bill, cores: int = 1) -> None:
        self.bill = bill
        self.cores = cores
        self.study = bill.study
        self.hours = bill.total.seconds >= 2 * 3600
        self.unit = f"{'CPU' if bill.card.is_cpu else 'GPU'}-{'hours' if self.hours else 'minutes'}"

    def text(self) -> str:
        """The whole page."""
        return "\n".join([*self._head(), "", *self._table(), "", *self._basis(), *self._gaps()])

    def time(self, seconds: float) -> str:
        """A time in the page's unit."""
        value = seconds / (3600 if self.hours else 60)
        return f"{value:,.0f}" if value >= 99.95 else f"{value:,.1f}"

    # -------------------------------------------------------------------------------------------------------- head

    def _head(self) -> Iterator[str]:
        study, total, one = self.study, self.bill.total, self.bill.card.title
        on_card = self.bill.line(job for job in self.bill.jobs if job.network).jobs
        yield f"{study.study}: {_many(study.models, 'model')}, {_many(study.tasks, 'task')}, {_many(study.seeds, 'seed')}"
        yield from self._part()
        jobs = f"{total.jobs:,} job{'s' * (total.jobs != 1)}"
        yield f"{jobs}, {on_card:,} with a network: {scaled(total.tokens)} tokens, {scaled(total.flops, 'FLOP')}"
        yield ""
        days = f" ({total.seconds / 86400:,.0f} days)" if total.seconds >= 2 * 86400 else ""
        about = "at least" if self._gaps() else "about"
        yield f"One {one}, one job at a time: {about} {self.time(total.seconds)} {self.unit}{days}"
        if self.bill.card.is_cpu:
            minutes = total.seconds / self.cores / 60
            wall = f"{minutes / 60:.1f} hours" if minutes >= 120 else f"{minutes:.0f} minutes"
            yield f"On {_many(range(self.cores), 'core')}: {about} {wall}"
        width = max(map(len, self.bill.models), default=0)
        for model in self.bill.models:
            share = self.bill.line(job for job in self.bill.jobs if job.model == model)
            yield f"  {model:{width}}  {self.time(share.seconds):>7}  {share.seconds / (total.seconds or 1.0):4.0%}"
        longest = self.bill.longest
        what = " on ".join(filter(None, [longest.model, _title(longest.task)]))
        yield f"Longest job: {longest.rule}, {what}: {self.time(self.bill.card.seconds(longest))} {self.unit}"
        yield from self._disk()
        yield from self._masked_lm()

    def _part(self) -> Iterator[str]:
        """What the page is about, where that is not the whole study."""
        if part := self.bill.part:
            done, left = len(part.needed) - len(part.left), self.bill.left
            rest = f"the rest takes about {self.time(left.seconds)} {self.unit}" if left.jobs else "nothing is left to do"
            yield f"Of these, what {', '.join(part.targets)} needs{f'; {done} of its jobs are done, {rest}' * (done > 0)}:"

    def _disk(self) -> Iterator[str]:
        """What the sparse models take on the disk, where there are any."""
        if not self.bill.part and (size := sparse_models(self.study)):
            how = "kept" if self.study.weights.keep else "each until all is made of it (weights.keep: false)"
            yield f"Sparse models: {scaled(size, 'B')} on the disk, packed, {how}"

    def _masked_lm(self) -> Iterator[str]:
        """What masked LM takes, and if that is most of all, what a smaller sample of blocks would save; if it is asked."""
        if self.study.mlm is None:
            yield "Masked LM is left out (mlm: null)."
            return
        total, part = self.bill.total.seconds, self.bill.line(self.bill.about_masked_lm()).seconds
        blocks = self.bill.blocks
        if part < total / 2 or blocks is None or blocks <= FEWER_BLOCKS:
            return
        fewer = self.bill.with_blocks(FEWER_BLOCKS).total.seconds
        yield f"Masked LM takes {part / total:.0%} of it, all else {self.time(total - part)} {self.unit}."
        yield f"With mlm.max_blocks: {FEWER_BLOCKS}, in place of {blocks:,} blocks: {self.time(fewer)} {self.unit} in all."

    # ------------------------------------------------------------------------------------------------------- table

    def _table(self) -> Iterator[str]:
        rows = [("", "jobs", "tokens", "FLOP", self.unit)]
        for model, jobs in self._by_model().items():
            rows.append((model or "all models together", "", "", "", ""))
            rows += [self._row(f"  {name}", line) for name, line in self._lines(jobs).items()]
            rows.append(self._row("  sum", self.bill.line(jobs)))
        rows.append(self._row("everything", self.bill.total))
        first, *others = (max(len(row[i]) for row in rows) for i in range(5))
        for row in rows:
            yield "  ".join([f"{row[0]:{first}}", *(f"{c:>{w}}" for c, w in zip(row[1:], others, strict=True))]).rstrip()

    def _lines(self, jobs: Sequence[Job]) -> dict[str, Line]:
        """A line for each rule; two where it is done for downstream tasks and for masked LM."""
        about = [{job.rule for job in jobs if job.network and (job.task == MASKED_LM) == masked} for masked in (False, True)]
        groups: dict[str, list[Job]] = {}
        for job in jobs:
            part = ", masked LM" if job.task == MASKED_LM else ", tasks"
            groups.setdefault(job.rule + part * (job.rule in about[0] & about[1]), []).append(job)
        return {name: self.bill.line(group) for name, group in groups.items()}

    def _by_model(self) -> dict[str | None, list[Job]]:
        groups = self.bill.grouped(lambda job: job.model)
        return {model: groups[model] for model in (*self.bill.models, None) if model in groups}

    def _row(self, name: str, line: Line) -> tuple[str, str, str, str, str]:
        """Blank where no network runs, but for the time where it is counted."""
        if not line.network:
            return name, f"{line.jobs:,}", "", "", self.time(line.seconds) if line.seconds else ""
        time = self.time(line.seconds) if line.flops is not None else UNKNOWN
        return name, f"{line.jobs:,}", scaled(line.tokens), scaled(line.flops), time

    # ------------------------------------------------------------------------------------------------------- basis

    def _basis(self) -> Iterator[str]:
        one = self.bill.card
        measured = [model for model in self.bill.models if model in one.own]
        shown = {f"{model}, ": one.own[model] for model in measured}
        if assumed := len(measured) < len(self.bill.models) or not measured:
            shown[""] = one.rates
        width = max(len(name) + len(kind) for name in shown for kind in KINDS)
        yield f"Speeds of one {one.title}:"
        for name, kind in product(shown, KINDS):
            rate = shown[name][kind]
            least = f"{'and' if one.is_cpu else 'at least'} {rate.layer_seconds * 1000:4.1f} ms a layer and batch"
            yield f"  {name + kind:{width}}  {scaled(rate.flops, 'FLOP/s'):>12}, {least}  ({rate.origin})"
        tables = f", {one.table_seconds:g} s for each job without a network" * one.is_cpu
        yield f"  and {one.job_seconds:g} s for each job to start{tables}"
        if assumed and any(rate.origin.startswith("assumed") for rate in one.rates.values()):
            yield (
                "What is assumed may be off by a factor of two or more: give what was measured, by --benchmark or --throughput."
            )
        yield "Lengths of texts and sizes of data: src/headcount/planning/published.yaml, each with its source."
        if one.is_cpu:
            yield "Lines without numbers fetch models and read data: that depends on where they are, and is not counted."
            yield "Once it has run: `python -m headcount.planning.clock` with the same files lays this plan beside the clock."
        else:
            yield "Lines without numbers run no network: downloads, tokenising, tables. They need no card, and are not counted."

    def _gaps(self) -> list[str]:
        """What is not in the bill because nothing here knows it."""
        found = [
            f"{model}: the shape of {origin[1].source!r} is not known offline, so that only its tokens are "
            "counted; a local directory with its config.json would tell."
            for model in self.bill.models
            if shape_in(self.study, model) is None and (origin := shaped_as(self.study.encoders[model], self.study.seeds[0]))
        ]
        for task in self.bill.sizes.assumed:
            so_many = " and ".join(f"{count:,} {split}" for split, count in ASSUMED.items())
            found.append(f"{task}: how much there is, the Hub alone knows; taken for {so_many} examples of full length.")
        if self.study.reads_corpus and self.bill.sizes.corpus is None and (corpus := self.study.corpus):
            where = " ".join(filter(None, [corpus.source, corpus.subset]))
            found.append(f"corpus: the size of {where!r} is not known offline, so that only jobs on masked LM are counted.")
        return found


def _title(task: str | None) -> str | None:
    return "masked LM" if task == MASKED_LM else task


def _many(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}{'s' * (len(things) != 1)}"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m headcount.planning",
        description="What a study will cost, before anything runs.",
        epilog="Snakemake lays a --configfile over config/config.yaml: name that first, to plan what it would run.",
    )
    parser.add_argument("config", nargs="+", type=Path, help="config files, later ones laid over earlier ones")
    parser.add_argument("--card", choices=list(facts()["cards"]), help="default: h200, or cpu for a study on the CPU")
    parser.add_argument("--benchmark", type=Path, metavar="FILE", help="benchmarks/results/<device>.json: speeds measured")
    speeds = f"speeds for all work, or as kind=TFLOPS with a kind among {', '.join(KINDS)}"
    parser.add_argument("--throughput", nargs="+", default=[], metavar="TFLOPS", help=speeds)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1, help="of a study on the CPU; default: all")
    parser.add_argument("--target", nargs="+", default=[], metavar="FILE", help="price what these files of the study need")
    args = parser.parse_args(arguments)
    try:
        study = as_snakemake_reads(args.config) if args.target else load(*args.config)
        check_models(study)
        part = targets.part(study, args.config, args.target) if args.target else None
        found = bill(study, chosen_card(study, args.card, args.benchmark, args.throughput), part)
        text = Page(found, args.cores).text()
    except ConfigError as error:
        raise SystemExit(str(error)) from None
    except OSError as error:
        raise SystemExit(f"config: {error.filename}: {error.strerror}") from None
    print(text)


if __name__ == "__main__":
    main()
