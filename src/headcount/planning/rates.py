"""How fast a card does each kind of work: assumed from its peak, or measured."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, get_args

from headcount.planning.layer import Speed
from headcount.planning.load import Job, Kind, Work
from headcount.planning.published import facts
from headcount.settings.files import ConfigError

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True)
class Rate:
    """How fast one kind of work is done.

    Args:
        flops: FLOP/s.
        layer_seconds: of one layer in one batch, however few tokens it holds.
        origin: where the first is from.
        update_seconds: of the optimiser, for one parameter in one step.
        started_ahead: operations are started while others run, as on a card: what takes longer counts. On a CPU each waits for
            the one before it, and both add up.
    """

    flops: float
    layer_seconds: float
    origin: str
    update_seconds: float = 0.0
    started_ahead: bool = True

    def seconds(self, work: Work) -> float:
        """As long as the operations take, and as long as it takes to start them."""
        operations, starts = (work.flops or 0.0) * work.padding / self.flops, work.passes * self.layer_seconds
        together = max(operations, starts) if self.started_ahead else operations + starts
        return together + work.updates * self.update_seconds


@dataclass(frozen=True)
class Card:
    """One card (or one CPU core) and its rates.

    Args:
        own: the rates of models that were measured by themselves.
        job_seconds: go by before a job with a network gets to work.
        table_seconds: of a job without one, on a CPU: on a card it costs nothing.
    """

    title: str
    rates: Mapping[Kind, Rate]
    job_seconds: float
    is_cpu: bool = False
    own: Mapping[str, Mapping[Kind, Rate]] = field(default_factory=dict)
    table_seconds: float = 0.0

    def seconds(self, job: Job) -> float:
        """How long one such job holds the card."""
        if not job.network:
            return self.table_seconds if job.counted else 0.0
        rates = self.own.get(job.model or "", self.rates)
        return self.job_seconds + sum(rates[work.kind].seconds(work) for work in job.work)

    def with_layers(self, model: str, speeds: Mapping[Kind, Speed]) -> Card:
        """The same core with a model's own rates: what one of its layers reaches here, and what a job makes of that."""
        known, own = facts()["of_a_layer"], dict[Kind, Rate]()
        for kind, speed in speeds.items():
            share, seconds = known[kind]["share"], speed.layer_seconds + known[kind]["layer_seconds"]
            origin = f"{share:.0%} of what one of its layers reached now"
            own[kind] = replace(self.rates[kind], flops=share * speed.flops, layer_seconds=seconds, origin=origin)
        return replace(self, own={**self.own, model: own})

    def with_throughput(self, measured: Mapping[str, float], origin: str) -> Card:
        """The same card with FLOP/s of some kinds of work replaced.

        On a CPU they hold what goes by between the operations, too: it is not counted again.
        """
        held: dict[str, Any] = {"layer_seconds": 0.0, "update_seconds": 0.0} if self.is_cpu else {}
        given = {kind: rate for kind, rate in self.rates.items() if kind in measured}
        changed = {kind: replace(rate, flops=measured[kind], origin=origin, **held) for kind, rate in given.items()}
        return replace(self, rates={**self.rates, **changed})


def card(name: str, products: float | None = None) -> Card:
    """A card of ``published.yaml`` with the rates that are assumed there.

    Args:
        products: FLOP/s of a CPU core in matrix products, where that was measured.
    """
    given, known = facts()["cards"][name], facts()
    where = "cpu" if name == "cpu" else "card"

    def rate(kind: Kind) -> Rate:
        assumed = known["work"][kind][where]
        peak, share = products or given[assumed["precision"]], assumed["utilisation"]
        if where == "card":
            origin = f"{assumed['precision']} peak {peak / 1e12:,.0f} × {share:.0%}"
        else:
            origin = f"{share:.0%} of {peak / 1e9:,.0f} GFLOP/s in matrix products{', measured now' if products else ''}"
        update = known["update_seconds"][where] if kind == "training" else 0.0
        return Rate(peak * share, assumed["layer_seconds"], f"assumed: {origin}", update, where == "card")

    seconds = {name: known[name][where] for name in ("job_seconds", "table_seconds")}
    return Card(given["title"], {kind: rate(kind) for kind in KINDS}, is_cpu=where == "cpu", **seconds)


def throughput(given: Sequence[str]) -> dict[str, float]:
    """What ``--throughput`` says: TFLOP/s as one number for all kinds of work, or as ``kind=number`` for some.

    Raises:
        ConfigError: another kind, or no number above 0.
    """
    found: dict[str, float] = {}
    for text in given:
        kind, _, number = text.rpartition("=")
        try:
            rate = float(number) * 1e12
        except ValueError:
            rate = 0.0
        if rate <= 0 or (kind and kind not in KINDS):
            raise ConfigError(f"--throughput: {text!r}; give TFLOP/s, or kind=TFLOP/s with a kind among {', '.join(KINDS)}")
        found |= {kind: rate} if kind else dict.fromkeys(KINDS, rate)
    return found


def benchmark(path: Path) -> tuple[str, dict[str, float]]:
    """The device of a benchmark's results, and the FLOP/s that it measured, by kind of work.

    Read are ``device`` and ``flops_per_second``, a mapping of some of the kinds to numbers, with operations counted as in
    ``planning.flops``.

    Raises:
        ConfigError: the file cannot be read, or does not hold that.
    """
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        device, measured = str(content["device"]), {kind: float(value) for kind, value in content["flops_per_second"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        fault = f"has no {error}" if isinstance(error, KeyError) else f"cannot be read ({error})"
        raise ConfigError(f"--benchmark: {path} {fault}; give the results of `make bench`") from None
    if not set(measured) & set(KINDS) or min(measured.values()) <= 0:
        raise ConfigError(f"--benchmark: {path}: flops_per_second should give numbers above 0 for {', '.join(KINDS)}")
    return device, measured
