"""The paper on heads: its models and tasks, what it claims, and the bar of each claim, with its section beside it."""

from __future__ import annotations

from headcount.claims.bars import Bar, Claimed, Level, Paper, Role

PAPER_MODELS: dict[Role, str] = {"main": "RoBERTa-large", "shared": "ALBERT-base-v1", "appendix": "ALBERT-xxlarge-v2"}
"""The paper's models, by the role that a model of the study plays for each (§2, App. D)."""
PAPER_TASKS = ("cola", "sst2", "qqp", "mnli")
"""The paper's downstream tasks (§2); a claim about all of them needs all of them."""
PAPER_NORMS = ("l1", "l2", "none")
"""The paper's norms (§3.2)."""
HARDEST_SHARED = ("cola", "mnli")
"""Where ALBERT's performance drops most, the paper says (§3.3)."""
FROZEN_LAYERS, LAYERS = 5, 24
"""How many of how many layers the paper freezes (§5, RoBERTa-large)."""
PAPER = Paper("heads", "the paper on heads", PAPER_MODELS)

LEVELS = {
    "downstream": Level(0.9, "§3.3: retains over 90% performance; §4: the 0.9 of Recall_0.9"),
    "pretrain": Level(0.75, "§4: 75% relative performance on the pre-train task"),
}

BARS = {
    "C1": Bar(">", 0.5, "§3.3: when pruning more than 50% heads"),
    "C2": Bar("<", 0.0, "§3.3: performance of ALBERT drops more quickly"),
    "C2 most": Bar("<", 0.0, "§3.3: especially on CoLA and MNLI"),
    "C3": Bar(">", 0.0, "§3.3: l1 norm can retain higher performance"),
    "C4": Bar(">", 0.9, "§4: the high recall (over 90%)"),
    "C5": Bar("<", 0.5, "§4: less than 50% heads are required"),
    "C6": Bar(">", 0.0, "§5: the change in the lower layers are small"),
    "C7 cola": Bar(">=", 0.91, "§5: relative performance 0.91 on CoLA"),
    "C7": Bar(">", 0.98, "§5: more than 0.98 on the rest three tasks"),
    "C8": Bar("within", 0.1, "§5: little correlation (≤ 0.10 for all tasks); App. E"),
    "C9": Bar("<", 0.0, "App. D: also less prunable than RoBERTa-Large"),
    "C10": Bar(">=", 0.9, "§4: the guideline; §3.3: over 90% performance"),
}

CLAIMED = {
    "C1": Claimed(
        PAPER,
        "more than 90% relative performance is left to {main} with more than 50% of its heads pruned, on all four tasks",
        "§3.3, Fig. 1",
    ),
    "C2": Claimed(
        PAPER,
        "performance is lost sooner by {shared} than by {main}, most on CoLA and MNLI",
        "§3.3, Fig. 1",
        ("shared", "main"),
    ),
    "C3": Claimed(PAPER, "under l1 {main} keeps high performance longer than under l2 and than under no norm", "§3.3, Fig. 1"),
    "C4": Claimed(
        PAPER,
        "Recall_0.9 of {main} exceeds 0.90 where its masked-LM relative performance is about 0.75, for all four tasks",
        "§4, Fig. 3",
        needs=("masked LM",),
    ),
    "C5": Claimed(
        PAPER,
        "fewer than 50% of its heads keep 75% of {main}'s masked-LM performance",
        "§4, Fig. 2",
        needs=("masked LM",),
    ),
    "C6": Claimed(
        PAPER,
        "lower layers of {main} change less than upper ones under fine-tuning (JS and L2)",
        "§5, Fig. 4",
        needs=("pre-trained model",),
    ),
    "C7": Claimed(
        PAPER,
        "with its lowest layers frozen (the paper: 5 of 24) {main} keeps 0.91 on CoLA, > 0.98 on the other three",
        "§5",
        needs=("pre-trained model",),
    ),
    "C8": Claimed(
        PAPER,
        "|r| ≤ 0.10 between importance and JS divergence over {main}'s heads, for all tasks and both importances",
        "§5, App. E",
        needs=("pre-trained model", "masked LM"),
    ),
    "C9": Claimed(PAPER, "fewer heads can go of {appendix}, too, than of {main}", "App. D, Fig. 5", ("appendix", "main")),
    "C10": Claimed(
        PAPER,
        "pruned on masked LM until 75% of that performance is left, then fine-tuned, {main} keeps 90% of the unpruned run's"
        " score",
        "§4, the guideline",
        needs=("masked LM",),
    ),
}
