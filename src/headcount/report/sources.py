"""What the page of a study is made of, as it lies on disk. A file that is not there is ``None``, never an error."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from headcount.figures import FIGURES
from headcount.study.layout import BENCHMARKS


@dataclass(frozen=True)
class Picture:
    """A figure and the table behind it; of ``svg`` and ``png`` one is there, or the table alone."""

    svg: bytes | None = None
    png: bytes | None = None
    table: pd.DataFrame | None = None


@dataclass(frozen=True)
class Sources:
    """All that the page is made of.

    Args:
        settings: the study's config, resolved: every key with its value.
        claims: the content of ``claims.json``.
        pictures: by name, those of ``FIGURES`` that are there.
        scores: every run's score: model, task, seed, score, collapsed.
        reliability: model, task, seed, examples, split_half, largest_percent_share.
        required, required_heads: what can go and what stays (``headcount.report.required``).
        freezing: model, task, seed, frozen (the arm), layers, score, ordinary_score, relative_score, collapsed.
        jobs: rule, jobs, seconds (wall time, summed).
        manifests: those beside the study's model directories.
    """

    settings: Mapping[str, Any]
    claims: Mapping[str, Any] | None = None
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    scores: pd.DataFrame | None = None
    reliability: pd.DataFrame | None = None
    freezing: pd.DataFrame | None = None
    required: pd.DataFrame | None = None
    required_heads: pd.DataFrame | None = None
    jobs: pd.DataFrame | None = None
    manifests: Sequence[Mapping[str, Any]] = ()


def read(
    settings: Mapping[str, Any],
    *,
    claims: Path | None = None,
    figures: Sequence[Path] = (),
    scores: Path | None = None,
    reliability: Path | None = None,
    freezing: Path | None = None,
    required: Path | None = None,
    required_heads: Path | None = None,
    benchmarks: Sequence[Path] = (),
    manifests: Sequence[Path] = (),
) -> Sources:
    """The sources at the given places.

    Args:
        figures: as ``pictures`` takes them.
        benchmarks: those that ``jobs`` reads.
    """
    return Sources(
        settings=settings,
        claims=_json(claims) if claims is not None and claims.exists() else None,
        pictures=pictures(figures),
        scores=_table(scores),
        reliability=_table(reliability),
        freezing=_table(freezing),
        required=_table(required),
        required_heads=_table(required_heads),
        jobs=jobs(measured) if (measured := [path for path in benchmarks if path.exists()]) else None,
        manifests=tuple(_json(path) for path in manifests),
    )


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _table(path: Path | None) -> pd.DataFrame | None:
    return pd.read_csv(path) if path is not None and path.exists() else None


def _bytes(path: Path | None) -> bytes | None:
    return path.read_bytes() if path is not None and path.exists() else None


def pictures(files: Sequence[Path]) -> dict[str, Picture]:
    """The pictures among some files, ``<name>.svg``, ``<name>.png``, ``<name>.csv``; a directory stands for what is in it."""
    by_name = {file.name: file for path in files for file in (path.iterdir() if path.is_dir() else [path])}
    found = {}
    for name in sorted({file.stem for file in by_name.values()}):
        svg, png, csv = (by_name.get(f"{name}.{kind}") for kind in ("svg", "png", "csv"))
        if name in FIGURES and (svg or png or csv):
            found[name] = Picture(_bytes(svg), _bytes(png), _table(csv))
    return found


def jobs(files: Iterable[Path]) -> pd.DataFrame:
    """``rule, jobs, seconds`` from Snakemake's ``benchmarks/<rule>.tsv`` and ``benchmarks/<rule>/<job>.tsv``: column ``s``."""
    rows = []
    for path in files:
        rule = path.stem if path.parent.name == BENCHMARKS else path.parent.name
        rows += [(rule, float(seconds)) for seconds in pd.read_csv(path, sep="\t")["s"].dropna()]
    each = pd.DataFrame(rows, columns=["rule", "seconds"])
    return each.groupby("rule", sort=True)["seconds"].agg(jobs="size", seconds="sum").reset_index()
