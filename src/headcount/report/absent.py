"""Why a study lacks a figure or a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headcount.report import languages, outliers, weights


def why_absent(name: str, settings: Mapping[str, Any]) -> str:
    """Why a study may lack a figure or a table."""
    if name == "figure5" and not (settings.get("roles") or {}).get("appendix"):
        return "This study has no third model."
    for part, does in (("freezing", "freezes the layers of no model"), ("before_after", "prunes no model before fine-tuning")):
        if name == part and not set((settings.get(part) or {}).get("models", [])) & set(settings["models"]):
            return f"This study {does}."
    if name == "emergence" and not outliers.followed(settings):
        return "This study follows no model along its pre-training."
    if name in ("outlier_features", "ablation") and not outliers.studied(settings):
        return "This study disables the features of no model."
    if name in weights.FIGURES and not weights.studied(settings):
        return "This study prunes the single weights of no model."
    if name in languages.FIGURES and not languages.studied(settings):
        return "This study asks no model in several languages."
    return "Its files are not among the study's results."
