"""The plan: operations against what PyTorch counts, sizes against real files, and a page that says what it does not know."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
import yaml
from torch.utils.flop_counter import FlopCounterMode
from transformers import Trainer, TrainingArguments

from headcount import encoders
from headcount.analysis.divergence import batch_sums, showing_attention
from headcount.data.sampling import sample
from headcount.data.tasks import TASKS
from headcount.data.tokenizer import TextEncoder
from headcount.encoders import FAMILIES
from headcount.miniature import articles, tasks
from headcount.models.finetuning import freeze
from headcount.networks.batching import padded, token_batches
from headcount.planning import flops, products, rates, sizes
from headcount.planning.bill import Bill, bill
from headcount.planning.fitting import check_models
from headcount.planning.load import Job, Work
from headcount.planning.page import Page, main, scaled
from headcount.planning.published import shape_of
from headcount.settings import files
from headcount.settings.models import Encoder
from headcount.units.gates import gated, head_counts
from headcount.units.heads import Heads

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "config/config.yaml"
MINIATURE = ROOT / "config/miniature.yaml"
BATCH, LENGTH = 3, 10
RECIPE = {"learning_rate": 1.0e-5, "batch": 32, "epochs": 3}


def planned(settings: dict[str, Any] | None = None, *, over: Path = PAPER, card: str = "h200") -> Bill:
    """The bill of a config with some settings laid over it."""
    merged = files._merged(yaml.safe_load(over.read_text()), settings or {})
    return bill(files.read(merged), rates.card(card))


def works(bill: Bill, rule: str, model: str, task: str) -> list[tuple[Work, ...]]:
    return [job.work for job in bill.jobs if (job.rule, job.model, job.task) == (rule, model, task)]


# --------------------------------------------------------------------------------------- operations, against PyTorch's


def counted(run: Callable[[], Any]) -> int:
    """The operations that PyTorch counts while something runs."""
    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


@pytest.fixture
def model(make_model: Callable[..., Any], family: str) -> Any:
    """A masked-LM model whose products within attention PyTorch can see."""
    made = make_model(family, "ForMaskedLM")
    made.set_attn_implementation("eager")
    return made


@pytest.fixture
def shape(model: Any) -> flops.Shape:
    return flops.Shape.of(model.config.to_dict())


IDS = torch.full((BATCH, LENGTH), 7)


def hidden(model: Any) -> torch.Tensor:
    states: torch.Tensor = encoders.body(model)(input_ids=IDS).last_hidden_state
    return states


def of_distances(shape: flops.Shape) -> int:
    """What is made of a DeBERTa's distances, once a batch: the queries of half of them, and the keys of the other half."""
    return shape.layers * 2 * shape.distances * shape.hidden**2


def test_forward_operations_are_those_that_run(model: Any, shape: flops.Shape) -> None:
    expected = BATCH * LENGTH * flops.body(shape, LENGTH).forward + of_distances(shape)
    assert counted(lambda: hidden(model)) == expected


@pytest.mark.parametrize(
    ("settings", "distances"),
    [({}, 16), ({"pos_att_type": "c2p"}, 8), ({"position_buckets": -1}, 160), ({"relative_attention": False}, 0)],
    ids=["both ways", "one way", "every distance", "none"],
)
def test_a_debertas_distances_are_those_that_its_queries_and_keys_meet(
    settings: dict[str, Any], distances: int, make_model: Callable[..., Any]
) -> None:
    model = make_model("deberta-v2", "ForMaskedLM", **{"share_att_key": False, **settings})
    shape = flops.Shape.of(model.config.to_dict())
    assert shape.distances == distances
    assert counted(lambda: hidden(model)) == BATCH * LENGTH * flops.body(shape, LENGTH).forward + of_distances(shape)


@pytest.mark.parametrize("removed", [1, 2, 4], ids="{} of 4 heads of each row".format)
def test_removed_heads_cost_nothing(model: Any, shape: flops.Shape, removed: int) -> None:
    heads = Heads(model)
    heads.remove(head for head in heads.left if head[1] < removed)
    expected = BATCH * LENGTH * flops.body(shape, LENGTH, removed / shape.heads).forward
    assert counted(lambda: hidden(model)) == expected + of_distances(shape) * (1 - removed / shape.heads)


