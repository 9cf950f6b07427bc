"""The config's sections on data: where they come from, and how much is taken."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from headcount.data.origins import EMBEDDED, languages
from headcount.settings.values import (
    Count,
    Fraction,
    Name,
    Seed,
    Share,
    Strict,
    Task,
)

SEVERAL = ("languages", "translated")


class World(Strict):
    """The embedded world, a small language with its own encyclopedia and tasks: how much of it is generated.

    It is read only where `glue` or `corpus` has the source `embedded`.
    """

    seed: Seed = Field(default=1, description="Seed of everything in the embedded world.")
    articles: Count = Field(default=600, description="Articles in its corpus.")
    first_article: int = Field(
        default=0, ge=0, description="Number of the first article; article i of a seed is the same everywhere."
    )
    languages: dict[Name, Share] = Field(
        default={"en": 1.0},
        description="Languages of its corpus, and the articles of each for one of `articles`; tasks are in English, `en`.",
    )
    translated: Fraction = Field(
        default=0.6,
        description="Of several languages: share of the facts that are told again in another one, so that words can align.",
    )
    train: dict[Task, Count] = Field(
        default={"cola": 4000, "sst2": 2000, "qqp": 4000, "mnli": 6000}, description="Training examples per task."
    )
    validation: Count = Field(default=400, description="Validation examples of each task.")
    label_noise: dict[Task, Fraction] = Field(
        default={}, description="Share of a task's validation examples that bear a wrong label; training has none."
    )

    @model_validator(mode="after")
    def _languages_that_it_has(self) -> World:
        if self.multilingual and (others := sorted(set(self.languages) - set(languages()))):
            raise ValueError(f"languages: the embedded world has no {others[0]!r}; allowed: {', '.join(languages())}")
        return self

    @model_serializer(mode="wrap")
    def _without_what_does_not_apply(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A world of one language is told nothing of several."""
        return {name: value for name, value in write(self).items() if self.multilingual or name not in SEVERAL}

    @property
    def multilingual(self) -> bool:
        """Whether its corpus is in more than English."""
        return list(self.languages) != ["en"]


class Source(Strict):
    """Data come from the embedded world, from a local path in the Hub's layout, or from the Hub."""

    source: str = Field(description="`embedded`, a local directory in the Hub's layout, or a data set's name on the Hub.")
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    max_train: Count | None = Field(
        default=None, description="At most this many training examples of each task, a seeded sample; unset: all."
    )
    max_validation: Count | None = Field(
        default=None, description="At most this many validation examples of each task, likewise: for quick studies."
    )


class CorpusSource(Strict):
    """Articles come from the embedded world, from local files, or from the Hub; a seeded share of them is taken."""

    source: str = Field(description="`embedded`, a local directory of parquet files, or a data set's name on the Hub.")
    subset: str | None = Field(
        default=None,
        description="Configuration of the data set, as `20231101.en`; of a local directory, its subfolder.",
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    fraction: Share = Field(
        default=0.1, description="Share of the articles, by a seeded rule on the article id (the paper: 0.1, App. C)."
    )
    seed: Seed = Field(default=1, description="Seed of that rule.")
    max_articles: Count | None = Field(
        default=None, description="Of those, at most this many, the first in the rule's own order; unset: all."
    )

    @model_validator(mode="before")
    @classmethod
    def _embedded_has_no_subset(cls, given: Any) -> Any:
        """Forget the subset that a merge may leave beside ``source: embedded``."""
        return {**given, "subset": None} if isinstance(given, dict) and given.get("source") == EMBEDDED else given
