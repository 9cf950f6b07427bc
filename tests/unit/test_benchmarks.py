"""The benchmarks' baselines give the package's numbers, and what is reported about them is what was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks import baselines, lengths, results, sections, shapes, startup, training
from benchmarks.__main__ import main
from benchmarks.card import rank_correlation
from benchmarks.timing import in_turn, peak_bytes, ratios, spread
from headcount.analysis.divergence import measure
from headcount.criteria.gate_gradient import estimate
from headcount.models.trainer import BucketedTrainer, ClassificationCollator, MaskedTrainer, MaskingCollator, Rows, arguments
from headcount.networks.batching import token_batches
from headcount.networks.examples import MaskedExamples
from headcount.order.curve import InOrder, one_shot, trace
from headcount.planning import rates
from headcount.units.heads import Heads

PACKAGE = Path(__file__).parents[2]


@pytest.fixture
def short(monkeypatch):
    """Padded to 24, not to 128 tokens: the fixtures' models have 40 positions."""
    monkeypatch.setattr(baselines, "PADDED", 24)


def close(a, b, tolerance=1e-5):
    a, b = np.asarray(a), np.asarray(b)
    return np.abs(a - b).max() <= tolerance * np.abs(b).max()


# ------------------------------------------------------------------------------------------------------- same numbers


@pytest.mark.usefixtures("short")
def test_importance_of_both_baselines(family, make_model, examples):
    model = make_model(family)
    ours = np.stack(estimate(model, examples, 40))
    assert close(baselines.one_by_one_importance(model, examples, range(len(examples.lengths))), ours)
    assert close(baselines.full_backward_importance(model, examples, 40), ours)
    assert not any(parameter.requires_grad or parameter.grad is not None for parameter in model.parameters())


@pytest.mark.usefixtures("short")
def test_logits_with_masks_are_those_without_the_heads(family, make_model, examples):
    model = make_model(family)
    gone = Heads(model).left[1::2]
    masked = baselines.masked_logits(model, examples, gone, batch=5)
    pruned = deepcopy(model)
    Heads(pruned).remove(gone)
    inputs, _ = examples.batch(range(len(examples.lengths)), model.device)
    with torch.inference_mode():
        assert close(masked, pruned(**inputs).logits)


