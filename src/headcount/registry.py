"""Tables of named entries: what a config may name, and what is done for each name.

A registry is data in one place. Config, schema, rules, plan and figures derive what is allowed from its keys. Adding an entry
changes no job that does not name it: see ``headcount.jobs.fingerprint``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


class Registry(Mapping[str, T]):
    """Entries by name, in the order given.

    Args:
        kind: what an entry is, for errors: ``task``.
        entries: written out as a dict display where the registry is made, so that each entry can be told from the others.
    """

    def __init__(self, kind: str, entries: Mapping[str, T]) -> None:
        self.kind = kind
        self._entries = dict(entries)

    def __getitem__(self, name: str) -> T:
        """The entry.

        Raises:
            UnknownName: there is none; the message says which there are.
        """
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownName(f"{self.kind} {name!r} is unknown: allowed are {', '.join(self._entries)}") from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Registry({self.kind}: {', '.join(self._entries)})"


class UnknownName(KeyError, ValueError):
    """A name that a registry does not have."""

    def __str__(self) -> str:
        return str(self.args[0])
