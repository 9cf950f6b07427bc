"""The error that a person can mend in the config. It has a module of its own because every script knows it."""

from __future__ import annotations


class SourceError(ValueError):
    """What the config names cannot be used; the message, one line, names the key, what is wrong, and the remedy."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))
