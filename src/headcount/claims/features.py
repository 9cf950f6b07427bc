"""The paper on outlier features (Kovaleva et al. 2021): its models, what it claims, and the bar of each claim.

Of the paper the abstract is at hand, and the authors' account of it; numbers of its tables and figures are second-hand.
"""

from __future__ import annotations

from headcount.claims.bars import Bar, Claimed, Paper

CITED = "Kovaleva et al. (2021)"
PAPER = Paper(
    "features",
    CITED,
    {"encoder": "BERT-base", "encoders": "BERT-base", "followed": "their BERT-medium"},
    frozenset({"bert-base-uncased", "bert-small", "bert-medium", "bert-large", "mbert", "roberta-base", "gpt2"}),
)

BARS = {
    "N1": Bar(">", 0, "abstract: a very small number of features"),
    "N1 share": Bar("<", 0.01, "abstract: a very small number of features; how small is chosen here"),
    "N2": Bar(">", 0.0, "abstract: consistently in the same dimensional position throughout the model"),
    "N3": Bar(">", 1.5, "abstract: significantly degrades the MLM loss; by how much is chosen here"),
    "N4": Bar("<", 1.05, "the authors' account: not affected at all; within what is chosen here"),
    "N5": Bar(">", 0.05, "abstract: degrades the downstream task performance; by how much is chosen here"),
    "N6": Bar("<", 0.5, "abstract: emerge early in pre-training; how early is chosen here"),
    "N8": Bar("<", 0.1, "beyond Kovaleva et al.: what the mean in their place must leave of the damage is chosen here"),
}
"""N7 has those of N1 and N3."""

PUBLISHED = {
    "N1": "2 in BERT-base and in RoBERTa-base",
    "N1 share": "2 of 768: 0.003",
    "N3": "almost 4 (RoBERTa, one feature)",
    "N4": "not affected at all",
    "N5": "two features of BERT-base: −27.9 points on MNLI, −44.1 on STS-B",
    "N5 mnli": "−27.9 points (BERT-base, two features)",
    "N6": "after about 50,000 steps",
    "N8": "0 (LLaMA2-7B, accuracy; Sun et al. 2024)",
}
"""Their own values, where they give any."""

CLAIMED = {
    "N1": Claimed(
        PAPER, "a few features of {encoder}'s output LayerNorms are outliers", "Kovaleva et al. 2021, abstract", ("encoder",)
    ),
    "N2": Claimed(
        PAPER, "the outliers stand at the same place through {encoder}'s layers", "Kovaleva et al. 2021, abstract", ("encoder",)
    ),
    "N3": Claimed(
        PAPER,
        "disabling the outliers ruins the masked LM of {encoder}",
        "Kovaleva et al. 2021, abstract",
        ("encoder",),
        ("masked LM",),
    ),
    "N4": Claimed(
        PAPER,
        "disabling as many random features does nothing to the masked LM of {encoder}",
        "Kovaleva et al. 2021, the authors' account",
        ("encoder",),
        ("masked LM",),
    ),
    "N5": Claimed(
        PAPER,
        "disabling the outliers costs {encoder} more on its downstream tasks than disabling random features",
        "Kovaleva et al. 2021, abstract",
        ("encoder",),
    ),
    "N6": Claimed(
        PAPER,
        "the outliers emerge early in the pre-training of {followed}",
        "Kovaleva et al. 2021, abstract, Fig. 7",
        ("followed",),
    ),
    "N7": Claimed(
        PAPER,
        "N1 and N3 hold for every encoder: {encoders}",
        "Kovaleva et al. 2021, abstract",
        ("encoders",),
        ("masked LM",),
    ),
    "N8": Claimed(
        PAPER,
        "what {encoder} loses with its outliers is a bias, not information: with their mean in their place it loses little",
        "beyond Kovaleva et al. 2021; Sun et al. 2024",
        ("encoder",),
        ("masked LM",),
    ),
}
