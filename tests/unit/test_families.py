"""The table of families: what an entry says of a model is so, on a small random model of each."""

from __future__ import annotations

import pytest
import torch

from headcount import encoders
from headcount.families import FAMILIES, check_supported, head_shape, longest_text, model_type_of, size
from headcount.networks.layer_calls import layer_calls


@pytest.fixture
def inputs():
    ids = torch.randint(5, 60, (3, 8), generator=torch.Generator().manual_seed(2))
    real = (torch.arange(8) < torch.tensor([8, 5, 3])[:, None]).long()
    return {"input_ids": torch.where(real.bool(), ids, 1), "token_type_ids": torch.zeros_like(ids), "attention_mask": real}


def own_outputs(model, inputs):
    """What transformers' own way through the model gives."""
    return model(**inputs, output_hidden_states=True)


def test_masked_logits_are_the_models_own(family, make_model, inputs):
    model = make_model(family, "ForMaskedLM")
    chosen = torch.zeros(3, 8, dtype=torch.bool)
    chosen[0, 2] = chosen[0, 6] = chosen[2, 1] = True
    own = own_outputs(model, inputs).logits
    assert own.std() > 0.1
    torch.testing.assert_close(encoders.masked_logits(model, inputs, chosen), own[chosen], rtol=1e-5, atol=1e-5)


def test_a_head_that_is_told_the_word_embeddings_gives_the_models_own_logits(make_model, inputs):
    model = make_model("deberta-v2", "ForMaskedLM", legacy=False)
    own = own_outputs(model, inputs).logits
    chosen = torch.ones(3, 8, dtype=torch.bool)
    torch.testing.assert_close(encoders.masked_logits(model, inputs, chosen), own[chosen], rtol=1e-5, atol=1e-5)


def given_by_the_embedding(model, inputs):
    """What the last of the embedding's modules gives, while the model runs."""
    given = []
    handle = encoders.embedding(model)[-1].register_forward_hook(lambda _, __, output: given.append(output))
    own = own_outputs(model, inputs)
    handle.remove()
    (states,) = given
    return states, own.hidden_states[0]


def test_the_embedding_leads_to_what_enters_the_lowest_layer(family, make_model, inputs):
    states, entering = given_by_the_embedding(make_model(family, "ForMaskedLM"), inputs)
    assert torch.equal(states, entering)


def test_an_electra_whose_embeddings_are_as_wide_as_its_layers_has_no_projection(make_model, inputs):
    model = make_model("electra", "ForMaskedLM", embedding_size=24)
    assert len(encoders.embedding(model)) == 1
    states, entering = given_by_the_embedding(model, inputs)
    assert torch.equal(states, entering)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_the_way_through_the_layers_is_the_models_own(attention, family, make_model, inputs):
    """The blocks are all that lies between the embedding and the last hidden states, called in their order."""
    model = make_model(family, "ForMaskedLM")
    if attention == "eager" or model._supports_sdpa:
        model.set_attn_implementation(attention)
    own = own_outputs(model, inputs).hidden_states
    hidden, calls = layer_calls(model, inputs)
    assert torch.equal(hidden, own[0]) and [call.site for call in calls] == encoders.layers(model)
    for call in calls:
        hidden = call(hidden)
    real = inputs["attention_mask"].bool()
    torch.testing.assert_close(hidden[real], own[-1][real], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(own_outputs(model, inputs).hidden_states, own, rtol=0, atol=0)


def test_the_pooler_is_where_classification_takes_it_from(family, make_model):
    classifier = dict(encoders.body(make_model(family)).named_modules())
    assert ("pooler" in classifier) == (FAMILIES[family].pooler == "pooler")


def test_heads_are_those_of_the_model(family, make_model, tmp_path):
    model = make_model(family)
    rows = len(encoders.sites(model))
    assert head_shape(model.config) == head_shape(model.config.to_dict()) == (rows, 4)
    width, parts = encoders.head_dim(model), FAMILIES[family].cut.get("parts", 1)
    for site in encoders.sites(model):
        assert {linear.out_features for linear in site.inputs} == {4 * width * parts}
        assert site.projection("output").in_features == 4 * width
    model.save_pretrained(tmp_path)
    assert model_type_of(tmp_path) == family


RELATIVE = ("deberta-v2", "modernbert")
"""Those that see how far tokens are apart and nothing else: no table of positions comes to its end."""


def test_the_longest_text_is_the_longest_that_the_model_reads(family, make_model):
    model = make_model(family)
    longest = longest_text(model.config.to_dict())

    def read(tokens):
        return encoders.body(model)(input_ids=torch.full((1, tokens), 7)).last_hidden_state

    assert read(longest).isfinite().all()
    if family in RELATIVE:
        assert longest == 40 and read(longest + 1).isfinite().all()
        return
    with pytest.raises((IndexError, RuntimeError)):
        read(longest + 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model_type": "mpnet", "pad_token_id": 0}, "pad_token_id is 0; allowed is 1, from which MPNet's positions count"),
        ({"model_type": "deberta-v2", "conv_kernel_size": 3}, "conv_kernel_size is 3; allowed is 0, no convolution"),
    ],
    ids=["mpnet", "deberta-v2"],
)
def test_a_setting_that_the_table_does_not_describe_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        check_supported(settings)


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


def test_settings_of_dropout_are_those_of_the_configuration_class(family, make_model):
    kind = FAMILIES[family]
    settings = kind.config_class(family)()
    for name in (*kind.dropouts, kind.classifier_dropout):
        assert name is None or hasattr(settings, name)
    assert (kind.classifier_dropout is None) == (kind.classifier_dropout_at is not None)
    if kind.classifier_dropout_at:
        assert isinstance(make_model(family).get_submodule(kind.classifier_dropout_at), torch.nn.Dropout)
