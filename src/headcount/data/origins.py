"""Data and models that come with the package: by the name that a config gives as ``source``.

Whatever the package brings along is reached from here alone, and is imported only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.registry import Registry

if TYPE_CHECKING:
    from headcount.data.languages import Facts

EMBEDDED = "embedded"
"""The embedded world: a small language with its own encyclopedia, tasks and encoders."""
PUBLISHED = "published"
"""What is published of the languages of the real world."""


@dataclass(frozen=True)
class Encoders:
    """Pre-trained encoders: ``families()`` that there is one of, the ``directory(family)`` of one with its tokenizer, and the
    ``articles(family)`` that it has read, by language.

    ``directory`` raises ValueError where there is none of that family.
    """

    families: Callable[[], tuple[str, ...]]
    directory: Callable[[str], Path]
    articles: Callable[[str], Mapping[str, int]]


def _families() -> tuple[str, ...]:
    from headcount.miniature.encoders import FAMILIES

    return FAMILIES


def _directory(family: str) -> Path:
    from headcount.miniature.encoders import shipped

    return shipped(family)


def _articles(family: str) -> Mapping[str, int]:
    from headcount.miniature.encoders import manifest

    return _read(manifest(family))


def _multilingual_families() -> tuple[str, ...]:
    from headcount.miniature.encoders import MULTILINGUAL_FAMILY

    return (MULTILINGUAL_FAMILY,)


def _multilingual_directory(family: str) -> Path:
    from headcount.miniature.encoders import MULTILINGUAL, shipped

    if family not in _multilingual_families():
        raise ValueError(f"encoders: no multilingual encoder of family {family!r} ships with the package")
    return shipped(MULTILINGUAL)


def _multilingual_articles(family: str) -> Mapping[str, int]:
    from headcount.miniature.encoders import MULTILINGUAL, manifest

    return _read(manifest(MULTILINGUAL))


def _read(manifest: Mapping[str, Any]) -> Mapping[str, int]:
    found: Mapping[str, int] = manifest.get("articles", {})
    return found


def _write_task(directory: Path, task: str, seed: int, train: int, validation: int, noise: float) -> None:
    """Write a task's splits into ``directory``, one parquet file each, in the columns of ``nyu-mll/glue``.

    Args:
        noise: share of the validation examples that bear a wrong label.
    """
    from headcount.miniature.files import write_task

    write_task(directory, task, seed, train, validation, noise)


def _write_articles(directory: Path, seed: int, first: int, count: int, shares: Mapping[str, float], translated: float) -> None:
    """Write articles ``first`` … of each language into ``directory``, in the columns of ``wikimedia/wikipedia``.

    Args:
        shares: articles of each language for one of ``count``.
        translated: share of what is told again that is in another language.
    """
    from headcount.miniature.files import write_articles

    write_articles(directory, seed, first, count, shares, translated)


def _write_test_sets(directory: Path, seed: int, count: int, languages: Iterable[str]) -> None:
    """Write ``count`` examples of each language into ``directory``, in the layout of ``facebook/xnli``."""
    from headcount.miniature.files import write_test_sets

    write_test_sets(directory, seed, count, languages)


def _published_facts(codes: Iterable[str], articles: Mapping[str, int] | None) -> dict[str, Facts]:
    from headcount.data.languages import facts

    return facts(codes, articles)


def _embedded_facts(codes: Iterable[str], articles: Mapping[str, int] | None) -> dict[str, Facts]:
    from headcount.miniature.language_facts import facts

    return facts(codes, articles or {})


def languages() -> tuple[str, ...]:
    """The languages of the embedded world, English first."""
    from headcount.miniature.languages import LANGUAGES

    return tuple(LANGUAGES)


# One registry for each kind of thing, so that a job that fetches an encoder does not depend on how tasks are written.
ENCODERS: Registry[Encoders] = Registry(
    "source of encoders",
    {
        "embedded": Encoders(_families, _directory, _articles),
        "embedded-multilingual": Encoders(_multilingual_families, _multilingual_directory, _multilingual_articles),
    },
)
TASK_WRITERS: Registry[Callable[[Path, str, int, int, int, float], None]] = Registry(
    "source of tasks", {"embedded": _write_task}
)
ARTICLE_WRITERS: Registry[Callable[[Path, int, int, int, Mapping[str, float], float], None]] = Registry(
    "source of articles", {"embedded": _write_articles}
)
TEST_SET_WRITERS: Registry[Callable[[Path, int, int, Iterable[str]], None]] = Registry(
    "source of test sets in several languages", {"embedded": _write_test_sets}
)
LANGUAGE_FACTS: Registry[Callable[[Iterable[str], Mapping[str, int] | None], dict[str, Facts]]] = Registry(
    "source of facts on languages", {"embedded": _embedded_facts, "published": _published_facts}
)
"""Facts on languages by their codes; with the number of articles that an encoder has read of each, which the embedded world's
needs, and which is Wikipedia's where it is not given."""
