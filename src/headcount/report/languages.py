"""What the page says of several languages: what was asked, how it was measured, and the scores in each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from headcount.analysis.crosslingual import WHOLE
from headcount.data.origins import EMBEDDED
from headcount.data.tasks import TEST_SETS, title
from headcount.phrasing import MISSING, counted, listed, number, percent
from headcount.report.grids import Grid

FIGURES = ("languages_robustness", "languages_layers", "languages_articles")
PARTS = {"thirds": "the lowest, the middle and the highest third of the layers", "halves": "the lower and the upper half"}
SCHEDULES = {"before": "before", "one_shot": "after"}
"""When heads go, by schedule, as the table says it: before or after fine-tuning."""


def studied(settings: Mapping[str, Any]) -> list[str]:
    """The models of a study that is about several languages: the multilingual one, and the one that it is held against."""
    part = settings.get("languages") or {}
    model, other = (str(part.get(role)) for role in ("multilingual", "monolingual"))
    return [name for name in (model, other) if name in settings["models"]] if model in settings["models"] else []


def _sets(part: Mapping[str, Any]) -> str:
    """The sets of layers, and the single layers, that lose all of their heads."""
    sets = part["sets"]
    if isinstance(sets, str):
        said = [PARTS[sets]]
    else:
        said = [f"{name} ({listed([str(layer) for layer in layers])})" for name, layers in sets.items()]
    single = [f"single layers ({listed([str(layer) for layer in part['single_layers']])})"] if part["single_layers"] else []
    return listed([*said, *single])


def asked(settings: Mapping[str, Any]) -> str:
    """What is asked of these models, and how it is measured, under the study's settings."""
    part, (model, *other) = settings["languages"], studied(settings)
    test, codes = TEST_SETS[part["test"]["name"]], part["test"]["languages"]
    tasks = listed([title(task) for task in settings["tasks"] if task in part["tasks"]])
    shares = listed([percent(fraction, 0) for fraction in part["fractions"]])
    same = " and for both models, which are of one shape" if other else ""
    drawn = f"in {counted(part['draws'], 'random order')} of each seed, the same for every task{same}"
    sizes = [part["test"]["max_examples"], *([part["test"]["examples"]] if part["test"]["source"] == EMBEDDED else [])]
    at_most = min((size for size in sizes if size), default=None)
    examples = f", at most {counted(at_most, 'example')}," if at_most else ""
    parts = [
        f"Of the heads of {listed([model, *other])}, {shares} are removed {drawn}. They go before fine-tuning and stay away;"
        f" then the accuracy on {tasks} is asked.",
        f"Fine-tuned on {title(test.trained_as)} in one language, {test.source_language}, {model} then answers one test"
        f" set{examples} in {counted(len(codes), 'language')} ({', '.join(codes)}), every one with the same examples, and"
        " nothing is trained in any of the others.",
    ]
    if part["sets"] or part["single_layers"]:
        parts.append(f"Which layers carry which languages is asked by removing all heads of {_sets(part)}.")
    parts += [
        "As a control, the ordinary fine-tuned model loses the same heads, and is not trained on.",
        "A drop is counted above chance: it is 1 − (s − m)/(s₀ − m), with the score s, that of the whole model s₀, and that of"
        " the best constant answer m. Where s₀ is not above m by three standard errors, nothing was transferred that could be"
        " lost, and there is no drop.",
    ]
    return " ".join(parts)


def _transferred(row: pd.Series) -> str:
    """To how many of the seeds that did not collapse."""
    learnt, lost = int(row["seeds"] + row["untransferred"]), int(row["collapsed"])
    said = f"{int(row['seeds'])} of {counted(learnt, 'seed')}" if learnt else "none"
    return f"{said}, {lost} collapsed" if lost else said


def _name(row: pd.Series) -> str:
    return f"{row['language']} (source)" if row["source"] else str(row["language"])


def zero_shot(table: pd.DataFrame | None) -> Grid | None:
    """The whole model's scores by language, from the table behind the figure of the articles."""
    if table is None or not len(whole := table[table["schedule"] == WHOLE]):
        return None
    rows = [
        [
            _name(row),
            str(row["family"]),
            f"{str(row['order']).upper()}, {row['morphology']}",
            number(int(row["articles"])),
            *(number(row[name]) for name in ("constant_score", "score", "standard_error")),
            _transferred(row),
        ]
        for _, row in whole.iterrows()
    ]
    columns = [
        "Language",
        "Family",
        "Order, morphology",
        "Articles",
        "Best constant answer",
        "Score",
        "Standard error",
        "Transferred",
    ]
    caption = (
        f"Accuracy of the whole {whole['model'].iloc[0]} in each language, the mean over seeds; it was fine-tuned in the source"
        " language alone. The standard error is one seed's, by its examples; transferred: above the best constant answer by"
        " three of them. Articles: how many of the language the model was pre-trained on."
    )
    return Grid(caption, columns, rows, frozenset(range(3, len(columns))), breadth="broad")


def _left(rows: pd.DataFrame, schedule: str, fraction: float) -> str:
    """A score, with the drop above chance in brackets."""
    here = rows[(rows["schedule"] == schedule) & ((rows["fraction"] - fraction).abs() < 1e-9)]
    if not len(here):
        return MISSING
    score, drop = here.iloc[0][["score", "mean"]]
    return number(score) if pd.isna(drop) or schedule == WHOLE else f"{number(score)} ({percent(drop)})"


def without_heads(table: pd.DataFrame | None) -> Grid | None:
    """Scores by language without random heads, at each share of them, from the table behind the figure of the articles."""
    if table is None or not len(pruned := table[table["schedule"].isin(SCHEDULES) & table["fraction"].notna()]):
        return None
    points = [
        (schedule, float(fraction))
        for schedule in SCHEDULES
        for fraction in sorted(pruned.loc[pruned["schedule"] == schedule, "fraction"].unique())
    ]
    rows = []
    for _, own in table.groupby("language", sort=False):
        rows.append([_name(own.iloc[0]), *(_left(own, *point) for point in [(WHOLE, 0.0), *points])])
    columns = ["Language", "Whole", *(f"{percent(fraction, 0)} {SCHEDULES[schedule]}" for schedule, fraction in points)]
    caption = (
        "Accuracy in each language without shares of the heads, drawn at random, that go before fine-tuning or after it: the"
        " mean over draws and seeds, and in brackets the drop above chance, over the seeds to which there was transfer."
    )
    return Grid(caption, columns, rows, frozenset(range(1, len(columns))), breadth="broad")
