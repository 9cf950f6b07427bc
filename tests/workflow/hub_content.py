"""What the Hub on this machine holds: the paper's models and data sets by name and layout, as small as they can be."""

from __future__ import annotations

import json
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sentencepiece
import torch
import yaml
from hub_server import Hub, read
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from headcount import encoders
from headcount.miniature.articles import article
from headcount.miniature.tasks import SPLITS, examples

ROBERTA, ALBERT = "FacebookAI/roberta-large", "albert/albert-base-v1"
GLUE, WIKIPEDIA = "nyu-mll/glue", "wikimedia/wikipedia"
SUBSET, OTHER_SUBSET = "20231101.en", "20231101.fr"
SHAPE: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
NOT_FOR_US = {"pytorch_model.bin": b"a pickle", "onnx/model.onnx": b"another form", "modeling_own.py": b"raise SystemExit"}


@cache
def texts() -> list[str]:
    return [article(1, number)["text"] for number in range(40)]


def save(folder: Path, family: str, tokens: int, **more: Any) -> None:
    """Random weights in the shape of the original, apart from its size, and the settings that its tokenizer has there."""
    torch.manual_seed(0)
    kind = encoders.family_of(family)
    config = kind.config_class(family)(**SHAPE, vocab_size=tokens, **more)
    kind.model_class(family, "ForMaskedLM")(config).save_pretrained(folder)
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 512}))


def roberta(folder: Path) -> dict[str, bytes]:
    """A RoBERTa with byte-level BPE, to which a text's first word differs from the same word inside."""
    from transformers import RobertaTokenizer

    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    learnt = Tokenizer(models.BPE())
    learnt.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False)
    learnt.train_from_iterator(texts(), trainer)
    state = json.loads(learnt.to_str())["model"]
    merges = [tuple(pair) for pair in state["merges"]]
    RobertaTokenizer(vocab=state["vocab"], merges=merges).save_pretrained(folder)
    learnt.model.save(str(folder))  # vocab.json and merges.txt, as the original has them beside tokenizer.json
    save(folder, "roberta", 500, max_position_embeddings=514, type_vocab_size=1, pad_token_id=1)
    return {**read(folder), **NOT_FOR_US}


def albert(folder: Path) -> dict[str, bytes]:
    """An ALBERT with a SentencePiece model, and the ``tokenizer.json`` that comes of it."""
    from transformers import AlbertTokenizer

    model = BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(line.lower() for text in texts() for line in text.splitlines()),
        model_writer=model,
        vocab_size=300,
        model_type="unigram",
        hard_vocab_limit=False,
        **{"pad_id": 0, "pad_piece": "<pad>", "unk_id": 1, "bos_id": -1, "eos_id": -1, "minloglevel": 2},
        control_symbols=["[CLS]", "[SEP]"],
        user_defined_symbols=["[MASK]"],
    )
    (folder / "spiece.model").write_bytes(model.getvalue())
    tokenizer = AlbertTokenizer.from_pretrained(folder)
    tokenizer.save_pretrained(folder)
    save(folder, "albert", len(tokenizer), embedding_size=16, classifier_dropout_prob=0.1)
    return {**read(folder), **NOT_FOR_US}


def parquet(rows: list[dict[str, Any]]) -> bytes:
    buffer = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def card(configs: dict[str, dict[str, str]]) -> bytes:
    """The card of a data set, whose front matter says which files make up which split of which configuration."""
    listed = [
        {"config_name": name, "data_files": [{"split": split, "path": path} for split, path in files.items()]}
        for name, files in configs.items()
    ]
    return f"---\n{yaml.safe_dump({'language': ['en'], 'configs': listed})}---\n\n# A data set\n".encode()


def glue() -> dict[str, bytes]:
    files = {
        f"{task}/{split}-00000-of-00001.parquet": parquet(examples(task, split, 1, 48 if split == "train" else 24))
        for task, splits in SPLITS.items()
        for split in splits
    }
    return {"README.md": card({task: {split: f"{task}/{split}-*" for split in SPLITS[task]} for task in SPLITS}), **files}


def wikipedia() -> dict[str, bytes]:
    """180 articles in three shards, every third longer than a model reads at once; and some in another language."""
    texts_of = [(texts() * 2)[n % 40 :][: 1 + 39 * (n % 3 == 0)] for n in range(180)]
    rows = [{"id": str(n), "url": "u", "title": f"Article {n}", "text": "\n\n".join(t)} for n, t in enumerate(texts_of)]
    shards = {f"{SUBSET}/train-{k:05}-of-00003.parquet": parquet(rows[60 * k :][:60]) for k in range(3)}
    other = {f"{OTHER_SUBSET}/train-00000-of-00001.parquet": parquet(rows[:3])}
    return {"README.md": card({name: {"train": f"{name}/train-*"} for name in (SUBSET, OTHER_SUBSET)}), **shards, **other}


def fill(hub: Hub, folder: Path) -> dict[str, str]:
    """Put everything there; the commit of each repository."""
    made: dict[str, str] = {}
    for name, make in ((ROBERTA, roberta), (ALBERT, albert)):
        (home := folder / name).mkdir(parents=True)
        made[name] = hub.push("models", name, make(home))
    for name, files in ((GLUE, glue()), (WIKIPEDIA, wikipedia())):
        made[name] = hub.push("datasets", name, files)
    return made
