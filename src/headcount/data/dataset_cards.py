"""What a data set's card (``README.md``) says of it in its front matter: where its files are, and how its labels are called."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def declared_files(card: Path, subset: str, split: str) -> list[str]:
    """Patterns of the files of a split, from the card's ``configs``; none where it says nothing of it."""
    for config in _entries(card, "configs"):
        files = config.get("data_files")
        if config.get("config_name") == subset and isinstance(files, list):
            paths = [file.get("path") for file in files if isinstance(file, dict) and file.get("split") == split]
            return [str(path) for each in paths for path in (each if isinstance(each, list) else [each])]
    return []


def declared_labels(card: Path, subset: str, column: str) -> list[str] | None:
    """The names of a column's labels in the order of their numbers, from the card's ``dataset_info``; null without them."""
    for info in _entries(card, "dataset_info"):
        if info.get("config_name", "default") != subset:
            continue
        for feature in _dicts(info.get("features")):
            kind = feature.get("dtype")
            names = kind.get("class_label", {}).get("names") if isinstance(kind, dict) else None
            if feature.get("name") == column and names:
                numbered = names.items() if isinstance(names, dict) else enumerate(names)
                return [str(name) for _, name in sorted(numbered, key=lambda item: int(item[0]))]
    return None


def _entries(card: Path, key: str) -> list[dict[str, Any]]:
    """The mappings that the front matter lists under a key (one alone may stand without a list)."""
    import yaml

    text = card.read_text(encoding="utf-8", errors="replace") if card.is_file() else ""
    if not text.startswith("---\n"):
        return []
    try:
        header = yaml.safe_load(text.split("\n---", 1)[0])
    except yaml.YAMLError:
        return []
    return _dicts(header.get(key)) if isinstance(header, dict) else []


def _dicts(value: Any) -> list[dict[str, Any]]:
    listed = value if isinstance(value, list) else [value]
    return [entry for entry in listed if isinstance(entry, dict)]
