"""What disabling outlier features does to masked LM (N3, N4) and the downstream tasks (N5), and what their mean mends (N8)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from headcount.claims.ablations import ALL, MEAN, RANDOM, WHOLE, Ablation, Arm, Numbers, Statistic, values_of_ablations
from headcount.claims.evidence import Evidence, Quantity, Weighted, said
from headcount.claims.features import BARS, CITED, PUBLISHED
from headcount.claims.settings import Settings
from headcount.claims.tables import Tables
from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import listed, number, percent, points

OVER_WHOLE = "masked-LM loss over the whole model's"
PAIRED = "Differences and ratios are paired by seed and example."
ONE_MODEL = "The pre-trained model is one: a seed draws which of its tokens are masked, and the random features."


def why_nothing(tables: Tables, model: str) -> str:
    """Why nothing was disabled, where the model's ablations say so."""
    rows = tables.rows("ablations", model=model)
    return "it has no outlier, so that nothing was disabled" if len(rows) and set(rows["arm"]) == {"none"} else ""


def _relative_loss(arm: Arm) -> Statistic:
    return lambda ablation: ablation.relative_loss(arm)


def _over_whole(
    tables: Tables, model: str, arm: Arm, what: str, bar: str = "N3", *, name: str = "", label: str = "", published: str = ""
) -> Quantity:
    """The masked-LM loss in an arm over the whole model's."""
    runs = values_of_ablations(tables, model, MASKED_LM, [arm], _relative_loss(arm))
    return Quantity(name, label or model, f"{OVER_WHOLE}, {what}", BARS[bar], [(1, runs)], published=published)


def loss_without(tables: Tables, model: str, name: str = "") -> Quantity:
    """The masked-LM loss with all outliers disabled over the whole model's."""
    return _over_whole(tables, model, ALL, "all outliers disabled", name=name, published=PUBLISHED["N3"])


def _loss_without_random(tables: Tables, model: str) -> Quantity:
    return _over_whole(tables, model, RANDOM, "as many random features disabled, mean over the sets", "N4")


def _others(settings: Settings) -> Sequence[str]:
    return settings.encoders[1:]


# -------------------------------------------------------------------------------------------------------------- N3 and N4


