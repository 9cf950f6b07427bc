"""The model card (``README.md``): which heads are left, on which data they were chosen and measured, how to load the model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount.families import family_of
from headcount.markdown import bullets, paragraphs, table
from headcount.phrasing import fixed, number, percent, plain

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

MARK = "- attention-head-pruning"
"""A tag that tells the cards that are written here."""
HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")

PIPELINES = {
    "Model": "feature-extraction",
    "ForMaskedLM": "fill-mask",
    "ForSequenceClassification": "text-classification",
    "ForTokenClassification": "token-classification",
    "ForQuestionAnswering": "question-answering",
}
"""The Hub's name for what a model is for, by the name of its class."""


@dataclass(frozen=True)
class Card:
    """What a card says beside the heads; what is not known is not mentioned.

    Args:
        base_model: the model that heads were removed from: its name on the Hub, or its directory.
        task: what it was fine-tuned for.
        data: the data set: its name on the Hub, or its file.
        chosen_on: on which examples the heads were chosen, in words.
        measured_on: on which examples the scores were measured, in words.
        metric: the name of the score.
        score_before: the whole model's score, as a share of 1 where it is one.
        score_after: the smaller model's.
        keep: the share of the score that was to be kept.
        speed_up: how many times faster it is than the whole model.
        speed_measured: how that was measured: the machine, batch and length, in words.
    """

    base_model: str | None = None
    task: str | None = None
    data: str | None = None
    chosen_on: str | None = None
    measured_on: str | None = None
    metric: str | None = None
    score_before: float | None = None
    score_after: float | None = None
    keep: float | None = None
    speed_up: float | None = None
    speed_measured: str | None = None


def page(card: Card, name: str, config: PreTrainedConfig, purpose: str, kept: Sequence[Sequence[int]], format: str) -> str:
    """The text of a model's card, front matter included.

    Args:
        name: the model's own name.
        config: of the whole model, or of the smaller one.
        kept: the original numbers of the heads that each layer has left.
    """
    kind, heads = family_of(config.model_type), int(config.num_attention_heads)
    left, whole = sum(map(len, kept)), heads * len(kept)
    base = f", from {_name(card.base_model)}" if card.base_model else ""
    removed = "the weights of the others are zeros" if format == "dense" else "the others are gone from its weights"
    having = f"{left} of its {whole} attention heads; {removed}" if left < whole else f"all of its {whole} attention heads"
    parts = [
        _front_matter(card, name, purpose),
        f"# {name}",
        f"{kind.title}{base}, with {having}. Made with headcount.",
        *_scores(card),
        "## Heads",
        "All layers share one set of weights, and its heads with it." if kind.shared else "",
        table(["layer, from 0", "heads left", "of", "which ones, from 0"], [_row(i, row, heads) for i, row in enumerate(kept)]),
        "## Use",
        _USE[format](name, kind.prefix, purpose),
    ]
    return paragraphs(part for part in parts if part) + "\n"


def _row(layer: int, row: Sequence[int], heads: int) -> list[str]:
    return [str(layer), str(len(row)), str(heads), ", ".join(map(str, row)) or "none"]


def _scores(card: Card) -> list[str]:
    said = [
        f"Task: {card.task}." if card.task else "",
        f"Data: {_name(card.data)}." if card.data else "",
        f"The heads were chosen on {card.chosen_on}." if card.chosen_on else "",
        f"As few as keep {percent(card.keep, 0)} of the score." if card.keep is not None else "",
        f"The scores below were measured on {card.measured_on}." if card.measured_on else "",
    ]
    scores = ""
    if card.score_after is not None:
        before = [] if card.score_before is None else [("whole model", card.score_before)]
        rows = [(name, number(score)) for name, score in [*before, ("this model", card.score_after)]]
        scores = table(["", plain(card.metric or "score")], rows)
    speed = ""
    if card.speed_up is not None:
        how = f" ({card.speed_measured})" if card.speed_measured else ""
        speed = f"It is {fixed(card.speed_up, 2)} times as fast as the whole model{how}."
    listed = bullets(each for each in said if each)
    return ["## Data and scores", listed, scores, speed] if listed or scores or speed else []


def _name(given: str | None) -> str:
    """A path's last part: where a file lay is nobody's business."""
    path = Path(given or "")
    return path.name if path.exists() or path.is_absolute() else str(given)


def _on_the_hub(given: str | None) -> str | None:
    found = given is not None and HUB_NAME.fullmatch(given) and not Path(given).exists()
    return given if found and not re.search(r"\.(csv|jsonl?|parquet|arrow|tsv)$", str(given)) else None


def _front_matter(card: Card, name: str, purpose: str) -> str:
    import yaml

    entries: Mapping[str, Any] = {
        "library_name": "transformers",
        "pipeline_tag": PIPELINES.get(purpose),
        "tags": ["headcount", MARK.removeprefix("- ")],
        "base_model": _on_the_hub(card.base_model),
        "datasets": [data] if (data := _on_the_hub(card.data)) else None,
        "metrics": [card.metric] if card.metric else None,
        "model-index": _results(card, name, purpose),
    }
    known = {key: value for key, value in entries.items() if value is not None}
    return f"---\n{yaml.safe_dump(known, sort_keys=False, allow_unicode=True)}---"


def _results(card: Card, name: str, purpose: str) -> list[dict[str, Any]] | None:
    """The score as the Hub reads it; it must have a data set and a metric."""
    if card.score_after is None or not card.metric or not card.data or purpose not in PIPELINES:
        return None
    result = {
        "task": {"type": PIPELINES[purpose]},
        "dataset": {"name": _name(card.data), "type": _on_the_hub(card.data) or _name(card.data)},
        "metrics": [{"type": card.metric, "value": round(float(card.score_after), 4)}],
    }
    return [{"name": name, "results": [result]}]


def _code(*lines: str) -> str:
    return "\n".join(("```python", *lines, "```"))


def _use_small(name: str, prefix: str, purpose: str) -> str:
    auto = f"AutoModel{purpose.removeprefix('Model')}"
    return paragraphs(
        [
            "`modeling_headcount.py`, beside the weights, builds the smaller layers, so loading asks for trust in it:",
            _code(
                f"from transformers import {auto}, AutoTokenizer",
                "",
                f'tokenizer = AutoTokenizer.from_pretrained("{name}", trust_remote_code=True)',
                f'model = {auto}.from_pretrained("{name}", trust_remote_code=True)',
            ),
        ]
    )


def _use_dense(name: str, prefix: str, purpose: str) -> str:
    return _code(f"from transformers import {prefix}{purpose}", "", f'model = {prefix}{purpose}.from_pretrained("{name}")')


def _use_onnx(name: str, prefix: str, purpose: str) -> str:
    return _code(
        "import onnxruntime",
        "from transformers import AutoTokenizer",
        "",
        f'tokenizer = AutoTokenizer.from_pretrained("{name}")',
        f'session = onnxruntime.InferenceSession("{name}/model.onnx")',
        'inputs = tokenizer(["a text", "another one"], padding=True, return_tensors="np")',
        "outputs = session.run(None, {each.name: inputs[each.name] for each in session.get_inputs()})",
    )


_USE = {"small": _use_small, "dense": _use_dense, "onnx": _use_onnx}