def test_a_divergence_takes_three_times_the_forward_operations(make_model: Callable[..., Any]) -> None:
    model, asked = make_model("roberta"), {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}
    asked["token_type_ids"] = torch.zeros_like(IDS)
    shape = flops.Shape.of(model.config.to_dict())
    with showing_attention(model):
        assert counted(lambda: batch_sums(model, model, asked)) == 3 * BATCH * LENGTH * flops.body(shape, LENGTH).forward
    (of_one_run,) = works(planned(), "measure_divergence", "roberta-large", "cola")[0]
    assert of_one_run.tokens == pytest.approx(3 * 8551 * 11.3, rel=0.01)


def test_training_takes_three_times_the_forward_operations(model: Any, shape: flops.Shape) -> None:
    model.requires_grad_(True)
    expected = BATCH * LENGTH * flops.body(shape, LENGTH).training + 3 * of_distances(shape)
    assert counted(lambda: hidden(model).sum().backward()) == expected


def test_frozen_layers_take_part_in_the_forward_pass_alone(make_model: Callable[..., Any]) -> None:
    model = make_model("roberta", "ForMaskedLM").requires_grad_(True)
    model.set_attn_implementation("eager")
    freeze(model, 3, "layers-and-embeddings")
    shape = flops.Shape.of(model.config.to_dict())
    unneeded = 3 * 2 * shape.hidden**2  # what enters the lowest trained layer's query, key and value needs no gradient
    expected = BATCH * LENGTH * (flops.frozen_training(shape, LENGTH, 3, embeddings=True) - unneeded)
    assert counted(lambda: hidden(model).sum().backward()) == expected


def test_where_embeddings_move_frozen_layers_spare_the_gradients_of_their_matrices_alone(
    make_model: Callable[..., Any],
) -> None:
    model = make_model("roberta", "ForMaskedLM").requires_grad_(True)
    model.set_attn_implementation("eager")
    freeze(model, 3, "layers")
    shape = flops.Shape.of(model.config.to_dict())
    expected = BATCH * LENGTH * flops.frozen_training(shape, LENGTH, 3, embeddings=False)
    assert counted(lambda: hidden(model).sum().backward()) == expected


def test_importance_spares_the_parameters_gradients(model: Any, shape: flops.Shape) -> None:
    def run() -> None:
        gates = [torch.ones(BATCH, count, requires_grad=True) for count in head_counts(model)]
        with gated(model, gates):
            torch.autograd.grad(hidden(model).sum(), gates)

    products = flops.body(shape, LENGTH, layers=1).products
    below = 3 * 2 * shape.hidden**2 + 2 * products  # nothing goes back below the lowest layer's gates
    below += 2 * (shape.embedding or 0) * shape.hidden + 2 * shape.distances * shape.hidden
    assert counted(run) == BATCH * LENGTH * (flops.body(shape, LENGTH).importance - below) + of_distances(shape)


def test_masked_tokens_pay_for_the_vocabulary(model: Any, shape: flops.Shape) -> None:
    chosen = torch.zeros(BATCH, LENGTH, dtype=torch.bool)
    chosen[0, :4] = True
    expected = BATCH * LENGTH * flops.body(shape, LENGTH).forward + 4 * flops.vocabulary(shape).forward + of_distances(shape)
    assert counted(lambda: encoders.masked_logits(model, {"input_ids": IDS}, chosen)) == expected


# ------------------------------------------------------------------------------------------------- by hand, and slowly


def test_roberta_large_on_mnli_is_what_a_hand_works_out() -> None:
    training, scoring = works(planned(), "finetune", "roberta-large", "mnli")[0]
    matrices = 2 * 24 * (4 * 1024 * 1024 + 2 * 1024 * 4096)  # 604 MFLOP a token forward
    attention = 24 * 4 * 40.8 * 1024  # 4 MFLOP more, in texts of 40.8 tokens
    assert training.tokens == pytest.approx(392_702 * 3 * 40.8)  # 48 M
    assert training.flops == pytest.approx(392_702 * 3 * 40.8 * 3 * (matrices + attention))  # 87.7 P
    assert training.passes == 3 * 12_272 * 24  # steps of 32 examples, the last of 14
    assert scoring.tokens == pytest.approx(9_815 * 39.9)
    # Starting the layers takes longer than their work: 36,816 steps of 36 ms, against 222 s at 396 TFLOP/s.
    assert rates.card("h200").rates["training"].seconds(training) == pytest.approx(36_816 * 0.036)


