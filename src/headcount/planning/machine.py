"""What a study is planned on: the card or core that was asked for, and what was measured of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from headcount.planning.layer import speeds
from headcount.planning.products import matrix_rate
from headcount.planning.published import settings_of
from headcount.planning.rates import Card, benchmark, card, throughput
from headcount.settings.study import Study


def chosen_card(study: Study, name: str | None = None, measured: Path | None = None, given: Sequence[str] = ()) -> Card:
    """The card asked for (by default an H200, or a core for a study on the CPU), with what was measured in place of assumed.

    A core is measured now, with a layer of each model whose shape is known.

    Raises:
        ConfigError: a benchmark's results or speeds that are given are wrong.
    """
    asked = name or ("h200" if study.device == "cuda" else "cpu")
    if asked == "cpu" and not measured and not given:
        return _measured_now(study)
    chosen = card(asked)
    if measured:
        device, rates = benchmark(measured)
        chosen = chosen.with_throughput(rates, f"measured on {device}: {measured}")
    return chosen.with_throughput(throughput(given), "as given")


def _measured_now(study: Study) -> Card:
    """A core of this machine."""
    settings = {model: settings_of(model, study.encoders[model], study.seeds[0]) for model in study.models}
    chosen = card("cpu", matrix_rate(threads=1, clock=time.process_time))
    for model, known in settings.items():
        if known is not None:
            chosen = chosen.with_layers(model, speeds(known, study.batch_tokens))
    return chosen
