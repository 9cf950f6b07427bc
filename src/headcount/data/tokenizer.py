"""Text to token ids, by the tokenizer file that every saved model carries.

The ``tokenizers`` library alone reads it: a job that tokenises does not wait for anything larger to be imported. That its
ids are those of ``AutoTokenizer`` is seen to where a model is fetched (``data.tokenizer_probes``).
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Int64
from tokenizers import Tokenizer

from headcount.data.special_tokens import settings, special_token
from headcount.encoders import FAMILIES, longest_text
from headcount.errors import SourceError


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
        SourceError: a file of the tokenizer cannot be read.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        path = directory / "tokenizer.json"
        if not path.exists():
            raise FileNotFoundError(f"{path}: missing; save the model's tokenizer beside its weights (save_pretrained)")
        try:
            self._tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:  # the library raises nothing narrower
            raise SourceError(f"{path} cannot be read ({error}); fetch or write that file again") from None
        given = self._tokenizer.truncation or {}
        self._cut_at = settings(directory, "tokenizer_config.json").get("truncation_side") or given.get("direction", "right")

    def id_of(self, role: str) -> int:
        """The id of the token that has a role: ``pad_token``, ``mask_token``, ``cls_token`` or ``sep_token``.

        Raises:
            SourceError: no file names that token, or the vocabulary lacks it.
        """
        special = {t.content for t in self._tokenizer.get_added_tokens_decoder().values() if t.special}
        token = special_token(self.directory, role, special)
        found = self._tokenizer.token_to_id(token)
        if found is None:
            raise SourceError(f"{self.directory}: its {role} {token!r} is not in the vocabulary of its tokenizer.json")
        return int(found)

    @cached_property
    def _configuration(self) -> dict[str, Any]:
        """The model's own settings; empty where a tokenizer stands without one."""
        return settings(self.directory, "config.json")

    @cached_property
    def longest(self) -> int | None:
        """Tokens, special ones included, that the model reads at once; null where no model stands beside the tokenizer."""
        known = self._configuration.get("model_type") in FAMILIES and "max_position_embeddings" in self._configuration
        return longest_text(self._configuration) if known else None

    @cached_property
    def has_segments(self) -> bool:
        """Whether the model tells a second text from a first: with one kind of segment, all tokens are of that kind."""
        kinds = self._configuration.get("type_vocab_size")
        return kinds is None or int(kinds) > 1

    @cached_property
    def pad_id(self) -> int:
        return self.id_of("pad_token")

    @cached_property
    def mask_id(self) -> int:
        return self.id_of("mask_token")

    @property
    def boundary_ids(self) -> dict[str, int]:
        """Ids of the tokens that open and close a text, under the names that a model's configuration has for them."""
        return {"bos_token_id": self.id_of("cls_token"), "eos_token_id": self.id_of("sep_token")}

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

    def can_mask(self, ids: Int64[np.ndarray, " tokens"]) -> bool:
        """Whether any token is not a special one: a text in a script that the vocabulary lacks has none but unknown tokens."""
        return not np.isin(ids, self.special_ids).all()

    @cached_property
    def ordinary_ids(self) -> Int64[np.ndarray, " vocabulary"]:
        """Every id that is not a special token's: what a masked token may be replaced with at random."""
        everything = np.array(sorted(self._tokenizer.get_vocab(with_added_tokens=True).values()))
        return np.setdiff1d(everything, self.special_ids)

    def check_length(self, max_length: int, key: str = "max_length") -> None:
        """See that the model can read texts of ``max_length`` tokens, special ones included.

        Args:
            key: how the config calls it, for the error.

        Raises:
            SourceError: it cannot.
        """
        if self.longest is not None and max_length > self.longest:
            raise SourceError(
                f"{key}: {max_length} tokens are more than {self.directory} reads at once; give at most {self.longest}"
            )

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None, max_length: int | None = None) -> list[Tokens]:
        """One ``Tokens`` per text, or per (text, pair), cut to ``max_length`` from the end of the longer of the two.

        Raises:
            SourceError: ``max_length`` is more than the model reads at once.
        """
        self._tokenizer.no_padding()
        if max_length is None:
            self._tokenizer.no_truncation()
        else:
            self.check_length(max_length)
            self._tokenizer.enable_truncation(max_length, direction=self._cut_at)
        inputs = list(texts) if pairs is None else list(zip(texts, pairs, strict=True))
        return [
            Tokens(
                np.array(e.ids, np.int64),
                np.array(e.type_ids, np.int64) * self.has_segments,
                np.array(e.special_tokens_mask, np.int64) == 1,
            )
            for e in self._tokenizer.encode_batch(inputs)
        ]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special tokens not counted."""
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        return [len(e) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
