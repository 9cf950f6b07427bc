"""Tokenizers and models from scratch, and the encoders that ship with the package."""

from __future__ import annotations

import json
import runpy
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer
from transformers.trainer import Trainer

from headcount import encoders
from headcount.data.articles import write_shards
from headcount.data.blocks import blocks
from headcount.data.origins import languages
from headcount.data.sources import NOT_LOCAL
from headcount.data.tokenizer import TextEncoder
from headcount.errors import SourceError
from headcount.families import FAMILIES, head_shape
from headcount.miniature.articles import article
from headcount.miniature.encoders import NAMES as SHIPPED
from headcount.miniature.encoders import manifest
from headcount.miniature.shipping import complaints
from headcount.models.pretraining import beginning, encode_blocks, new_model, pretrain, train, train_tokenizer
from headcount.models.snapshots import keeping, move_snapshots
from headcount.networks.task_examples import masked
from headcount.settings.models import Encoder, Pretrain
from headcount.store.manifests import write_directory

SCRIPTS = Path(__file__).parents[2] / "workflow/scripts"
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}


def settings(family):
    shape = {FAMILIES[family].names.get(name, name): size for name, size in SIZES.items()}
    return Pretrain(shape=shape, vocabulary=900, block_tokens=40, pairs=0.5, mask=0.3, steps=6, batch=8, warmup=0.1)


@pytest.fixture(scope="module")
def articles():
    return [article(1, number) for number in range(120)]


@pytest.fixture(scope="module", params=sorted(FAMILIES))
def made(request, articles, tmp_path_factory):
    """A family, its tokenizer's folder, and the blocks that it cuts the articles into."""
    folder = tmp_path_factory.mktemp(request.param)
    train_tokenizer([row["text"] for row in articles], request.param, 900).save_pretrained(folder)
    return request.param, folder, list(blocks(articles, TextEncoder(folder), 40))


def test_frequent_words_are_one_token_each(made):
    _, folder, _ = made
    assert TextEncoder(folder).count(["the dogs", "why does", "in other words"]) == [2, 2, 3]


def test_a_word_is_encoded_alike_at_the_beginning_and_inside_of_a_text(made):
    _, folder, _ = made
    encoder = TextEncoder(folder)
    first, inside = encoder.encode(["dogs", "the dogs"])
    assert first.ids[1] == inside.ids[2]


def test_the_tokenizer_file_alone_encodes_as_transformers_does(made):
    _, folder, _ = made
    reference = AutoTokenizer.from_pretrained(folder)
    for ours, pair in zip(
        TextEncoder(folder).encode(["the dog sleeps .", "a cat"], ["no cats sleep .", "b"]),
        [("the dog sleeps .", "no cats sleep ."), ("a cat", "b")],
        strict=True,
    ):
        theirs = reference(*pair, return_token_type_ids=True)
        assert ours.ids.tolist() == theirs["input_ids"] and ours.types.tolist() == theirs["token_type_ids"]


def test_random_substitutes_are_never_special_tokens(made):
    _, folder, _ = made
    encoder = TextEncoder(folder)
    reference = AutoTokenizer.from_pretrained(folder)
    assert not set(encoder.ordinary_ids.tolist()) & set(reference.all_special_ids)
    assert encoder.mask_id == reference.mask_token_id and encoder.pad_id == reference.pad_token_id


def test_pairs_are_cut_between_sentences_and_lose_none(made):
    family, folder, cut = made
    encoder = TextEncoder(folder)
    encoded = encode_blocks(cut, encoder, settings(family))
    assert len(encoded) == len(cut)
    two = [t for t in encoded if t.special.sum() > 2]
    assert 0.3 < len(two) / len(encoded) < 0.6
    assert sum(int((~t.special).sum()) for t in encoded) == sum(encoder.count([block.text for block in cut]))


