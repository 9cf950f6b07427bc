"""Small random models and examples of every family in the table, the same for all tests."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from headcount import encoders
from headcount.data.metrics import accuracy
from headcount.data.tokenizer import Tokens
from headcount.networks.examples import LabelledExamples
from headcount.units.heads import Heads

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


def small_model(
    family: str, purpose: str = "ForSequenceClassification", dtype: torch.dtype = torch.float32, **settings: Any
) -> Any:
    """A 4-layer random model in eval mode whose parameters need no gradient."""
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


@pytest.fixture
def make_model(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """``small_model``, in double precision throughout where that is asked for."""

    def make(
        family: str, purpose: str = "ForSequenceClassification", dtype: torch.dtype = torch.float32, **settings: Any
    ) -> Any:
        if family == "modernbert" and dtype == torch.float64:
            monkeypatch.setattr(f"{MODERNBERT}.apply_rotary_pos_emb", rotated)
            monkeypatch.setattr(f"{MODERNBERT}.eager_attention_forward", attended)
        return small_model(family, purpose, dtype, **settings)

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


class Smaller(NamedTuple):
    """A model that heads were removed from, and the original numbers of those that it has left."""

    model: Any
    kept: list[list[int]]


def smaller(model: Any) -> Smaller:
    """A model with another number of heads in each layer, and one layer (not where all share one) without any."""
    gone = {(0, 1), (1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 2), (3, 0), (3, 1), (3, 3)}
    heads = Heads(model)
    heads.remove(gone & set(heads.left))
    return Smaller(model, heads.kept)


@pytest.fixture(scope="session")
def make_smaller() -> Callable[..., Smaller]:
    """``smaller`` of a ``small_model``."""

    def make(*model: Any, **settings: Any) -> Smaller:
        return smaller(small_model(*model, **settings))

    return make


@pytest.fixture(scope="session")
def make_tokenizer() -> Callable[[str], Any]:
    """A tokenizer with a word for each id of the small models' vocabulary, which gives what a model of this family reads."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    def make(family: str) -> Any:
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        ids = {word: i for i, word in enumerate([*special, *(f"w{i}" for i in range(len(special), VOCABULARY))])}
        made = Tokenizer(models.WordLevel(ids, unk_token="[UNK]"))
        made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
        made.post_processor = processors.BertProcessing(("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"]))
        names: dict[str, Any] = dict(
            zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), special, strict=True)
        )
        taken = signature(encoders.family_of(family).model_class(family, "Model").forward).parameters
        read = [name for name in ("input_ids", "attention_mask", "token_type_ids") if name in taken]
        return PreTrainedTokenizerFast(tokenizer_object=made, model_input_names=read, **names)

    return make
