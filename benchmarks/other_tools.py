"""What other tools make of a BERT whose heads are to go, with the installed transformers: tried, not read about.

``pip install --no-deps textpruner torch-pruning``, then ``python -m benchmarks.other_tools > docs/other-tools.md``. Each tool
is given a small BERT with random weights, and asked for what its documentation promises. One that is not installed is left out.
"""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent
from typing import Any

import torch

from headcount import markdown as md
from headcount.encoders import head_dim, sites
from headcount.families import FAMILIES

LAYERS, HEADS = 4, 4
GONE = {0: [0, 1, 2], 1: [0, 1, 2, 3], 2: [1]}
"""The heads that are to go: another number in each layer, and all of one."""
SIZES = {
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "hidden_size": 64,
    "intermediate_size": 128,
    "vocab_size": 99,
}
INPUTS = {"input_ids": torch.arange(5, 29).view(2, 12), "attention_mask": torch.ones(2, 12, dtype=torch.long)}


def bert() -> Any:
    """A model with two labels, in eval mode, with weights large enough to matter."""
    kind = FAMILIES["bert"]
    torch.manual_seed(0)
    config = kind.config_class("bert")(**SIZES, initializer_range=0.2, attn_implementation="eager")
    return kind.model_class("bert", "ForSequenceClassification")(config).eval()


def expected() -> torch.Tensor:
    """The logits of the model without these heads: their columns of the output projection are 0."""
    model = bert()
    for row, heads in GONE.items():
        weight = sites(model)[row].projection("output").weight
        for head in heads:
            weight.data[:, head * head_dim(model) : (head + 1) * head_dim(model)] = 0
    return logits(model)


@torch.no_grad()
def logits(model: Any) -> torch.Tensor:
    found: torch.Tensor = model(**INPUTS).logits
    return found


# ------------------------------------------------------------------------------------------------- what a person would type


def prune_heads(model: Any) -> Any:
    model.prune_heads(GONE)
    return model


def head_mask(model: Any) -> Any:
    mask = torch.ones(LAYERS, HEADS)
    for row, heads in GONE.items():
        mask[row, heads] = 0
    return lambda **inputs: model(**inputs, head_mask=mask)


def textpruner(model: Any) -> Any:
    from textpruner import TransformerPruner

    mask = torch.ones(LAYERS, HEADS)
    for row, heads in GONE.items():
        mask[row, heads] = 0
    TransformerPruner(model).prune(head_mask=mask, ffn_mask=torch.ones(LAYERS, 128), save_model=False)
    return model


def torch_pruning(model: Any, widths: float = 0.0) -> Any:
    import torch_pruning as tp

    attentions = [layer.attention.self for layer in model.bert.encoder.layer]
    heads = {linear: HEADS for each in attentions for linear in (each.query, each.key, each.value)}
    told = {"pruning_ratio": widths, "num_heads": heads, "prune_num_heads": True, "head_pruning_ratio": 0.5}
    pruner = tp.pruner.BasePruner(
        model,
        dict(INPUTS),
        importance=tp.importance.GroupMagnitudeImportance(),
        output_transform=lambda output: output.logits.sum(),
        ignored_layers=[model.classifier],
        **told,
    )
    pruner.step()
    for each in attentions:
        each.num_attention_heads = pruner.num_heads[each.query]
        each.all_head_size = each.query.out_features
    return model


def torch_pruning_with_widths(model: Any) -> Any:
    return torch_pruning(model, widths=0.5)


def headcount(model: Any) -> Any:
    from headcount.units.heads import Heads

    Heads(model).remove((row, head) for row, heads in GONE.items() for head in heads)
    return model


@dataclass(frozen=True)
class Tool:
    """A tool: its distribution, how it is called, and what it is asked for."""

    package: str
    asked: str
    use: Callable[[Any], Any]
    same_heads: bool = True


TOOLS = {
    "transformers, prune_heads": Tool("transformers", "the heads by their numbers", prune_heads),
    "transformers, head_mask": Tool("transformers", "the heads by a mask", head_mask),
    "TextPruner": Tool("textpruner", "the heads by a mask", textpruner),
    "Torch-Pruning": Tool("torch-pruning", "half of each layer's heads (it takes no list of heads)", torch_pruning, False),
    "Torch-Pruning, as its example does": Tool(
        "torch-pruning", "half of each layer's heads, and half of all widths", torch_pruning_with_widths, False
    ),
    "headcount": Tool("headcount", "the heads by their numbers", headcount),
}


def outcome(tool: Tool) -> str:
    """What became of it, in words."""
    model, whole = bert(), logits(bert())
    size = model.num_parameters()
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = logits(tool.use(model))
    except Exception as error:  # whatever a tool dies of is its outcome
        first = next(iter(str(error).splitlines()), "")
        return f"fails: {type(error).__name__}: {first}"
    smaller = f"{size - model.num_parameters()} of {size} parameters gone"
    if torch.equal(found, whole):
        return f"nothing happens, and nothing is said: the logits are the whole model's ({smaller})"
    if not tool.same_heads:
        return f"runs; {smaller}; hidden states are {model.bert.embeddings.word_embeddings.embedding_dim} wide, were 64"
    away = float((found - expected()).abs().max() / expected().abs().max())
    return f"runs; {smaller}; logits {f'{away:.0e} away from' if away else 'equal to'} those of the model whose heads give 0"


def loads_again(tool: Tool) -> str:
    """Whether what it leaves is saved and loaded with the same logits."""
    model = bert()
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()), TemporaryDirectory() as folder:
            left = tool.use(model)
            if tool.package == "headcount":
                from headcount import formats
                from headcount.units.heads import Heads

                whole = bert()
                heads = Heads(whole)
                heads.remove((row, head) for row, gone in GONE.items() for head in gone)
                formats.save(whole, None, Path(folder) / "smaller", kept=heads.kept)
                again = formats.load(Path(folder) / "smaller")
            else:
                model.save_pretrained(folder)
                again = type(model).from_pretrained(folder)
            return "yes" if torch.allclose(logits(left), logits(again), atol=1e-5) else "with other logits"
    except Exception as error:
        return f"no: {type(error).__name__}"


def lines(tool: Tool) -> int:
    """Lines of code of its use, without the function around them."""
    use = torch_pruning if tool.use is torch_pruning_with_widths else tool.use
    return sum(bool(line.strip()) for line in dedent(inspect.getsource(use)).splitlines()[1:])


def main() -> None:
    rows = []
    for name, tool in TOOLS.items():
        try:
            release = version(tool.package)
        except PackageNotFoundError:
            print(f"{tool.package} is not installed: left out", file=sys.stderr)
            continue
        rows.append([name, release, tool.asked, str(lines(tool)), outcome(tool), loads_again(tool)])
    gone = f"{sum(map(len, GONE.values()))} of {LAYERS * HEADS} heads, another number in each layer and all of one"
    print(
        md.paragraphs(
            [
                "# Beside other tools",
                f"What tools for removing heads do with transformers {version('transformers')} and torch {torch.__version__}:"
                f" tried on a small BERT with random weights, of which {gone} are to go. Written by `python -m"
                " benchmarks.other_tools > docs/other-tools.md`, after `pip install --no-deps textpruner torch-pruning`. The"
                " lines are those of the use of each in that file.",
                md.table(["tool", "release", "asked for", "lines", "what happens", "loads again from its own directory"], rows),
            ]
        )
    )


if __name__ == "__main__":
    main()
