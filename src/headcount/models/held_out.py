"""Articles that a pre-training does not see, on which what came of it is measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from headcount.data.blocks import block_table
from headcount.data.sampling import chosen, sample
from headcount.networks.task_examples import block_names, masked

if TYPE_CHECKING:
    from headcount.data.tokenizer import TextEncoder
    from headcount.networks.examples import MaskedExamples

Articles = list[dict[str, str]]
SEED = 0
"""Of the articles that are held out: the same in every run."""


def parted(articles: Iterable[dict[str, str]], share: float) -> tuple[Articles, Articles]:
    """Those that are seen, and a share of all that is held out, by a rule on the article's id."""
    seen: Articles = []
    held_out: Articles = []
    for article in articles:
        (held_out if chosen(SEED, article["id"], share) else seen).append(article)
    return seen, held_out


def masked_blocks(
    articles: Articles, encoder: TextEncoder, block_tokens: int, seed: int, at_most: int | None, share: float
) -> MaskedExamples:
    """The blocks of some articles, at most so many, with a share of their tokens masked; the seed draws both."""
    blocks = block_table(articles, encoder, block_tokens)
    asked = blocks.iloc[sample(seed, block_names(blocks), at_most=at_most)].reset_index(drop=True)
    return masked(asked, encoder, seed, share)
