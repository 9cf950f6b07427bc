"""Files of the package that jobs depend on besides code: their content counts, as digests."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from headcount.data.origins import ENCODERS
from headcount.settings.models import Encoder

PACKAGE = Path(__file__).parents[1]


def digest(files: Iterable[Path]) -> str:
    """Of the files' content, in the order of their names."""
    return sha256(b"".join(path.read_bytes() for path in sorted(files))).hexdigest()[:16]


def shipped_digest(encoder: Encoder) -> str:
    """What an encoder that ships with the package is made of, or goes on from; nothing for one that comes from elsewhere."""
    fetched = encoder.fetched
    shipped = ENCODERS.get(str(fetched.source)) if fetched else None
    return digest(shipped.directory(encoder.family).iterdir()) if shipped else ""


def page_templates() -> str:
    """What the page is made from besides code and tables."""
    report = PACKAGE / "report"
    return digest([*(report / "templates").iterdir(), report / "readings.yaml"])
