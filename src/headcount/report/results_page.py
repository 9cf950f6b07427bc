"""What came out of studies and benchmarks, as Markdown, from the files that they wrote.

``python -m headcount.report.results_page results/a … benchmarks/results/b.json …``
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from headcount.families import size
from headcount.markdown import frame, paragraphs
from headcount.phrasing import percent
from headcount.report.sources import jobs
from headcount.study.layout import BENCHMARKS

INTRODUCTION = """# Results so far

Written by `make results` from the files of the studies below; nothing here is typed. Scores are means over seeds; *relative*
scores are shares of the unpruned model's. How to run each again, and those that do not stand below:

- evidence: `make evidence`, the miniature with eight seeds and curves on the whole validation set; its trainings lie in
  `results/miniature/`, and so does their time. Two of its verdicts, worked out step by step: [by-hand.md](by-hand.md). What its
  intervals are worth: [calibration.md](calibration.md).
- miniature: `make miniature`
- untrained: `make pretraining-pays` (the miniature's RoBERTa beside the same architecture with random weights, two seeds)
- from-scratch: `snakemake --cores 2 --configfile config/from-scratch.yaml`, with the data's paths in a second config file where
  the Hub is out of reach. Real text and real tasks, but not the paper's models: small ones that were pre-trained for less than
  an hour on some thousand articles. It shows that the way holds on real text, and that is all. CoLA stays near zero at this
  size (published: 0.0 for BERT-tiny and -mini); its relative scores are then undefined, or noise. What stands below may be a
  part of that config: the models and tasks that its tables name, chosen by `models` and `tasks` in the second file.
- speed: `make bench`; what is timed against what: [benchmarks/README.md](../benchmarks/README.md).
"""
FRACTIONS = (0.25, 0.5, 0.75, 1.0)
ORDER = ("median", "low", "high")


def scores(study: Path) -> pd.DataFrame:
    """Table 1 of a study: sizes, and the mean score of each model over its seeds."""
    return pd.read_csv(study / "figures" / "table1.csv")


def pretraining(study: Path) -> pd.DataFrame:
    """How the models of a study that were pre-trained here were trained; empty if none was."""
    rows = []
    for path in sorted(study.glob("*/pretrained.json")):
        made = json.loads(path.read_text())
        if "training" in made:
            corpus = json.loads((study / "corpus.json").read_text())
            settings, training = made["encoder"]["pretrain"], made["training"]
            tokens = settings["steps"] * settings["batch"] * settings["block_tokens"]
            shape = _shape(path.with_suffix(""), made["encoder"])
            rows.append(
                {
                    "model": path.parent.name + (f", gone on from {settings['from']}" if "from" in settings else ""),
                    "corpus": f"{corpus['articles']} articles of {corpus['settings']['subset']}",
                    "layers": size(shape, "num_hidden_layers"),
                    "heads": size(shape, "num_attention_heads"),
                    "hidden": size(shape, "hidden_size"),
                    "vocabulary": size(shape, "vocab_size"),
                    "steps": settings["steps"],
                    "tokens seen (M)": tokens / 1e6,
                    "final loss": training["final_loss"],
                    "minutes": training["seconds"] / 60,
                }
            )
    return pd.DataFrame(rows)


def _shape(directory: Path, encoder: dict[str, Any]) -> dict[str, Any]:
    """The sizes of a model that was pre-trained here: as the config has them, or as those of the model that it went on from."""
    if "from" in encoder["pretrain"]:
        saved: dict[str, Any] = json.loads((directory / "config.json").read_text())
        return saved
    pretrain = encoder["pretrain"]
    return {"model_type": encoder["family"], "vocab_size": pretrain["vocabulary"], **pretrain["shape"]}


def shares_kept(study: Path, name: str) -> pd.DataFrame:
    """The mean relative score at the points of a figure's curves that are nearest to a quarter, a half, … of the heads."""
    table = pd.read_csv(study / "figures" / f"{name}.csv")
    rows = []
    for keys, curve in table.groupby(["model", "task", "norm"], sort=False):
        distances = [(curve["removed_fraction"] - fraction).abs().to_numpy() for fraction in FRACTIONS]
        rows.append([*keys, *(float(curve["mean"].to_numpy()[distance.argmin()]) for distance in distances)])
    return pd.DataFrame(rows, columns=["model", "task", "norm", *(f"{percent(fraction, 0)} removed" for fraction in FRACTIONS)])


def verdicts(study: Path) -> pd.DataFrame:
    """What came of each of the paper's claims in a study."""
    claims = json.loads((study / "claims.json").read_text(encoding="utf-8"))["claims"]
    found = pd.DataFrame(claims)[["id", "claim", "model", "verdict", "statement", "to_decide"]]
    return found.rename(columns={"model": "measured on", "to_decide": "to decide"}).fillna("")


def times(study: Path) -> pd.DataFrame:
    """What each rule's jobs took together, and all of them."""
    table = jobs(sorted((study / BENCHMARKS).rglob("*.tsv")))
    return pd.concat([table, pd.DataFrame([("sum", table["jobs"].sum(), table["seconds"].sum())], columns=table.columns)])


def summary(study: Path) -> str:
    """The Markdown section of one study: whatever of the above its folder holds."""
    parts = [f"## {study.name}"]
    figures = study / "figures"
    if not (made := pretraining(study)).empty:
        parts += ["### Pre-training", frame(made)]
    if (figures / "table1.csv").exists():
        parts += ["### Data and scores", frame(scores(study))]
    if (study / "averages.csv").exists():
        parts += ["### Mean over tasks", frame(pd.read_csv(study / "averages.csv"))]
    for name, title in (("figure1", "downstream tasks"), ("figure2", "masked LM")):
        if (figures / f"{name}.csv").exists():
            parts += [f"### Relative score with heads removed, {title}", frame(shares_kept(study, name))]
    if (study / "claims.json").exists():
        parts += ["### The paper's claims, as this study judges them", frame(verdicts(study))]
    parts += ["### Time", frame(times(study))]
    return paragraphs(parts)


def speed(results: Path) -> str:
    """The Markdown section of one device's benchmark: every comparison, then the bars that were set."""
    found = json.loads(results.read_text())
    rows = [
        {
            "stage": each["section"],
            "shape": each["shape"],
            "measured": each["name"],
            "unit": each["unit"],
            "headcount": _median_and_range(each["value"]),
            "baseline": _median_and_range(each["baseline"]),
            "times": _median_and_range(each["ratio"]),
        }
        for each in found["results"]
    ]
    bars = [
        {
            "stage": bar["section"],
            "shape": bar["shape"],
            "measured": bar["name"],
            "bar": f"{bar['relation']} {bar['bound']:g}",
            "found": bar["measured"],
            "verdict": bar["verdict"],
        }
        for bar in found["bars"]
    ]
    title = f"## Speed: {found['device']}, torch {found['versions']['torch']}"
    return paragraphs([title, frame(pd.DataFrame(rows)), "### Bars", frame(pd.DataFrame(bars))])


def _median_and_range(spread: dict[str, float] | None) -> str | None:
    if spread is None:
        return None
    median, low, high = (f"{spread[name]:,.0f}" if abs(spread[name]) >= 1000 else f"{spread[name]:.3g}" for name in ORDER)
    return median if low == high else f"{median} (least {low}, most {high})"


def section(path: Path) -> str:
    """A study's, of its folder; a device's, of its benchmark's results."""
    return speed(path) if path.suffix == ".json" else summary(path)


def main() -> None:
    print(paragraphs([INTRODUCTION.strip(), *(section(Path(path)) for path in sys.argv[1:])]))


if __name__ == "__main__":
    main()
