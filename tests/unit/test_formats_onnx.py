"""The smaller model for ONNX Runtime and ``torch.export``."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pytest
import torch
from transformers import AutoModel

from benchmarks import formats as measured
from headcount import encoders, formats
from headcount.formats import onnx as onnx_format
from headcount.units.heads import Heads

SHAPES = ((1, 1), (1, 8), (4, 20))


def inputs(names, batch, length):
    rng = np.random.default_rng(batch * length)
    mask = np.ones((batch, length), np.int64)
    mask[-1, length // 2 + 1 :] = 0
    given = {"input_ids": rng.integers(5, 60, (batch, length)), "attention_mask": mask, "token_type_ids": np.zeros_like(mask)}
    return {name: given[name] for name in names}


def furthest(session, model):
    """How far the outputs are from torch's, relative to the largest, over several batches and lengths."""
    worst = 0.0
    for batch, length in SHAPES:
        fed = inputs([each.name for each in session.get_inputs()], batch, length)
        read = inputs(["input_ids", "attention_mask"], batch, length)
        expected = model(**{name: torch.from_numpy(value) for name, value in read.items()})
        assert [each.name for each in session.get_outputs()] == list(expected)
        for found, wanted in zip(session.run(None, fed), expected.values(), strict=True):
            worst = max(worst, float(np.abs(found - wanted.numpy()).max() / wanted.abs().max()))
    return worst


def session_of(path):
    import onnxruntime

    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    ("family", "purpose"),
    [*((family, "ForSequenceClassification") for family in encoders.FAMILIES), ("bert", "Model"), ("bert", "ForMaskedLM")],
)
def test_onnx_runtime_alone_computes_what_the_smaller_model_does(family, purpose, make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller(family, purpose)
    formats.save(model, make_tokenizer(family), tmp_path / "onnx", kept=kept, format="onnx")
    session = session_of(tmp_path / "onnx/model.onnx")
    assert furthest(session, model) < 1e-5
    assert {tuple(each.shape) for each in session.get_inputs()} == {("batch", "length")}
    config = json.loads((tmp_path / "onnx/config.json").read_text())
    assert config["model_type"] == family and config["architectures"] == [type(model).__name__]
    for told in ({}, {"ignore_mismatched_sizes": True}):
        with pytest.raises(OSError, match="no file named"):
            AutoModel.from_pretrained(tmp_path / "onnx", **told)


@pytest.mark.parametrize("family", ["bert", "albert"])
def test_a_model_without_any_head_runs(family, make_model, make_tokenizer, tmp_path):
    model = make_model(family)
    heads = Heads(model)
    heads.remove(heads.left)
    onnx_format.export(model, make_tokenizer(family), tmp_path / "model.onnx")
    assert furthest(session_of(tmp_path / "model.onnx"), model) < 1e-5


def test_a_layer_without_heads_costs_no_attention(make_model):
    model, counts = make_model("bert"), []
    for layer in (None, 0, 2):
        Heads(model).remove([head for head in Heads(model).left if head[0] == layer])
        program = onnx_format.exported(model, ["input_ids", "attention_mask"])
        onnx_format.fold_layers_without_heads(program)
        done = Counter(str(node.target) for node in program.graph_module.graph.nodes)
        counts.append([done["aten.linear.default"], done["aten.scaled_dot_product_attention.default"]])
    assert np.diff(counts, axis=0).tolist() == [[-4, -1], [-4, -1]]


def test_torch_export_runs_a_smaller_model_of_any_size(family, make_smaller):
    model, _ = make_smaller(family)
    program = onnx_format.exported(model, ["input_ids", "attention_mask"]).module()
    for batch, length in SHAPES[1:]:
        read = {name: torch.from_numpy(value) for name, value in inputs(["input_ids", "attention_mask"], batch, length).items()}
        assert torch.allclose(program(**read).logits, model(**read).logits, atol=1e-6)


def test_the_table_of_formats_measures_every_one(tmp_path, monkeypatch):
    sizes = {"vocab_size": 60, "hidden_size": 24, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 32}
    monkeypatch.setattr(measured, "SIZES", {**sizes, "max_position_embeddings": 80})
    monkeypatch.setattr(measured, "REPEATS", 1)
    with torch.inference_mode():
        row = measured.row("electra", encoders.FAMILIES["electra"], tmp_path)
    away = [float(row[f"{form}: away by"]) for form in ("small", "dense", "ONNX")]
    assert away[0] == 0 and max(away) < 5e-6
    assert row["heads left"] == "5 of 16"
    assert min(value for name, value in row.items() if "fast" in name or "over" in name) > 0


def test_half_precision_is_exported_in_single(make_smaller, make_tokenizer, tmp_path):
    model, _ = make_smaller("bert", dtype=torch.bfloat16)
    onnx_format.export(model, make_tokenizer("bert"), tmp_path / "model.onnx")
    assert furthest(session_of(tmp_path / "model.onnx"), model.float()) < 1e-5


def test_large_weights_lie_beside_the_model(make_smaller, make_tokenizer, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_format, "ONE_FILE", 1000)
    model, kept = make_smaller("bert")
    formats.save(model, make_tokenizer("bert"), tmp_path / "onnx", kept=kept, format="onnx")
    assert (tmp_path / "onnx/model.onnx.data").exists()
    assert furthest(session_of(tmp_path / "onnx/model.onnx"), model) < 1e-5


def test_an_export_that_computes_something_else_is_not_written(make_smaller, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_format, "CLOSE", -1.0)
    with pytest.raises(ValueError, match=r"away from torch \(1 × 3 tokens\); nothing written"):
        onnx_format.export(make_smaller("bert").model, None, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []
