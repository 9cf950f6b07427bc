"""Why a study lacks a figure or a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headcount.report import languages, outliers, weights

OF_MASKED_LM = ("figure2", "figure3", "before_after")
OF_BOTH_BODIES = ("figure4", "figure6", "divergence_maps", "freezing")
"""Figures and tables that look at the pre-trained model beside the fine-tuned ones, or start from it."""


def finetuned_alone(encoder: Mapping[str, Any]) -> bool:
    """Whether an encoder comes fine-tuned, without the pre-trained model."""
    return bool(encoder.get("finetuned")) and not (encoder.get("source") or encoder.get("pretrain"))


def why_absent(name: str, settings: Mapping[str, Any]) -> str:
    """Why a study may lack a figure or a table."""
    if name == "figure5" and not (settings.get("roles") or {}).get("appendix"):
        return "This study has no third model."
    masked_lm = settings.get("mlm", {}) is not None
    if name in OF_MASKED_LM and not masked_lm:
        return "This study leaves masked LM out (mlm: null)."
    if name in OF_BOTH_BODIES and all(finetuned_alone(settings["encoders"][model]) for model in settings["models"]):
        return "This study has the fine-tuned models alone, and not what they were fine-tuned from."
    if name == "agreement" and not masked_lm and len(settings["tasks"]) * len(settings["seeds"]) == 1:
        return "This study has one run of a model, which has none to agree with."
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
