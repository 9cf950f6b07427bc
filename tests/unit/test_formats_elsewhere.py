"""A smaller model where headcount is not installed: exact in what others load models with, and never loaded wrongly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from headcount import encoders, formats

PURPOSES = ("Model", "ForMaskedLM", "ForSequenceClassification")


def name_of(family, purpose):
    return f"{family}|{purpose}|{encoders.family_of(family).prefix}{purpose}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def elsewhere(folder, make_smaller, make_tokenizer):
    """What a process that cannot import headcount finds, by the name of the model."""
    inputs = {"input_ids": torch.arange(27).view(3, 9) + 5, "attention_mask": torch.arange(9) < torch.tensor([[9], [5], [7]])}
    for family in encoders.FAMILIES:
        for purpose in PURPOSES:
            model, kept = make_smaller(family, purpose)
            directory = folder / name_of(family, purpose)
            formats.save(model, make_tokenizer(family), directory / "model", kept=kept)
            expected = {"output": model(**inputs)[0], "states": encoders.body(model)(**inputs)[0]}
            torch.save({"inputs": inputs, **expected}, directory / "expected.pt")
    own = {"HF_MODULES_CACHE": str(folder / "modules"), "HF_HUB_OFFLINE": "1", "PYTHONPATH": ""}
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("elsewhere.py")), str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **own},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((folder / "found.json").read_text())


@pytest.fixture(params=PURPOSES)
def found(request, family, elsewhere):
    return elsewhere[name_of(family, request.param)]


def test_auto_classes_load_exactly_what_was_saved(found):
    assert found["exact"]
    assert found["missing"] == []


def test_the_body_of_any_smaller_model_loads_by_itself(found):
    assert found["body"]


def test_a_pipeline_gives_what_the_model_gives(found):
    assert found["pipeline"]


def test_saving_again_in_several_files_loses_nothing(found, request, folder, family):
    assert found["saved again"]
    assert found["shards"] > 1
    purpose = request.node.callspec.params["found"]
    before = json.loads((folder / name_of(family, purpose) / "model/config.json").read_text())
    after = found["configuration saved again"]
    assert {name: after[name] for name in before} == before


def test_what_others_saved_in_several_files_loads_here(family, elsewhere, folder):
    directory = folder / name_of(family, "ForMaskedLM")
    expected = torch.load(directory / "expected.pt")
    assert torch.equal(formats.load(directory / "model-again")(**expected["inputs"]).logits, expected["output"])


def test_nothing_loads_it_without_its_modelling_file(found):
    assert len(found["refusals"]) >= 6
    for how, error in found["refusals"].items():
        assert "trust_remote_code=True" in error, f"{how}: {error or 'loaded'}"


def test_sentence_transformers_read_a_smaller_body(family, elsewhere):
    assert elsewhere[name_of(family, "Model")]["sentences"] < 1e-6


def test_a_smaller_body_gets_a_new_head_and_is_trained(family, elsewhere):
    assert elsewhere[name_of(family, "Model")]["trained"] == {"body": True, "moved": True, "saved": True}


def test_a_classifier_is_no_masked_lm(folder, elsewhere, family):
    config = json.loads((folder / name_of(family, "ForSequenceClassification") / "model/config.json").read_text())
    assert sorted(config["auto_map"]) == ["AutoConfig", "AutoModel", "AutoModelForSequenceClassification"]
    config = json.loads((folder / name_of(family, "Model") / "model/config.json").read_text())
    assert "AutoModelForSequenceClassification" in config["auto_map"] and "AutoModelForMaskedLM" not in config["auto_map"]
