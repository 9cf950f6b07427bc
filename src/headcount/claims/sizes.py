"""How large the models of a study are, in what a paper is about."""

from __future__ import annotations

from headcount.claims.bars import PaperName
from headcount.claims.tables import Tables
from headcount.phrasing import counted

COUNTED_IN: dict[PaperName, tuple[tuple[str, ...], str]] = {
    "weights": (("weights",), "prunable weight"),
    "languages": (("removals", "languages"), "head"),
}
"""The tables that say how many units a model has, and of which kind, where single points are removed, not all of a curve."""


def size_of(tables: Tables, model: str, paper: PaperName) -> str:
    """How large a model is, as a study's tables say it; nothing where they do not."""
    if paper in COUNTED_IN:
        names, unit = COUNTED_IN[paper]
        sizes = [units for name in names if (units := _units(tables, name, model))]
        return counted(sizes[0], unit) if sizes else ""
    rows = tables.rows("curves", model=model, unit="head") if paper == "heads" else tables.rows(paper, model=model)
    if rows.empty:
        return ""
    if paper == "features":
        return f"{counted(rows['layer'].nunique(), 'layer')} of {counted(rows['feature'].nunique(), 'feature')}"
    return f"{int(rows['removed'].max())} heads"


def _units(tables: Tables, name: str, model: str) -> int:
    """All units of a model, from what was removed at its point with most gone; 0 where nothing was."""
    rows = tables.rows(name, model=model)
    if rows.empty:
        return 0
    most = rows.sort_values("removed").iloc[-1]
    return round(most["removed"] / most["removed_fraction"]) if most["removed"] else 0
