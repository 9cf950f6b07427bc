"""An encoder as a study names it: with the pre-trained model, or with models alone that are fine-tuned already."""

from __future__ import annotations

from pydantic import model_validator

from headcount.settings.models import Encoder


class StudiedEncoder(Encoder):
    """A pre-trained model: where it comes from (`source`), or how it is made (`pretrain`); exactly one of the two.

    Neither where all that is asked is asked of models that are `finetuned` already: of a study without masked LM
    (`mlm: null`). What compares them with the pre-trained model is left out then.
    """

    @model_validator(mode="after")
    def _one_origin(self) -> StudiedEncoder:
        if not self.finetuned_alone:
            super()._one_origin()  # type: ignore[operator]
            return self
        for name, allowed in (("revision", "null"), ("random_weights", "false"), ("spike", "null")):
            if getattr(self, name):
                raise ValueError(f"`{name}` is about `source`; allowed without one is {allowed}")
        return self

    @property
    def finetuned_alone(self) -> bool:
        """Whether there is no pre-trained model, but such that were fine-tuned from it."""
        return bool(self.finetuned) and self.source is None and self.pretrain is None

    @property
    def fetched(self) -> Encoder | None:
        return None if self.finetuned_alone else super().fetched
