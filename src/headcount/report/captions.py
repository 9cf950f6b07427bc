"""The captions of the page: what each figure draws, what is seen in it, and what the paper reported."""

from __future__ import annotations

from headcount.report import findings
from headcount.report.caption import Caption
from headcount.report.language_captions import LANGUAGES
from headcount.report.weight_captions import WEIGHTS

CURVE = frozenset({"model", "task", "removed_fraction", "mean", "undefined", "collapsed"})

CAPTIONS = (
    Caption(
        name="figure1",
        drawn="Line charts of the score relative to the unpruned model against the share of heads removed, the least important"
        " first: a row a model, a column a task, a colour a norm of Eq. 4; dotted: single seeds, bold: their mean.",
        paper="RoBERTa-large keeps over 90% of its performance with more than half of its heads pruned, on all four tasks."
        " ALBERT-base-v1 drops sooner, most on CoLA and MNLI. At the same ratio the l1 norm keeps most.",
        where="§3.3, Fig. 1",
        says=findings.curves,
        needs=CURVE,
        claims=("C1", "C2", "C3"),
    ),
    Caption(
        name="figure2",
        drawn="Line charts of masked-LM Recall@1 relative to the unpruned model against the share of heads removed: a panel a"
        " model, a colour a norm; dotted lines are single seeds, bold ones their mean.",
        paper="Fewer than half of RoBERTa-large's heads keep 75% of its masked-LM performance.",
        where="§4, Fig. 2",
        says=findings.curves,
        needs=CURVE,
        claims=("C5",),
    ),
    Caption(
        name="figure3",
        drawn="Line charts of Recall_0.9 (Eq. 5) against the relative performance on the pre-train task: a row a model, a"
        " column a task, with its standard deviation over seeds, beside what as many random heads would recall.",
        paper="A recall above 90% where the relative performance on the pre-train task is around 75%, on all four tasks. The"
        " paper gives no chance level.",
        where="§4, Fig. 3",
        says=findings.recall,
        needs=frozenset({"model", "task", "x", "mean", "chance", "undefined", "empty", "collapsed"}),
        claims=("C4",),
    ),
    Caption(
        name="figure4",
        drawn="Line charts over the layers: the Jensen–Shannon divergence between the attention of the pre-trained and the"
        " fine-tuned model, and the l2 distance between their hidden states, on the same texts. Solid is the mean over heads"
        " and seeds; dashed the maximum: of attention over a layer's heads, each averaged over seeds; of hidden states, which"
        " have no heads, over the seeds.",
        paper="The lower layers change little in general, in attention and in hidden states.",
        where="§5, Fig. 4",
        says=findings.layers,
        needs=frozenset({"model", "layer", "js_mean", "l2"}),
        claims=("C6",),
    ),
    Caption(
        name="figure5",
        drawn="Line charts of the score relative to the unpruned model against the share of heads removed, for the appendix's"
        " model: a panel a task; dotted lines are single seeds, bold ones their mean.",
        paper="ALBERT-xxlarge-v2 too is less prunable than RoBERTa-large. (Its axis is the share of heads retained.)",
        where="App. D, Fig. 5",
        says=findings.curves,
        needs=CURVE,
        claims=("C9",),
    ),
    Caption(
        name="figure6",
        drawn="Scatter plots, a point a head: its importance (Eq. 2) against the Jensen–Shannon divergence of its attention; in"
        " the upper row the importance on the pre-train task, in the lower row on the downstream task, a column a task, each"
        " with its regression line.",
        paper="Little correlation, at most 0.10 for all tasks, with the importance on either task.",
        where="§5 and App. E, Fig. 6",
        says=findings.correlations,
        needs=frozenset({"model", "task", "importance", "seed", "r"}),
        claims=("C8",),
    ),
    Caption(
        name="table1",
        drawn="Examples of each task, the metric, and the unpruned models' scores on the validation set: mean ± standard"
        " deviation over seeds.",
        paper="Sizes and metrics alone, no scores: CoLA 8,551 training and 1,042 validation examples, MCC; SST-2 67,350 and"
        " 873, accuracy; QQP 363,847 and 40,431, mean of accuracy and F1; MNLI 392,703 and 9,816, accuracy. (GLUE itself has"
        " 1,043, 67,349 and 872, 363,846 and 40,430, 392,702 and 9,815.)",
        where="App. C, Table 1",
    ),
    Caption(
        name="agreement",
        drawn="Heat maps over all pairs of runs, masked LM if asked among them: the overlap of required heads less what chance"
        " gives, and the rank correlation of their heads' importance.",
        paper="Not in the paper, which compares the pre-train task with each downstream task only, and without chance.",
        says=findings.agreement,
        needs=frozenset({"model", "task_a", "task_b", "sets", "excess"}),
    ),
    Caption(
        name="divergence_maps",
        drawn="Heat maps of the Jensen–Shannon divergence between the attention of the pre-trained and the fine-tuned model: a"
        " row a layer, a column a head, a panel a model and task.",
        paper="Not in the paper, which shows each layer's mean and maximum only.",
        says=findings.heads,
        needs=frozenset({"model", "task", "layer", "head", "js_mean"}),
    ),
    Caption(
        name="before_after",
        drawn="Line charts of the score relative to the unpruned model against the share of heads removed: after fine-tuning in"
        " the task's own order, after it in the pre-train task's order, and before it in the pre-train task's order.",
        paper="The abstract announces a comparison before and after fine-tuning; the paper reports no such experiment.",
        says=findings.arms,
        needs=frozenset({"model", "task", "arm", "removed_fraction", "mean"}),
    ),
    Caption(
        name="layers_and_heads",
        drawn="Line charts of the score relative to the unpruned model against the share of units removed: single heads, all"
        " heads of a layer at once, and whole layers, each in the order of its criterion: a row a model, a column a task, a"
        " colour a unit and criterion.",
        paper="Not in the paper, which removes single heads only.",
        says=findings.curves,
        needs=CURVE,
    ),
    Caption(
        name="outlier_features",
        drawn="Scatter plots, a point a feature and layer: how many standard deviations its scale and its bias lie from their"
        " layer's mean, and beside that their own size, for the distance saturates where one of n entries is far beyond all"
        " others, at (n − 1)/√n. A row of panels a model; within a panel a row a layer, the lowest at the bottom, all on one"
        " scale from 0. The outliers of the model are named.",
        paper="Few features stand out, at the same place through the layers: 308 and 381 in BERT-base, 77 and 588 in"
        " RoBERTa-base.",
        where="Kovaleva et al. 2021, the authors' account",
        says=findings.features,
        needs=frozenset({"model", "layer", "features", "feature", "outlier"}),
        claims=("N1", "N2", "N7"),
    ),
    Caption(
        name="ablation",
        drawn="Dot plots of what is left without each outlier feature, without all of them, and without as many random ones:"
        " the loss of masked LM, and the score on each task, a row a model. A square is a mean with the features replaced by"
        " zero, a circle one with their own means in their place; small dots are single seeds and, of random features, draws.",
        paper="Without its two outliers, fine-tuned BERT-base loses 27.9 points on MNLI and 44.1 on STS-B; without one, of 24"
        " parameters, the masked-LM loss of RoBERTa-base almost quadruples; random features change nothing. Replacing by the"
        " mean is not in the paper.",
        where="Kovaleva et al. 2021, Table 3, as others quote it",
        says=findings.ablation,
        needs=frozenset({"model", "task", "measure", "replace", "arm", "count", "relative", "undefined", "collapsed"}),
        claims=("N3", "N4", "N5", "N8"),
    ),
    Caption(
        name="emergence",
        drawn="Line charts against the step of pre-training, a column a model: the distance of scale and of bias from their"
        " layer's mean, in standard deviations, for the features that are outliers in the end, beside the band that holds 95%"
        " of the others; below, the loss of masked LM. A marker is filled at a step at which the feature is an outlier.",
        paper="In a BERT-medium of the authors' own, the outlier emerges after about 50,000 steps.",
        where="Kovaleva et al. 2021, Fig. 7",
        says=findings.emergence,
        needs=frozenset({"model", "step", "feature", "z_scale", "z_bias", "loss"}),
        claims=("N6",),
    ),
    *WEIGHTS,
    *LANGUAGES,
)
"""In the order of the page: the paper's, those that it does not have, then those of each other paper."""
