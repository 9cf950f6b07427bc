"""Divergence against scipy and a slow reference: one example, one head, one token at a time, by transformers' own outputs."""

from __future__ import annotations

import math
from copy import deepcopy
from dataclasses import fields
from functools import partial

import numpy as np
import pytest
import torch
from scipy.spatial.distance import jensenshannon

from headcount import encoders
from headcount.analysis import divergence
from headcount.analysis.divergence import Divergence, jensen_shannon, measure, showing_attention, steps
from headcount.data.metrics import accuracy
from headcount.data.tokenizer import Tokens
from headcount.encoders import body, layers, sites
from headcount.families import FAMILIES
from headcount.networks.examples import LabelledExamples
from headcount.networks.layer_calls import layer_calls
from headcount.store.tensors import DIVERGENCE, read_divergence, write_divergence
from headcount.units.heads import Heads

CLOSE = {"rtol": 1e-9, "atol": 1e-12}


def moved(model):
    """The model, as if it had been fine-tuned: every parameter a little elsewhere."""
    other = deepcopy(model)
    generator = torch.Generator().manual_seed(1)
    for parameter in other.parameters():
        parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator, dtype=parameter.dtype))
    return other


@pytest.fixture
def pair(family, make_model):
    """A pre-trained masked-LM model and a classifier that was not far from its body."""
    pretrained = make_model(family, "ForMaskedLM", torch.float64)
    finetuned = make_model(family, dtype=torch.float64)
    body(finetuned).load_state_dict(body(pretrained).state_dict(), strict=False)
    return pretrained, moved(finetuned)


def of(examples, indices):
    """Some of the examples."""
    return LabelledExamples([examples.tokens[i] for i in indices], [0] * len(indices), examples.encoder, accuracy)


def reference(pretrained, finetuned, examples):
    """Definition §5 word for word: every document alone, in transformers' own way, averaged over tokens, then documents."""
    models = [deepcopy(model) for model in (pretrained, finetuned)]
    js, l2 = [], []
    for tokens in examples.tokens:
        inputs = {"input_ids": torch.tensor(tokens.ids)[None], "attention_mask": torch.ones(1, len(tokens)).long()}
        outputs = []
        for model in models:
            model.set_attn_implementation("eager")
            outputs.append(model(**inputs, output_attentions=True, output_hidden_states=True))
        maps = [np.concatenate([layer.numpy() for layer in output.attentions]) for output in outputs]
        js.append((jensenshannon(*maps, axis=-1) ** 2).mean(-1))
        hidden = [np.concatenate([layer.numpy() for layer in output.hidden_states]) for output in outputs]
        l2.append(np.sqrt(((hidden[0] - hidden[1]) ** 2).sum(-1)).mean(-1))
    return np.mean(js, axis=0), np.mean(l2, axis=0)


def local_reference(pretrained, finetuned, examples):
    """DEFINITIONS, C6's control: each layer of both models alone on the states that enter the pre-trained one's, unpadded."""
    pretrained, finetuned = deepcopy(pretrained), deepcopy(finetuned)
    for model in (pretrained, finetuned):
        model.set_attn_implementation("eager")
    js, l2 = [], []
    for tokens in examples.tokens:
        inputs = {"input_ids": torch.tensor(tokens.ids)[None], "attention_mask": torch.ones(1, len(tokens)).long()}
        entering = pretrained(**inputs, output_hidden_states=True).hidden_states
        js.append([])
        l2.append([])
        both = (layer_calls(model, inputs)[1] for model in (pretrained, finetuned))
        for depth, calls_of_layer in enumerate(zip(*both, strict=True)):
            maps, states = [], []
            for call in calls_of_layer:
                catch = partial(lambda maps, _, __, output: maps.append(output[1][0].numpy()), maps)
                with call.site.attention.register_forward_hook(catch):
                    states.append(call(entering[depth])[0].numpy())
            js[-1].append((jensenshannon(*maps, axis=-1) ** 2).mean(-1))
            l2[-1].append(np.sqrt(((states[0] - states[1]) ** 2).sum(-1)).mean(-1))
    return np.mean(js, axis=0), np.mean(l2, axis=0)


# ------------------------------------------------------------------------------------------------ one pair of distributions


def distributions(rng, keys, zeros):
    """Fifty random distributions over ``keys``, a share ``zeros`` of whose entries is 0."""
    weights = rng.exponential(size=(50, keys)) * (rng.random((50, keys)) >= zeros)
    weights[:, 0] += 1e-3
    return weights / weights.sum(1, keepdims=True)