def masked_lm_ruined(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N3: the loss without the outliers over the whole model's; beside it each alone, random ones, and the other encoders."""
    found = [loss_without(tables, model)]
    rows = tables.rows("ablations", model=model, task=MASKED_LM, arm="outlier", replace="zero")
    alone = [json.loads(features)[0] for features in dict.fromkeys(rows["features"])] if len(rows) else []
    each = [
        _over_whole(
            tables,
            model,
            {"arm": "outlier", "replace": "zero", "features": json.dumps([feature])},
            f"feature {feature} disabled alone",
            published=PUBLISHED["N3"],
        )
        for feature in alone
    ]
    controls = [*each, _loss_without_random(tables, model), *(loss_without(tables, other) for other in _others(settings))]
    statement = (
        f"With all its outliers disabled {model}'s masked-LM loss is this many times the whole model's: {said(found, number)};"
        f" {CITED}: almost 4 times in RoBERTa, with one feature."
    )
    return Evidence(found, statement, f"{PAIRED} {ONE_MODEL}", controls=controls, why_none=why_nothing(tables, model))


def random_harmless(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N4: the loss without as many random features over the whole model's, the mean over the sets; other encoders beside."""
    found = [_with_range(tables, model)]
    controls = [_with_range(tables, other) for other in _others(settings)]
    statement = (
        f"With as many random features disabled {model}'s masked-LM loss is this many times the whole model's:"
        f" {said(found, number)}; {CITED}: not affected at all."
    )
    return Evidence(found, statement, f"{PAIRED} {ONE_MODEL}", controls=controls, why_none=why_nothing(tables, model))


def _with_range(tables: Tables, model: str) -> Quantity:
    """With what single sets do."""
    quantity = _loss_without_random(tables, model)
    rows = tables.rows("ablations", model=model, task=MASKED_LM, **RANDOM)
    if rows.empty:
        return replace(quantity, published=PUBLISHED["N4"])
    low, high = rows["relative_loss"].min(), rows["relative_loss"].max()
    return replace(quantity, remark=f"{len(rows)} sets, from {number(low)} to {number(high)}", published=PUBLISHED["N4"])


# ------------------------------------------------------------------------------------------------------------------- N5


def _more_lost(ablation: Ablation) -> Numbers:
    """How much more relative score is left without random features than without the outliers."""
    found: Numbers = ablation.relative_score(RANDOM) - ablation.relative_score(ALL)
    return found


def _score_change(ablation: Ablation) -> Numbers:
    found: Numbers = ablation.score(ALL) - ablation.score(WHOLE)
    return found


def _on_tasks(tables: Tables, model: str) -> tuple[Quantity, dict[str, Quantity], bool]:
    """The mean over the tasks of how much more is lost, each task's own, and whether all of them are in the mean."""
    rows = tables.rows("ablations", model=model)
    asked = [task for task in dict.fromkeys(rows["task"]) if task != MASKED_LM] if len(rows) else []
    runs = {
        task: values_of_ablations(
            tables,
            model,
            task,
            [ALL, RANDOM],
            _more_lost,
            strength=lambda ablation: ablation.score(WHOLE),
            weak="unpruned score",
        )
        for task in asked
    }
    there = [task for task, one in runs.items() if one.by_seed]
    terms: list[Weighted] = [(1 / len(there) if task in there else 0, one) for task, one in runs.items()]
    what = "relative score without random features minus that without all outliers"
    on = listed([title(task) for task in there])
    remark = f"on {on}" if there else ""
    mean = Quantity("", model, f"{what}, mean over the tasks", BARS["N5"], terms, remark, published=PUBLISHED["N5"])
    each = {task: Quantity(title(task), f"{title(task)}, {model}", what, BARS["N5"], [(1, one)]) for task, one in runs.items()}
    return mean, each, len(there) == len(runs)


def downstream_tasks_hurt(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N5: how much more the tasks lose without the outliers than without as many random features; each task beside it."""
    mean, each, complete = _on_tasks(tables, model)
    changes = [
        Quantity(
            title(task),
            f"{title(task)}, {model}",
            "score without all outliers minus the whole model's",
            BARS["N5"],
            [(1, values_of_ablations(tables, model, task, [ALL], _score_change))],
            published=PUBLISHED.get(f"N5 {task}", ""),
        )
        for task in each
    ]
    controls = [*each.values(), *changes, *(_on_tasks(tables, other)[0] for other in _others(settings))]
    on = listed([title(task) for task in each])
    statement = (
        f"Without its outliers {model} keeps less of its score than without as many random features, by {mean.said(points)}"
        f" percentage points on average over {on}; {CITED}: {PUBLISHED['N5']}."
    )
    lost = [title(task) for task, one in each.items() if one.found is None]
    lacking = f"runs on {listed(lost)} that have learnt" if lost else ""
    note = f"{PAIRED} Relative scores are shares of the whole model's; nothing is trained after features are disabled."
    return Evidence([mean], statement, note, complete, controls, lacking=lacking, why_none=why_nothing(tables, model))


# ------------------------------------------------------------------------------------------------------------------- N8


def _damage(arm: Arm) -> Statistic:
    """What an arm adds to the loss."""
    return lambda ablation: ablation.loss(arm) - ablation.loss(WHOLE)


def _left_by_mean(ablation: Ablation) -> Numbers:
    """What the mean in the outliers' place adds to the loss, over what zeroing them does; NaN where that is nothing."""
    mean, zero = _damage(MEAN)(ablation), _damage(ALL)(ablation)
    found: Numbers = np.divide(mean, zero, out=np.full_like(zero, np.nan), where=zero != 0)
    return found


def _bias(tables: Tables, model: str) -> Quantity:
    runs = values_of_ablations(
        tables, model, MASKED_LM, [ALL, MEAN], _left_by_mean, strength=_damage(ALL), weak="what zeroing adds to the loss"
    )
    what = "what their mean in place of all outliers adds to the masked-LM loss / what zero does"
    return Quantity("", model, what, BARS["N8"], [(1, runs)], published=PUBLISHED["N8"])


def bias_not_information(tables: Tables, settings: Settings, model: str) -> Evidence:
    """N8: how much of the damage is left where the outliers are replaced by their mean; both losses beside it."""
    found = [_bias(tables, model)]
    both = {"zero": ALL, "their mean": MEAN}
    controls = [_over_whole(tables, model, arm, f"{what} in place of all outliers") for what, arm in both.items()]
    controls += [_bias(tables, other) for other in _others(settings)]
    statement = (
        f"With their mean in place of {model}'s outliers this share of what zero adds to its masked-LM loss is left:"
        f" {said(found, percent)}; Sun et al. (2024): 0% of the accuracy that LLaMA2-7B loses."
    )
    note = f"{PAIRED} {ONE_MODEL} Not measurable where zero adds less than five standard errors to the loss."
    return Evidence(
        found,
        statement,
        note,
        controls=controls,
        too_weak="outliers whose zeroing raises the loss",
        why_none=why_nothing(tables, model),
    )
