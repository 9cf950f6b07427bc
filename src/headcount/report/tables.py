"""The tables of the page, as texts in cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import yaml

from headcount.analysis.counted import LEFT_OUT, USED, collapsed_runs, fates
from headcount.data import metrics
from headcount.data.tasks import title
from headcount.phrasing import MISSING, counted, duration, listed, number, percent, spread
from headcount.report import cost
from headcount.report.differences import Standin
from headcount.report.differences import differences as found_differences
from headcount.report.grids import Grid


def _runs(kept: int, lost: int) -> str:
    return f"{kept} of {kept + lost}" if lost else f"{kept}"


def scores(table: pd.DataFrame | None, runs: pd.DataFrame | None) -> Grid | None:
    """Table 1, from the table behind its picture; with ``runs``, every run's score, its caption names the collapsed ones."""
    if table is None:
        return None
    rows = [
        [
            title(row["task"]),
            *(number(row[name], 0) for name in ("train", "validation")),
            "" if pd.isna(row["metric"]) else metrics.title(row["metric"]),
            number(row["constant"]),
            "not run" if pd.isna(row["model"]) else str(row["model"]),
            spread(row["mean"], row["sd"]),
            MISSING if pd.isna(row["model"]) else _runs(int(row["seeds"]), int(row["collapsed"])),
        ]
        for _, row in table.iterrows()
    ]
    columns = ["Task", "Training", "Validation", "Metric", "Best constant answer", "Model", "Score, mean ± sd", "Seeds"]
    caption = " ".join(
        filter(None, ["Data, and the unpruned models' scores over the seeds that did not collapse.", _collapsed(runs)])
    )
    return Grid(caption, columns, rows, frozenset({1, 2, 4, 6, 7}), breadth="broad")


def _collapsed(runs: pd.DataFrame | None) -> str:
    """Which runs collapsed, by name."""
    if runs is None:
        return ""
    lost = sorted(collapsed_runs(runs))
    if not lost:
        return f"None of the {counted(len(runs), 'fine-tuned model')} collapsed."
    names = [f"{model} on {title(task)}, seed {seed}" for model, task, seed in lost]
    return f"Collapsed in fine-tuning: {'; '.join(names)}."


def reliability(table: pd.DataFrame | None) -> Grid | None:
    """How far each importance can be trusted, a row a model and task: over seeds, the mean and the worst."""
    if table is None or not len(table):
        return None
    rows = []
    for (model, task), runs in table.groupby(["model", "task"], sort=False):
        halves, shares = runs["split_half"].dropna(), runs["largest_percent_share"].dropna()
        found = [number(halves.mean()), number(halves.min()), _share(shares.mean()), _share(shares.max())]
        examples = " to ".join(dict.fromkeys(number(count, 0) for count in (runs["examples"].min(), runs["examples"].max())))
        rows.append([f"{model}, {title(task)}", str(len(runs)), examples, *found])
    columns = ["Importance of", "Seeds", "Examples", "Halves agree", "Least", "Largest 1% carry", "Most"]
    caption = (
        "How far an importance can be trusted: the rank correlation of what two halves of the examples give, and the share of"
        " the sum that the 1% of the examples with the largest part carry; mean over seeds, and the worst seed."
    )
    return Grid(caption, columns, rows, frozenset(range(1, 7)), breadth="broad")


def _share(value: float) -> str:
    return MISSING if pd.isna(value) else percent(value)


def freezing(table: pd.DataFrame | None) -> Grid | None:
    """Scores with the lower layers frozen, beside the ordinary run's, a row a run and arm."""
    if table is None or not len(table):
        return None
    rows = [
        [
            f"{row['model']} on {title(row['task'])}, seed {row['seed']}",
            str(arm),
            *(number(row[name]) for name in ("layers", "score", "ordinary_score")),
            number(row["relative_score"]) if fate == USED else LEFT_OUT[fate],
        ]
        for arm, own in table.groupby("frozen")
        for (_, row), fate in zip(own.iterrows(), fates(own, "relative_score"), strict=True)
    ]
    columns = ["Run", "Held fixed", "Layers frozen", "Score, frozen", "Score, ordinary", "Relative"]
    caption = (
        "Fine-tuning with the lowest layers held fixed, alone or together with the embeddings, each run beside the ordinary one"
        " of its seed. The verdict reads the layers alone."
    )
    return Grid(caption, columns, rows, frozenset(range(2, 6)), breadth="broad")


# -------------------------------------------------------------------------------------------------------------- settings