@pytest.mark.parametrize("zeros", [0.0, 0.6], ids=["dense", "sparse"])
@pytest.mark.parametrize("keys", [1, 2, 30])
def test_js_agrees_with_scipy(keys, zeros):
    rng = np.random.default_rng(keys)
    p, q = distributions(rng, keys, zeros), distributions(rng, keys, zeros)
    found = jensen_shannon(torch.from_numpy(p), torch.from_numpy(q))
    assert np.allclose(found.numpy(), jensenshannon(p, q, axis=1) ** 2, rtol=1e-9, atol=1e-12)


def test_js_of_float32_rows_is_within_a_millionth_of_the_exact_one():
    rng = np.random.default_rng(0)
    p = distributions(rng, 200, 0.3)
    q = p * (1 + 1e-2 * rng.standard_normal(p.shape))
    q /= q.sum(1, keepdims=True)
    rows = [torch.from_numpy(row).float() for row in (p, q)]
    assert np.allclose(jensen_shannon(*rows).numpy(), jensenshannon(p, q, axis=1) ** 2, rtol=0, atol=1e-6)


def test_js_of_equal_rows_is_exactly_zero():
    p = torch.from_numpy(distributions(np.random.default_rng(0), 30, 0.5)).float()
    assert torch.equal(jensen_shannon(p, p.clone()), torch.zeros(50, dtype=torch.float64))


def test_js_of_disjoint_rows_is_ln_2():
    p, q = torch.tensor([[0.25, 0.75, 0, 0], [0, 1, 0, 0]]), torch.tensor([[0, 0, 0.5, 0.5], [1, 0, 0, 0]])
    assert jensen_shannon(p, q).tolist() == pytest.approx([math.log(2)] * 2, rel=1e-15)


def test_js_by_hand():
    p, q = torch.tensor([1.0, 0.0]), torch.tensor([0.5, 0.5])
    by_hand = (math.log(1 / 0.75) + 0.5 * math.log(0.5 / 0.75) + 0.5 * math.log(0.5 / 0.25)) / 2
    assert float(jensen_shannon(p, q)) == pytest.approx(by_hand, rel=1e-12)


def test_js_of_a_vanishing_probability_is_finite():
    p, q = torch.tensor([1e-45, 1.0]), torch.tensor([1.0, 0.0])
    assert float(jensen_shannon(p, q)) == pytest.approx(math.log(2), rel=1e-12)


# ------------------------------------------------------------------------------------------------------------ two models


@pytest.mark.parametrize("budget", [12, 40, 10_000])
def test_any_budget_agrees_with_one_document_at_a_time(budget, pair, examples):
    found = measure(*pair, examples, budget)
    js, l2 = reference(*pair, examples)
    assert js.min() > 1e-4 and l2.min() > 1e-4
    assert np.allclose(found.attention_js, js, **CLOSE)
    assert np.allclose(found.hidden_l2, l2, **CLOSE)


@pytest.mark.parametrize("budget", [12, 10_000])
def test_each_layer_alone_agrees_with_one_document_at_a_time(budget, pair, examples):
    found = measure(*pair, examples, budget)
    js, l2 = local_reference(*pair, examples)
    assert js.min() > 1e-4 and l2.min() > 1e-4 and not np.allclose(js[1:], found.attention_js[1:], rtol=0.01)
    assert np.allclose(found.attention_js_local, js, **CLOSE)
    assert np.allclose(found.hidden_l2_local[1:], l2, **CLOSE)
    assert found.hidden_l2_local[0] == found.hidden_l2[0] > 0


def test_the_first_layer_alone_is_the_first_layer_where_the_embeddings_did_not_move(pair, examples):
    pretrained, finetuned = pair
    embeddings = [encoders.embedding(model) for model in pair]
    for before, after in zip(*embeddings, strict=True):
        after.load_state_dict(before.state_dict())
    found = measure(pretrained, finetuned, examples, 50)
    assert np.allclose(found.attention_js_local[0], found.attention_js[0], **CLOSE)
    assert found.hidden_l2_local[1] == pytest.approx(found.hidden_l2[1], rel=1e-9)
    assert found.hidden_l2_local[0] == 0 < found.hidden_l2_local[1]


def test_a_layer_that_alone_moved_diverges_alone(make_model, examples):
    pretrained = make_model("roberta")
    finetuned = deepcopy(pretrained)
    sites(finetuned)[2].projection("query").weight.add_(0.5)
    found = measure(pretrained, finetuned, examples, 50)
    assert (found.attention_js_local[2] > 0).all() and found.hidden_l2_local[3] > 0
    assert not np.delete(found.attention_js_local, 2, axis=0).any() and not np.delete(found.hidden_l2_local, 3).any()
    assert (found.attention_js[3] > 0).all() and found.hidden_l2[4] > 0


