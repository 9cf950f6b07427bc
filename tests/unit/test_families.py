"""The table of families: what an entry says of a model is so, on a small random model of each."""

from __future__ import annotations

import pytest
import torch

from headcount import encoders
from headcount.families import FAMILIES, head_shape, longest_text, model_type_of, size


@pytest.fixture
def inputs():
    ids = torch.randint(5, 60, (3, 8), generator=torch.Generator().manual_seed(2))
    real = (torch.arange(8) < torch.tensor([8, 5, 3])[:, None]).long()
    return {"input_ids": torch.where(real.bool(), ids, 1), "token_type_ids": torch.zeros_like(ids), "attention_mask": real}


def own_outputs(model, inputs):
    """What transformers' own way through the model gives."""
    given = inputs if FAMILIES[model.config.model_type].segments else {k: v for k, v in inputs.items() if "type" not in k}
    return model(**given, output_hidden_states=True)


def test_masked_logits_are_the_models_own(family, make_model, inputs):
    model = make_model(family, "ForMaskedLM")
    chosen = torch.zeros(3, 8, dtype=torch.bool)
    chosen[0, 2] = chosen[0, 6] = chosen[2, 1] = True
    own = own_outputs(model, inputs).logits
    assert own.std() > 0.1
    torch.testing.assert_close(encoders.masked_logits(model, inputs, chosen), own[chosen], rtol=1e-5, atol=1e-5)


def test_the_embedding_leads_to_what_enters_the_lowest_layer(family, make_model, inputs):
    model = make_model(family, "ForMaskedLM")
    assert torch.equal(encoders.embedded(model, inputs), own_outputs(model, inputs).hidden_states[0])


def test_an_electra_whose_embeddings_are_as_wide_as_its_layers_has_no_projection(make_model, inputs):
    model = make_model("electra", "ForMaskedLM", embedding_size=24)
    assert len(encoders.embedding(model)) == 1
    assert torch.equal(encoders.embedded(model, inputs), own_outputs(model, inputs).hidden_states[0])


def test_the_way_through_the_layers_is_the_models_own(family, make_model, inputs):
    """The blocks are all that lies between the embedding and the last hidden states, called in their order."""
    model = make_model(family, "ForMaskedLM")
    model.set_attn_implementation("eager")
    hidden = encoders.embedded(model, inputs)
    bias = torch.zeros(3, 1, 1, 8).masked_fill(inputs["attention_mask"][:, None, None] == 0, torch.finfo(torch.float32).min)
    for site in encoders.layers(model):
        hidden = site.block(hidden, bias)
    real = inputs["attention_mask"].bool()
    torch.testing.assert_close(hidden[real], own_outputs(model, inputs).hidden_states[-1][real], rtol=1e-5, atol=1e-5)


def test_the_pooler_is_where_classification_takes_it_from(family, make_model):
    classifier = dict(encoders.body(make_model(family)).named_modules())
    assert ("pooler" in classifier) == (FAMILIES[family].pooler == "pooler")


def test_heads_are_those_of_the_model(family, make_model, tmp_path):
    model = make_model(family)
    rows = len(encoders.sites(model))
    assert head_shape(model.config) == head_shape(model.config.to_dict()) == (rows, 4)
    assert encoders.head_dim(model) * 4 == encoders.sites(model)[0].projection("query").out_features
    model.save_pretrained(tmp_path)
    assert model_type_of(tmp_path) == family


def test_the_longest_text_is_the_longest_that_the_model_reads(family, make_model):
    model = make_model(family)
    longest = longest_text(model.config.to_dict())

    def read(tokens):
        return encoders.body(model)(input_ids=torch.full((1, tokens), 7)).last_hidden_state

    assert read(longest).isfinite().all()
    with pytest.raises((IndexError, RuntimeError)):
        read(longest + 1)


def test_sizes_that_a_config_does_not_say_are_those_of_its_class(family):
    settings = FAMILIES[family].config_class(family)().to_dict()
    for name in FAMILIES[family].sizes:
        assert size({"model_type": family}, name) == size(settings, name)


@pytest.mark.parametrize("value", [None, "12", 12.0, True])
def test_a_size_that_is_no_whole_number_is_refused_by_its_own_name(value):
    with pytest.raises(ValueError, match=r"config\.json: n_heads is .*; allowed is a whole number"):
        head_shape({"model_type": "distilbert", "n_heads": value})


def test_positions_need_the_number_of_the_padding_token():
    assert longest_text({"model_type": "roberta", "max_position_embeddings": 514}) == 512
    with pytest.raises(ValueError, match=r"pad_token_id is null"):
        longest_text({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": None})


def test_settings_of_dropout_are_those_of_the_configuration_class(family):
    settings = FAMILIES[family].config_class(family)()
    for name in (*FAMILIES[family].dropouts, FAMILIES[family].classifier_dropout):
        assert hasattr(settings, name)
