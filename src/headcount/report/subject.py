"""What a study asks first, and of which paper: heads, or where it looks at none, what it does look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headcount.report import languages, outliers, weights


@dataclass(frozen=True)
class Subject:
    """The question that a page is headed by, in short for its title, and the paper: title, and authors with the year."""

    question: str
    short: str
    paper: str
    authors: str


HEADS = Subject(
    "How many attention heads of a pre-trained encoder can be laid off, and do its tasks agree on which?",
    "how many attention heads can be laid off?",
    "Why Can You Lay Off Heads? Investigating How BERT Heads Transfer",
    "Chiang and Chen, 2021",
)
WEIGHTS = Subject(
    "How many weights of a pre-trained encoder can go before it is fine-tuned, and what is lost with them?",
    "how many weights can go?",
    "Compressing BERT: Studying the Effects of Weight Pruning on Transfer Learning",
    "Gordon, Duh and Andrews, 2020",
)
LANGUAGES = Subject(
    "Can a multilingual encoder do without as many attention heads as a monolingual one, and in which languages?",
    "in which languages can a multilingual encoder do without heads?",
    "On the Prunability of Attention Heads in Multilingual BERT",
    "Budhraja, Pande, Kumar and Khapra, 2021",
)
FEATURES = Subject(
    "Do a few numbers in the LayerNorms of a pre-trained encoder carry it?",
    "do a few numbers carry an encoder?",
    "BERT Busters: Outlier Dimensions that Disrupt Transformers",
    "Kovaleva et al., 2021",
)


def looks_at_heads(settings: Mapping[str, Any]) -> bool:
    """Whether a study looks at the heads of any of its models."""
    chosen = (settings.get("pruning") or {}).get("models")
    return chosen is None or bool(set(chosen) & set(settings["models"]))


def subject(settings: Mapping[str, Any]) -> Subject:
    """What a study asks first."""
    if looks_at_heads(settings):
        return HEADS
    if weights.studied(settings):
        return WEIGHTS
    if languages.studied(settings):
        return LANGUAGES
    return FEATURES if outliers.studied(settings) or outliers.followed(settings) else HEADS
