"""What came out of studies and benchmarks, as Markdown, from the files that they wrote (``headcount.report.keeping``).

``python -m headcount.report.results_page docs/results.md docs/studies/a … benchmarks/results/b.json …`` writes their sections
of that page anew; others stay as they stand there.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from headcount.data.origins import EMBEDDED
from headcount.data.tasks import MASKED_LM
from headcount.families import size
from headcount.markdown import frame, paragraphs
from headcount.phrasing import percent
from headcount.report.keeping import PROCESSORS, TIMES
from headcount.report.siblings import ablations, in_languages, of_two_models, without_weights
from headcount.report.speed import speed

INTRODUCTION = """# Results so far

Written by `make results` from [studies/](studies), the small files that it keeps of the studies below once they have run;
nothing here is typed. Scores are means over seeds; *relative* scores are shares of the unpruned model's. How to run each again:

- laptop: `snakemake --cores 2 --configfile config/laptop.yaml`: the whole study on a real encoder, the real tasks and real
  Wikipedia articles. It was run on local copies of the same files (the config's header says how).
- laptop-features: `snakemake --cores 2 --configfile config/laptop.yaml config/overlays/laptop-features.yaml`, so far with
  `seeds: [1]` laid over it: outlier features of the same models ([features.md](features.md)).
- evidence: `make evidence`, the miniature with eight seeds and curves on the whole validation set; its trainings lie in
  `results/miniature/`, and so does their time. Two of its verdicts, worked out step by step: [by-hand.md](by-hand.md). What its
  intervals are worth: [calibration.md](calibration.md).
- miniature: `make miniature`
- features: `make features` (outlier features: [features.md](features.md))
- weights: `make weights` (single weights beside heads: [weights.md](weights.md))
- languages: `make languages` (heads of a multilingual encoder: [languages.md](languages.md))
- untrained: `make pretraining-pays` (the miniature's RoBERTa beside the same architecture with random weights, two seeds)
- speed: `make bench`; what is timed against what: [benchmarks/README.md](../benchmarks/README.md).
"""
FIRST = ("laptop", "laptop-features", "evidence", "miniature", "features", "weights", "languages", "untrained")
"""The sections that come first, in this order."""
FRACTIONS = (0.25, 0.5, 0.75, 1.0)


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
    """What came of each claim in a study."""
    claims = json.loads((study / "claims.json").read_text(encoding="utf-8"))["claims"]
    found = pd.DataFrame(claims)[["id", "claim", "model", "verdict", "statement", "to_decide"]]
    return found.rename(columns={"model": "measured on", "to_decide": "to decide"}).fillna("")


@cache
def elsewhere() -> dict[str, Any]:
    """What ``elsewhere.yaml`` says."""
    content: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("elsewhere.yaml").read_text(encoding="utf-8"))
    return content


def of_real_tasks(study: Path) -> bool:
    """Whether the study's tasks are GLUE's own: numbers measured elsewhere are of the same thing."""
    made = [json.loads(path.read_text(encoding="utf-8")) for path in study.glob("tasks/*.json")]
    return bool(made) and all(manifest["settings"]["source"] != EMBEDDED for manifest in made)


def scores_elsewhere(study: Path) -> pd.DataFrame:
    """The study's mean scores, beside those of encoders of about its size that were trained on all the data."""
    table = scores(study)
    found = table[["model", "task", "metric", "train", "mean"]].rename(columns={"train": "examples", "mean": "score here"})
    for other in elsewhere()["scores"]:
        found[f"{other['of']}, {other['split']}"] = [other["values"].get(task) for task in found["task"]]
    return found


def agreement(study: Path) -> pd.DataFrame:
    """Spearman's correlation of importances between two seeds of a task, over the pairs of seeds; beside it, others' mean."""
    every = pd.concat([pd.read_csv(path) for path in sorted(study.glob("*/agreement.csv"))])
    seeds = every[(every["task_a"] == every["task_b"]) & (every["task_a"] != MASKED_LM)]
    groups = seeds.groupby(["model", "task_a", "norm"], sort=False)["spearman"]
    found = groups.agg(pairs="size", mean="mean", least="min", most="max").reset_index().rename(columns={"task_a": "task"})
    other = elsewhere()["agreement"]
    return found.assign(**{other["of"]: [other["values"].get(task) for task in found["task"]]})


def _sources(entries: Iterable[Mapping[str, Any]]) -> str:
    """Where each of some numbers is from."""
    return " ".join(f"{entry['of']}: {str(entry['source']).strip()}." for entry in entries)


def times(study: Path) -> pd.DataFrame:
    """What each rule's jobs took together, and all of them."""
    table = pd.read_csv(study / TIMES)
    return pd.concat([table, pd.DataFrame([("sum", table["jobs"].sum(), table["seconds"].sum())], columns=table.columns)])


def summary(study: Path) -> str:
    """The Markdown section of one study: whatever of the above its folder holds."""
    parts = [f"## {study.name}"]
    figures = study / "figures"
    if not (made := pretraining(study)).empty:
        parts += ["### Pre-training", frame(made)]
    if (figures / "table1.csv").exists():
        parts += ["### Data and scores", frame(scores(study))]
        if of_real_tasks(study):
            parts += ["### Scores beside published ones", frame(scores_elsewhere(study)), _sources(elsewhere()["scores"])]
    if (study / "averages.csv").exists():
        parts += ["### Mean over tasks", frame(pd.read_csv(study / "averages.csv"))]
    for name, title in (("figure1", "downstream tasks"), ("figure2", "masked LM")):
        if (figures / f"{name}.csv").exists():
            parts += [f"### Relative score with heads removed, {title}", frame(shares_kept(study, name))]
    if (figures / "ablation.csv").exists():
        parts += ["### Without outlier features", frame(ablations(study))]
    if (study / "weights.csv").exists():
        parts += ["### Without single weights", frame(without_weights(study))]
    if (study / "languages.csv").exists():
        parts += ["### Without heads, in several languages", frame(in_languages(study))]
        parts += ["### Without random heads, two models", frame(of_two_models(study))]
    if (study / "claims.json").exists():
        found = verdicts(study)
        whose = "paper's" if found["id"].str[0].nunique() == 1 else "papers'"
        parts += [f"### The {whose} claims, as this study judges them", frame(found)]
    if of_real_tasks(study) and list(study.glob("*/agreement.csv")):
        title = "### How far two seeds of a task rank the heads alike (Spearman)"
        parts += [title, frame(agreement(study)), _sources([elsewhere()["agreement"]])]
    parts += ["### Time", frame(times(study)), _processors(study)]
    return paragraphs(parts)


def _processors(study: Path) -> str:
    """On what the networks ran."""
    table = pd.read_csv(study / PROCESSORS)
    return f"Networks ran on: {'; '.join(table['processor']) or 'no CPU that a record names'}."


def section(path: Path) -> str:
    """A study's, of its folder; a device's, of its benchmark's results."""
    return speed(path) if path.suffix == ".json" else summary(path)


def renewed(page: str, sections: Iterable[str]) -> str:
    """A page with some of its sections written anew: the introduction, those of ``FIRST`` in their order, then the others."""
    stand = {part.partition("\n")[0]: part.strip() for part in re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]}
    stand |= {part.partition("\n")[0]: part.strip() for part in sections}
    first = [title for title in (f"## {name}" for name in FIRST) if title in stand]
    return paragraphs([INTRODUCTION.strip(), *(stand[title] for title in dict.fromkeys([*first, *stand]))]) + "\n"


def main() -> None:
    page, *results = map(Path, sys.argv[1:])
    stands = page.read_text(encoding="utf-8") if page.exists() else ""
    page.write_text(renewed(stands, map(section, results)), encoding="utf-8")


if __name__ == "__main__":
    main()
