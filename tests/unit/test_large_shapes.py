"""The paper's two large architectures, with random weights, on the CPU: importance, removal and a point of the curve."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GIBIBYTE = 2**30

CHILD = """
import json, resource, sys
import numpy as np
from benchmarks.shapes import Shape, labelled
from headcount.criteria.gate_gradient import estimate
from headcount.planning.published import facts
from headcount.units.heads import Heads
from headcount.order.norms import normalize
from headcount.order.ranking import order

published = next(entry["shape"] for entry in facts()["models"] if sys.argv[1] in entry["names"])
settings = {"max_position_embeddings": 514, "num_labels": 3, **published}
family = settings.pop("model_type")
model = Shape(family, settings).model("ForSequenceClassification", "cpu")
examples = labelled([5, 9, 14], model.config)
weights = lambda: sum(parameter.numel() for parameter in model.parameters())
found = {"weights": weights(), "unpruned": examples.score(model, 64)}
raw = np.stack(estimate(model, examples, 64))
heads = Heads(model)
sequence = order(normalize(raw, "l1"))
heads.remove(sequence[: len(sequence) // 2])
found |= {"shape": raw.shape, "finite": bool(np.isfinite(raw).all()), "positive": bool((raw > 0).all())}
found |= {"removed": len(sequence) // 2, "weights_left": weights(), "pruned": examples.score(model, 64)}
found["kibibytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps(found))
"""


def weights_of_a_head(hidden: int, heads: int) -> int:
    """Its rows of query, key and value with their biases, and its columns of the output matrix."""
    width = hidden // heads
    return 3 * (width * hidden + width) + width * hidden


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "rows", "heads", "hidden"), [("FacebookAI/roberta-large", 24, 16, 1024), ("albert/albert-xxlarge-v2", 1, 64, 4096)]
)
def test_large_models_lose_half_of_their_heads_within_16_gibibytes(name: str, rows: int, heads: int, hidden: int) -> None:
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'src')!r}]\n"
    done = subprocess.run([sys.executable, "-c", path + CHILD, name], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["shape"] == [rows, heads]
    assert found["finite"] and found["positive"]
    assert found["removed"] == rows * heads // 2
    assert found["weights"] - found["weights_left"] == found["removed"] * weights_of_a_head(hidden, heads)
    assert 0 <= found["pruned"] <= 1 and 0 <= found["unpruned"] <= 1
    print(f"peak {found['kibibytes'] / 2**20:.1f} GiB")
    assert found["kibibytes"] * 1024 < 16 * GIBIBYTE
