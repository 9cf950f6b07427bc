"""The shipped encoders: put in their place from a run of config/encoders.yaml, and checked against what their manifests say.

``python -m headcount.miniature.shipping ship results/encoders`` and ``python -m headcount.miniature.shipping check``.
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
from headcount.miniature.encoders import FAMILIES, HOME, manifest, shipped
from headcount.networks.task_examples import masked
from headcount.store.files import write_json
from headcount.store.manifests import NOT_PAYLOAD, differences, manifest_path

QUESTIONS: dict[str, Any] = {"world": 1, "first": 30_000, "articles": 100, "block_tokens": 40, "mask": 0.15, "seed": 1}
"""What a shipped encoder's score is measured on: articles that none of them has seen."""
TOLERANCE = 0.005
"""Scores on another machine may differ by a few tokens whose two best predictions are nearly equal."""


def recall_at_1(directory: Path) -> float:
    """Recall@1 of a masked-LM model on ``QUESTIONS``."""
    encoder = TextEncoder(directory)
    numbers = range(QUESTIONS["first"], QUESTIONS["first"] + QUESTIONS["articles"])
    blocks = block_table([article(QUESTIONS["world"], n) for n in numbers], encoder, QUESTIONS["block_tokens"])
    examples = masked(blocks, encoder, QUESTIONS["seed"], QUESTIONS["mask"])
    return examples.score(encoders.load(directory, "ForMaskedLM"), 4096)


def ship(results: Path) -> None:
    """Copy the pre-trained encoders and their manifests into the package, each with its score."""
    for family in FAMILIES:
        made, place = results / family / "pretrained", HOME / family
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(made, place, ignore=shutil.ignore_patterns(*NOT_PAYLOAD))
        content = json.loads(manifest_path(made).read_text())
        score = {**QUESTIONS, "recall_at_1": recall_at_1(place)}
        write_json(manifest_path(place), {**content, "score": score})
        print(f"{family}: recall@1 {score['recall_at_1']:.4f}")


def complaints(family: str) -> list[str]:
    """Where a shipped encoder is not what its manifest says; empty if it is."""
    content = manifest(family)
    found = differences(shipped(family), content)
    score, expected = recall_at_1(shipped(family)), content["score"]["recall_at_1"]
    if abs(score - expected) > TOLERANCE:
        found.append(f"recall@1 is {score:.4f}, its manifest says {expected:.4f}")
    return found


def main() -> None:
    if sys.argv[1:2] == ["ship"] and len(sys.argv) == 3:
        ship(Path(sys.argv[2]))
    elif sys.argv[1:] == ["check"]:
        found = [f"{family}: {line}" for family in FAMILIES for line in complaints(family)]
        print("\n".join(found) or "every shipped encoder is what its manifest says, and scores as it says")
        sys.exit(bool(found))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
