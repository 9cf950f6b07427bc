"""The model card: what the Hub and a reader find in it, and nothing that is not known."""

from __future__ import annotations

import re

import pytest
from huggingface_hub import ModelCard

from headcount import formats
from headcount.formats.card import page

KEPT = [[0, 2, 3], [], [1, 3], [2]]
KNOWN = formats.Card(
    base_model="some-one/sentiment-base",
    task="sentiment",
    data="some-one/reviews",
    chosen_on="1,200 examples of train",
    measured_on="400 other examples of train",
    metric="accuracy",
    score_before=0.9125,
    score_after=0.895,
    keep=0.98,
    speed_up=1.314,
    speed_measured="one core, 8 texts of 64 tokens",
)


@pytest.fixture
def config(make_model):
    return make_model("bert").config


def written(card, config, purpose="ForSequenceClassification", form="small"):
    return page(card, "smaller", config, purpose, KEPT, form)


def test_the_hub_reads_what_is_known(config):
    data = ModelCard(written(KNOWN, config)).data
    assert (data.base_model, data.datasets, data.metrics) == ("some-one/sentiment-base", ["some-one/reviews"], ["accuracy"])
    told = data.to_dict()
    assert (told["library_name"], told["pipeline_tag"]) == ("transformers", "text-classification")
    (result,) = data.eval_results
    assert (result.dataset_type, result.metric_type, result.metric_value) == ("some-one/reviews", "accuracy", 0.895)


def test_a_reader_finds_heads_data_scores_and_speed(config):
    text = written(KNOWN, config)
    assert "with 6 of its 16 attention heads" in text
    for row in ("| 0 | 3 | 4 | 0, 2, 3 |", "| 1 | 0 | 4 | none |", "| whole model | 0.912 |", "| this model | 0.895 |"):
        assert row in text
    for said in (
        "chosen on 1,200 examples of train",
        "measured on 400 other examples",
        "98% of the score",
        "1.31 times as fast",
    ):
        assert said in text


def test_what_is_unknown_is_not_mentioned(config):
    text = written(formats.Card(), config)
    assert not re.search(r"None|nan|score|times as fast|base_model|datasets|metrics|model-index", text)
    assert ModelCard(text).data.eval_results is None


def test_local_files_are_named_without_their_place(config, tmp_path):
    (tmp_path / "reviews.csv").write_text("")
    card = formats.Card(base_model=str(tmp_path), data=str(tmp_path / "reviews.csv"), metric="accuracy", score_after=0.9)
    text = written(card, config)
    assert str(tmp_path.parent) not in text
    assert "Data: reviews.csv." in text
    assert ModelCard(text).data.datasets is None and ModelCard(text).data.base_model is None


@pytest.mark.parametrize(
    ("form", "purpose", "said"),
    [
        ("small", "ForMaskedLM", 'AutoModelForMaskedLM.from_pretrained("smaller", trust_remote_code=True)'),
        ("small", "Model", 'AutoModel.from_pretrained("smaller", trust_remote_code=True)'),
        ("dense", "ForSequenceClassification", 'BertForSequenceClassification.from_pretrained("smaller")'),
        ("onnx", "ForSequenceClassification", 'InferenceSession("smaller/model.onnx")'),
    ],
)
def test_the_code_in_it_loads_the_format(form, purpose, said, config):
    assert said in written(KNOWN, config, purpose, form)


def test_heads_that_layers_share_are_said_to_be_shared(make_model):
    text = page(KNOWN, "smaller", make_model("albert").config, "Model", [[0, 2]], "small")
    assert "2 of its 4 attention heads" in text and "All layers share one set of weights" in text
