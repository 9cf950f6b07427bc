"""The paper on multilingual BERT (Budhraja et al. 2021): its models and tasks, what it claims, and the bar of each claim.

Of the paper the abstract is at hand, and code and slides of its authors' earlier one; none of its numbers could be had.
"""

from __future__ import annotations

from headcount.claims.bars import Bar, Claimed, Paper, Role

CITED = "Budhraja et al. (2021)"
PAPER = Paper(
    "languages",
    CITED,
    {"multilingual": "mBERT", "monolingual": "BERT-base"},
    frozenset({"bert-base-multilingual-cased", "bert-base-multilingual-uncased", "bert-base-cased", "bert-base-uncased"}),
)
PAPER_TASKS = ("mnli", "qqp", "qnli", "sst2")
"""The paper's four tasks of GLUE; which they are, the authors' earlier paper says."""

_ABOVE_CHANCE = "what is read is the drop above chance, which is chosen here"
BARS = {
    "L1": Bar("within", 0.02, "abstract: almost identical results; how closely is chosen here"),
    "L2": Bar(">", 0.0, f"abstract: higher drops in accuracy on XNLI; {_ABOVE_CHANCE}"),
    "L3": Bar(">", 0.0, f"abstract: top layers encode what matters to languages similar to English (SVO); {_ABOVE_CHANCE}"),
    "L4": Bar(">", 0.0, f"abstract: bottom layers are particularly important for agglutinative languages; {_ABOVE_CHANCE}"),
    "L4 size": Bar(">", 0.0, f"abstract: bottom layers are particularly important for low-resource languages; {_ABOVE_CHANCE}"),
    "L5": Bar(">", 0.0, "abstract: top layers are relatively more influenced by fine-tuning; attention alone is chosen here"),
    "L6": Bar("<", 0.0, "abstract: layers' importance depends on the pre-training corpus size; this direction is chosen here"),
}
PUBLISHED = {"L1": "almost identical", "L2": "higher drops on XNLI"}
"""What it says of them: the abstract has no number."""


def _claimed(claim: str, *roles: Role) -> Claimed:
    return Claimed(PAPER, claim, "Budhraja et al. 2021, abstract", roles or ("multilingual",))


CLAIMED = {
    "L1": _claimed("as few heads do for {multilingual} as for {monolingual}, on four tasks", "multilingual", "monolingual"),
    "L2": _claimed("pruning {multilingual} costs more in languages that it was not fine-tuned in"),
    "L3": _claimed("top layers of {multilingual} carry what matters to languages like English (SVO)"),
    "L4": _claimed("bottom layers of {multilingual} carry what matters to agglutinative and to low-resource languages"),
    "L5": _claimed("top layers of {multilingual} change most under fine-tuning"),
    "L6": _claimed("the less text of a language there was in pre-training, the more {multilingual} loses in it"),
}
