"""Whether a ``TextEncoder`` reads texts as ``AutoTokenizer`` does from the same directory: asked with texts that show it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from headcount.data.special_tokens import SPELLINGS, settings
from headcount.data.tokenizer import TextEncoder, Tokens
from headcount.encoders import FAMILIES
from headcount.errors import SourceError

LONG = "A long text, of a hundred and more words, that no one reads to its end. " * 60
TEXTS = (
    "the cat sat on the mat",
    "The Cat SAT on the Mat.",
    "Été à la Café, naïve Ärger, Ångström",
    "E\u0301te\u0301 in letters and accents apart",
    " one space in front",
    "   three in front,  two  within, and behind   ",
    "\ttabs\tand\nlines\r\n",
    "",
    " ",
    "it's don't we'll, ``quoted'' \"twice\" - 3.14 % (a/b) [c] e@f.org #tag",
    "Москва, Ελλάδα, ישראל, العربية, हिन्दी, ไทย",
    "東京は日本の首都です。서울",
    "ﬁrst ½ １２ Ⅷ ß ſ İstanbul",
    "\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 \u2764\ufe0f",
    "zero\u200bwidth soft\u00adhyphen no\u00a0break \ufeff",
    "Donaudampfschifffahrtsgesellschaft antidisestablishmentarianism",
    "[MASK] <mask> [SEP] </s> [UNK] <unk>",
    LONG,
)
"""Case, accents, spaces, signs, other scripts, compatibility characters, emoji, what is invisible, and more than fits."""
PAIRS = (*zip(TEXTS, TEXTS[1:] + TEXTS[:1], strict=True), (LONG, "short"), ("short", LONG), ("", ""))
LENGTHS = (16, 128)
"""To which texts are cut, where the model reads so many tokens; once, they are not cut."""


def disagreements(directory: Path) -> list[str]:
    """What speaks against taking the tokenizer in a saved model's directory as it is, a line each; empty if nothing does.

    Ids and segments of ``TEXTS`` and ``PAIRS`` are compared with those that ``AutoTokenizer`` gives, as are the ids of the
    special tokens; texts must really get special tokens around them; and every id must have its place in the model.
    Segments are compared as ``AutoTokenizer`` gives them when it is asked for them, or all 0 where the model has one kind only.

    Raises:
        SourceError: the tokenizer cannot be read at all.
    """
    encoder = TextEncoder(directory)
    configuration = settings(directory, "config.json")
    automatic = _automatic(directory)
    parts = (_around(encoder), _places(encoder, configuration), _roles(encoder, automatic), _readings(encoder, automatic))
    return [line for part in parts for line in part]


def _automatic(directory: Path) -> Any:
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise SourceError(f"{directory}: AutoTokenizer cannot read its tokenizer ({type(error).__name__}: {first})") from None


def _around(encoder: TextEncoder) -> Iterator[str]:
    """Whether a text is opened and closed."""
    single, pair = encoder.encode(["the cat"])[0].ids.tolist(), encoder.encode(["the cat"], ["a dog"])[0].ids.tolist()
    start, end = encoder.boundary_ids.values()
    if single[:1] != [start] or single[-1:] != [end] or pair[:1] != [start] or pair.count(end) < 2 or pair[-1] != end:
        yield (
            f"tokenizer.json puts no special tokens around texts: one is read as {single}, a pair as {pair},"
            f" where {start} should open and {end} close each; its post_processor is missing or another"
        )


def _places(encoder: TextEncoder, configuration: dict[str, Any]) -> Iterator[str]:
    """Whether each id and segment is one that the model has an embedding for."""
    highest = int(max(encoder.ordinary_ids.max(), encoder.special_ids.max(initial=0)))
    if (room := configuration.get("vocab_size")) is not None and highest >= room:
        yield f"the tokenizer gives ids up to {highest}, config.json's vocab_size is {room}"
    kinds = configuration.get("type_vocab_size")
    segment = int(encoder.encode(["the cat"], ["a dog"])[0].types.max())
    if kinds is not None and segment >= max(1, kinds):
        yield f"the tokenizer gives segments up to {segment}, config.json's type_vocab_size is {kinds}"
    family = str(configuration.get("model_type"))
    counted = family in FAMILIES and FAMILIES[family].counts_past_padding
    if counted and configuration.get("pad_token_id") != encoder.pad_id:
        yield (
            f"config.json's pad_token_id is {configuration.get('pad_token_id')}, the tokenizer pads with {encoder.pad_id}:"
            " positions would be counted from the wrong one"
        )


def _roles(encoder: TextEncoder, automatic: Any) -> Iterator[str]:
    """Whether both name the same special tokens."""
    for role in SPELLINGS:
        ours, theirs = encoder.id_of(role), getattr(automatic, f"{role}_id")
        if ours != theirs:
            yield f"{role} has the id {ours}, to AutoTokenizer {theirs}"


def _readings(encoder: TextEncoder, automatic: Any) -> Iterator[str]:
    """Whether both read the same; of each way of cutting, single texts or pairs, the first difference."""
    first, second = ([pair[side] for pair in PAIRS] for side in (0, 1))
    for length in (None, *(n for n in LENGTHS if encoder.longest is None or n <= encoder.longest)):
        cut: dict[str, Any] = {"truncation": length is not None, "max_length": length, "verbose": False}
        for texts, pairs in ((list(TEXTS), None), (first, second)):
            ours = encoder.encode(texts, pairs, length)
            theirs = automatic(texts, pairs, return_token_type_ids=True, **cut)
            if difference := _first_difference(ours, theirs, encoder.has_segments):
                number, what = difference
                said = repr(texts[number][:60]) + (f" with {pairs[number][:60]!r}" if pairs else "")
                yield f"{said}{f', cut to {length} tokens,' if length else ''} {what}"


def _first_difference(ours: Sequence[Tokens], theirs: Any, has_segments: bool) -> tuple[int, str] | None:
    """The number of the first text that is read differently, and how."""
    for number, mine in enumerate(ours):
        ids, types = theirs["input_ids"][number], theirs["token_type_ids"][number]
        if mine.ids.tolist() != ids:
            return number, f"is read as {_some(mine.ids)}, by AutoTokenizer as {_some(ids)}"
        if mine.types.tolist() != (types if has_segments else [0] * len(types)):
            return number, f"has the segments {_some(mine.types)}, by AutoTokenizer {_some(types)}"
    return None


def _some(ids: Iterable[int]) -> str:
    shown = [str(number) for number in islice(ids, 13)]
    return f"[{' '.join(shown[:12])}{' …' if len(shown) > 12 else ''}]"
