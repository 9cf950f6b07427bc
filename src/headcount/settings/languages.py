"""The config's section on several languages: how prunable a multilingual encoder is (Budhraja et al. 2021)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from headcount.data.languages import described
from headcount.data.origins import EMBEDDED, languages
from headcount.data.tasks import TEST_SETS
from headcount.settings.values import Chosen, Count, Distinct, Name, OneOf, Share, Strict, Task

if TYPE_CHECKING:
    from headcount.settings.models import Encoder

PARTS = {"thirds": ("bottom", "middle", "top"), "halves": ("bottom", "top")}
"""The names of the parts, lowest layers first, into which a model's layers are cut."""


class TestSets(Strict):
    """The same examples in several languages, which one model answers that was fine-tuned in one: XNLI's test sets."""

    __test__ = False  # to pytest

    name: Annotated[str, OneOf(tuple(TEST_SETS))] = Field(
        default="xnli", description="Which: it says by what task they are answered, and in which language that is learnt."
    )
    source: str = Field(
        default="facebook/xnli",
        description="`embedded`, a local directory in the Hub's layout (a folder a language), or a data set's name on the Hub.",
    )
    revision: str | None = Field(default=None, description="Commit, tag or branch on the Hub; unset: the newest.")
    languages: Distinct[Name] = Field(
        default=["en", "fr", "es", "de", "el", "bg", "ru", "tr", "ar", "vi", "th", "zh", "hi", "sw", "ur"],
        description="The languages that are asked, as the source names them; English, `en`, among them.",
    )
    examples: Count = Field(default=300, description="Of source `embedded`: examples of each language.")
    max_examples: Count | None = Field(
        default=None, description="At most this many examples of each language, the same of all, a seeded sample; unset: all."
    )

    @model_validator(mode="after")
    def _has_the_language_of_the_training(self) -> TestSets:
        if (own := TEST_SETS[self.name].source_language) not in self.languages:
            raise ValueError(f"languages: {own!r} is missing, in which models are fine-tuned; all drops are held against its")
        return self

    @model_validator(mode="after")
    def _languages_that_are_described(self) -> TestSets:
        allowed = languages() if self.source == EMBEDDED else described()
        if others := [code for code in self.languages if code not in allowed]:
            raise ValueError(f"languages: {others[0]!r} is none that is described; allowed: {', '.join(allowed)}")
        return self


class Multilingual(Strict):
    """Heads of a multilingual encoder and of a monolingual one, removed at random or a layer after the other, before both are
    fine-tuned: on tasks in English, and the first asked in other languages too (Budhraja et al. 2021).
    """

    multilingual: Name | None = Field(default=None, description="Which of `models` is multilingual; unset: nothing is studied.")
    monolingual: Name | None = Field(
        default=None, description="Which of `models` it is held against: one of the same shape, in English alone."
    )
    tasks: Chosen[Task] = Field(
        default=["mnli", "qqp", "qnli", "sst2"], description="On which of `tasks` both are pruned; MNLI is always among them."
    )
    fractions: Distinct[Share] = Field(
        default=[0.25, 0.5, 0.75], description="Shares of the heads removed at random, rounded as a curve's points."
    )
    draws: Count = Field(
        default=3, description="Random orders of each seed: the same for both models and all tasks, and for all shares."
    )
    sets: Literal["thirds", "halves"] | dict[Name, Distinct[Count]] = Field(
        default="thirds",
        description="Sets of layers that lose all their heads: `bottom`, (`middle`,) `top`; or by name the layers, the lowest"
        " being 1.",
    )
    single_layers: Chosen[Count] = Field(default=[], description="Layers that each lose all their heads alone, lowest 1.")
    test: TestSets = TestSets()

    @model_validator(mode="after")
    def _compares_with_a_multilingual_model(self) -> Multilingual:
        if self.monolingual is not None and self.multilingual is None:
            raise ValueError("monolingual: it is held against a multilingual model; give `multilingual` too, or null")
        if self.multilingual is not None and self.multilingual == self.monolingual:
            raise ValueError(f"monolingual: {self.monolingual!r} is the multilingual model; give another one, or null")
        if self.trained_as not in self.tasks:
            raise ValueError(f"tasks: {self.trained_as!r} is missing, by which other languages are answered")
        if isinstance(self.sets, dict) and (taken := [name for name in self.sets if name.startswith("layer-")]):
            raise ValueError(f"sets: {taken[0]!r} is the name of a single layer; allowed is any that does not begin so")
        return self

    def check(self, encoders: Mapping[str, Encoder], models: Collection[str], tasks: Collection[str]) -> None:
        """See that it fits the rest of a study: the encoders that there are, and the models and tasks that are studied.

        Raises:
            ValueError: it does not.
        """
        for part, name in (("multilingual", self.multilingual), ("monolingual", self.monolingual)):
            if name is not None and name not in encoders:
                raise ValueError(f"languages.{part}: {name!r} has no entry in encoders; allowed: {', '.join(encoders)}")
        if self.multilingual is None or self.multilingual not in models:
            return
        if self.layer_points and encoders[self.multilingual].shared:
            raise ValueError(
                f"languages.sets: {self.multilingual!r} shares its layers, so that none can lose its heads alone; allowed are"
                " {} and no single_layers"
            )
        if self.trained_as not in tasks:
            raise ValueError(f"tasks: {self.trained_as!r} is missing, by which other languages are answered")

    @property
    def trained_as(self) -> str:
        """The task whose fine-tuned models answer the test sets."""
        return TEST_SETS[self.test.name].trained_as

    @property
    def source_language(self) -> str:
        """The language in which that task is learnt."""
        return TEST_SETS[self.test.name].source_language

    @property
    def points(self) -> list[str]:
        """Random removals by name: ``<share>-<draw>``."""
        return [f"{share}-{draw}" for share in self.fractions for draw in range(1, self.draws + 1)]

    @property
    def layer_points(self) -> list[str]:
        """Sets of layers by name, then single layers: ``layer-<number>``."""
        return [*self.set_points, *(f"layer-{number}" for number in self.single_layers)]

    @property
    def set_points(self) -> list[str]:
        """Sets of layers by name."""
        return [*PARTS[self.sets]] if isinstance(self.sets, str) else [*self.sets]
