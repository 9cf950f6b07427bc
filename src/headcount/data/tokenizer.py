"""Text to token ids, by the tokenizer file that every saved model carries.

The ``tokenizers`` library alone reads it: a job that tokenises does not wait for anything larger to be imported.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Int64
from tokenizers import Tokenizer


@dataclass(frozen=True, eq=False)
class Tokens:
    """One encoded text (or pair of texts): ids, segment ids, and which of them are special tokens."""

    ids: Int64[np.ndarray, " tokens"]
    types: Int64[np.ndarray, " tokens"]
    special: Bool[np.ndarray, " tokens"]

    def __len__(self) -> int:
        return len(self.ids)


def copy_tokenizer(source: Path, target: Path) -> None:
    """Put the tokenizer of the saved model in ``source`` beside the one in ``target``."""
    weights_and_config = {"config.json", "generation_config.json", "model.safetensors"}
    for path in source.iterdir():
        if path.name not in weights_and_config and path.suffix in (".json", ".txt", ".model"):
            shutil.copyfile(path, target / path.name)


class TextEncoder:
    """Encodes texts as the model in ``directory`` expects them.

    Raises:
        FileNotFoundError: the directory holds no ``tokenizer.json``.
    """

    def __init__(self, directory: Path) -> None:
        path = directory / "tokenizer.json"
        if not path.exists():
            raise FileNotFoundError(f"{path}: missing; save the model's tokenizer beside its weights (save_pretrained)")
        self._tokenizer = Tokenizer.from_file(str(path))
        self._settings = json.loads((directory / "tokenizer_config.json").read_text())

    def _id(self, role: str) -> int:
        token = self._settings[role]
        token = token["content"] if isinstance(token, dict) else token
        found = self._tokenizer.token_to_id(token)
        assert found is not None, f"{role} {token!r} is not in the vocabulary"
        return int(found)

    @cached_property
    def pad_id(self) -> int:
        return self._id("pad_token")

    @cached_property
    def mask_id(self) -> int:
        return self._id("mask_token")

    @property
    def boundary_ids(self) -> dict[str, int]:
        """Ids of the tokens that open and close a text, under the names that a model's configuration has for them."""
        return {"bos_token_id": self._id("cls_token"), "eos_token_id": self._id("sep_token")}

    @property
    def vocabulary(self) -> int:
        """Number of tokens, special ones included."""
        return int(self._tokenizer.get_vocab_size(with_added_tokens=True))

    @cached_property
    def special_ids(self) -> Int64[np.ndarray, " special"]:
        """Ids of the special tokens."""
        return np.array(sorted(i for i, t in self._tokenizer.get_added_tokens_decoder().items() if t.special))

    def tokens(self, ids: Int64[np.ndarray, " tokens"]) -> Tokens:
        """A single text that was encoded before."""
        return Tokens(ids, np.zeros_like(ids), np.isin(ids, self.special_ids))

    @cached_property
    def ordinary_ids(self) -> Int64[np.ndarray, " vocabulary"]:
        """Every id that is not a special token's: what a masked token may be replaced with at random."""
        everything = np.array(sorted(self._tokenizer.get_vocab(with_added_tokens=True).values()))
        return np.setdiff1d(everything, self.special_ids)

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None, max_length: int = 512) -> list[Tokens]:
        """One ``Tokens`` per text, or per (text, pair), cut to ``max_length`` from the end of the longer of the two."""
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(max_length)
        inputs = list(texts) if pairs is None else list(zip(texts, pairs, strict=True))
        return [
            Tokens(
                np.array(e.ids, np.int64),
                np.array(e.type_ids, np.int64),
                np.array(e.special_tokens_mask, np.int64) == 1,
            )
            for e in self._tokenizer.encode_batch(inputs)
        ]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special tokens not counted."""
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        return [len(e) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
