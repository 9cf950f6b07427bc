"""The sections of the page, in its order."""

from __future__ import annotations

ON_HEADS = frozenset({"heads", "beyond", "reliability", "freezing", "deviations"})
"""Sections that a study of no heads has no use for."""
CONTENTS = (
    ("verdicts", "Verdicts"),
    ("heads", "Which heads can go"),
    ("figures", "The paper's figures"),
    ("beyond", "Beyond the paper"),
    ("outliers", "Outlier features"),
    ("weights", "Single weights"),
    ("languages", "Several languages"),
    ("reliability", "Reliability"),
    ("freezing", "Freezing"),
    ("details", "The claims in detail"),
    ("settings", "Settings"),
    ("versions", "Versions and device"),
    ("cost", "Time and cost"),
    ("deviations", "What deviates"),
)
