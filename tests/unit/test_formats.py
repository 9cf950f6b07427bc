"""A smaller model on disk: small and dense formats, its directory, and what its card says."""

from __future__ import annotations

import json
import os
import stat
import sys
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import pytest
import torch
from safetensors.torch import load_file

from headcount import encoders, formats
from headcount.errors import SourceError
from headcount.formats.dense import dense
from headcount.formats.modelling import modelling_file
from headcount.units import cutting
from headcount.units.heads import KEPT, Heads
from tests.unit.conftest import VOCABULARY, small_model, smaller

PURPOSES = ("Model", "ForMaskedLM", "ForSequenceClassification")
INPUTS = {"input_ids": torch.arange(27).view(3, 9) + 5, "attention_mask": torch.arange(9) < torch.tensor([[9], [5], [7]])}


def output(model):
    with torch.no_grad():
        return model(**INPUTS)[0]


def away(found, expected):
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.fixture(params=PURPOSES)
def purpose(request):
    return request.param


@pytest.fixture
def saved(make_smaller, make_tokenizer, tmp_path):
    """A small BERT that classifies, saved; where, and the model."""
    model, kept = make_smaller("bert")
    formats.save(model, make_tokenizer("bert"), tmp_path / "smaller", kept=kept)
    return tmp_path / "smaller", model


