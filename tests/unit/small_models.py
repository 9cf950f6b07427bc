"""A small classifier with a tokenizer, and texts that it labels itself: what it says of them is right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

from headcount import encoders

WORDS = tuple(f"w{number}" for number in range(55))
SPECIAL = ("[UNK]", "[PAD]", "[CLS]", "[SEP]", "[MASK]")
LABELS = ("bad", "so-so", "good")


def tokenizer() -> PreTrainedTokenizerFast:
    """A word is a token."""
    vocabulary = {token: number for number, token in enumerate((*SPECIAL, *WORDS))}
    made = Tokenizer(models.WordLevel(vocabulary, "[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    ends = [("[CLS]", 2), ("[SEP]", 3)]
    made.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ends)
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}
    return PreTrainedTokenizerFast(tokenizer_object=made, **names)


def texts(count: int, seed: int = 0) -> list[str]:
    """So many different texts of 3 to 12 words."""
    rng = np.random.default_rng(seed)
    made = {" ".join(rng.choice(WORDS, rng.integers(3, 13))): None for _ in range(2 * count)}
    return list(made)[:count]


def classifier(make_model: Callable[..., Any], family: str = "bert", **settings: Any) -> Any:
    """A random classifier that gives each of its labels to about as many texts."""
    names = dict(enumerate(LABELS))
    told = {"pad_token_id": 1, "id2label": names, "label2id": {name: i for i, name in names.items()}, **settings}
    model = make_model(family, **told)
    logits = _logits(model, texts(400, 9))
    scale, shift = logits.std(0), torch.zeros(len(LABELS))
    logits = (logits - logits.mean(0)) / scale
    for _ in range(200):
        shares = (logits + shift).argmax(1).bincount(minlength=len(LABELS)) / len(logits)
        shift -= 0.1 * (shares - 1 / len(LABELS))
    last = model.get_submodule(encoders.family(model).classifier)
    with torch.no_grad():
        middle = _logits(model, texts(400, 9)).mean(0)
        last.weight /= scale[:, None]
        last.bias.copy_((last.bias - middle) / scale + shift)
    return model


@torch.no_grad()
def _logits(model: Any, given: list[str]) -> torch.Tensor:
    read = tokenizer()(given, padding=True, return_tensors="pt")
    found: torch.Tensor = model(**read).logits
    return found


def labelled(model: Any, count: int, seed: int = 0, wrong: float = 0.05) -> pd.DataFrame:
    """Texts with the label that the model gives them, by its name, and a share with another one."""
    given = texts(count, seed)
    labels = _logits(model, given).argmax(1).numpy()
    rng = np.random.default_rng(seed)
    labels = np.where(rng.random(count) < wrong, (labels + 1) % len(LABELS), labels)
    return pd.DataFrame({"text": given, "label": [LABELS[label] for label in labels]})