@pytest.mark.usefixtures("short")
def test_curve_with_masks(family, make_model, examples):
    model = make_model(family)
    order = Heads(model).left[::-1]
    removed = [0, len(order) // 2, len(order)]
    masked = baselines.masked_curve(model, examples, order, removed, batch=5)
    answers = trace(InOrder(Heads(model), one_shot(order)), removed, lambda: examples.answer(model, 40))
    assert masked == [answer.score for answer in answers]


@pytest.mark.usefixtures("short")
def test_masked_lm_score_with_the_projection_everywhere(family, make_model, tokens):
    model = make_model(family, "ForMaskedLM")
    vocabulary = shapes.Vocabulary(model.config)
    examples = MaskedExamples(tokens, [str(i) for i in range(len(tokens))], vocabulary, 0, 0.5)
    assert baselines.all_positions_score(model, examples, 40) == examples.score(model, 40)


@pytest.mark.usefixtures("short")
def test_training_with_padding_ends_at_the_same_weights(make_model, examples, tmp_path):
    """All examples in one batch, so that the order in which they come does not matter."""
    start = make_model("bert", dtype=torch.float64).requires_grad_(True)
    start.config.hidden_dropout_prob = start.config.attention_probs_dropout_prob = 0.0
    for module in start.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    rows = Rows(examples.tokens, examples.labels.tolist())
    settings = {"per_device_train_batch_size": len(rows), "max_steps": 3, "learning_rate": 0.05, "optim": "sgd", "seed": 1}
    settings |= {"save_strategy": "no", "logging_strategy": "no", "disable_tqdm": True}
    ours, padded = deepcopy(start), deepcopy(start)
    collator = ClassificationCollator(examples.encoder)
    BucketedTrainer(ours, arguments(tmp_path, "cpu", **settings), train_dataset=rows, data_collator=collator).train()
    baselines.padded_trainer(padded, rows, examples.encoder, tmp_path, "cpu", **settings).train()
    moved = [(a - b).abs().max() for a, b in zip(ours.parameters(), start.parameters(), strict=True)]
    assert max(moved) > 1e-3
    assert all(close(a.detach(), b.detach()) for a, b in zip(padded.parameters(), ours.parameters(), strict=True))


def test_pre_training_with_the_projection_everywhere_has_the_same_loss(make_model, tokens, tmp_path):
    model = make_model("bert", "ForMaskedLM")
    collator = MaskingCollator(shapes.Vocabulary(model.config), 0.5, 0)
    batch = collator([Rows(tokens)[i] for i in range(len(tokens))])
    losses = [
        kind(model, arguments(tmp_path, "cpu"), data_collator=collator).compute_loss(model, dict(batch))
        for kind in (MaskedTrainer, baselines.AllPositionsTrainer)
    ]
    assert close(*(loss.detach() for loss in losses))


@pytest.mark.usefixtures("short")
def test_divergence_from_kept_maps(family, make_model, examples):
    pretrained, finetuned = make_model(family), make_model(family)
    with torch.no_grad():
        for parameter in finetuned.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    kept = baselines.kept_maps_divergence(pretrained, finetuned, examples, batch=5)
    ours = measure(pretrained, finetuned, examples, 40)
    assert ours.attention_js_local.min() > 0
    assert all(close(tensor, getattr(ours, name)) for name, tensor in kept.items())
    assert list(kept) == list(vars(ours))


# ------------------------------------------------------------------------------------------------------------ workload


@pytest.mark.parametrize("task", ["cola", "sst2", "qqp", "mnli"])
def test_lengths_have_the_mean_that_was_measured(task):
    for split, entry in lengths.read()[task].items():
        drawn = lengths.drawn(task, split, 200, 128)
        assert np.mean(drawn) == pytest.approx(entry["mean"], rel=0.02)
        assert drawn == lengths.drawn(task, split, 200, 128) != sorted(drawn)
        assert max(lengths.drawn(task, split, 200, 20)) == 20


def test_mixture_has_the_paper_s_shares():
    _, sizes = shapes.PAPER["importance"]
    means = {task: entry["train"]["mean"] for task, entry in lengths.read().items() if task in sizes}
    expected = sum(sizes[task] * means[task] for task in sizes) / sum(sizes.values())
    found = shapes.mixed_lengths("importance", 400)
    assert len(found) == 400
    assert np.mean(found) == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("count", [1, 3])
def test_typical_batches_are_the_whole_sample_s(count):
    """The same batches again, with the whole's examples per batch and its share of padding."""

    def batches(found):
        return [[found[i] for i in batch] for batch in token_batches(found, 2048)]

    def padding(found):
        return sum(max(batch) * len(batch) for batch in found) / sum(map(sum, found))

    whole = batches(shapes.mixed_lengths("importance", shapes.WHOLE))
    few = batches(shapes.of_stage("importance", 2048, count))
    assert len(few) == count
    assert all(batch in whole for batch in few)
    assert np.mean([*map(len, few)]) == pytest.approx(np.mean([*map(len, whole)]), rel=0.06)
    assert padding(few) == pytest.approx(padding(whole), abs=0.02)


def test_typical_training_batches_are_as_long_as_all():
    assert np.mean(shapes.of_training(16, 4)) == pytest.approx(np.mean(shapes.mixed_lengths("fine-tuning", 800)), rel=0.05)


def test_mix_of_rates_is_the_rate_of_doing_one_after_the_other():
    """100 examples at 10 a second and 30 at 30 take 11 seconds."""
    assert sections.mixed({"a": [10.0], "b": [30.0]}, {"a": 100, "b": 30}) == [130 / 11]


def test_flops_are_those_that_torch_counts(make_model, examples):
    from torch.utils.flop_counter import FlopCounterMode

    model = make_model("bert")
    model.set_attn_implementation("eager")
    inputs, _ = examples.batch([3], model.device)
    with FlopCounterMode(display=False) as counter:
        model.bert.encoder(model.bert.embeddings(inputs["input_ids"]))
    assert shapes.flops(model.config, [examples.lengths[3]]) == counter.get_total_flops()
    assert shapes.flops(model.config, [7], removed=1.0) < shapes.flops(model.config, [7]) / 1.5


NARROW = {"hidden_size": 32, "num_hidden_layers": 12, "num_attention_heads": 4, "intermediate_size": 128, "vocab_size": 64}


@pytest.mark.parametrize("section", [*sections.SECTIONS])
def test_a_section_counts_the_operations_that_it_runs_and_measures_what_bars_are_about(section, monkeypatch):
    """What is said of a unit, times the units that ran, is within 2 % of what torch counts; texts are all of one length."""
    from torch.utils.flop_counter import FlopCounterMode

    counted = []

    def once(ways, repeats, warm_up):
        with FlopCounterMode(display=False) as counter:
            for name in ways.keys() & {"package", *shapes.PAPER["importance"][1]}:
                ways[name]()
        counted.append(counter.get_total_flops())
        return {name: [1.0] for name in ways}

    monkeypatch.setitem(shapes.SHAPES, "narrow", shapes.Shape("bert", {**NARROW, "attn_implementation": "eager"}))
    monkeypatch.setattr(shapes, "drawn", lambda task, split, count, longest: [24] * count)
    for module in (sections, training):
        monkeypatch.setattr(module, "in_turn", once)
    monkeypatch.setattr(sections, "peak_bytes", lambda work, device: 1)
    found = sections.SECTIONS[section](shapes.Setup("narrow", "cpu", shapes.QUICK, 1))
    (said,) = [result for result in found if result.share]
    units = {
        "importance": lambda notes: sum(notes["examples"].values()),
        "curve": lambda notes: notes["points"],
        "masked-lm": lambda notes: 24 * notes["blocks"],
        "fine-tuning": lambda notes: 2 * notes["steps"] * notes["batch"],
        "pre-training": lambda notes: 2 * notes["batch"],
        "divergence": lambda notes: notes["examples"],
    }
    assert units[section](said.notes) * said.notes["flops"] == pytest.approx(counted[0], rel=0.02)
    assert {result.name for result in found if result.notes.get("work")} <= {said.name}
    assert {bar.name for bar in results.BARS if bar.section == section} <= {result.name for result in found}


def test_speeds_for_the_plan_are_of_the_largest_shape():
    def measured(shape, rate):
        work = results.Work(4e9, [16e9], "scoring")
        return results.compared(("curve", shape), "x", "points/s", [rate], "y", [1.0], work=work)

    large, other = measured("large", 2.0), results.single(("curve", "large"), "z", "times", [3.0])
    assert results.flops_per_second([measured("small", 100.0), large, other]) == {"scoring": 8e9}
    assert large.share == spread([0.5])


# -------------------------------------------------------------------------------------------------------------- report


def test_ways_take_turns_and_ratios_are_within_a_repetition():
    calls = []
    ways = {name: lambda name=name: calls.append(name) or float(len(calls)) for name in "ab"}
    rates = in_turn(ways, 2)
    assert calls == ["a", "b"] * 3
    assert rates == {"a": [3.0, 5.0], "b": [4.0, 6.0]}
    assert ratios(rates["a"], rates["b"]) == [0.75, 5 / 6]
    assert spread([3.0, 1.0, 2.0]) == {"median": 2.0, "low": 1.0, "high": 3.0, "runs": [3.0, 1.0, 2.0]}


def test_peak_counts_what_is_held_at_a_time():
    def work():
        for _ in range(3):
            torch.ones(1000, 1000)
        kept = [torch.ones(1000, 1000) for _ in range(2)]
        return sum(float(tensor[0, 0]) for tensor in kept)

    assert peak_bytes(work, "cpu") == pytest.approx(8e6, rel=0.01)


def test_bars_say_by_how_much_they_are_missed():
    bar = results.Bar("cpu", "curve", "bert-base", "whole curve", ">=", 4)
    place = ("curve", "bert-base")
    slow = results.compared(place, "whole curve", "points/s", [6.0, 9.0, 3.0], "masks", [2.0, 3.0, 1.0])
    assert bar.judge([slow])["verdict"] == "missed: 3 is 75% of 4"
    fast = results.compared(place, "whole curve", "points/s", [8.0], "masks", [2.0])
    assert bar.judge([fast])["verdict"] == "reached"
    assert bar.judge([])["verdict"] == "not run"
    memory = results.Bar("cpu", *place, "growth", "<=", 1.05)
    assert memory.judge([results.single(place, "growth", "times", [2.0])])["verdict"] == "missed: 2 is 190% of 1.05"


def test_rank_correlation_is_spearman_s():
    from scipy.stats import spearmanr

    a, b = np.random.default_rng(0).normal(size=(2, 3, 8))
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a.ravel(), b.ravel()).statistic)


