"""The page of a study: what stands on it, made of the sources, and the HTML that shows it.

``render(sources)`` gives one file that needs no other: styles and pictures are in it, and it runs no script.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup, escape

from headcount.figures import FIGURES
from headcount.phrasing import listed, percent
from headcount.report import findings, languages, outliers, tables, verdicts, weights
from headcount.report.absent import why_absent
from headcount.report.caption import Caption
from headcount.report.captions import CAPTIONS
from headcount.report.contents import CONTENTS, ON_HEADS
from headcount.report.differences import Standin, standins
from headcount.report.grids import Grid
from headcount.report.heads import Answer, answers, how_read
from headcount.report.images import Image, image
from headcount.report.readings import FILE, KINDS, Reading, by_topic, differs, readings, setting
from headcount.report.sources import Picture, Sources
from headcount.report.subject import HEADS, Subject, looks_at_heads, subject
from headcount.report.typography import capital, code, typeset, unbroken
from headcount.report.verdicts import Claim

TEMPLATES = Path(__file__).with_name("templates")
GROUPS = ("paper", "beyond", "outliers", "weights", "languages")
TABLE = "table1"


@dataclass(frozen=True)
class Figure:
    """A figure as the page shows it, or why it does not."""

    caption: Caption
    image: Image | None
    seen: list[str]
    alt: str
    why: str


@dataclass(frozen=True)
class Section:
    """The section on another paper: what is asked, the figures, tables that are there."""

    asked: str
    figures: list[Figure]
    tables: list[Grid]


@dataclass(frozen=True)
class Page:
    """Everything that stands on the page, in its order."""

    study: str
    title: str
    description: str
    headline: str
    models_in_words: str
    certainty: str
    claims: list[Claim]
    decides: str
    interval: str
    answers: list[Answer]
    how_read: str
    why_no_answers: str
    figures: list[Figure]
    table1: Figure
    score_table: Grid | None
    beyond: list[Figure]
    outlying: Section | None
    sparse: Section | None
    multilingual: Section | None
    reliability: Grid | None
    reliability_seen: list[str]
    why_no_reliability: str
    freezing: Grid | None
    freezing_seen: list[str]
    why_no_freezing: str
    main_settings: list[tuple[str, str]]
    recipes: Grid
    config: Markup
    versions: Grid | None
    device: str
    cost: Grid | None
    cost_in_words: str
    differences: Grid | None
    other_readings: str
    readings: dict[str, list[Reading]] = field(default_factory=dict)
    subject: Subject = HEADS
    heads: bool = True

    @property
    def contents(self) -> list[tuple[str, str]]:
        others = {"outliers": self.outlying, "weights": self.sparse, "languages": self.multilingual}
        absent = {name for name, section in others.items() if section is None}
        shown = [entry for entry in CONTENTS if entry[0] not in absent and (self.heads or entry[0] not in ON_HEADS)]
        return [(anchor, name if self.heads or anchor != "figures" else "Data and scores") for anchor, name in shown]

    @property
    def several_papers(self) -> bool:
        """Whether the claims are those of more papers than one."""
        return len({claim.paper for claim in self.claims}) > 1


def template_files() -> list[Path]:
    """The files that the page depends on besides code: templates, styles, readings."""
    return [*sorted(TEMPLATES.iterdir()), FILE]


def _figure(caption: Caption, pictures: Mapping[str, Picture], settings: Mapping[str, Any], claims: Sequence[Claim]) -> Figure:
    picture = pictures.get(caption.name, Picture())
    seen = caption.seen(picture.table, claims, settings["transfer"]["norm"])
    drawn = " ".join([caption.drawn, *seen])
    return Figure(caption, image(picture), seen, alt=drawn, why=why_absent(caption.name, settings))


def _heads(pictures: Mapping[str, Picture]) -> dict[str, int]:
    """How many heads each model has: as many as a curve of it removes."""
    found: dict[str, int] = {}
    for name in ("figure1", "figure2", "figure5"):
        table = pictures.get(name, Picture()).table
        if table is not None and len(table):
            found |= {str(model): int(rows["removed"].max()) for model, rows in table.groupby("model")}
    return found


def _other_readings(settings: Mapping[str, Any]) -> str:
    return listed([reading.point.strip("“”") for reading in readings() if differs(reading, settings)])


def _tables(pictures: Mapping[str, Picture], name: str, *made: Callable[[pd.DataFrame | None], Grid | None]) -> list[Grid]:
    """Those that can be made of the table behind a figure."""
    return [grid for make in made if (grid := make(pictures.get(name, Picture()).table))]


def _written(value: Any) -> str:
    return "nothing" if value is None else str(value)


def compose(sources: Sources) -> Page:
    """What stands on the page."""
    settings, pictures = sources.settings, sources.pictures
    asked, heads = subject(settings), looks_at_heads(settings)
    models: list[Standin] = standins(settings, _heads(pictures))
    claims = verdicts.claims(sources.claims)
    headline = verdicts.headline(claims)
    figure = partial(_figure, pictures=pictures, settings=settings, claims=claims)
    figures = {group: [caption for caption in CAPTIONS if FIGURES[caption.name].group == group] for group in GROUPS}
    table1 = next(caption for caption in CAPTIONS if caption.name == TABLE)
    costs = tables.costs(sources.jobs, settings)
    level = percent((sources.claims or {}).get("confidence", 0.95), 0)
    return Page(
        study=settings["study"],
        title=f"{settings['study']}: {asked.short} · headcount",
        description=f"{headline} {asked.question}",
        headline=headline,
        models_in_words=verdicts.models_in_words(models) if heads else "",
        certainty=verdicts.certainty(len(settings["seeds"]), sources.claims),
        claims=claims,
        decides=verdicts.decides(claims),
        interval=f"{level} interval",
        answers=answers(sources.required, sources.required_heads),
        how_read=how_read(level),
        why_no_answers=why_absent("required", settings),
        figures=[figure(caption) for caption in figures["paper"] if caption is not table1],
        table1=figure(table1),
        score_table=tables.scores(pictures.get(TABLE, Picture()).table, sources.scores),
        beyond=[figure(caption) for caption in figures["beyond"]],
        outlying=Section(
            outliers.asked(settings),
            [figure(caption) for caption in figures["outliers"]],
            _tables(pictures, "outlier_features", outliers.outliers),
        )
        if outliers.studied(settings) or outliers.followed(settings)
        else None,
        sparse=Section(
            weights.asked(settings),
            [figure(caption) for caption in figures["weights"]],
            _tables(pictures, "weights_regimes", weights.sparse_models),
        )
        if weights.studied(settings)
        else None,
        multilingual=Section(
            languages.asked(settings),
            [figure(caption) for caption in figures["languages"]],
            _tables(pictures, "languages_articles", languages.zero_shot, languages.without_heads),
        )
        if languages.studied(settings)
        else None,
        reliability=tables.reliability(sources.reliability),
        reliability_seen=list(findings.reliability(sources.reliability)),
        why_no_reliability=why_absent("reliability", settings),
        freezing=tables.freezing(sources.freezing),
        freezing_seen=list(findings.quoted(claims, ["C7"])),
        why_no_freezing=why_absent("freezing", settings),
        main_settings=tables.main_settings(settings),
        recipes=tables.recipes(settings),
        config=escape(tables.config(settings)),
        versions=tables.versions(sources.manifests),
        device=tables.device(sources.manifests),
        cost=costs,
        cost_in_words=tables.cost_in_words(sources.jobs, settings),
        differences=tables.differences(settings, models),
        other_readings=_other_readings(settings),
        readings=by_topic(readings()),
        subject=asked,
        heads=heads,
    )


def render(sources: Sources) -> str:
    """The page as HTML, in UTF-8 text: self-contained, and well-formed XML too."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=typeset,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(symbols=verdicts.SYMBOLS, kinds=KINDS, version=version("headcount"))
    environment.filters.update(
        code=code,
        unbroken=unbroken,
        capital=capital,
        differs=lambda reading: differs(reading, sources.settings),
        set_to=lambda reading: _written(setting(sources.settings, reading.switch)),
    )
    return environment.get_template("page.html.j2").render(page=compose(sources)).strip() + "\n"
