"""What the verdicts have to know of a study."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.analysis.required import Crossing
from headcount.claims.bars import Need, Role


@dataclass(frozen=True)
class Languages:
    """What the claims about languages are judged on.

    Args:
        multilingual: the model that they are about; none are judged where there is none.
        monolingual: one of the same shape that knows one language, if there is one.
        tasks: on which the two are compared.
    """

    multilingual: str | None = None
    monolingual: str | None = None
    tasks: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Languages:
        return cls(settings.get("multilingual"), settings.get("monolingual"), tuple(settings.get("tasks", ())))


@dataclass(frozen=True)
class Settings:
    """What the verdicts have to know of a study.

    Args:
        roles: the study's model that stands for each of the paper's, if one does.
        norm: whose curves are read; a model that has curves of one norm alone is read in that.
        crossing: which crossing of a level counts on a curve that wiggles.
        schedule: of the curves that are read.
        encoders: the models that the claims about features are judged on, the one that each is about first; if none, they are
            not judged.
        pruned: the models that lose single weights, the one that the claims about weights are judged on first; if none, they
            are not judged.
        languages: the multilingual model and the monolingual one, if they are studied.
        heads: the models whose heads are looked at; all of them, if null.
        masked_lm: whether it is asked.
        finetuned_alone: models that come fine-tuned, without the pre-trained one.
    """

    study: str
    roles: Mapping[Role, str | None]
    norm: str = "l1"
    crossing: Crossing = "first_crossing"
    schedule: str = "one_shot"
    encoders: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    heads: tuple[str, ...] | None = None
    languages: Languages = Languages()
    masked_lm: bool = True
    finetuned_alone: tuple[str, ...] = ()

    def lacking(self, needs: Sequence[Need], models: Collection[str]) -> str:
        """Why the first thing that a claim about these models needs is not there; empty where all is."""
        alone = [model for model in models if model in self.finetuned_alone]
        absent: dict[Need, str] = {} if self.masked_lm else {"masked LM": "this study leaves masked LM out (mlm: null)"}
        if alone:
            absent["pre-trained model"] = f"this study has no pre-trained model of it (encoders.{alone[0]}.source)"
        return next((absent[need] for need in needs if need in absent), "")

    @property
    def looks_at_heads(self) -> bool:
        """Whether a model whose heads are looked at stands for one of the paper's on heads."""
        return any(model is not None and (self.heads is None or model in self.heads) for model in self.roles.values())

    def playing(self, role: Role, followed: Sequence[str] = ()) -> list[str]:
        """The study's models that play a role: one, or for ``encoders`` all of them; none where nothing does.

        Args:
            followed: models that were looked at along their pre-training; one of the encoders comes before the others, and its
                first stands for them where there is none.
        """
        first = [model for model in (*self.encoders, *followed) if model in followed] or self.encoders
        several = {"encoder": self.encoders[:1], "encoders": self.encoders, "followed": first[:1], "pruned": self.pruned[:1]}
        two = {"multilingual": self.languages.multilingual, "monolingual": self.languages.monolingual}
        alone = two[role] if role in two else self.roles.get(role)
        return [*several.get(role, [] if alone is None else [alone])]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Settings:
        """From the study's ``study``, ``roles``, ``transfer``, ``pruning``; ``outliers``, ``weights``, ``languages`` if any.

        Besides ``mlm`` where that is null, and ``finetuned_alone``, a list, where there are such models.
        """
        roles: dict[Role, str | None] = {role: settings["roles"].get(role) for role in ("main", "shared", "appendix")}
        transfer, pruning = settings["transfer"], settings["pruning"]
        encoders, pruned = (tuple(settings.get(part, {}).get("models", ())) for part in ("outliers", "weights"))
        heads = None if pruning.get("models") is None else tuple(pruning["models"])
        read = transfer["norm"], transfer["crossing"], pruning["schedule"]
        languages = Languages.of(settings.get("languages") or {})
        alone = tuple(settings.get("finetuned_alone", ()))
        return cls(settings["study"], roles, *read, encoders, pruned, heads, languages, "mlm" not in settings, alone)
