"""The papers whose claims are judged, and all of their claims together."""

from __future__ import annotations

from headcount.claims import features, heads, languages, weights
from headcount.claims.bars import Claimed, Paper, PaperName

PAPERS: dict[PaperName, Paper] = {paper.name: paper for paper in (heads.PAPER, features.PAPER, weights.PAPER, languages.PAPER)}
CLAIMED: dict[str, Claimed] = {**heads.CLAIMED, **features.CLAIMED, **weights.CLAIMED, **languages.CLAIMED}