def test_a_curve_is_paid_point_by_point() -> None:
    study = planned({"world": {"validation": 1000}, "pruning": {"validation_fractions": {"mnli": 0.3}}}, over=MINIATURE)
    (curve,) = works(study, "prune_curve", "albert", "mnli")[0]
    shape = shape_of("albert", study.study.encoders["albert"])
    assert shape is not None
    points = [flops.body(shape, 23.1, removed / 8).forward for removed in range(9)]
    assert curve.tokens == pytest.approx(9 * 300 * 23.1)
    assert curve.flops == pytest.approx(300 * 23.1 * sum(points))


def test_ends_that_another_job_has_scored_are_not_paid_again() -> None:
    """The whole model by fine-tuning, where that asks all of the curve's examples; the rest by the run's first curve."""

    def points(task: str, once: float, **settings: Any) -> list[float]:
        return [(work[0].tokens or 0) / once for work in works(planned(settings), "prune_curve", "roberta-large", task)]

    scored = works(planned(), "finetune", "roberta-large", "cola")[0][1].tokens or 0
    blocks = works(planned(), "estimate_importance", "roberta-large", "mlm")[0][0].tokens or 0
    assert points("cola", scored) == pytest.approx([20, 19, 19])
    assert points("cola", scored / 2, pruning={"validation_fractions": {"cola": 0.5}}) == pytest.approx([21, 19, 19], rel=1e-2)
    assert points("mlm", blocks) == pytest.approx([21, 19])


def test_masked_lm_is_asked_about_at_most_so_many_blocks() -> None:
    for rule, times in (("estimate_importance", 1), ("prune_curve", 21)):
        few, twice = (
            works(planned({"mlm": {"max_blocks": most}}), rule, "roberta-large", "mlm")[0][0] for most in (1000, 2000)
        )
        assert few.tokens and few.flops
        assert twice.tokens == pytest.approx(2 * few.tokens) and twice.flops == pytest.approx(2 * few.flops)
        assert 1000 * times < few.tokens < 512 * 1000 * times


def test_an_iterative_curve_estimates_before_every_point_but_the_first() -> None:
    once, again = (
        works(planned({"pruning": {"schedule": schedule}}), "prune_curve", "roberta-large", "cola")
        for schedule in ("one_shot", "iterative")
    )
    assert [len(work) for work in once] == [1, 1, 1]  # by the first norm, by others, in the pre-train task's order
    assert [len(work) for work in again] == [21, 21, 1]
    estimates = [work.flops for work in again[0][1:]]
    (whole,) = works(planned(), "estimate_importance", "roberta-large", "cola")[0]
    assert estimates[0] == whole.flops and estimates == sorted(estimates, reverse=True)


def test_pruned_and_frozen_fine_tuning_cost_less() -> None:
    paper = planned()
    ((whole, *_),) = works(paper, "finetune", "roberta-large", "cola")
    layers, both = (work[0] for work in works(paper, "finetune_frozen", "roberta-large", "cola"))
    pruned = [work[0].flops for work in works(paper, "finetune_pruned", "roberta-large", "cola")]
    assert whole.flops and layers.flops and both.flops and all(pruned)
    assert both.flops / whole.flops == pytest.approx(1 - 2 / 3 * 5 / 24)
    assert layers.flops / whole.flops == pytest.approx(1 - 1 / 3 * 5 / 24, rel=1e-3)  # attention's products have no weights
    assert pruned == sorted(pruned, reverse=True) and 0.6 * whole.flops < pruned[-1] < pruned[0] < whole.flops  # type: ignore[operator,type-var]


# -------------------------------------------------------------------------------------------------- facts and their use