def test_pretraining_gives_a_model_that_plain_transformers_loads(made, tmp_path):
    family, folder, cut = made
    model, history = pretrain(cut[:40], folder, family, settings(family), "cpu", tmp_path / "work")
    model.save_pretrained(tmp_path / "model")
    again = AutoModelForMaskedLM.from_pretrained(tmp_path / "model")
    assert history[-1]["seconds"] >= 0  # to a tenth; so small a training may take less
    assert again.config.vocab_size == TextEncoder(folder).vocabulary
    assert again.config.pad_token_id == TextEncoder(folder).pad_id


def test_recall_at_1_counts_the_masked_tokens_that_are_predicted_right(made, tmp_path):
    family, folder, cut = made
    encoder = TextEncoder(folder)
    model, _ = pretrain(cut[:40], folder, family, settings(family), "cpu", tmp_path / "work")
    import pandas as pd

    ids = [t.ids for t in encoder.encode([block.text for block in cut[:20]])]
    table = pd.DataFrame({"article": ["x"] * 20, "number": range(20), "ids": ids})
    examples = masked(table, encoder, 1, 0.15)
    hits = total = 0
    for disturbed, labels in examples.masked:
        with torch.no_grad():
            logits = model(torch.from_numpy(disturbed)[None]).logits[0].numpy()
        chosen = np.flatnonzero(labels >= 0)
        hits += int((logits[chosen].argmax(-1) == labels[chosen]).sum())
        total += len(chosen)
    assert examples.score(model, 200) == pytest.approx(hits / total)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_encoders_are_what_their_manifests_say_and_score_as_they_say(name):
    assert complaints(name) == []


def test_the_shipped_encoders_are_as_large_as_the_miniature_needs_and_no_larger():
    from headcount.miniature.encoders import HOME, shipped

    config = json.loads((shipped("roberta") / "config.json").read_text())
    assert config["num_hidden_layers"] >= 4 and np.prod(head_shape(config)) >= 32
    assert head_shape(json.loads((shipped("albert") / "config.json").read_text()))[0] == 1
    for name in SHIPPED:
        assert sum(path.stat().st_size for path in (HOME / name).iterdir()) <= 4_000_000


def test_the_multilingual_encoder_has_the_shape_and_the_training_of_the_english_one():
    several, alone = manifest("multilingual")["encoder"]["pretrain"], manifest("roberta")["settings"]
    assert {name for name in alone if several[name] != alone[name]} == {"steps", "vocabulary"}
    assert several["steps"] == 2 * alone["steps"] and several["vocabulary"] == 2 * alone["vocabulary"]
    read = manifest("multilingual")["articles"]
    assert set(read) == set(languages()) and read["luma"] == read["tabek"] > read["sori"] == read["kunde"]


# -------------------------------------------------------------------------------------------------------------- going on


def further(**changes):
    given = {"block_tokens": 40, "mask": 0.3, "steps": 6, "batch": 8, "learning_rate": 1e-2, "warmup": 0.0}
    return Pretrain.model_validate({"from": "a/model", **given, **changes})