def test_float32_models_agree_with_the_same_in_float64(pair, examples):
    exact = measure(*pair, examples, 50)
    found = measure(*(model.float() for model in pair), examples, 50)
    assert found.attention_js.dtype == found.hidden_l2.dtype == np.float64
    assert np.allclose(found.attention_js, exact.attention_js, rtol=1e-4, atol=1e-6)
    assert np.allclose(found.hidden_l2, exact.hidden_l2, rtol=1e-4)


def test_one_row_per_layer_and_one_more_for_the_embeddings_also_where_layers_share_weights(pair, examples):
    found = measure(*pair, examples, 50)
    assert found.attention_js.shape == (4, 4) and found.hidden_l2.shape == (5,)
    assert len(np.unique(found.attention_js)) == 16 and len(np.unique(found.hidden_l2)) == 5


def test_a_model_does_not_diverge_from_itself(family, make_model, examples):
    model = make_model(family)
    for other in (model, deepcopy(model)):
        found = measure(model, other, examples, 50)
        assert not any(tensor.any() for tensor in vars(found).values())


def test_layers_that_did_not_move_do_not_diverge(make_model, examples):
    pretrained = make_model("bert")
    finetuned = deepcopy(pretrained)
    sites(finetuned)[2].projection("query").weight.add_(0.5)
    found = measure(pretrained, finetuned, examples, 50)
    assert not found.attention_js[:2].any() and not found.hidden_l2[:3].any()
    assert (found.attention_js[2:] > 0).all() and (found.hidden_l2[3:] > 0).all()


def queries(model):
    """What the lowest layer makes queries of: rows of one Linear, the first of which they are."""
    linear = sites(model)[0].projection("query")
    return [parameter[:24] for parameter in linear.parameters()]


def test_heads_that_look_at_disjoint_tokens_diverge_by_ln_2(family, make_model, examples):
    """The highest score gets all the attention of one model, the lowest all that of the other."""
    pretrained = make_model(family, dtype=torch.float64)
    for part in queries(pretrained):
        part.mul_(1e6)
    finetuned = deepcopy(pretrained)
    for part in queries(finetuned):
        part.neg_()
    assert measure(pretrained, finetuned, examples, 50).attention_js[0].tolist() == pytest.approx([math.log(2)] * 4, rel=1e-9)


def test_padding_never_counts(pair, examples):
    """Three tokens, alone and beside twelve: the padded batch gives the mean of the two documents' own numbers."""
    short, long = of(examples, [2]), of(examples, [3])
    both = measure(*pair, of(examples, [2, 3]), 10_000)
    alone, other = measure(*pair, short, 10_000), measure(*pair, long, 10_000)
    assert np.allclose(both.attention_js, (alone.attention_js + other.attention_js) / 2, **CLOSE)
    assert np.allclose(both.hidden_l2, (alone.hidden_l2 + other.hidden_l2) / 2, **CLOSE)


def test_padding_gets_no_attention(pair, examples):
    model = pair[1]
    inputs, _ = examples.batch([2, 3], model.device)
    with torch.inference_mode(), showing_attention(model):
        maps = [step.attention for step in steps(model, inputs) if step.attention is not None]
    assert len(maps) == 4 and all(not attention[0, :, :3, 3:].any() for attention in maps)
    assert all(torch.allclose(attention.sum(-1), torch.ones((), dtype=torch.float64)) for attention in maps)


def test_special_tokens_count(pair, examples):
    plain = [Tokens(tokens.ids, tokens.types, np.zeros_like(tokens.special)) for tokens in examples.tokens]
    assert any(tokens.special.any() for tokens in examples.tokens)
    found = measure(*pair, examples, 50)
    unmarked = measure(*pair, LabelledExamples(plain, [0] * len(plain), examples.encoder, accuracy), 50)
    assert np.array_equal(found.attention_js, unmarked.attention_js) and np.array_equal(found.hidden_l2, unmarked.hidden_l2)


def test_segments_reach_both_models(make_model, examples):
    """The second text of a pair is told apart by its segment ids, where the model has them."""
    pretrained = make_model("bert")
    finetuned = deepcopy(pretrained)
    finetuned.bert.embeddings.token_type_embeddings.weight[1].mul_(-1)
    first = measure(pretrained, finetuned, examples, 50)
    second = [Tokens(tokens.ids, np.ones_like(tokens.types), tokens.special) for tokens in examples.tokens]
    found = measure(pretrained, finetuned, LabelledExamples(second, [0] * len(second), examples.encoder, accuracy), 50)
    assert not first.hidden_l2.any() and (found.hidden_l2 > 0.1).all()


def test_dropout_is_off_whatever_mode_the_models_are_in(pair, examples):
    expected = measure(*pair, examples, 50)
    for model in pair:
        model.train()
    found = measure(*pair, examples, 50)
    assert np.array_equal(found.attention_js, expected.attention_js)
    assert np.array_equal(found.hidden_l2, expected.hidden_l2)