# Parameters of the whole encoder as the published weights have them, in millions.
PUBLISHED = {
    "FacebookAI/roberta-large": ("roberta", 355),
    "FacebookAI/xlm-roberta-base": ("xlm-roberta", 278),
    "FacebookAI/xlm-roberta-large": ("xlm-roberta", 560),
    "google-bert/bert-base-uncased": ("bert", 109.5),
    "albert/albert-base-v1": ("albert", 11.7),
    "albert/albert-xxlarge-v2": ("albert", 223),
    "almanach/camembert-base": ("camembert", 110.6),
    "google/electra-small-generator": ("electra", 13.5),
    "google/electra-base-discriminator": ("electra", 109),
    "distilbert/distilbert-base-uncased": ("distilbert", 66.4),
    "microsoft/mpnet-base": ("mpnet", 109),
    "microsoft/deberta-v3-xsmall": ("deberta-v2", 70.8),
    "microsoft/deberta-v3-small": ("deberta-v2", 141),
    "microsoft/deberta-v3-base": ("deberta-v2", 184),
    "microsoft/deberta-v3-large": ("deberta-v2", 435),
    "answerdotai/ModernBERT-base": ("modernbert", 149),
    "answerdotai/ModernBERT-large": ("modernbert", 395),
}


@pytest.mark.parametrize(("source", "family", "millions"), [(source, *facts) for source, facts in PUBLISHED.items()])
def test_published_shapes_have_the_published_parameters(source: str, family: str, millions: float) -> None:
    shape = shape_of(source, Encoder(family=family, source=source))
    assert shape is not None
    pooler = shape.hidden**2 if FAMILIES[family].pooler else 0
    assert (shape.parameters + pooler) / 1e6 == pytest.approx(millions, rel=0.01)


def test_every_family_has_a_published_model() -> None:
    assert {family for family, _ in PUBLISHED.values()} == set(FAMILIES)


@pytest.mark.parametrize("name", ["roberta-large", "albert-base-v1", "albert-xxlarge-v2"])
def test_published_shapes_have_the_heads_that_the_paper_counts(name: str) -> None:
    encoder = files.load(PAPER).encoders[name]
    shape = shape_of(name, encoder)
    assert shape is not None and shape.all_heads == encoder.heads


@pytest.mark.parametrize(("source", "family"), [(source, family) for source, (family, _) in PUBLISHED.items()])
def test_a_model_of_any_family_is_planned_by_its_name_on_the_hub(source: str, family: str) -> None:
    mine = {"encoders": {"mine": {"family": family, "source": source}}, "finetuning": {"mine": {"default": RECIPE}}}
    none = {"freezing": {"models": []}, "before_after": {"models": []}}
    found = planned({"models": ["mine"], **mine, **none})
    assert all(work.flops for job in found.jobs for work in job.work)
    assert str(found.total.jobs) in Page(found).text()


