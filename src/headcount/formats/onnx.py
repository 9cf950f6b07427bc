"""ONNX: for ONNX Runtime, any batch and length. Layers without heads come down to their output projection's bias."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from headcount.encoders import longest_text

if TYPE_CHECKING:
    from torch.export import ExportedProgram
    from torch.fx import Node
    from transformers import PreTrainedModel

INPUTS = ("input_ids", "attention_mask", "token_type_ids")
ONE_FILE = 2**30
"""Bytes of weights up to which they are in the model's own file; more are in one beside it."""
CLOSE = 1e-4
"""How far ONNX Runtime may be from torch, relative to the largest output, before an export is refused."""


def export(model: PreTrainedModel, tokenizer: Any, path: Path | str) -> None:
    """Write a model, smaller or whole, for ONNX Runtime; where that is installed, see that it computes the same.

    Inputs are what the tokenizer gives, outputs what the model gives, by their names; ``batch`` and ``length`` are free. The
    weights are written in single precision, whatever the model's is: ONNX Runtime computes in it on any processor.

    Args:
        tokenizer: the model's; a directory, or none, where the model alone says what it reads.

    Raises:
        ImportError: a library is missing; the message says which, and how to have it.
        ValueError: ONNX Runtime computes something else.
    """
    if missing := [name for name in ("onnx", "onnxscript") if find_spec(name) is None]:
        raise ImportError(f"ONNX needs {' and '.join(missing)}: pip install 'headcount[onnx]'")
    path = Path(path)
    copied = deepcopy(model).cpu().float().eval().requires_grad_(False)
    names = inputs_of(copied, tokenizer)
    with _quiet():
        program = exported(copied, names)
        fold_layers_without_heads(program)
        outputs = list(copied(**_example(copied, names, 1, 3)))
        free = {name: {0: "batch", 1: "length"} for name in names}
        made = torch.onnx.export(
            program, input_names=names, output_names=outputs, dynamic_shapes=free, dynamo=True, verbose=False
        )
    if made is None:
        raise ValueError("torch.onnx.export gave no program")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        size = sum(each.numel() * each.element_size() for each in copied.parameters())
        made.save(Path(folder) / path.name, external_data=size > ONE_FILE)
        if find_spec("onnxruntime"):
            _see_that_it_is_the_same(copied, names, Path(folder) / path.name)
        for each in sorted(Path(folder).iterdir(), reverse=True):
            os.replace(each, path.parent / each.name)


def inputs_of(model: PreTrainedModel, tokenizer: Any = None) -> list[str]:
    """The names of what a model reads of what its tokenizer gives."""
    segments = (getattr(model.config, "type_vocab_size", None) or 0) > 1
    given = getattr(tokenizer, "model_input_names", INPUTS if segments else INPUTS[:2])
    return [name for name in INPUTS if name in given and (name != "token_type_ids" or segments)]


def exported(model: PreTrainedModel, names: list[str]) -> ExportedProgram:
    """``torch.export`` of a model whose inputs have these names, with batch and length free."""
    longest = longest_text(model.config.to_dict())
    free = {0: torch.export.Dim("batch"), 1: torch.export.Dim("length", max=longest)}
    return torch.export.export(model, (), _example(model, names, 2, 7), dynamic_shapes=dict.fromkeys(names, free))


def fold_layers_without_heads(program: ExportedProgram) -> int:
    """Put the bias in the place of each linear map that reads nothing, and leave out what led to it: returns how many.

    ONNX Runtime cannot reshape what has no elements.
    """
    graph = program.graph_module.graph
    empty = [
        node
        for node in graph.find_nodes(op="call_function", target=torch.ops.aten.linear.default)
        if node.args[0].meta["val"].shape[-1] == 0
    ]
    for node in empty:
        like = _of_the_shape(node)
        bias = node.args[2] if len(node.args) > 2 else None
        with graph.inserting_before(node):
            if bias is None:
                put = graph.call_function(torch.ops.aten.zeros_like.default, (like,))
            else:
                put = graph.call_function(torch.ops.aten.expand_as.default, (bias, like))
        put.meta = dict(node.meta)
        node.replace_all_uses_with(put)
        graph.erase_node(node)
    graph.eliminate_dead_code(lambda node: node.op in ("placeholder", "output"))
    program.graph_module.recompile()
    return len(empty)


def _of_the_shape(node: Node) -> Node:
    """The nearest tensor on the way to ``node`` that has the shape of its result: what the layer reads."""
    wanted, waiting = node.meta["val"].shape, [node]
    seen = set(waiting)
    while waiting:
        found = waiting.pop(0)
        value = found.meta.get("val")
        if found is not node and isinstance(value, Tensor) and value.shape == wanted:
            return found
        new = [each for each in found.all_input_nodes if each not in seen]
        seen.update(new)
        waiting += new
    raise ValueError("a layer without heads reads nothing of the shape that it gives")


def _example(model: PreTrainedModel, names: list[str], batch: int, length: int) -> dict[str, Tensor]:
    """Inputs of this size; the last token of the first text is padding."""
    ids = torch.arange(batch * length).view(batch, length) % (model.config.vocab_size - 1) + 1
    mask = torch.ones_like(ids)
    mask[0, -1] = 0
    return {name: {"input_ids": ids, "attention_mask": mask}.get(name, torch.zeros_like(ids)) for name in names}


def _see_that_it_is_the_same(model: PreTrainedModel, names: list[str], path: Path) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch, length in ((1, 3), (3, 8)):
        inputs = _example(model, names, batch, length)
        fed = {each.name: inputs[each.name].numpy() for each in session.get_inputs()}
        for expected, found in zip(model(**inputs).values(), session.run(None, fed), strict=True):
            away = (expected - torch.from_numpy(found)).abs().max()
            if not away <= CLOSE * max(1.0, float(expected.abs().max())):
                raise ValueError(f"ONNX Runtime is {away:.2g} away from torch ({batch} × {length} tokens); nothing written")


@contextmanager
def _quiet() -> Iterator[None]:
    """Within the block, no word of what is not installed and of how things will be done in future."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
