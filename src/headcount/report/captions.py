"""The captions of the page: what each figure draws, what is seen in it, and what the paper reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from headcount.report import findings as seen


def _nothing(table: pd.DataFrame) -> Iterator[str]:
    return iter(())


@dataclass(frozen=True)
class Caption:
    """The texts of one figure.

    Args:
        drawn: what the picture draws, and how; the beginning of its alternative text.
        paper: what the paper reported.
        where: its section and figure; empty for what the paper does not have.
        says: sentences from the table behind the figure, which needs the columns ``needs``.
    """

    name: str
    label: str
    title: str
    drawn: str
    paper: str
    where: str = ""
    says: Callable[[pd.DataFrame], Iterator[str]] = _nothing
    needs: frozenset[str] = frozenset()

    def seen(self, table: pd.DataFrame | None) -> list[str]:
        """What is seen, from the numbers; nothing where the table is not there or lacks a column."""
        if table is None or not len(table) or not self.needs <= set(table.columns):
            return []
        return list(self.says(table))

    def alt(self, table: pd.DataFrame | None) -> str:
        """The alternative text: what is drawn, then what is seen."""
        return " ".join([self.drawn, *self.seen(table)])


CURVE = frozenset({"model", "task", "norm", "removed_fraction", "mean", "undefined", "collapsed"})

PAPER_FIGURES = (
    Caption(
        name="figure1",
        label="Figure 1",
        title="How many heads can go: the downstream tasks",
        drawn="Line charts of the score relative to the unpruned model against the share of heads removed, the least important"
        " first: a row a model, a column a task, a colour a norm of Eq. 4; dotted: single seeds, bold: their mean.",
        paper="RoBERTa-large keeps over 90% of its performance with more than half of its heads pruned, on all four tasks."
        " ALBERT-base-v1 drops sooner, most on CoLA and MNLI. At the same ratio the l1 norm keeps most.",
        where="§3.3, Fig. 1",
        says=seen.curves,
        needs=CURVE,
    ),
    Caption(
        name="figure2",
        label="Figure 2",
        title="How many heads can go: masked language modelling",
        drawn="Line charts of masked-LM Recall@1 relative to the unpruned model against the share of heads removed: a panel a"
        " model, a colour a norm; dotted lines are single seeds, bold ones their mean.",
        paper="Fewer than half of RoBERTa-large's heads keep 75% of its masked-LM performance.",
        where="§4, Fig. 2",
        says=seen.masked_lm,
        needs=CURVE,
    ),
    Caption(
        name="figure3",
        label="Figure 3",
        title="Do the pre-train task's heads cover those of the downstream tasks?",
        drawn="Line charts of Recall_0.9 (Eq. 5) against the relative performance on the pre-train task: a row a model, a"
        " column a task, with its standard deviation over seeds, beside what as many random heads would recall.",
        paper="A recall above 90% where the relative performance on the pre-train task is around 75%, on all four tasks. The"
        " paper gives no chance level.",
        where="§4, Fig. 3",
        says=seen.recall,
        needs=frozenset({"model", "task", "x", "mean", "chance", "undefined", "empty", "collapsed"}),
    ),
    Caption(
        name="figure4",
        label="Figure 4",
        title="What fine-tuning moves, layer by layer",
        drawn="Line charts over the layers: the Jensen–Shannon divergence between the attention of the pre-trained and the"
        " fine-tuned model, and the l2 distance between their hidden states, on the same texts; solid the mean over a layer's"
        " heads, dashed the maximum.",
        paper="The lower layers change little in general, in attention and in hidden states.",
        where="§5, Fig. 4",
        says=seen.layers,
        needs=frozenset({"model", "layer", "js_mean", "l2"}),
    ),
    Caption(
        name="figure5",
        label="Figure 5",
        title="A larger model that shares its layers",
        drawn="Line charts of the score relative to the unpruned model against the share of heads removed, for the appendix's"
        " model: a panel a task; dotted lines are single seeds, bold ones their mean.",
        paper="ALBERT-xxlarge-v2 too is less prunable than RoBERTa-large. (Its axis is the share of heads retained.)",
        where="App. D, Fig. 5",
        says=seen.curves,
        needs=CURVE,
    ),
    Caption(
        name="figure6",
        label="Figure 6",
        title="Are the important heads those that move?",
        drawn="Scatter plots, a point a head: its importance (Eq. 2) against the Jensen–Shannon divergence of its attention; in"
        " the upper row the importance on the pre-train task, in the lower row on the downstream task, a column a task, each"
        " with its regression line.",
        paper="Little correlation, at most 0.10 for all tasks, with the importance on either task.",
        where="§5 and App. E, Fig. 6",
        says=seen.correlations,
        needs=frozenset({"model", "task", "importance", "seed", "r"}),
    ),
)

TABLE = Caption(
    name="table1",
    label="Table 1",
    title="Data and scores",
    drawn="Examples of each task, the metric, and the unpruned models' scores on the validation set: mean ± standard deviation"
    " over seeds.",
    paper="Sizes and metrics alone, no scores: CoLA 8,551 training and 1,042 validation examples, MCC; SST-2 67,350 and 873,"
    " accuracy; QQP 363,847 and 40,431, mean of accuracy and F1; MNLI 392,703 and 9,816, accuracy. (GLUE itself has 1,043,"
    " 67,349 and 872, 363,846 and 40,430, 392,702 and 9,815.)",
    where="App. C, Table 1",
)

BEYOND = (
    Caption(
        name="agreement",
        label="Agreement",
        title="Is importance the head's, the task's, or the seed's?",
        drawn="Heat maps over all pairs of runs, masked LM among them: the overlap of their required heads less what chance"
        " gives, and the rank correlation of their heads' importance.",
        paper="Not in the paper, which compares the pre-train task with each downstream task only, and without chance.",
        says=seen.agreement,
        needs=frozenset({"model", "task_a", "task_b", "sets", "excess"}),
    ),
    Caption(
        name="divergence_maps",
        label="Divergence maps",
        title="What fine-tuning moves, head by head",
        drawn="Heat maps of the Jensen–Shannon divergence between the attention of the pre-trained and the fine-tuned model: a"
        " row a layer, a column a head, a panel a model and task.",
        paper="Not in the paper, which shows each layer's mean and maximum only.",
        says=seen.heads,
        needs=frozenset({"model", "task", "layer", "head", "js_mean"}),
    ),
    Caption(
        name="before_after",
        label="Before and after",
        title="Heads removed before fine-tuning, and after it",
        drawn="Line charts of the score relative to the unpruned model against the share of heads removed: after fine-tuning in"
        " the task's own order, after it in the pre-train task's order, and before it in the pre-train task's order.",
        paper="The abstract announces a comparison before and after fine-tuning; the paper reports no such experiment.",
        says=seen.arms,
        needs=frozenset({"model", "task", "arm", "removed_fraction", "mean"}),
    ),
)