def saved(made, folder, purpose):
    """A model with random weights, as another tool saved it: for masked LM, or its body alone with what is at its end."""
    family, tokenizer, _ = made
    torch.manual_seed(5)
    config = new_model(family, settings(family).shape, TextEncoder(tokenizer), 40).config
    model = FAMILIES[family].model_class(family, purpose)(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    model.save_pretrained(folder)
    shutil.copytree(tokenizer, folder, dirs_exist_ok=True)
    return folder


def put(begun, folder, original):
    folder.mkdir()
    begun.save(folder, original)
    return load_file(folder / "model.safetensors")


@pytest.mark.parametrize(("purpose", "head"), [("ForMaskedLM", "kept"), ("Model", "new")])
def test_going_on_begins_with_every_weight_that_the_model_brings(purpose, head, made, tmp_path):
    original, body = saved(made, tmp_path / "original", purpose), FAMILIES[made[0]].body
    brought = load_file(original / "model.safetensors")
    begun = beginning(original, 1)
    found = put(begun, tmp_path / "model", original)
    assert begun.head == head
    prefix = f"{body}." if purpose == "Model" else ""
    for name, tensor in brought.items():
        assert torch.equal(found[prefix + name], tensor), name
    new = found.keys() - {prefix + name for name in brought}
    assert bool(new) == (head == "new") and not [name for name in new if name.startswith(f"{body}.")]
    encoders.load(tmp_path / "model", "ForMaskedLM")
    _, loading = type(AutoModel.from_pretrained(original)).from_pretrained(tmp_path / "model", output_loading_info=True)
    assert not loading["missing_keys"] or purpose == "ForMaskedLM"


@pytest.mark.parametrize("purpose", ["ForMaskedLM", "Model"])
def test_going_on_moves_body_and_head_and_keeps_the_tokenizer(purpose, made, tmp_path):
    original, cut = saved(made, tmp_path / "original", purpose), made[2]
    before = put(beginning(original, 1), tmp_path / "before", original)
    begun = beginning(original, 1)
    train(begun.model, cut[:40], TextEncoder(original), further(), "cpu", tmp_path / "work")
    after = put(begun, tmp_path / "after", original)
    assert before.keys() == after.keys()
    still = {name for name in before if torch.equal(before[name], after[name])}
    assert still <= set(begun.beside) | {name for name in before if name.endswith("token_type_embeddings.weight")}
    for path in original.glob("tokenizer*"):
        assert (tmp_path / "after" / path.name).read_bytes() == path.read_bytes()


def test_going_on_with_a_rate_of_nothing_changes_nothing(made, tmp_path):
    """The one step is the warm-up's first, whose rate is 0."""
    original, cut = saved(made, tmp_path / "original", "ForMaskedLM"), made[2]
    begun = beginning(original, 1)
    train(begun.model, cut[:40], TextEncoder(original), further(steps=1, warmup=1.0), "cpu", tmp_path / "work")
    found, brought = put(begun, tmp_path / "model", original), load_file(original / "model.safetensors")
    torch.testing.assert_close(found, brought, rtol=0, atol=0)


def test_a_new_head_is_the_seeds(made, tmp_path):
    original = saved(made, tmp_path / "original", "Model")
    one, again, other = (dict(beginning(original, seed).model.named_parameters()) for seed in (1, 1, 2))
    torch.testing.assert_close(one, again, rtol=0, atol=0)
    assert {name for name in one if not torch.equal(one[name], other[name])}


def test_a_part_of_a_head_is_refused(made, tmp_path):
    original = saved(made, tmp_path / "original", "ForMaskedLM")
    tensors = load_file(original / "model.safetensors")
    body = FAMILIES[made[0]].body
    lost = next(name for name in sorted(tensors) if not name.startswith(f"{body}.") and "norm" in name.lower())
    save_file(
        {name: tensor for name, tensor in tensors.items() if name != lost}, original / "model.safetensors", {"format": "pt"}
    )
    with pytest.raises(SourceError, match=rf"has a head for masked LM that lacks {lost}; go on from"):
        beginning(original, 1)


def test_a_going_on_that_is_cut_off_ends_as_an_undisturbed_one(made, tmp_path, monkeypatch):
    """Dropout draws in every step: of eight, it ends amid the seventh, and the fourth and sixth were saved."""
    original, cut = saved(made, tmp_path / "original", "Model"), made[2]
    given, step, begun = further(steps=8), Trainer.training_step, []

    def go_on(work, until=None):
        def counted(*args, **named):
            begun.append(1)
            if len(begun) == until:
                raise KeyboardInterrupt
            return step(*args, **named)

        begun.clear()
        monkeypatch.setattr(Trainer, "training_step", counted)
        start = beginning(original, given.seed)
        train(start.model, cut[:40], TextEncoder(original), given, "cpu", tmp_path / work)
        return start.model.state_dict()

    undisturbed = go_on("undisturbed")
    assert len(begun) == 8
    with pytest.raises(KeyboardInterrupt):
        go_on("work", until=7)
    resumed = go_on("work")
    assert len(begun) == 2
    torch.testing.assert_close(resumed, undisturbed, rtol=0, atol=0)


def script(monkeypatch, name, **options):
    """Run a script of the workflow as its command line would."""
    given = [word for option, value in options.items() for word in (f"--{option}", str(value))]
    monkeypatch.setattr(sys, "argv", [name, *given])
    runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")


@pytest.fixture
def gone_on(made, articles, tmp_path, monkeypatch):
    """Fetches a bare model, and goes on with it, as the workflow does; returns the two manifests."""
    source = saved(made, tmp_path / "source", "Model")
    write_directory(tmp_path / "corpus", lambda folder: write_shards(articles, folder), {}, time.monotonic())

    def run(**changes):
        pretrain = {**json.loads(further(**changes).model_dump_json()), "from": str(source)}
        encoder = Encoder.model_validate({"family": made[0], "pretrain": pretrain})
        seen, places = tmp_path / "seen.json", {name: tmp_path / name for name in ("original", "corpus")}
        given = {"model": "mine", "encoder": encoder.fetched.model_dump_json(), "content": NOT_LOCAL, "seen": seen}
        script(monkeypatch, "fetch_original", **given, directory=places["original"])
        given = {"model": "mine", "encoder": encoder.alone.model_dump_json(), "device": "cpu", "work": tmp_path / "work"}
        script(monkeypatch, "pretrain_further", **given, **places, directory=tmp_path / "pretrained")
        return [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("original", "pretrained")]

    return run


def test_a_manifest_says_what_went_on_with_which_head(gone_on, tmp_path):
    original, manifest = gone_on()
    assert manifest["masked_lm_head"] == "new"
    assert manifest["inputs"]["original"] == original["files"]
    assert (manifest["origin"], manifest["commit"]) == (f"{tmp_path / 'source'}, a local directory", None)
    assert manifest["encoder"]["pretrain"]["from"] == str(tmp_path / "source")
    encoders.load(tmp_path / "pretrained", "ForMaskedLM")
    assert not (tmp_path / "work").exists()


def test_blocks_that_a_model_cannot_read_are_refused_by_their_key(gone_on):
    with pytest.raises(SystemExit, match=r"encoders\.mine\.pretrain\.block_tokens: 400 are more than .* give at most \d+"):
        gone_on(block_tokens=400)


def test_snapshots_are_the_model_as_it_was_also_of_a_run_that_was_cut_off(made, tmp_path, monkeypatch):
    """Cut off amid the seventh step, with the sixth saved: the snapshot of the fourth is older, that of the eighth newer."""
    original, cut = saved(made, tmp_path / "original", "ForMaskedLM"), made[2]
    given, step, seen = further(steps=8, snapshots=[0, 4, 8]), Trainer.training_step, []

    def watched(self, model, *args, **named):
        seen.append({name: parameter.detach().clone() for name, parameter in model.named_parameters()})
        if len(seen) == 7:
            raise KeyboardInterrupt
        return step(self, model, *args, **named)

    monkeypatch.setattr(Trainer, "training_step", watched)
    work, resumed = tmp_path / "work", beginning(original, 1).model
    with pytest.raises(KeyboardInterrupt):
        train(beginning(original, 1).model, cut[:40], TextEncoder(original), given, "cpu", work, keeping(given.snapshots, work))
    train(resumed, cut[:40], TextEncoder(original), given, "cpu", work, keeping(given.snapshots, work))
    seen[8:] = [dict(resumed.named_parameters())]  # in the place of what the second run saw last: the end
    (tmp_path / "model").mkdir()
    move_snapshots(tmp_path / "work", tmp_path / "model")
    kept = {path.name: encoders.load(path, "ForMaskedLM") for path in (tmp_path / "model/snapshots").iterdir()}
    assert sorted(kept) == ["0", "4", "8"]
    for name, model in kept.items():
        expected = seen[int(name)]
        for each, parameter in model.named_parameters():
            assert torch.equal(parameter, expected[each]), (name, each)


@pytest.mark.parametrize("snapshots", [[0, 9, 8], [-1, 8], [0, 4]])
def test_snapshots_are_steps_of_the_training_the_last_among_them(snapshots):
    with pytest.raises(ValueError, match="should be steps from 0 to 8, the last one among them"):
        further(steps=8, snapshots=snapshots)
