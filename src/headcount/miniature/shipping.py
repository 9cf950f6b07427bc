"""The shipped encoders: put in their place from runs of config/encoders.yaml, and checked against what their manifests say.

``python -m headcount.miniature.shipping ship results/encoders results/encoders-multilingual`` puts them there, and
``python -m headcount.miniature.shipping check`` checks them.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from headcount import encoders
from headcount.data.blocks import block_table
from headcount.data.tokenizer import TextEncoder
from headcount.miniature.articles import article
from headcount.miniature.encoders import HOME, NAMES, manifest, shipped
from headcount.networks.task_examples import masked
from headcount.store.files import write_json
from headcount.store.manifests import NOT_PAYLOAD, differences, manifest_path

QUESTIONS: dict[str, Any] = {"world": 1, "first": 30_000, "articles": 100, "block_tokens": 40, "mask": 0.15, "seed": 1}
"""What a shipped encoder's score is measured on: articles that none of them has seen."""
TOLERANCE = 0.005
"""Scores on another machine may differ by a few tokens whose two best predictions are nearly equal."""


def recall_at_1(directory: Path, language: str = "en") -> float:
    """Recall@1 of a masked-LM model on ``QUESTIONS``, in a language."""
    encoder = TextEncoder(directory)
    numbers = range(QUESTIONS["first"], QUESTIONS["first"] + QUESTIONS["articles"])
    blocks = block_table([article(QUESTIONS["world"], n, language) for n in numbers], encoder, QUESTIONS["block_tokens"])
    examples = masked(blocks, encoder, QUESTIONS["seed"], QUESTIONS["mask"])
    return examples.score(encoders.load(directory, "ForMaskedLM"), 4096)


def ship(results: Path) -> None:
    """Copy the pre-trained encoders of a study and their manifests into the package, each with what it has read and its score.

    The score is in each language that it has read, English first.
    """
    read = json.loads(manifest_path(results / "world" / "wikipedia").read_text())
    articles = {language: round(share * read["articles"]) for language, share in read["languages"].items()}
    for name in NAMES:
        made, place = results / name / "pretrained", HOME / name
        if not made.is_dir():
            continue
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(made, place, ignore=shutil.ignore_patterns(*NOT_PAYLOAD), copy_function=shutil.copyfile)
        content = json.loads(manifest_path(made).read_text())
        recalls = {language: recall_at_1(place, language) for language in articles}
        score = {**QUESTIONS, "recall_at_1": recalls.pop("en"), **({"recall_in": recalls} if recalls else {})}
        write_json(manifest_path(place), {**content, "articles": articles, "score": score})
        print(f"{name}: recall@1 {score['recall_at_1']:.4f}", *(f"{key} {value:.4f}" for key, value in recalls.items()))


def complaints(name: str) -> list[str]:
    """Where a shipped encoder is not what its manifest says; empty if it is."""
    content = manifest(name)
    found = differences(shipped(name), content)
    for language, expected in {"en": content["score"]["recall_at_1"], **content["score"].get("recall_in", {})}.items():
        if abs((score := recall_at_1(shipped(name), language)) - expected) > TOLERANCE:
            found.append(f"recall@1 in {language} is {score:.4f}, its manifest says {expected:.4f}")
    return found


def main() -> None:
    if sys.argv[1:2] == ["ship"] and len(sys.argv) > 2:
        for results in sys.argv[2:]:
            ship(Path(results))
    elif sys.argv[1:] == ["check"]:
        found = [f"{name}: {line}" for name in NAMES for line in complaints(name)]
        print("\n".join(found) or "every shipped encoder is what its manifest says, and scores as it says")
        sys.exit(bool(found))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
