"""Articles in the columns of ``wikimedia/wikipedia`` (id, url, title, text), cut into blocks of a model's length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from headcount.text import TextEncoder

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_PARAGRAPH_END = re.compile(r"\n\s*")


@dataclass(frozen=True)
class Block:
    """A piece of an article that fits a model: ``article/number`` names it, ``sentences`` make it up."""

    article: str
    number: int
    sentences: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.article}/{self.number}"

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


def paragraphs(text: str) -> list[list[str]]:
    """The sentences of each paragraph of a text; empty lines and empty sentences are nobody's."""
    found = [_SENTENCE_END.split(line.strip()) for line in _PARAGRAPH_END.split(text) if line.strip()]
    return [[s for s in sentences if s] for sentences in found]


def _words_that_fit(sentence: str, encoder: TextEncoder, limit: int) -> Iterator[str]:
    """A sentence longer than a block, in pieces that fit, cut between words (and inside a word that alone is too long)."""
    words = [w[i : i + limit] for w in sentence.split() for i in range(0, len(w), limit)]
    piece: list[str] = []
    size = 0
    for word, count in zip(words, encoder.count(words), strict=True):
        if piece and size + count > limit:
            yield " ".join(piece)
            piece, size = [], 0
        piece.append(word)
        size += count
    if piece:
        yield " ".join(piece)


def cut(article: str, text: str, encoder: TextEncoder, limit: int) -> list[Block]:
    """The article in blocks of at most ``limit`` tokens (special tokens not counted), in order, nothing lost or doubled.

    Whole paragraphs are put together while they fit; a paragraph that does not fit is cut between sentences, a sentence
    that does not fit between words.
    """
    blocks: list[Block] = []
    held: list[str] = []
    size = 0

    def flush() -> None:
        nonlocal held, size
        if held:
            blocks.append(Block(article, len(blocks), tuple(held)))
        held, size = [], 0

    def add(sentences: Sequence[str], counts: Sequence[int]) -> None:
        nonlocal size
        if size + sum(counts) > limit:
            flush()
        held.extend(sentences)
        size += sum(counts)

    for sentences in paragraphs(text):
        counts = encoder.count(sentences)
        if sum(counts) <= limit:
            add(sentences, counts)
            continue
        for sentence, count in zip(sentences, counts, strict=True):
            pieces = [sentence] if count <= limit else list(_words_that_fit(sentence, encoder, limit))
            for piece in pieces:
                add([piece], encoder.count([piece]))
    flush()
    return blocks


def blocks(articles: Iterable[dict[str, str]], encoder: TextEncoder, limit: int) -> Iterator[Block]:
    """Every block of every article."""
    for row in articles:
        yield from cut(row["id"], row["text"], encoder, limit)