def test_a_local_models_shape_is_in_its_config(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"model_type": "roberta", "hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 6}
    (tmp_path / "config.json").write_text(json.dumps({**settings, "intermediate_size": 96, "vocab_size": 100}))
    encoder = Encoder(family="roberta", source=str(tmp_path))
    assert shape_of("mine", encoder) == flops.Shape(3, 48, 6, 96, 100)
    for change, fault in (
        ({"model_type": "bert"}, r"\.family: .* 'bert'"),
        ({"pruned_heads": {"0": [1]}}, ": .*removed heads"),
    ):
        (tmp_path / "config.json").write_text(json.dumps(settings | change))
        with pytest.raises(files.ConfigError, match=rf"^config: encoders\.mine{fault}"):
            shape_of("mine", encoder)
    (tmp_path / "config.json").write_text(json.dumps({**settings, "hidden_size": None}))
    with pytest.raises(files.ConfigError, match=r"^config: encoders\.mine: .*hidden_size is null; allowed is a whole number"):
        shape_of("mine", encoder)
    (tmp_path / "config.json").unlink()
    with pytest.raises(files.ConfigError, match=r"^config: encoders\.mine\.source: .*config\.json cannot be read"):
        shape_of("mine", encoder)


def test_a_model_that_goes_on_has_the_shape_of_the_one_that_it_goes_on_from() -> None:
    further = Encoder.model_validate({"family": "bert", "pretrain": {"from": "google-bert/bert-base-uncased", "steps": 1}})
    assert shape_of("m", further) == shape_of("m", Encoder(family="bert", source="google-bert/bert-base-uncased"))
    wrong = Encoder.model_validate({"family": "roberta", "pretrain": {"from": "google-bert/bert-base-uncased", "steps": 1}})
    with pytest.raises(files.ConfigError, match=r"google-bert/bert-base-uncased is of family 'bert'; correct it"):
        shape_of("m", wrong)


LAPTOP_HOURS = 5


def test_the_laptops_study_is_planned_offline_and_whole() -> None:
    """By the plan's own assumptions: two cores, an afternoon."""
    study = files.load(ROOT / "config/laptop.yaml")
    check_models(study)
    page = Page(bill(study, rates.card("cpu")))
    assert page._gaps() == []
    assert page.bill.total.hours / 2 <= LAPTOP_HOURS
    assert page.bill.line(job for job in page.bill.jobs if job.rule == "pretrain_further").flops
    assert page.bill.counts["pretrain_further"] == page.bill.counts["fetch_original"] == 1


def test_a_model_made_here_has_the_shape_that_the_config_gives() -> None:
    encoder = files.load(ROOT / "config/encoders.yaml").encoders["albert"]
    assert shape_of("albert", encoder) == flops.Shape(4, 128, 8, 256, 800, 64, shared=True)


@pytest.mark.parametrize("fraction", [0.25, 1 / 3, 1e-9, 1.0])
@pytest.mark.parametrize("most", [None, 7])
def test_samples_are_as_large_as_those_that_are_drawn(fraction: float, most: int | None) -> None:
    drawn = sample(1, [str(i) for i in range(50)], fraction, most)
    assert sizes.Reading(50, 10.0).sample(fraction, most).examples == len(drawn)


@pytest.mark.parametrize(("examples", "batch", "epochs"), [(50, 8, 3.0), (48, 8, 3.0), (50, 8, 0.3), (5, 8, 1.0)])
def test_steps_are_the_trainers(examples: int, batch: int, epochs: float, tmp_path: Path) -> None:
    args = TrainingArguments(
        output_dir=str(tmp_path),
        use_cpu=True,
        per_device_train_batch_size=batch,
        num_train_epochs=epochs,
        report_to="none",
        learning_rate=0.0,
        save_strategy="no",
        disable_tqdm=True,
    )
    rows = [{"input_ids": torch.tensor([1.0]), "labels": torch.tensor([1.0])}] * examples

    class Line(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.slope = torch.nn.Parameter(torch.ones(1))

        def forward(self, input_ids: torch.Tensor, labels: torch.Tensor) -> dict[str, torch.Tensor]:
            return {"loss": ((self.slope * input_ids - labels) ** 2).mean()}

    trainer = Trainer(Line(), args, train_dataset=rows)  # type: ignore[arg-type]
    trainer.train()
    assert trainer.state.global_step == sizes.steps(examples, batch, epochs)


@pytest.mark.parametrize("family", ["roberta", "albert"])
def test_the_embedded_worlds_texts_are_as_long_as_planned_and_fill_batches_as_planned(family: str) -> None:
    miniature = planned(over=MINIATURE)
    encoder = TextEncoder(ROOT / "src/headcount/miniature/weights" / family)
    for task in miniature.study.tasks:
        rows = tasks.examples(task, "train", 1, 400)
        first, *second = ([str(row[column]) for row in rows] for column in TASKS[task].columns)
        lengths = [len(tokens) for tokens in encoder.encode(first, *second)]
        reading, budget = miniature.sizes.task(family, task, "train").sample(at_most=400), 4096
        assert sum(lengths) == pytest.approx(reading.tokens, rel=0.1)
        filled = sum(padded(batch, lengths) for batch in token_batches(lengths, budget))
        assert filled == pytest.approx(reading.tokens * reading.padding(budget), rel=0.15)
        assert reading.again(3).padding(budget) == reading.padding(budget) and reading.again(3).tokens == 3 * reading.tokens


@pytest.mark.parametrize("family", ["roberta", "albert"])
def test_the_embedded_worlds_corpus_falls_into_as_many_blocks_as_planned(family: str) -> None:
    from headcount.data.blocks import block_table

    encoder = TextEncoder(ROOT / "src/headcount/miniature/weights" / family)
    table = block_table([articles.article(1, number) for number in range(60)], encoder, 40)
    planned_blocks = planned({"world": {"articles": 60}}, over=MINIATURE).sizes.blocks(family, 40)
    assert planned_blocks is not None
    assert planned_blocks.examples == pytest.approx(len(table), rel=0.1)
    assert planned_blocks.tokens == pytest.approx(table["ids"].map(len).sum(), rel=0.1)


def test_local_files_say_how_much_they_hold(tmp_path: Path) -> None:
    rng = random.Random(0)
    texts = ["".join(rng.choice("abcdefgh ") for _ in range(1000)) for _ in range(40)]
    for path, column in (("glue/cola/train", "sentence"), ("glue/cola/validation", "sentence"), ("wiki/part/a", "text")):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        rows = pd.DataFrame({column: texts[: 40 if "train" in path else 30]})
        rows.to_parquet(tmp_path / f"{path}-00000-of-00001.parquet")
    local = {
        "tasks": ["cola"],
        "glue": {"source": str(tmp_path / "glue"), "max_train": 35, "max_validation": 25},
        "corpus": {"source": str(tmp_path / "wiki"), "subset": "part", "fraction": 0.5},
        "before_after": {"tasks": ["cola"]},
    }
    found = planned(local).sizes
    assert found.examples == {("cola", "train"): 35, ("cola", "validation"): 25}
    assert found.corpus is not None
    count, size, _ = found.corpus
    assert count == 15 and size == pytest.approx(1000, rel=0.1)
    (tmp_path / "glue/cola/train-00000-of-00001.parquet").unlink()
    with pytest.raises(files.ConfigError, match=r"^config: glue\.source: .*cola has no file train-\*\.parquet; give"):
        planned(local)


# ---------------------------------------------------------------------------------------------------------------- speed


def test_small_batches_take_the_time_to_start_them_and_large_ones_that_of_their_work() -> None:
    rate = rates.Rate(flops=1e12, layer_seconds=1e-3, origin="")
    assert rate.seconds(Work("training", 1.0, 5e12, passes=10)) == 5.0
    assert rate.seconds(Work("training", 1.0, 5e9, passes=10)) == 0.01
    core = replace(rate, started_ahead=False, update_seconds=1e-6)
    assert core.seconds(Work("training", 1.0, 5e9, passes=10, updates=3e4)) == pytest.approx(0.005 + 0.01 + 0.03)


def test_a_cores_rates_are_shares_of_what_it_does_in_matrix_products() -> None:
    slow, fast = (rates.card("cpu", products).rates["scoring"].flops for products in (1e10, 3e10))
    assert fast == pytest.approx(3 * slow) and slow < 1e10
    assert 1e8 < products.matrix_rate(threads=1, seconds=0) < 1e13


def test_a_job_without_a_network_takes_no_card() -> None:
    assert rates.card("h200").seconds(Job("tabulate_scores", 1)) == 0.0


def test_measured_speeds_take_the_place_of_assumed_ones(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"device": "Some Card", "flops_per_second": {"scoring": 3e14}, "ratios": {}}))
    device, measured = rates.benchmark(results)
    changed = rates.card("h200").with_throughput(measured, f"measured on {device}").rates
    assert (changed["scoring"].flops, changed["scoring"].origin) == (3e14, "measured on Some Card")
    assert changed["training"] == rates.card("h200").rates["training"]


