"""Text to token ids, by the tokenizer file that every saved model carries.

The ``tokenizers`` library alone reads it: a job that tokenises does not wait for anything larger to be imported. That its
ids are those of ``AutoTokenizer`` is seen to where a model is fetched (``data.tokenizer_probes``).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, overload

import numpy as np
from jaxtyping import Bool, Int32, Int64, UInt8
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


TEXTS_AT_ONCE = 1000
"""The tokenizer's own record of a text takes some two hundred bytes a token: no more texts than these have one at a time."""


@dataclass(frozen=True, eq=False)
class Encoded(Sequence[Tokens]):
    """Encoded texts end to end, six bytes a token; each becomes its ``Tokens`` when it is asked for."""

    ids: Int32[np.ndarray, " tokens"]
    types: UInt8[np.ndarray, " tokens"]
    special: Bool[np.ndarray, " tokens"]
    ends: Int64[np.ndarray, " texts+1"]

    def __len__(self) -> int:
        return len(self.ends) - 1

    @overload
    def __getitem__(self, index: int) -> Tokens: ...
    @overload
    def __getitem__(self, index: slice) -> list[Tokens]: ...
    def __getitem__(self, index: int | slice) -> Tokens | list[Tokens]:
        if isinstance(index, slice):
            return [self[each] for each in range(len(self))[index]]
        at = range(len(self))[index]
        own = slice(self.ends[at], self.ends[at + 1])
        return Tokens(self.ids[own].astype(np.int64), self.types[own].astype(np.int64), self.special[own])

    @property
    def lengths(self) -> list[int]:
        """Tokens of each text."""
        found: list[int] = np.diff(self.ends).tolist()
        return found

    def number_of(self, which: Bool[np.ndarray, " tokens"]) -> Int64[np.ndarray, " texts"]:
        """How many of each text's tokens are among those of all that ``which`` holds for."""
        return np.diff(np.append(0, np.cumsum(which))[self.ends])


def lengths(texts: Sequence[Tokens]) -> list[int]:
    """Tokens of each text."""
    return texts.lengths if isinstance(texts, Encoded) else [len(text) for text in texts]


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

    def __reduce__(self) -> tuple[type[TextEncoder], tuple[Path]]:
        return TextEncoder, (self.directory,)

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

    def encode(self, texts: Sequence[str], pairs: Sequence[str] | None = None, max_length: int | None = None) -> Encoded:
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
        parts = [self._encoded(inputs[start : start + TEXTS_AT_ONCE]) for start in range(0, len(inputs) or 1, TEXTS_AT_ONCE)]
        ids, types, special, sizes = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Encoded(ids, types, special, np.append(0, np.cumsum(sizes)))

    def _encoded(self, inputs: Sequence[Any]) -> tuple[np.ndarray, ...]:
        """Ids, kinds of segment, and whether it is special, of all tokens; and how many there are of each text."""
        found = self._tokenizer.encode_batch_fast(inputs)
        sizes = np.array([len(e) for e in found], np.int64)

        def flat(rows: Iterator[Sequence[int]], kind: type[np.generic]) -> np.ndarray:
            return np.fromiter(chain.from_iterable(rows), kind, int(sizes.sum()))

        types = flat((e.type_ids for e in found), np.uint8) * np.uint8(self.has_segments)
        return flat((e.ids for e in found), np.int32), types, flat((e.special_tokens_mask for e in found), np.bool_), sizes

    def count(self, texts: Sequence[str]) -> list[int]:
        """Number of tokens of each text, special tokens not counted."""
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        return [len(e) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
