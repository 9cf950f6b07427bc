"""What the verdicts have to know of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from headcount.analysis.required import Crossing
from headcount.claims.bars import Role


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
        heads: the models whose heads are looked at; all of them, if null.
    """

    study: str
    roles: Mapping[Role, str | None]
    norm: str = "l1"
    crossing: Crossing = "first_crossing"
    schedule: str = "one_shot"
    encoders: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    heads: tuple[str, ...] | None = None

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
        alone = self.roles.get(role)
        return [*several.get(role, [] if alone is None else [alone])]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Settings:
        """From the study's own ``study``, ``roles``, ``transfer``, ``pruning``, and ``outliers`` and ``weights`` if any."""
        roles: dict[Role, str | None] = {role: settings["roles"].get(role) for role in ("main", "shared", "appendix")}
        transfer, pruning = settings["transfer"], settings["pruning"]
        encoders, pruned = (tuple(settings.get(part, {}).get("models", ())) for part in ("outliers", "weights"))
        heads = None if pruning.get("models") is None else tuple(pruning["models"])
        return cls(
            settings["study"], roles, transfer["norm"], transfer["crossing"], pruning["schedule"], encoders, pruned, heads
        )
