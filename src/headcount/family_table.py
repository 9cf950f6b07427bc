"""The one table of architectures: where each encoder keeps its attention, and whether its layers share it.

A new family is one more entry in ``FAMILIES``.
"""

from __future__ import annotations

from typing import Any

from headcount.family import Family
from headcount.registry import Registry

_BERT_LAYER: dict[str, Any] = {
    "blocks": "encoder.layer",
    "query": "attention.self.query",
    "key": "attention.self.key",
    "value": "attention.self.value",
    "output": "attention.output.dense",
}
_WIDTHS = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
_BASE = {**_WIDTHS, "vocab_size": 30522, "max_position_embeddings": 512}
_ROBERTA = {**_BASE, "pad_token_id": 1}
_XXLARGE = {"hidden_size": 4096, "num_attention_heads": 64, "intermediate_size": 16384}

FAMILIES: Registry[Family] = Registry(
    "model_type",
    {
        "bert": Family(
            title="BERT",
            prefix="Bert",
            body="bert",
            head=("cls",),
            pooler="pooler",
            tokenizer="wordpiece",
            sizes=_BASE,
            **_BERT_LAYER,
        ),
        "roberta": Family(
            title="RoBERTa",
            prefix="Roberta",
            body="roberta",
            classifier="classifier.out_proj",
            head=("lm_head",),
            tokenizer="byte_level",
            sizes={**_ROBERTA, "vocab_size": 50265},
            counts_past_padding=True,
            **_BERT_LAYER,
        ),
        "albert": Family(
            title="ALBERT",
            prefix="Albert",
            body="albert",
            blocks="encoder.albert_layer_groups.0.albert_layers",
            query="attention.query",
            key="attention.key",
            value="attention.value",
            output="attention.dense",
            head=("predictions",),
            embedding=("embeddings", "encoder.embedding_hidden_mapping_in"),
            output_norm="full_layer_layer_norm",
            pooler="pooler",
            tokenizer="unigram",
            sizes={**_BASE, **_XXLARGE, "embedding_size": 128, "vocab_size": 30000},
            classifier_dropout="classifier_dropout_prob",
            shared=True,
        ),
        "xlm-roberta": Family(
            title="XLM-R",
            prefix="XLMRoberta",
            body="roberta",
            classifier="classifier.out_proj",
            head=("lm_head",),
            tokenizer="unigram",
            sizes=_ROBERTA,
            counts_past_padding=True,
            **_BERT_LAYER,
        ),
        "camembert": Family(
            title="CamemBERT",
            prefix="Camembert",
            body="roberta",
            classifier="classifier.out_proj",
            head=("lm_head",),
            tokenizer="unigram",
            sizes=_ROBERTA,
            counts_past_padding=True,
            **_BERT_LAYER,
        ),
        "electra": Family(
            title="ELECTRA",
            prefix="Electra",
            body="electra",
            classifier="classifier.out_proj",
            head=("generator_predictions", "generator_lm_head"),
            embedding=("embeddings", "embeddings_project"),
            tokenizer="wordpiece",
            sizes={**_BASE, "embedding_size": 128, "hidden_size": 256, "num_attention_heads": 4, "intermediate_size": 1024},
            **_BERT_LAYER,
        ),
        "distilbert": Family(
            title="DistilBERT",
            prefix="DistilBert",
            body="distilbert",
            blocks="transformer.layer",
            query="attention.q_lin",
            key="attention.k_lin",
            value="attention.v_lin",
            output="attention.out_lin",
            output_norm="output_layer_norm",
            head=("vocab_transform", "activation", "vocab_layer_norm", "vocab_projector"),
            tokenizer="wordpiece",
            sizes={**_BASE, "num_hidden_layers": 6},
            names={
                "hidden_size": "dim",
                "num_hidden_layers": "n_layers",
                "num_attention_heads": "n_heads",
                "intermediate_size": "hidden_dim",
            },
            dropouts=("dropout", "attention_dropout"),
            classifier_dropout="seq_classif_dropout",
            segments=False,
        ),
    },
)
