"""Which tokens pad, mask, open and close a text: from whichever file of a saved model names them."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from headcount.errors import SourceError

SPELLINGS = {
    "pad_token": ("[PAD]", "<pad>"),
    "mask_token": ("[MASK]", "<mask>"),
    "cls_token": ("[CLS]", "<s>"),
    "sep_token": ("[SEP]", "</s>"),
}
"""How the encoders' own tokenizer classes call them, where no file says anything else."""
INSTEAD = {"cls_token": "bos_token", "sep_token": "eos_token"}
"""Names under which a file may have them too."""
FILES = ("tokenizer_config.json", "special_tokens_map.json")


def settings(directory: Path, name: str) -> dict[str, Any]:
    """A JSON file beside a model's weights; empty where there is none.

    Raises:
        SourceError: it is no mapping in JSON.
    """
    path = directory / name
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise SourceError(f"{path} is not JSON ({error}); fetch or write that file again") from None
    if not isinstance(found, dict):
        raise SourceError(f"{path} should be a mapping; fetch or write that file again")
    return found


def special_token(directory: Path, role: str, special: Collection[str]) -> str:
    """The token of a role (a key of ``SPELLINGS``); ``special`` are the special tokens of the vocabulary.

    Raises:
        SourceError: no file names it, and no special token has a usual spelling of it.
    """
    for key in (role, INSTEAD.get(role)):
        for name in FILES:
            token = settings(directory, name).get(key) if key else None
            token = token.get("content") if isinstance(token, dict) else token
            if isinstance(token, str):
                return token
    if usual := [token for token in SPELLINGS[role] if token in special]:
        return usual[0]
    raise SourceError(
        f"{directory} names no {role} in {' or '.join(FILES)}, and its vocabulary has none of"
        f" {', '.join(SPELLINGS[role])}; name it in {FILES[0]}"
    )
