"""What sparsity costs a model that is pruned and trained on: nothing (W1), information (W2, W3), and its fit too (W4)."""

from __future__ import annotations

from dataclasses import replace

from headcount.claims.averages import (
    at,
    complete,
    mean_difference,
    named,
    tasks_in,
    together,
    unpruned_difference,
    unread,
)
from headcount.claims.evidence import Evidence, Quantity, said
from headcount.claims.gordon import beside_own, cited, noise_floor
from headcount.claims.points import (
    DELETED,
    RETRAINED,
    Point,
    among,
    nearest,
    ratio,
    read_at,
    sparsities_of,
    tasks_of,
    values_of_points,
)
from headcount.claims.settings import Settings
from headcount.claims.tables import Runs, Tables
from headcount.claims.weights import ASKED, BARS, SEVERAL, Asked
from headcount.data.tasks import MASKED_LM, title
from headcount.phrasing import in_words, listed, number, percent

PAIRED = "Accuracies, as in the paper; differences and ratios are paired by seed and example."
OF_SEEDS = "The interval of a loss holds the chance of the seeds alone: no example is drawn again for it."
LEAST_TASKS = 4
"""The two largest and the two smallest tasks are compared where there are so many."""


def _loss(tables: Tables, model: str, bar: str, asked: Asked) -> Quantity:
    """The masked-LM loss of the sparse pre-trained model over that of the one that went the same way unpruned."""
    read = nearest(sparsities_of(tables, model, RETRAINED, task=MASKED_LM), asked)
    points = [] if read is None else [RETRAINED.at(read), RETRAINED.at(0.0)]
    terms = [(1.0, values_of_points(tables, model, MASKED_LM, points, ratio, "loss"))] if points else []
    what = f"masked-LM loss{at(read)} over the unpruned model's"
    return Quantity("masked-LM loss", "masked LM", what, BARS[bar], terms, read_at(read, asked))


# ------------------------------------------------------------------------------------------------------------------- W1


def relative_accuracies(tables: Tables, model: str) -> dict[str, Quantity]:
    """W1: accuracy over the unpruned model's on each task, and the same of the loss."""
    asked = ASKED["W1"]
    read = nearest(sparsities_of(tables, model, RETRAINED), asked)
    what, remark = f"accuracy{at(read)} over the unpruned model's", read_at(read, asked)
    found = {}
    for task in tasks_of(tables, model):
        points = [] if read is None else [RETRAINED.at(read), RETRAINED.at(0.0)]
        terms = [(1.0, values_of_points(tables, model, task, points, ratio, whole=1))] if points else []
        found[task] = Quantity(title(task), title(task), what, BARS["W1"], terms, remark)
    found = found or {"no task": Quantity("accuracy", "the downstream tasks", what, BARS["W1"], [])}
    return {**found, "loss": _loss(tables, model, "W1 loss", ASKED["W1 loss"])}


