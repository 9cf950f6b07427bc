"""Single weights as units: which matrices, in what order, and how many of each are gone."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from headcount import encoders
from headcount.analysis.movement import movement, ranks
from headcount.encoders import FAMILIES, matrices
from headcount.order.points import count_of
from headcount.units.heads import Heads, parameters_of_a_head
from headcount.units.weights import (
    Weights,
    by_magnitude,
    drawn_weights,
    shared_out,
    smallest,
    weights_by_magnitude,
    zeros,
)

IDS = torch.arange(5, 25).view(4, 5)
SHARES = [0.0, 0.1, 0.25, 0.3, 0.5, 0.7, 0.9, 1.0]
LAYERS, HIDDEN = 4, 24
"""Of the random models (``conftest``)."""


def tied(model):
    """A matrix with many equal magnitudes, of both signs."""
    with torch.no_grad():
        for matrix in matrices(model).values():
            matrix.copy_((matrix * 4).round() / 4)
    return model


def gone(model):
    return {name: set(found.flatten().nonzero().flatten().tolist()) for name, found in zeros(model).items()}


def in_order(model, scope, magnitudes=None):
    """The slow way: every weight in a list, sorted; per matrix by (rank + 1/2) / size, of the model by magnitude."""
    listed = []
    for index, (name, matrix) in enumerate((magnitudes or matrices(model)).items()):
        flat = matrix.detach().abs().flatten().tolist()
        places = sorted(range(len(flat)), key=lambda place: (flat[place], place))
        for rank, place in enumerate(places):
            key = ((2 * rank + 1) / (2 * len(flat)), index) if scope == "matrix" else (flat[place], index, rank)
            listed.append((key, name, place))
    return [(name, place) for _, name, place in sorted(listed)]


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_matrices_are_those_of_the_embeddings_and_the_layers(family, make_model):
    model = make_model(family, "ForMaskedLM")
    found = matrices(model)
    layers = 1 if FAMILIES[family].shared else LAYERS
    fused = len({FAMILIES[family].query, FAMILIES[family].key, FAMILIES[family].value}) == 1
    assert len(found) == 1 + (4 if fused else 6) * layers
    linear = {id(part.weight) for part in encoders.body(model).modules() if isinstance(part, torch.nn.Linear)}
    embeddings = id(model.get_input_embeddings().weight)
    assert {id(matrix) for matrix in found.values()} <= linear | {embeddings}
    assert embeddings in {id(matrix) for matrix in found.values()}
    if model.get_output_embeddings() is not None:
        assert id(model.get_output_embeddings().weight) == embeddings, "tied, so pruned once"
    classifier = matrices(make_model(family))
    assert set(found) <= set(classifier) and all(name.startswith("pooler.") for name in set(classifier) - set(found))


@pytest.mark.parametrize("family", ["bert", "albert"])
@pytest.mark.parametrize("scope", ["matrix", "model"])
def test_so_many_weights_go_the_smallest_first(family, scope, make_model):
    model = tied(make_model(family, "ForMaskedLM"))
    slow, before = in_order(model, scope), gone(model)
    units = weights_by_magnitude(model, scope)
    assert units.size == len(slow)
    counts = sorted({units.count_of(share) for share in SHARES} | {1, 2, 77, 1234})
    for count in counts:
        units.shrink(count)
        expected = {name: set(places) for name, places in before.items()}
        for name, place in slow[:count]:
            expected[name].add(place)
        assert gone(model) == expected, count
    with pytest.raises(ValueError, match="weights are gone; allowed is that many and more"):
        units.shrink(3)
    with pytest.raises(ValueError, match=f"allowed is 0 to {units.size}"):
        units.shrink(units.size + 1)


def test_each_matrix_loses_the_same_share():
    sizes = {"a": 10, "b": 15, "c": 7, "d": 1}
    for share in np.linspace(0, 1, 41):
        each = {name: count_of(share, size) for name, size in sizes.items()}
        assert shared_out(sizes, sum(each.values())) == each, share
    steps = [shared_out(sizes, count) for count in range(34)]
    assert all(sum(found.values()) == count for count, found in enumerate(steps))
    assert all(after[name] >= before[name] for before, after in itertools.pairwise(steps) for name in sizes)


def test_without_sorting_the_same_go():
    torch.manual_seed(1)
    for matrix in (torch.randn(7, 9), (torch.randn(7, 9) * 2).round(), torch.zeros(3, 4)):
        order = by_magnitude(matrix)
        for count in range(matrix.numel() + 1):
            chosen = smallest(matrix, count).flatten().nonzero().flatten().tolist()
            assert chosen == sorted(order[:count].tolist()), count


def test_another_models_magnitudes_decide(make_model):
    model, other = make_model("bert"), make_model("bert", "ForMaskedLM")
    with torch.no_grad():
        for matrix in matrices(other).values():
            matrix.copy_(torch.randn_like(matrix))
    for scope in ("matrix", "model"):
        pruned = make_model("bert")
        reference = {**matrices(model), **matrices(other)}  # of the pooler, which masked LM lacks, its own
        before, units = gone(pruned), weights_by_magnitude(pruned, scope, matrices(other))
        units.shrink(2000)
        expected = in_order(pruned, scope, reference)[:2000]
        now = {name: {place for of, place in expected if of == name} | before[name] for name in units.sizes}
        assert gone(pruned) == now
    with pytest.raises(ValueError, match=r"word_embeddings.weight is \[\d+, 24\], in the model whose"):
        weights_by_magnitude(model, "matrix", {"embeddings.word_embeddings.weight": torch.zeros(2, 2)})


def test_drawn_weights_are_the_seeds(make_model):
    def pruned(seed, share):
        model = make_model("roberta", "ForMaskedLM")
        units = drawn_weights(model, seed)
        units.shrink(units.count_of(share))
        return gone(model)

    first, more, second = pruned(1, 0.3), pruned(1, 0.6), pruned(2, 0.3)
    assert all(first[name] < more[name] for name in first), "nested"
    overlap = sum(len(first[name] & second[name]) for name in first) / sum(map(len, first.values()))
    assert 0.25 < overlap < 0.35, "as chance has it"
    same = [name for name in first if name.endswith(("query.weight", "key.weight", "value.weight"))]
    assert len({frozenset(first[name]) for name in same}) == len(same), "each matrix has a draw of its own"
    assert pruned(1, 0.3) == first


def test_logits_are_those_of_the_masked_matrices_and_ties_stay(make_model, tmp_path):
    model, slow = make_model("bert", "ForMaskedLM"), make_model("bert", "ForMaskedLM")
    units = weights_by_magnitude(model)
    units.shrink(units.count_of(0.5))
    with torch.no_grad():
        for matrix in matrices(slow).values():
            matrix *= ~smallest(matrix, count_of(0.5, matrix.numel()))
    assert torch.equal(model(input_ids=IDS).logits, slow(input_ids=IDS).logits)
    model.save_pretrained(tmp_path)
    again = encoders.load(tmp_path, "ForMaskedLM")
    assert again.get_output_embeddings().weight is again.get_input_embeddings().weight
    assert torch.equal(again(input_ids=IDS).logits, model(input_ids=IDS).logits)


def test_orders_of_another_model_are_refused(make_model):
    orders = weights_by_magnitude(make_model("bert", "ForMaskedLM")).orders
    with pytest.raises(ValueError, match="of other matrices than the model has"):
        Weights(make_model("albert", "ForMaskedLM"), orders)


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_the_parameters_of_a_head_are_those_that_its_removal_takes(family, make_model):
    model = make_model(family)
    before, of_a_head = model.num_parameters(), parameters_of_a_head(model)
    if FAMILIES[family].shared:
        assert of_a_head == 0
        return
    Heads(model).remove([(0, 0), (2, 1)])
    assert before - model.num_parameters() == 2 * of_a_head


# --------------------------------------------------------------------------------------------------------------- movement


def test_movement_in_a_case_by_hand():
    """Magnitudes 1 2 3 4 become 4 2 3 1: the first and the last change places, three places each; of halves one entry each."""
    before, after = np.float32([[1, -2], [3, 4]]), np.float32([[-4, 2], [3, 1]])
    assert ranks(before).tolist() == [0, 1, 2, 3] and ranks(after).tolist() == [3, 1, 2, 0]
    found = movement({"m": before, "gone": before}, {"m": after}, [0.25, 0.5])
    assert found["matrix"].tolist() == ["m", "m"] and found["size"].tolist() == [4, 4]
    assert found["movement"].tolist() == [6 / 16, 6 / 16]
    assert found["sd"].tolist() == pytest.approx([np.std([0.75, 0, 0, 0.75])] * 2)
    assert found["masks_differ"].tolist() == [0.5, 0.5]


def test_movement_of_the_same_and_of_the_reversed_order():
    size = 101
    matrix = np.random.default_rng(1).permutation(np.arange(1, size + 1)).astype(np.float32).reshape(1, size)
    same = movement({"m": matrix}, {"m": matrix}, [0.5])
    assert same[["movement", "sd", "masks_differ"]].to_numpy().tolist() == [[0.0, 0.0, 0.0]]
    reversed_order = movement({"m": matrix}, {"m": size + 1 - matrix}, [0.5])
    assert reversed_order["movement"][0] == pytest.approx((size**2 - 1) / (2 * size**2))
    with pytest.raises(ValueError, match="no matrix in common"):
        movement({"a": matrix}, {"b": matrix}, [0.5])
    with pytest.raises(ValueError, match=r"m is \[1, 101\] in one model and \[2, 2\] in the other"):
        movement({"m": matrix}, {"m": np.zeros((2, 2), np.float32)}, [0.5])
