"""Masked-LM examples: 15 % of the tokens, of which 80 % become the mask, 10 % a random token, 10 % stay (Devlin et al. 2019).

The mask of a document depends on (seed, document) alone: not on its batch, its place in the corpus, or the model's size.
"""

from __future__ import annotations

from hashlib import sha256

import numpy as np
from jaxtyping import Int64

from headcount.data.tokenizer import Tokens

IGNORED = -100


def document_rng(seed: int, document: str) -> np.random.Generator:
    """The random numbers of one document."""
    return np.random.default_rng(int.from_bytes(sha256(f"{seed}/{document}".encode()).digest()[:16], "big"))


def mask(
    tokens: Tokens,
    rng: np.random.Generator,
    mask_id: int,
    ordinary_ids: Int64[np.ndarray, " vocabulary"],
    share: float = 0.15,
) -> tuple[Int64[np.ndarray, " tokens"], Int64[np.ndarray, " tokens"]]:
    """``(ids, labels)`` of one document: the disturbed ids, and the original id where one was chosen, else ``IGNORED``.

    ``share`` of the ordinary tokens is chosen, rounded, and at least one where there is any, so that a document's mean loss
    is always defined.
    """
    candidates = np.flatnonzero(~tokens.special)
    count = min(len(candidates), max(1, round(share * len(candidates))))
    chosen = rng.choice(candidates, count, replace=False)
    fate = rng.random(count)
    substitutes = rng.choice(ordinary_ids, count)
    labels = np.full_like(tokens.ids, IGNORED)
    labels[chosen] = tokens.ids[chosen]
    ids = tokens.ids.copy()
    ids[chosen] = np.where(fate < 0.8, mask_id, np.where(fate < 0.9, substitutes, ids[chosen]))
    return ids, labels