@pytest.mark.parametrize("content", ["", "{}", '{"device": "x"}', '{"device": "x", "flops_per_second": {"scoring": 0}}'])
def test_benchmark_results_without_speeds_are_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text(content)
    with pytest.raises(files.ConfigError, match=r"^--benchmark: .*results\.json"):
        rates.benchmark(tmp_path / "results.json")


def test_throughput_is_one_number_or_one_a_kind() -> None:
    assert rates.throughput(["100", "scoring=200"]) == {
        "training": 1e14, "importance": 1e14, "scoring": 2e14, "divergence": 1e14,
    }  # fmt: skip
    for wrong in ("fast", "scoring=0", "guessing=3"):
        with pytest.raises(files.ConfigError, match=r"^--throughput: "):
            rates.throughput([wrong])


# ----------------------------------------------------------------------------------------------------------------- page


def test_the_page_begins_with_what_it_takes_and_ends_with_what_that_rests_on() -> None:
    whole_corpus = planned({"mlm": {"max_blocks": None}})
    head, table, basis = Page(whole_corpus).text().split("\n\n", 1)[1].split("\n\n")
    assert re.match(r"One H200, one job at a time: about [\d,.]+ GPU-hours \(\d+ days\)\n  roberta-large ", head)
    assert "With mlm.max_blocks: 20000, in place of " in head
    assert table.splitlines()[0].split() == ["jobs", "tokens", "FLOP", "GPU-hours"]
    assert "(assumed: bf16 peak 989 × 40%)" in basis


