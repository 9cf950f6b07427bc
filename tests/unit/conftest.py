"""Small random models and examples of every family in the table, the same for all tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from headcount import encoders
from headcount.data.metrics import accuracy
from headcount.data.tokenizer import Tokens
from headcount.networks.examples import LabelledExamples

SHAPES: dict[str, dict[str, Any]] = {
    "bert": {},
    "roberta": {"pad_token_id": 1, "type_vocab_size": 1},
    "albert": {"embedding_size": 12, "classifier_dropout_prob": 0.0},
    "xlm-roberta": {"type_vocab_size": 1},
    "camembert": {"type_vocab_size": 1},
    "electra": {"embedding_size": 12},
    "distilbert": {},
    "mpnet": {},
    "deberta-v2": {
        "relative_attention": True,
        "position_buckets": 4,
        "pos_att_type": ["p2c", "c2p"],
        "share_att_key": True,
        "norm_rel_ebd": "layer_norm",
        "position_biased_input": False,
    },
    "modernbert": {
        "local_attention": 4,
        "initializer_range": 0.6,
        "pad_token_id": 1,
        **dict.fromkeys(("bos_token_id", "cls_token_id"), 0),
        **dict.fromkeys(("eos_token_id", "sep_token_id"), 2),
    },
}
HEADS, LAYERS, HIDDEN, VOCABULARY = 4, 4, 24, 60


class Padding:
    """As much of a text encoder as padding needs."""

    pad_id = 1


# Double precision shows that two ways of computing agree. In a ModernBERT of float64 transformers has two steps in float32, and
# attention then has no number for padding that sees nothing but padding; these are the same steps in float64.

MODERNBERT = "transformers.models.modernbert.modeling_modernbert"


def rotated(query: torch.Tensor, key: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor, unsqueeze_dim: int) -> Any:
    def turned(states: torch.Tensor) -> torch.Tensor:
        first, second = states.chunk(2, -1)
        return states * cos.unsqueeze(unsqueeze_dim) + torch.cat((-second, first), -1) * sin.unsqueeze(unsqueeze_dim)

    return turned(query), turned(key)


def attended(
    module: Any,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    mask: torch.Tensor | None,
    scaling: float,
    **_: Any,
) -> Any:
    scores = query @ key.mT * scaling
    attention = (scores if mask is None else scores + mask).softmax(-1)
    return (attention @ value).transpose(1, 2).contiguous(), attention


@pytest.fixture(params=sorted(SHAPES))
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def make_model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """A 4-layer random model in eval mode whose parameters need no gradient."""

    def make(
        family: str, purpose: str = "ForSequenceClassification", dtype: torch.dtype = torch.float32, **settings: Any
    ) -> Any:
        if family == "modernbert" and dtype == torch.float64:
            monkeypatch.setattr(f"{MODERNBERT}.apply_rotary_pos_emb", rotated)
            monkeypatch.setattr(f"{MODERNBERT}.eager_attention_forward", attended)
        torch.manual_seed(0)
        kind = encoders.family_of(family)
        sizes = {
            "vocab_size": VOCABULARY,
            "hidden_size": HIDDEN,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "intermediate_size": 32,
            "max_position_embeddings": 40,
        }
        named = {kind.names.get(name, name): size for name, size in sizes.items()}
        config = kind.config_class(family)(**named, **{"initializer_range": 0.3, "num_labels": 3, **SHAPES[family], **settings})
        model = kind.model_class(family, purpose)(config).to(dtype).eval()
        for name, parameter in model.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.normal_(parameter, std=0.3)
        return model.requires_grad_(False)

    return make


@pytest.fixture
def tokens() -> list[Tokens]:
    """Twelve texts of different lengths."""
    rng = np.random.default_rng(0)
    rows = [rng.integers(5, VOCABULARY, size=length) for length in (5, 9, 3, 12, 7, 7, 4, 10, 6, 11, 8, 3)]
    return [Tokens(row, np.zeros_like(row), np.arange(len(row)) % (len(row) - 1) == 0) for row in rows]


@pytest.fixture
def examples(tokens: list[Tokens]) -> LabelledExamples:
    labels = np.random.default_rng(1).integers(0, 3, len(tokens))
    return LabelledExamples(tokens, labels.tolist(), Padding(), accuracy)  # type: ignore[arg-type]
