"""Whose outcomes a table holds: what a file of outcomes says of itself."""

from __future__ import annotations

Answered = tuple[str, str, int, str | int | None]
"""(model, task, seed, what was done before fine-tuning)."""
Trained = tuple[str, str, int, str, str, float]
"""(model, task, seed, criterion, schedule, sparsity) of a model that was pruned weight by weight and trained."""
Trial = tuple[str, int, str, str, str]
"""(model, seed, schedule, criterion, point) of a multilingual model that lost heads."""
Removed = tuple[str, str, int, str, str, str]
"""(model, task, seed, schedule, criterion, point) of a model that lost heads, or none."""
WHOLE = ("whole", "none", "whole")
"""Schedule, criterion and point of a model that lost nothing."""