def test_the_page_adds_up() -> None:
    paper = planned()
    parts = [paper.line(jobs) for jobs in paper.grouped(lambda job: job.model).values()]
    lines = [line for jobs in paper.grouped(lambda job: job.model).values() for line in Page(paper)._lines(jobs).values()]
    for several in (parts, lines):
        assert sum(line.jobs for line in several) == paper.total.jobs
        assert sum(line.flops or 0 for line in several) == pytest.approx(paper.total.flops)
        assert sum(line.seconds for line in several) == pytest.approx(paper.total.seconds)


def test_a_model_that_only_the_hub_knows_is_counted_in_tokens_and_said_to_be() -> None:
    elsewhere = planned({"encoders": {"roberta-large": {"source": "someone/else", "heads": 12}}})
    text = Page(elsewhere).text()
    (curve,) = works(elsewhere, "prune_curve", "roberta-large", "cola")[0]
    assert curve.tokens == pytest.approx(12 * 1043 * 11.6) and curve.flops is None  # `heads`, 12, says how many points
    assert "roberta-large: the shape of 'someone/else' is not known offline" in text
    assert ": at least " in text
    assert re.search(r"^  prune_curve, tasks +80 +[\d.]+ M +\? +\?$", text, re.MULTILINE)


def test_a_corpus_of_unknown_size_leaves_the_jobs_to_count() -> None:
    text = Page(planned({"corpus": {"source": "someone/else", "subset": None}})).text()
    assert "corpus: the size of 'someone/else' is not known offline" in text
    assert re.search(r"^  prune_curve, masked LM +15 +\? +\? +\?$", text, re.MULTILINE)


def test_a_study_on_the_cpu_is_counted_in_cpu_time(capsys: pytest.CaptureFixture[str]) -> None:
    main([str(PAPER), str(MINIATURE)])
    text = capsys.readouterr().out
    assert re.search(r"^One CPU core, one job at a time: about [\d.]+ CPU-minutes$", text, re.MULTILINE)


@pytest.mark.parametrize("wrong", [["missing.yaml"], [str(PAPER), "--throughput", "x"], [str(PAPER), "--benchmark", "none"]])
def test_what_is_wrong_is_said_in_one_line(wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as refusal:
        main(wrong)
    assert str(refusal.value).startswith(("config: missing.yaml cannot be read", "--throughput: 'x'", "--benchmark: none"))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (999.6, "1.00 k"),
        (99_950, "100 k"),
        (9_994_000, "9.99 M"),
        (12.3e15, "12.3 P"),
        (3e21, "3.00 Z"),
    ],
)
def test_large_numbers_have_three_digits(value: float, text: str) -> None:
    assert scaled(value) == text
    assert scaled(value, "FLOP") in (f"{text}FLOP", f"{text} FLOP")


def test_a_plan_imports_no_deep_learning_library() -> None:
    heavy = "{'torch', 'transformers', 'datasets', 'pandas'} & set(sys.modules)"
    code = f"import sys, headcount.planning.page; headcount.planning.page.main([{str(PAPER)!r}]); assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


