"""The paper on pruning single weights (Gordon et al. 2020): its model and tasks, what it claims, and the bar of each claim."""

from __future__ import annotations

from typing import NamedTuple

from headcount.claims.bars import Bar, Claimed, Paper

CITED = "Gordon et al. (2020)"
PAPER = Paper("weights", CITED, {"pruned": "BERT-base"}, frozenset({"bert-base-uncased"}))
PAPER_TASKS = ("mnli", "qqp", "qnli", "sst2", "cola")
"""The paper's downstream tasks, that with the largest training set first."""


class Asked(NamedTuple):
    """The sparsity that a claim speaks of, and which it may be read at in its place: from ``least`` to ``most``."""

    sparsity: float
    least: float
    most: float


ASKED = {
    "W1": Asked(0.4, 0.3, 0.4),
    "W1 loss": Asked(0.3, 0.0, 0.4),
    "W2": Asked(0.7, 0.6, 0.8),
    "W4": Asked(0.9, 0.8, 0.95),
    "W7 masks": Asked(0.6, 0.5, 0.7),
}
"""One sparsity each; W2 holds its own against W1's."""
SEVERAL = {
    "W3": (0.4, 0.5, 0.6),
    "W6": (0.5, 0.6, 0.7, 0.8, 0.9),
    "W8": (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
}
"""Several sparsities: those of them that a study has are read."""

BARS = {
    "W1": Bar(">=", 0.99, "abstract: low levels (30-40%) do not affect transfer at all; within what is chosen here"),
    "W1 loss": Bar("<", 1.05, "abstract: low levels (30-40%) do not affect the pre-training loss; within what is chosen here"),
    "W2": Bar("<", 0.0, "abstract: medium levels prevent useful information from being transferred"),
    "W2 loss": Bar(">", 1.2, "abstract: medium levels increase the pre-training loss; by how much is chosen here"),
    "W3": Bar("within", 0.01, "Table 1: deleting the same information costs as much; how closely is chosen here"),
    "W4": Bar(">", 0.0, "abstract: high levels additionally prevent models from fitting downstream datasets"),
    "W4 fitting": Bar(">", 1.0, "abstract: high levels additionally prevent models from fitting downstream datasets"),
    "W4 size": Bar(">", 0.0, "Table 1: most where there is most to fit"),
    "W5": Bar("<", -0.9, "Table 1: the pre-training loss tells what deletion costs; how well is chosen here"),
    "W6": Bar("<", 0.005, "abstract: fine-tuning does not improve prunability; within what is chosen here"),
    "W7": Bar("<", 0.06, "Table 2: weights hardly move in the order of their magnitudes"),
    "W7 masks": Bar("<", 0.06, "the text: fewer than 6% of a mask's entries differ"),
    "W8": Bar(">", 0.0, "Table 1: random pruning beside magnitude's"),
}

SAID = {"W7 masks": "less than 0.06"}
"""What the paper says in its text, and prints in no table; all other values of its own are computed from its tables."""


def _claimed(claim: str, where: str) -> Claimed:
    return Claimed(PAPER, claim, f"Gordon et al. 2020, {where}", ("pruned",))


CLAIMED = {
    "W1": _claimed("30 to 40% of the weights of {pruned} can go before it is fine-tuned, for nothing", "abstract, Table 1"),
    "W2": _claimed(
        "medium levels of pruning raise the pre-training loss of {pruned}, and less is transferred", "abstract, Table 1"
    ),
    "W3": _claimed("at medium levels {pruned} loses by the information that is deleted, not by its mask", "abstract, Table 1"),
    "W4": _claimed("high levels of pruning also keep {pruned} from fitting its downstream tasks", "abstract, Table 1"),
    "W5": _claimed("the pre-training loss of {pruned} predicts what deleting information costs downstream", "Table 1"),
    "W6": _claimed("fine-tuning does not make {pruned} easier to prune", "abstract, Table 1"),
    "W7": _claimed("fine-tuning hardly changes the order of {pruned}'s weights by magnitude", "Table 2"),
    "W8": _claimed("pruned by magnitude {pruned} keeps more than pruned at random", "Table 1"),
}