def test_batches_pass_by_whoever_follows_them(pair, examples):
    seen = []

    def follow(batches):
        for batch in batches:
            seen.extend(batch)
            yield batch

    measure(*pair, examples, 30, follow)
    assert sorted(seen) == list(range(len(examples.lengths)))


def test_running_out_of_memory_changes_no_number(pair, examples, monkeypatch):
    """A batch that fails half way, after some of its layers have been compared, counts once."""
    expected = measure(*pair, examples, 60)
    top = layers(pair[1])[-1].attention
    whole, sizes = top.forward, []

    def small(hidden, *rest, **others):
        sizes.append(len(hidden))
        if len(hidden) > 2:
            raise torch.OutOfMemoryError
        return whole(hidden, *rest, **others)

    monkeypatch.setattr(top, "forward", small)
    found = measure(*pair, examples, 60)
    assert max(sizes) > 2
    for name, tensor in vars(found).items():
        assert np.allclose(tensor, getattr(expected, name), **CLOSE)


def test_no_more_than_two_layers_are_held(pair, examples):
    """The memory of a batch does not grow with the depth: earlier layers' hidden states and attention are gone."""
    import weakref

    model = pair[1]
    inputs, _ = examples.batch([0, 1], model.device)
    seen, alive = [], []
    with torch.inference_mode(), showing_attention(model):
        for step in steps(model, inputs):
            alive.append(sum(reference() is not None for reference in seen))
            seen += [weakref.ref(tensor) for tensor in step[:2] if tensor is not None]
    assert max(alive) <= 2


def test_no_more_than_three_attention_maps_are_held_at_once(pair, examples, monkeypatch):
    """Both models' of a layer, and the one that is being computed."""
    import weakref

    through, seen, alive = divergence._through, [], []

    def counting(*given):
        step = through(*given)
        seen.append(weakref.ref(step.attention))
        alive.append(sum(reference() is not None for reference in seen))
        return step

    monkeypatch.setattr(divergence, "_through", counting)
    measure(*pair, examples, 10_000)
    assert len(alive) == 12 and max(alive) == 3


# -------------------------------------------------------------------------------------------------- nothing is left behind


def state(model):
    hooks = sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())
    return hooks, model.config._attn_implementation, [module.training for module in model.modules()]


@pytest.fixture
def mixed_modes(pair):
    """Models whose modules are in different modes, so that putting all of them in one would show."""
    for model in pair:
        model.train()
        layers(model)[0].block.eval()
    return pair


def test_models_are_left_as_they_were(mixed_modes, examples):
    before = [state(model) for model in mixed_modes]
    assert before[0][0] == 0 and before[0][1] == FAMILIES[mixed_modes[0].config.model_type].attention
    measure(*mixed_modes, examples, 50)
    assert [state(model) for model in mixed_modes] == before


@pytest.mark.parametrize("where", ["examples", "layer"])
def test_models_are_left_as_they_were_after_an_error(where, mixed_modes, examples, monkeypatch):
    before = [state(model) for model in mixed_modes]

    def fail(*_, **__):
        raise RuntimeError("inside")

    if where == "examples":
        monkeypatch.setattr(examples, "batch", fail)
    else:
        monkeypatch.setattr(layers(mixed_modes[1])[-1].attention, "forward", fail)
    with pytest.raises(RuntimeError, match="inside"):
        measure(*mixed_modes, examples, 50)
    assert [state(model) for model in mixed_modes] == before


# ------------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize("which", ["pre-trained", "fine-tuned"])
def test_a_pruned_model_is_refused(which, family, pair, examples):
    heads = Heads(pair[which == "fine-tuned"])
    heads.remove([(0, 1)])
    with pytest.raises(ValueError, match=rf"the {which} model has been pruned: \[3.*heads are left of 4 each; give it whole"):
        measure(*pair, examples, 50)


def test_models_of_different_architecture_are_refused(make_model, examples):
    with pytest.raises(ValueError, match="model_type is bert in the pre-trained model, roberta in the fine-tuned one"):
        measure(make_model("bert"), make_model("roberta"), examples, 50)


# ----------------------------------------------------------------------------------------------------------- on the disk


def test_matrices_survive_the_disk(tmp_path):
    rng = np.random.default_rng(0)
    moved = {name: rng.random(5 if name.startswith("hidden") else (4, 8)) for name in DIVERGENCE}
    path = tmp_path / "divergence.safetensors"
    write_divergence(path, moved, task="cola", seed=1, examples=300)
    found, metadata = read_divergence(path)
    assert list(found) == [field.name for field in fields(Divergence)]
    for name, tensor in found.items():
        assert np.array_equal(tensor, moved[name]) and tensor.dtype == np.float64
    assert metadata == {"task": "cola", "seed": 1, "examples": 300}