def main_settings(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was studied, in a few lines."""
    norms = ["none" if norm == "none" else norm for norm in settings["norms"]]
    return [
        ("Models", listed(list(settings["models"]))),
        ("Tasks", listed([title(task) for task in settings["tasks"]])),
        ("Seeds", listed([str(seed) for seed in settings["seeds"]])),
        ("Norms of Eq. 4", listed(norms)),
        ("Device", f"{settings['device']}, {counted(settings['threads'], 'thread')} a job"),
    ]


RECIPE = ("learning_rate", "batch", "epochs", "steps", "warmup_ratio", "warmup_steps", "weight_decay", "max_length")


def recipes(settings: Mapping[str, Any]) -> Grid:
    """How each model was fine-tuned on each task: ``default`` with the task's own part over it."""
    rows = []
    for model in settings["models"]:
        parts = settings["finetuning"].get(model, {})
        for task in settings["tasks"]:
            elsewhere = task in settings["encoders"].get(model, {}).get("finetuned", {})
            recipe = {} if elsewhere else {**parts.get("default", {}), **parts.get(task, {})}
            name = f"{model}, {title(task)}{': comes fine-tuned' if elsewhere else ''}"
            rows.append([name, *(_setting(recipe.get(key)) for key in RECIPE)])
    given = [i for i, _ in enumerate(RECIPE, 1) if any(row[i] != MISSING for row in rows)]
    columns = ["Model, task", *(RECIPE[i - 1].replace("_", " ").capitalize() for i in given)]
    kept = [[row[0], *(row[i] for i in given)] for row in rows]
    return Grid(
        "Fine-tuning recipes; what is not named is at its default.",
        columns,
        kept,
        frozenset(range(1, len(columns))),
        breadth="broad",
    )


def _setting(value: Any) -> str:
    return MISSING if value is None else f"{value:g}" if isinstance(value, float) else f"{value:,}"


def config(settings: Mapping[str, Any]) -> str:
    """The whole config as YAML."""
    return yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True, default_flow_style=None, width=96).strip()


# ----------------------------------------------------------------------------------------------- versions, device, cost


def _numbers_of(manifests: Sequence[Mapping[str, Any]]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for manifest in manifests:
        for name, version in manifest.get("versions", {}).items():
            found.setdefault(name, Counter())[version] += 1
    return found


def versions(manifests: Sequence[Mapping[str, Any]]) -> Grid | None:
    """The versions that the manifests name; where they differ, each with how many artifacts it made."""
    found = _numbers_of(manifests)
    if not found:
        return None
    rows = [
        [name, next(iter(counts)) if len(counts) == 1 else listed([f"{version} ({n})" for version, n in counts.most_common()])]
        for name, counts in found.items()
    ]
    made = counted(len(manifests), "artifact")
    return Grid(f"Versions that the manifests of {made} name.", ["Library", "Version"], rows, breadth="slim")


def device(manifests: Sequence[Mapping[str, Any]]) -> str:
    """The devices that the manifests name, and the kinds of CPU."""
    counts = Counter(str(manifest["device"]) for manifest in manifests if manifest.get("device"))
    if not counts:
        return "The manifests name no device."
    names = [name if len(counts) == 1 else f"{name} ({count})" for name, count in counts.most_common()]
    kinds = cost.processors(manifests)
    told = [name if len(kinds) == 1 else f"{name} ({count})" for name, count in kinds.most_common()]
    several = (
        " The same seed gives other weights on another kind of CPU, and there were several:" if len(kinds) > 1 else " CPU:"
    )
    return f"Networks were trained on {listed(names)}." + (f"{several} {'; '.join(told)}." if told else "")


def _processor(settings: Mapping[str, Any]) -> tuple[str, int]:
    """What a job that runs a network keeps busy, and how many of them."""
    return ("GPU", 1) if settings["device"] == "cuda" else ("CPU", settings["threads"])


def costs(jobs: pd.DataFrame | None, settings: Mapping[str, Any]) -> Grid | None:
    """Jobs, wall time and processor time of each kind of artifact."""
    if jobs is None or not len(jobs):
        return None
    unit, count = _processor(settings)
    found = cost.costs(jobs, count)
    rows = [
        [one.kind, str(one.jobs), number(one.seconds, 0), number(one.each, 1), _seconds(one.processor_seconds)] for one in found
    ]
    seconds = sum(one.seconds for one in found)
    busy = sum(one.processor_seconds or 0.0 for one in found)
    total = ["all", str(sum(one.jobs for one in found)), number(seconds, 0), "", number(busy, 0)]
    columns = ["Artifact", "Jobs", "Wall seconds", "Seconds each", f"{unit}-seconds, networks"]
    caption = f"Wall time summed over jobs, and {unit}-seconds of those that train or evaluate a network."
    return Grid(caption, columns, rows, frozenset(range(1, 5)), total)


def _seconds(value: float | None) -> str:
    return MISSING if value is None else number(value, 0)


def cost_in_words(jobs: pd.DataFrame | None, settings: Mapping[str, Any]) -> str:
    """How long it all took, one job after the other, and what it kept busy."""
    if jobs is None or not len(jobs):
        return ""
    unit, count = _processor(settings)
    busy = sum(one.processor_seconds or 0.0 for one in cost.costs(jobs, count))
    total = float(jobs["seconds"].sum())
    what = "the card that each job has to itself" if unit == "GPU" else f"wall time × {counted(count, 'thread')}"
    return (
        f"{counted(int(jobs['jobs'].sum()), 'job')} took {duration(total)} one after the other; those that train or evaluate a"
        f" network took {duration(busy)} of {unit} time ({what})."
    )


def differences(settings: Mapping[str, Any], models: list[Standin]) -> Grid | None:
    """Where the study is not the paper's."""
    rows = [[one.what, one.paper, one.here] for one in found_differences(settings, models)]
    return (
        Grid("The study's settings beside the paper's.", ["What", "The paper", "Here"], rows, breadth="slim") if rows else None
    )