def test_table_jobs_do_not_load_torch(tmp_path):
    scripts = {path.stem: path for path in startup.table_scripts()}
    assert {"tabulate_recall", "draw_figure", "normalize_importance", "prepare_task"} <= scripts.keys()
    assert startup.loads_torch(scripts["tabulate_recall"]) is False
    (tmp_path / "script.py").write_text("import torch")
    assert startup.loads_torch(tmp_path / "script.py") is True


def test_a_quick_run_prints_a_table_and_writes_json(tmp_path, capsys):
    output = tmp_path / "found.json"
    main(["--quick", "--shapes", "miniature", "--device", "cpu", "--sections", "importance", "card", "--output", str(output)])
    printed = capsys.readouterr().out
    found = json.loads(output.read_text())
    assert "one by one, mnli" in printed and "matrix products" in printed
    assert {"device", "versions", "shapes", "effort", "bars", "results"} <= found.keys()
    first = found["results"][0]
    assert first["ratio"]["runs"] == [first["value"]["runs"][0] / first["baseline"]["runs"][0]]
    assert rates.benchmark(output) == (found["device"], found["flops_per_second"])  # as `make plan` reads it


def test_benchmarks_need_nothing_of_the_orchestration():
    """A CUDA machine may lack it."""
    absent = "for name in ('snakemake', 'pydantic', 'datasets', 'dvc'): sys.modules[name] = None"
    code = f"import sys\n{absent}\nimport benchmarks.__main__"
    path = f"import sys; sys.path[:0] = [{str(PACKAGE)!r}, {str(PACKAGE / 'src')!r}]; "
    subprocess.run([sys.executable, "-c", path + code], check=True)
