"""Time the package against the ways that people do this job today: one table, and one JSON file."""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import torch

from benchmarks.card import card
from benchmarks.results import Result, file_name, judged, record, table
from benchmarks.sections import SECTIONS
from benchmarks.shapes import EFFORTS, QUICK, SHAPES, Setup
from benchmarks.startup import start_up
from headcount.store.files import write_json

HERE = Path(__file__).parent
EVERY = (*SECTIONS, "start-up", "card")


def options(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sections", nargs="+", choices=EVERY, default=None, help="by default all")
    parser.add_argument("--shapes", nargs="+", choices=sorted(SHAPES), default=None, help="by default all")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--repeats", type=int, default=5, help="how often each thing is timed")
    parser.add_argument("--quick", action="store_true", help="a few examples, once: does it run?")
    parser.add_argument("--output", type=Path, help="JSON; by default benchmarks/results/<device>.json where all is run")
    return parser.parse_args(given)


def run(args: argparse.Namespace) -> tuple[list[Result], dict[str, float]]:
    """Every section on every shape, and the seconds that each took."""
    sections = args.sections or EVERY
    found: list[Result] = []
    took: dict[str, float] = {}

    def timed(name: str, measure: Callable[[], list[Result]]) -> None:
        started = time.monotonic()
        found.extend(measure())
        took[name] = round(time.monotonic() - started, 1)
        print(f"{name}: {took[name]} s", file=sys.stderr, flush=True)

    for shape in args.shapes or SHAPES:
        setup = setup_of(args, shape)
        for section in sections:
            if section in SECTIONS:
                timed(f"{section}, {shape}", partial(SECTIONS[section], setup))
            elif section == "card" and (args.device == "cuda" or args.sections):
                timed(f"{section}, {shape}", partial(card, setup))
    if "start-up" in sections:
        timed("start-up", partial(start_up, args.repeats))
    return found, took


def setup_of(args: argparse.Namespace, shape: str) -> Setup:
    effort = QUICK if args.quick else EFFORTS[args.device, shape]
    return Setup(shape, args.device, effort, args.repeats, torch.bfloat16 if args.device == "cuda" else torch.float32)


def main(given: Sequence[str] | None = None) -> None:
    args = options(given)
    whole = not (args.quick or args.sections or args.shapes)
    args.repeats = 1 if args.quick else args.repeats
    warnings.filterwarnings("ignore", "Initializing zero-element tensors")  # a layer may be left without heads
    results, took = run(args)
    print(table(results, judged(results, args.device)))
    output = args.output or (HERE / "results" / file_name(args.device) if whole else None)
    if output:
        efforts = {shape: asdict(setup_of(args, shape).effort) for shape in args.shapes or SHAPES}
        shapes = {shape: dict(SHAPES[shape].settings) for shape in efforts}
        settings = {"repeats": args.repeats, "seconds": took, "shapes": shapes, "effort": efforts}
        write_json(output, record(results, args.device, settings))
        print(f"\nwritten to {output}", file=sys.stderr)


if __name__ == "__main__":
    main()