def test_a_small_model_loads_again_exactly(family, purpose, make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller(family, purpose)
    formats.save(model, make_tokenizer(family), tmp_path / "small", kept=kept)
    again = formats.load(tmp_path / "small")
    assert type(again) is type(model)
    assert torch.equal(output(again), output(model))
    assert Heads(again).kept == kept
    assert away(output(model), output(small_model(family, purpose))) > 0.01, "too small a change to show an error"


def test_a_model_without_any_head_loads_again(family, make_model, make_tokenizer, tmp_path):
    model = make_model(family)
    heads = Heads(model)
    heads.remove(heads.left)
    formats.save(model, make_tokenizer(family), tmp_path / "none", kept=heads.kept)
    assert torch.equal(output(formats.load(tmp_path / "none")), output(model))


def test_states_and_attention_of_a_loaded_model_are_recorded(family, make_smaller, tmp_path):
    model, kept = make_smaller(family)
    formats.save(model, None, tmp_path / "small", kept=kept)
    told = {"output_hidden_states": True, "output_attentions": True}
    found = []
    for each in (model, formats.load(tmp_path / "small")):
        each.set_attn_implementation("eager")
        out = each(**INPUTS, **told)
        found.append([*out.hidden_states, *out.attentions])
    assert len(found[0]) == len(found[1]) == 9
    assert all(torch.equal(*pair) for pair in zip(*found, strict=True))


def test_a_loaded_model_is_pruned_further_and_saved_by_original_numbers(make_model, make_tokenizer, tmp_path):
    model = make_model("bert")
    heads = Heads(model)
    heads.remove([(1, 0), (1, 2)])
    formats.save(model, make_tokenizer("bert"), tmp_path / "first", kept=heads.kept)
    again = formats.load(tmp_path / "first")
    further = Heads(again)
    further.remove([(1, 3)])
    heads.remove([(1, 3)])
    formats.save(again, make_tokenizer("bert"), tmp_path / "second", kept=further.kept)
    last = formats.load(tmp_path / "second")
    assert torch.equal(output(last), output(model))
    assert getattr(last.config, KEPT)[1] == [1]


def test_dense_is_the_same_function_in_the_whole_models_shapes(family, purpose, make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller(family, purpose)
    formats.save(model, make_tokenizer(family), tmp_path / "dense", kept=kept, format="dense")
    plain = encoders.family_of(family).model_class(family, purpose)
    again, loading = plain.from_pretrained(tmp_path / "dense", output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    assert away(output(again), output(model)) < 5e-6
    assert not hasattr(again.config, KEPT)
    whole = small_model(family, purpose)
    for name, parameter in again.named_parameters():
        original = whole.get_parameter(name)
        assert parameter.shape == original.shape, name
        left = parameter != 0
        assert torch.equal(parameter[left], original[left]), f"{name}: a weight that is left has moved"


def test_dense_is_exact_up_to_rounding(family, purpose, make_model):
    model, kept = smaller(make_model(family, purpose, torch.float64))
    assert away(output(dense(model, kept)), output(model)) < 1e-12


def test_dense_takes_the_weights_of_removed_heads_and_no_others_to_zero(make_smaller):
    model, kept = make_smaller("bert")
    attention = dense(model, kept).bert.encoder.layer[2].attention
    rows = attention.self.value.weight.abs().sum(1) != 0
    columns = attention.output.dense.weight.abs().sum(0) != 0
    assert kept[2] == [1, 3]
    assert rows.nonzero().flatten().tolist() == columns.nonzero().flatten().tolist() == [*range(6, 12), *range(18, 24)]


@pytest.mark.parametrize("form", ["small", "dense"])
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_weights_stay_in_their_own_precision(dtype, form, make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller("roberta", dtype=dtype)
    formats.save(model, make_tokenizer("roberta"), tmp_path / form, kept=kept, format=form)
    assert {tensor.dtype for tensor in load_file(tmp_path / form / "model.safetensors").values()} == {dtype}
    if form == "small":
        again = formats.load(tmp_path / form)
        assert again.dtype == dtype
        assert torch.equal(output(again), output(model))


@pytest.mark.parametrize("form", ["small", "dense"])
def test_tied_weights_are_saved_once_and_tied_again(family, form, make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller(family, "ForMaskedLM")
    formats.save(model, make_tokenizer(family), tmp_path / form, kept=kept, format=form)
    plain = encoders.family_of(family).model_class(family, "ForMaskedLM")
    again = formats.load(tmp_path / form) if form == "small" else plain.from_pretrained(tmp_path / form)
    assert again.get_output_embeddings().weight is again.get_input_embeddings().weight
    written = load_file(tmp_path / form / "model.safetensors")
    assert sum(each.ndim == 2 and len(each) == VOCABULARY for each in written.values()) == 1


@pytest.mark.parametrize("form", ["small", "dense"])
def test_weights_that_were_not_tied_stay_apart(form, make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller("bert", "ForMaskedLM", tie_word_embeddings=False)
    formats.save(model, make_tokenizer("bert"), tmp_path / form, kept=kept, format=form)
    again = formats.load(tmp_path / form) if form == "small" else type(model).from_pretrained(tmp_path / form)
    assert away(output(again), output(model)) < 5e-6
    assert torch.equal(again.get_output_embeddings().weight, model.get_output_embeddings().weight)
    assert not torch.equal(again.get_output_embeddings().weight, again.get_input_embeddings().weight)


def test_the_model_that_is_saved_stays_as_it_is(make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller("albert")
    model.train().requires_grad_(True)
    config, settings, state = model.config, deepcopy(model.config.to_dict()), deepcopy(model.state_dict())
    for form in ("small", "dense", "onnx"):
        formats.save(model, make_tokenizer("albert"), tmp_path / form, kept=kept, format=form)
    assert model.config is config and model.config.to_dict() == settings
    assert model.training and all(parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_files_have_the_permissions_of_any_new_file(saved):
    directory, _ = saved
    (fresh := directory.parent / "fresh").write_text("")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert modes == dict.fromkeys(modes, stat.S_IMODE(fresh.stat().st_mode))
    assert stat.S_IMODE(directory.stat().st_mode) == 0o777 & ~_umask()


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_no_file_says_where_it_was_written(saved):
    directory, _ = saved
    for path in directory.iterdir():
        assert str(directory.parent).encode() not in path.read_bytes(), path.name


def test_the_modelling_file_holds_the_code_that_removed_the_heads(family):
    text = modelling_file(family, ["Model"])
    assert Path(cutting.__file__).read_text() in text
    assert "import headcount" not in text and "from headcount" not in text


def test_the_modelling_file_asks_for_a_release_in_which_it_is_exact(monkeypatch):
    code = compile(modelling_file("bert", ["Model"]), "modeling_headcount.py", "exec", dont_inherit=True)
    module = ModuleType("modeling_headcount")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr("transformers.__version__", "5.17.0.dev0")
    exec(code, module.__dict__)
    for older in ("5.16.2", "4.57.1"):
        monkeypatch.setattr("transformers.__version__", older)
        with pytest.raises(ImportError, match=f"needs transformers 5.17 or newer; here is {older}"):
            exec(code, module.__dict__)


@pytest.mark.parametrize("form", ["small", "dense"])
def test_what_was_written_here_is_replaced(form, saved, make_smaller, make_tokenizer):
    directory, _ = saved
    model, kept = make_smaller("distilbert")
    formats.save(model, make_tokenizer("distilbert"), directory, kept=kept, format=form)
    assert (directory / "modeling_headcount.py").exists() == (form == "small")
    assert "DistilBERT" in (directory / "README.md").read_text()


def test_nothing_else_is_replaced(saved, make_smaller, make_tokenizer, tmp_path):
    directory, model = saved
    (directory / "notes.md").write_text("mine")
    with pytest.raises(SourceError, match=r"notes\.md was not written by headcount and would be lost"):
        formats.save(model, make_tokenizer("bert"), directory, kept=formats.load(directory).config.headcount_kept_heads)
    small_model("bert").save_pretrained(tmp_path / "whole")
    with pytest.raises(SourceError, match="holds files that headcount did not write"):
        formats.save(small_model("bert"), make_tokenizer("bert"), tmp_path / "whole")
    (tmp_path / "file").write_text("")
    with pytest.raises(SourceError, match="is a file"):
        formats.save(small_model("bert"), make_tokenizer("bert"), tmp_path / "file")


def test_an_error_leaves_nothing_behind(make_smaller, make_tokenizer, tmp_path, monkeypatch):
    def fails(*_, **__):
        raise OSError("disk is full")

    model, kept = make_smaller("bert")
    config = model.config
    monkeypatch.setattr("headcount.formats.saving.page", fails)
    with pytest.raises(OSError, match="disk is full"):
        formats.save(model, make_tokenizer("bert"), tmp_path / "smaller", kept=kept)
    assert list(tmp_path.iterdir()) == []
    assert model.config is config


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        (None, "say with kept= which ones are left"),
        ([[0, 2, 3], [0], [1, 3], [2]], r"kept names \[3, 1, 2, 1\] heads a layer; the model's weights have \[3, 0, 2, 1\]"),
        ([[0, 2, 4], [], [1, 3], [2]], "allowed are numbers from 0 to 3, each once in a layer and in order"),
        ([[2, 0, 3], [], [1, 3], [2]], "allowed are numbers from 0 to 3, each once in a layer and in order"),
    ],
    ids=["missing", "another number", "no such head", "out of order"],
)
def test_heads_that_the_weights_do_not_have_are_refused(kept, message, make_smaller, make_tokenizer, tmp_path):
    with pytest.raises(ValueError, match=message):
        formats.save(make_smaller("bert").model, make_tokenizer("bert"), tmp_path / "smaller", kept=kept)


def test_other_formats_and_other_models_are_refused(make_smaller, make_tokenizer, tmp_path):
    model, kept = make_smaller("bert")
    with pytest.raises(ValueError, match="format is 'gguf'; allowed are small, dense, onnx"):
        formats.save(model, make_tokenizer("bert"), tmp_path / "smaller", kept=kept, format="gguf")
    model, kept = make_smaller("bert", "ForPreTraining")
    with pytest.raises(ValueError, match="BertForPreTraining cannot be saved: allowed are BertModel, BertForMaskedLM"):
        formats.save(model, make_tokenizer("bert"), tmp_path / "smaller", kept=kept)


def test_a_model_from_which_nothing_was_removed_is_refused_where_it_is_loaded_as_small(make_model, tmp_path):
    make_model("bert").save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="no heads were removed here, load it with from_pretrained"):
        formats.load(tmp_path)


def test_weights_that_are_not_there_are_missed(saved):
    directory, _ = saved
    settings = json.loads((directory / "config.json").read_text())
    settings["architectures"] = ["HeadcountBertForMaskedLM"]
    (directory / "config.json").write_text(json.dumps(settings))
    with pytest.raises(ValueError, match=r"lacks cls\."):
        formats.load(directory)


def test_a_tokenizer_is_copied_from_the_directory_of_its_model(make_smaller, make_tokenizer, tmp_path):
    from transformers import AutoTokenizer

    make_tokenizer("bert").save_pretrained(tmp_path / "source")
    settings = json.loads((tmp_path / "source/tokenizer_config.json").read_text())
    del settings["tokenizer_class"]  # as in files that leave it to the model_type
    (tmp_path / "source/tokenizer_config.json").write_text(json.dumps(settings))
    model, kept = make_smaller("bert")
    formats.save(model, tmp_path / "source", tmp_path / "smaller", kept=kept)
    again = AutoTokenizer.from_pretrained(tmp_path / "smaller", trust_remote_code=False)
    assert again("w7 w9")["input_ids"] == make_tokenizer("bert")("w7 w9")["input_ids"]
    with pytest.raises(FileNotFoundError, match=r"tokenizer\.json: missing; give a model's tokenizer, or its directory"):
        formats.save(model, tmp_path, tmp_path / "another", kept=kept)