def some_go_for_nothing(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W1: relative accuracy on each task, and relative loss, at a low level of pruning."""
    found = [*beside_own(relative_accuracies, tables, model).values()]
    statement = (
        f"With its weights pruned at a low level, and trained on, {model} keeps this share of its accuracy, and has this many"
        f" times its masked-LM loss: {said(found, number)}{cited(found)}"
    )
    return Evidence(found, statement, f"{PAIRED} {OF_SEEDS}", why_none=unread(tables, model, [RETRAINED], found))


# ------------------------------------------------------------------------------------------------------------------- W2


def raised_loss(tables: Tables, model: str) -> dict[str, Quantity]:
    """W2: relative loss at a medium level, and how much accuracy is lost from a low level to it."""
    asked, there = (ASKED["W2"], ASKED["W1"]), sparsities_of(tables, model, RETRAINED)
    medium, low = (nearest(there, one) for one in asked)
    remark = together(*(read_at(read, one) for read, one in zip((medium, low), asked, strict=True)))

    def pair(sparsity: float) -> tuple[Point, Point]:
        return RETRAINED.at(sparsity), RETRAINED.at(low or 0.0)

    read = [medium] if medium is not None and low is not None else []
    what = f"accuracy{at(*read)} minus that{at(low)}, mean over the tasks"
    accuracy = mean_difference(tables, model, what, BARS["W2"], read, pair, name="accuracy", label="accuracy", remark=remark)
    return {"loss": _loss(tables, model, "W2 loss", ASKED["W2"]), "accuracy": accuracy}


def less_is_transferred(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W2: what a medium level of pruning does to the pre-training loss and to accuracy."""
    found = [*beside_own(raised_loss, tables, model).values()]
    statement = (
        f"At a medium level of pruning {model}'s masked-LM loss is this many times the unpruned model's, and its accuracy"
        f" differs by this much from that at a low level: {said(found, number)}{cited(found)}"
    )
    note = f"{PAIRED} {OF_SEEDS} {noise_floor()}"
    return complete(tables, model, found, statement, note, why_none=unread(tables, model, [RETRAINED], found))


# ------------------------------------------------------------------------------------------------------------------- W3


def _lifted(sparsity: float) -> tuple[Point, Point]:
    return DELETED.at(sparsity), RETRAINED.at(sparsity)


LIFTED = "accuracy with the mask lifted before fine-tuning minus that with it held"


def lifted_masks(tables: Tables, model: str) -> dict[str, Quantity]:
    """W3: what lifting the mask brings at each medium level that there is, mean over the tasks."""
    found = {}
    for sparsity in among(sparsities_of(tables, model, DELETED, RETRAINED), SEVERAL["W3"]):
        level = percent(sparsity, 0)
        what = f"{LIFTED}, at {level}, mean over the tasks"
        found[level] = mean_difference(
            tables, model, what, BARS["W3"], [sparsity], _lifted, name=f"at {level}", label=f"sparsity {level}"
        )
    if found:
        return {**found, "unpruned": unpruned_difference(tables, model, LIFTED, BARS["W3"], _lifted)}
    levels = listed([percent(one, 0) for one in SEVERAL["W3"]])
    nothing = Quantity("", model, f"{LIFTED}, mean over the tasks", BARS["W3"], [], f"none of {levels} was run in both arms")
    return {"none": nothing}


def deletion_is_the_cause(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W3: the arm with the mask lifted against the one with it held, at medium levels."""
    by_name = beside_own(lifted_masks, tables, model)
    controls = [by_name.pop("unpruned")] if "unpruned" in by_name else []
    found = [*by_name.values()]
    statement = (
        f"With its mask lifted before fine-tuning {model}'s accuracy differs from that with its mask held by:"
        f" {said(found, number)}{cited(found)}"
    )
    missing = [one for one in SEVERAL["W3"] if not among(sparsities_of(tables, model, DELETED, RETRAINED), [one])]
    not_run = f"Of the paper's levels {listed([percent(one, 0) for one in missing])} could not be read here." if missing else ""
    note = " ".join(filter(None, [PAIRED, "Both arms start from the same sparse pre-trained model.", not_run]))
    why = unread(tables, model, [RETRAINED, DELETED], found)
    return complete(tables, model, found, statement, note, controls, why)


# ------------------------------------------------------------------------------------------------------------------- W4


def prevented_fit(tables: Tables, model: str) -> dict[str, Quantity]:
    """W4: what lifting the mask brings at a high level; how much higher training ends; whether larger tasks gain more."""
    asked = ASKED["W4"]
    both = nearest(sparsities_of(tables, model, DELETED, RETRAINED), asked)
    read, remark = [] if both is None else [both], read_at(both, asked)
    what = f"{LIFTED}{at(both)}"
    lifted = mean_difference(
        tables,
        model,
        f"{what}, mean over the tasks",
        BARS["W4"],
        read,
        _lifted,
        name="mask lifted",
        label="accuracy",
        remark=remark,
    )
    found = {"accuracy": lifted, "fit": _training_loss(tables, model, asked)}
    found["unpruned"] = unpruned_difference(tables, model, LIFTED, BARS["W4"], _lifted)
    there = [runs for weight, runs in lifted.terms if weight and runs.by_seed]
    if len(there) >= LEAST_TASKS:
        (largest, smallest), halves = (there[:2], there[-2:]), (0.5, 0.5, -0.5, -0.5)
        sides = [named(tasks_in(side)) for side in (largest, smallest)]
        terms = [*zip(halves, [*largest, *smallest], strict=True)]
        label = f"{sides[0]} minus {sides[1]}"
        found["size"] = Quantity(
            f"{label}:", label, f"{what}, on the larger tasks minus on the smaller", BARS["W4 size"], terms, remark
        )
    return found


def _training_loss(tables: Tables, model: str, asked: Asked) -> Quantity:
    """The mean over the tasks of the training loss at the end of fine-tuning, over that of the unpruned model.

    Only seeds that have all of the tasks count, so that each is a mean of the same.
    """
    read = nearest(sparsities_of(tables, model, RETRAINED), asked)
    what = f"training loss at the end of fine-tuning{at(read)}, mean over the tasks, over the unpruned model's"
    nothing = Quantity("training loss", "training loss", what, BARS["W4 fitting"], [], read_at(read, asked))
    if read is None:
        return nothing
    points = [RETRAINED.at(read), RETRAINED.at(0.0)]
    tasks = tasks_of(tables, model)
    each = [
        [values_of_points(tables, model, task, points, lambda *two, n=n: two[n], "training_loss") for task in tasks]
        for n in (0, 1)
    ]
    pruned, whole = ([one for one in side if one.by_seed] for side in each)
    seeds = set.intersection(*(set(one.by_seed) for one in pruned)) if pruned else set()
    sums = {seed: [sum(one.by_seed[seed] for one in side) for side in (pruned, whole)] for seed in sorted(seeds)}
    ratios = {seed: own / other for seed, (own, other) in sums.items() if other > 0}
    sources = frozenset().union(*(one.sources for one in each[0]))
    runs = Runs(model, "the tasks together", ratios, {}, sources)
    terms = [(1.0, runs), *((0.0, replace(one, by_seed={})) for one in each[0])]
    on = f"on {named(tasks_in(pruned))}" if pruned else ""
    return replace(nothing, terms=terms, remark=together(on, nothing.remark))


def fit_is_prevented(tables: Tables, settings: Settings, model: str) -> Evidence:
    """W4: at a high level of pruning, the mask's part in what is lost, the training loss, and the size of the tasks."""
    by_name = beside_own(prevented_fit, tables, model)
    controls = [by_name.pop("unpruned")]
    found = [*by_name.values()]
    statement = (
        f"At a high level of pruning {model} gains this much accuracy where its mask is lifted before fine-tuning, and where it"
        f" is held, training ends at this many times the unpruned model's loss: {said(found, number)}{cited(found)}"
    )
    tasks = tasks_in(runs for _, runs in by_name["accuracy"].terms)
    size = (
        "Larger and smaller tasks are the first and the last two by the size of GLUE's training sets."
        if "size" in by_name
        else f"Whether larger tasks gain more is left out: it takes {in_words(LEAST_TASKS)} tasks, and"
        f" {named(tasks) or 'none'} can be read."
    )
    why = unread(tables, model, [RETRAINED, DELETED], found)
    means = [by_name["accuracy"]]
    note = f"{PAIRED} {OF_SEEDS} {size} A task that collapsed at this level is left out of all of them. {noise_floor()}"
    evidence = complete(tables, model, means, statement, note, controls, why)
    return replace(evidence, quantities=found)
