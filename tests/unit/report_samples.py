"""Small sources of a page, made up, the same for the tests of the page and of the browser's view of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
from claim_tables import SETTINGS
from test_required_heads import CURVES, tables

from headcount.figures import FIGURES
from headcount.report.required import required_tables
from headcount.report.sources import Picture, Sources
from headcount.settings import files

CONFIG = Path(__file__).parents[2] / "config"
SVG = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="%dpt" height="90pt" viewBox="0 0 %d 90"><rect width="%d" height="90"/></svg>"""
VERDICTS = ("supported", "contradicted", "inconclusive", "not run")
MANIFEST = {"device": "cpu", "versions": {"python": "3.11.7", "torch": "2.13.0"}, "settings": {}}


def settings(name: str = "miniature") -> dict[str, Any]:
    return files.load(CONFIG / f"{name}.yaml").model_dump(mode="json")


def curve(model: str, task: str, norm: str, scores: list[float | None], collapsed: int = 0) -> pd.DataFrame:
    """A mean curve as it stands behind figures 1, 2 and 5, at evenly spaced points."""
    return pd.DataFrame(
        {
            "model": model,
            "task": task,
            "metric": "accuracy",
            "norm": norm,
            "removed": range(len(scores)),
            "removed_fraction": [count / (len(scores) - 1) for count in range(len(scores))],
            "mean": pd.Series(scores, dtype=float),
            "seeds": 2 - collapsed,
            "undefined": 0,
            "collapsed": collapsed,
        }
    )


def part(verdict: str, **other: Any) -> dict[str, Any]:
    found = {"label": "CoLA", "quantity": "relative score", "value": 0.93, "low": 0.91, "high": 0.95, "bar": 0.9}
    found |= {"error_of_seeds": 0.005, "freedom": 2.0, "error_of_examples": 0.004, "seeds_to_decide": None}
    return {**found, "relation": ">", "verdict": verdict, "seeds": 3, "left_out": 0, "note": "", **other}


def beside() -> dict[str, Any]:
    return {"label": "SST-2", "quantity": "a control", "value": 0.5, "low": 0.4, "high": 0.6, "seeds": 3, "note": ""}


def claims() -> dict[str, Any]:
    """One claim of each verdict."""
    entries = [
        {
            "id": f"C{number}",
            "claim": f"claim number {number}",
            "where": "§3.3, Fig. 1",
            "model": "roberta",
            "verdict": verdict,
            "statement": f"measured <b>{number}</b> & more",
            "parts": [] if verdict == "not run" else [part(verdict)],
            "beside": [] if verdict == "not run" else [beside()],
            "to_decide": "To decide it takes more." if verdict == "inconclusive" else "",
            "sources": ["results/x/figure1.csv"],
            "note": "",
        }
        for number, verdict in enumerate(VERDICTS, 1)
    ]
    return {
        "study": "miniature",
        "roles": {"main": "roberta", "shared": None, "appendix": None},
        "confidence": 0.9,
        "resamples": 1000,
        "claims": entries,
    }


def table1() -> pd.DataFrame:
    columns = ["task", "train", "validation", "metric", "constant", "model", "mean", "sd", "seeds", "collapsed"]
    rows = [
        ("cola", 3000, 300, "matthews_correlation", 0.0, "roberta", 0.826, 0.099, 2, 0),
        ("mnli", 6000, 300, "accuracy", 0.37, "roberta", 0.855, None, 1, 1),
        ("qqp", 6000, 300, None, None, None, None, None, None, None),
    ]
    return pd.DataFrame(rows, columns=columns)


def freezing() -> pd.DataFrame:
    rows = [("cola", 1, 0.72, 0.8, 0.9, False), ("cola", 2, 0.64, 0.8, 0.8, False), ("qqp", 1, 0.2, 0.8, None, True)]
    table = pd.DataFrame(rows, columns=["task", "seed", "score", "ordinary_score", "relative_score", "collapsed"])
    table = table.assign(study="miniature", model="roberta", layers=1)
    both = table.assign(score=0.4, relative_score=0.5, collapsed=False)
    return pd.concat([table.assign(frozen="layers"), both.assign(frozen="layers and embeddings")])


def reliability() -> pd.DataFrame:
    rows = [("cola", 1, 500, 0.98, 0.1), ("cola", 2, 500, 0.9, 0.3), ("qqp", 1, 400, 0.62, 0.875), ("mlm", 1, 16, None, None)]
    table = pd.DataFrame(rows, columns=["task", "seed", "examples", "split_half", "largest_percent_share"])
    return table.assign(study="miniature", model="roberta")


def sources(**other: Any) -> Sources:
    """A page with everything on it but figure 5."""
    pictures = {name: Picture(svg=SVG % (700, 700, 700)) for name in FIGURES if name != "figure5"}
    pictures["figure1"] = Picture(
        svg=SVG % (800, 800, 800),
        table=pd.concat([curve("roberta", "cola", "l1", [1, 0.95, 0.8, 0.5, 0]), curve("albert", "cola", "none", [1, 0.5, 0])]),
    )
    pictures["table1"] = Picture(table=table1())
    runs = pd.DataFrame(
        {"model": "roberta", "task": ["cola", "mnli"], "seed": [1, 2], "score": 0.9, "collapsed": [False, True]}
    )
    required, required_heads = required_tables(tables(CURVES), SETTINGS)
    found: dict[str, Any] = {
        "required": required,
        "required_heads": required_heads,
        "settings": settings(),
        "claims": claims(),
        "pictures": pictures,
        "scores": runs,
        "reliability": reliability(),
        "freezing": freezing(),
        "jobs": pd.DataFrame({"rule": ["finetune", "draw_recall"], "jobs": [4, 1], "seconds": [100.0, 2.0]}),
        "manifests": [MANIFEST, MANIFEST],
    }
    return Sources(**{**found, **other})