MODERN: dict[str, Any] = {
    "models": ["mine"],
    "encoders": {"mine": {"family": "modernbert", "source": "answerdotai/ModernBERT-base"}},
    "finetuning": {"mine": {"default": RECIPE}},
}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            {"freezing": {"models": ["roberta"], "layers": 4}},
            r"freezing\.layers: 4 leaves none of the 4 layers of 'roberta'",
        ),
        (
            {"pruning": {"step": 0.02, "every_head_up_to": 8}},
            r"pruning\.step: 0.02 of the 32 heads of 'roberta' is less than one",
        ),
        (
            {"encoders": {"albert": {"source": "nobody/knows", "heads": 26}}, "pruning": {"step": 0.035}},
            r"pruning\.step: 0.035 of the 26 heads of 'albert' is less than one",
        ),
        ({"encoders": {"albert": {"heads": 32}}}, r"encoders\.albert\.heads: it has 8 heads, not 32; correct it"),
        (
            {**MODERN, "layers": {"models": ["mine"]}},
            r"layers\.models: layers of 'mine' cannot be taken out: they",
        ),
        ({**MODERN, "outliers": {"models": ["mine"]}}, r"outliers\.models: no layer of 'mine' ends with a LayerNorm"),
    ],
    ids=["frozen", "step", "step of an unknown model", "heads", "layers", "outliers"],
)
def test_numbers_that_do_not_fit_a_model_are_refused_before_any_job(change: dict[str, Any], fault: str) -> None:
    miniature = yaml.safe_load((ROOT / "config/miniature.yaml").read_text())
    check_models(files.read(miniature))
    with pytest.raises(files.ConfigError, match=f"^config: {fault}"):
        check_models(files.read(files._merged(miniature, change)))


# ------------------------------------------------------------------------------------------------------ several languages


def in_languages(**languages: Any) -> Bill:
    """The bill of the grid in several languages, with changes to its section."""
    return planned({"languages": languages}, over=ROOT / "config/languages.yaml")


def test_the_grid_in_several_languages_is_planned_offline_and_whole() -> None:
    check_models(files.load(ROOT / "config/languages.yaml"))
    found = in_languages()
    assert Page(found)._gaps() == []
    points, layers, seeds, tasks = 3 * 3, 3 + 12, 5, 4
    assert found.counts["transfer_pruned"] == seeds * (points + layers)
    assert found.counts["finetune_pruned"] == seeds * points * (tasks - 1 + tasks)
    assert found.counts["score_languages"] == seeds


def test_every_language_and_every_removal_is_asked_once() -> None:
    def scored(grid: Bill) -> Work:
        ((work,),) = works(grid, "score_languages", "mbert", "mnli")
        return work

    all_of_them, two = scored(in_languages()), scored(in_languages(test={"languages": ["en", "sw"]}))
    assert all_of_them.tokens == pytest.approx(15 / 2 * (two.tokens or 0))
    fewest = scored(in_languages(sets={"lowest": [1]}, single_layers=[], draws=1, fractions=[0.5]))
    assert all_of_them.tokens == pytest.approx((1 + 9 + 15) / 3 * (fewest.tokens or 0))
    assert (all_of_them.flops or 0) < 25 / 3 * (fewest.flops or 0) * 1.2


@pytest.mark.parametrize(
    ("languages", "fault"),
    [
        ({"single_layers": [12, 13]}, r"languages.single_layers: no layer 13; 12 is the highest"),
        ({"sets": {"high": [20]}}, r"languages.sets: no layer 20; 12 is the highest"),
        ({"monolingual": "roberta"}, r"languages.monolingual: the same heads .* need the same shape: mbert 12 layers"),
    ],
)
def test_what_the_two_models_do_not_have_is_refused_before_any_job(languages: dict[str, Any], fault: str) -> None:
    grid = yaml.safe_load((ROOT / "config/languages.yaml").read_text())
    large = {
        "encoders": {"roberta": {"family": "roberta", "source": "FacebookAI/roberta-large"}},
        "models": ["mbert", "roberta"],
    }
    recipe = {"finetuning": {"roberta": grid["finetuning"]["mbert"]}}
    other = {**large, **recipe} if "monolingual" in languages else {}
    with pytest.raises(files.ConfigError, match=f"^config: {fault}"):
        check_models(files.read(files._merged(grid, {**other, "languages": languages})))
