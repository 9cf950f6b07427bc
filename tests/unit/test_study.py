"""The config: what is accepted, what is refused and how, and the reference that is generated from its models."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from headcount.criteria.estimators import ESTIMATORS
from headcount.data import tasks
from headcount.families import FAMILIES
from headcount.order.norms import NORMS
from headcount.registry import Registry
from headcount.settings import files, reference
from headcount.settings import values as strict
from headcount.settings.models import Recipe
from headcount.settings.study import RESERVED, Study
from headcount.study.layout import Layout

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "config/config.yaml"
ENCODERS = ROOT / "config/encoders.yaml"

SMALL: dict[str, Any] = {
    "study": "small",
    "models": ["one", "shared"],
    "encoders": {
        "one": {"family": "roberta", "source": "somewhere"},
        "shared": {"family": "albert", "pretrain": {"shape": {"hidden_size": 24}, "vocabulary": 100, "steps": 10}},
    },
    "glue": {"source": "embedded"},
    "corpus": {"source": "embedded"},
    "finetuning": {
        "one": {"default": {"learning_rate": 1.0e-3, "batch": 8, "epochs": 3}, "sst2": {"batch": 4}},
        "shared": {"default": {"learning_rate": 1.0e-3, "batch": 8, "steps": 100}},
    },
}


def listed(registry: Registry[Any]) -> str:
    *names, last = map(repr, registry)
    return f"{', '.join(names)} or {last}"


TASKS = f"'rte' is no task; allowed: {', '.join(tasks.TASKS)}, or one that `datasets` describes"
SCALAR = "should be a number, a text, true or false"
GONE = object()


def changed(key: str, value: Any) -> dict[str, Any]:
    """SMALL with ``value`` at a dotted key, or without that key."""
    settings = copy.deepcopy(SMALL)
    *path, last = key.split(".")
    inner = settings
    for part in path:
        inner = inner.setdefault(part, {})
    if value is GONE:
        del inner[last]
    else:
        inner[last] = value
    return settings


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        pytest.param("model", [], "model: unknown key; allowed: study, base, device, models,", id="unknown key"),
        pytest.param(
            "importance.fraction", {}, "importance.fraction: unknown key; allowed: estimator, ", id="unknown inner key"
        ),
        pytest.param("models", GONE, "models: missing", id="missing key"),
        pytest.param("importance", None, "importance: should be a mapping with keys among: estimator, ", id="no mapping"),
        pytest.param("world.articles", 1.5, "world.articles: should be a valid integer", id="fraction for a whole number"),
        pytest.param("world.seed", True, "world.seed: should be a valid integer; given: True", id="truth for a number"),
        pytest.param("pruning.step", "half", "pruning.step: should be a valid number", id="text for a number"),
        pytest.param("mlm.mask", float("nan"), "mlm.mask: should be a finite number", id="not a number"),
        pytest.param("seeds", [-1], "seeds.0: should be greater than or equal to 0; given: -1", id="negative seed"),
        pytest.param("seeds", [1, 2, 1], "seeds: 1 stands more than once", id="repeated seed"),
        pytest.param("models", ["one", "one"], "models: 'one' stands more than once", id="repeated model"),
        pytest.param("models", [], "models: List should have at least 1 item", id="no model"),
        pytest.param("tasks", ["cola", "rte"], f"tasks.1: {TASKS}", id="unknown task"),
        pytest.param(
            "importance.fractions.rte",
            1.0,
            f"importance.fractions.rte: {TASKS}",
            id="task as key",
        ),
        pytest.param("norms", ["l3"], "norms.0: should be 'l1', 'l2' or 'none'; given: 'l3'", id="unknown norm"),
        pytest.param(
            "importance.estimator",
            "fisher",
            f"importance.estimator: should be {listed(ESTIMATORS)}; given: 'fisher'",
            id="unknown estimator",
        ),
        pytest.param(
            "encoders.one.family", "gpt2", f"encoders.one.family: should be {listed(FAMILIES)}; given: 'gpt2'", id="family"
        ),
        pytest.param(
            "importance.fractions.qqp",
            1.5,
            "importance.fractions.qqp: should be less than or equal to 1; given: 1.5",
            id="fraction above 1",
        ),
        pytest.param("corpus.fraction", 0, "corpus.fraction: should be greater than 0; given: 0", id="empty share"),
        pytest.param("models", ["two"], "models: 'two' has no entry in encoders; allowed: one, shared", id="no encoder"),
        pytest.param(
            "encoders.shared.source",
            "x",
            "encoders.shared: give exactly one of `source` and `pretrain`",
            id="two origins",
        ),
        pytest.param(
            "encoders.shared.pretrain.vocabulary",
            GONE,
            "encoders.shared.pretrain: `vocabulary` is missing; give `from`, or both `shape` and `vocabulary`",
            id="neither from scratch nor from a model",
        ),
        pytest.param(
            "encoders.shared.pretrain.from",
            "a/model",
            "encoders.shared.pretrain: `shape` is that of the model that `from` names; allowed beside `from` is null",
            id="a shape for a model that has one",
        ),
        pytest.param(
            "encoders.shared.pretrain.revision",
            "main",
            "encoders.shared.pretrain: `revision` is about the model that `from` names; give `from` too, or leave it out",
            id="revision of nothing",
        ),
        pytest.param(
            "encoders.shared.pretrain.finetune_from",
            "original",
            "encoders.shared.pretrain: `finetune_from` is about the model that `from` names; give `from` too, or",
            id="original of nothing",
        ),
        pytest.param(
            "encoders.shared.pretrain.finetune_from",
            "published",
            "encoders.shared.pretrain.finetune_from: should be 'pretrained' or 'original'; given: 'published'",
            id="another body",
        ),
        pytest.param(
            "encoders.shared.revision",
            "main",
            "encoders.shared: `revision` is about `source`; beside `pretrain` allowed is null, and `pretrain.revision`",
            id="revision beside pretrain",
        ),
        pytest.param(
            "encoders.shared.random_weights",
            True,
            "encoders.shared: `random_weights` is about `source`; beside `pretrain` allowed is false",
            id="random weights beside pretrain",
        ),
        pytest.param(
            "encoders.one",
            {"family": "bert", "pretrain": {"from": "a/b", "steps": 1}, "finetuned": {"cola": {"source": "c/d"}}},
            "encoders.one: `finetuned` has models that were fine-tuned from another body than the one that `pretrain`",
            id="fine-tuned from another body",
        ),
        pytest.param(
            "encoders.shared.pretrain.form",
            "x",
            "encoders.shared.pretrain.form: unknown key; allowed: block_tokens, ",
            id="form",
        ),
        pytest.param(
            "encoders.shared.pretrain.origin",
            "x",
            "encoders.shared.pretrain.origin: unknown key; allowed: block_tokens, ",
            id="origin",
        ),
        pytest.param(
            "encoders.shared.pretrain.shape.layers", [4], f"encoders.shared.pretrain.shape.layers: {SCALAR}", id="shape"
        ),
        pytest.param("encoders.a/b", {}, "encoders.a/b: unknown key; String should match pattern", id="name as path"),
        pytest.param("finetuning.one", GONE, "finetuning.one: missing", id="no recipe"),
        pytest.param("models", ["corpus"], "models: 'corpus' is a folder of every study; ", id="model named as a folder"),
        pytest.param("roles.main", "nobody", "roles.main: 'nobody' has no entry in encoders; allowed: null, one", id="role"),
        pytest.param("finetuning.one.default.batch", GONE, "finetuning.one.cola.batch: missing", id="incomplete recipe"),
        pytest.param(
            "finetuning.one.rte",
            {},
            f"finetuning.one.rte: {TASKS}",
            id="recipe's task",
        ),
        pytest.param(
            "finetuning.one.default.lr", 1, "finetuning.one.default.lr: unknown key; allowed: learning_rate, ", id="lr"
        ),
        pytest.param(
            "finetuning.one.sst2.batch", 0, "finetuning.one.sst2.batch: should be greater than 0", id="task's own part"
        ),
        pytest.param(
            "finetuning.one.default.learning_rate",
            "1e-5",
            "finetuning.one.default.learning_rate: should be a valid number (YAML takes 1e-5 for text: write 1.0e-5)",
            id="exponent without a point",
        ),
        pytest.param(
            "finetuning.one.qqp.steps",
            9,
            "finetuning.one.qqp: give exactly one of `epochs` and `steps`",
            id="two lengths",
        ),
        pytest.param(
            "finetuning.one.default.betas",
            [0.9, 1],
            "finetuning.one.default.betas.1: should be less than 1",
            id="betas",
        ),
    ],
)
def test_refusal_is_one_line_with_the_full_key_and_what_is_allowed(key: str, value: Any, message: str) -> None:
    with pytest.raises(files.ConfigError) as refusal:
        files.read(changed(key, value))
    assert str(refusal.value).startswith(f"config: {message}")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("text", ["", "[1, 2]", "study: [", "just text"])
def test_file_that_is_no_mapping_is_refused_by_its_name(text: str, tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text(text)
    with pytest.raises(files.ConfigError, match=r"^config: .*broken\.yaml .*$"):
        files.load(tmp_path / "broken.yaml")


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_config_files_of_the_project_are_accepted(path: Path) -> None:
    files.load(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("pruning.step", 1),
        ("encoders.shared.pretrain.pairs", 1),
        ("finetuning.one.default.betas", [0, 0.98]),
        ("encoders.shared.pretrain.shape.tied", True),
    ],
)
def test_what_yaml_makes_of_numbers_lists_and_truths_is_accepted(key: str, value: Any) -> None:
    files.read(changed(key, value))


@pytest.mark.parametrize(
    ("registry", "section", "key"),
    [(FAMILIES, "StudiedEncoder", "family"), (ESTIMATORS, "Importance", "estimator"), (NORMS, "Transfer", "norm")],
    ids=["families", "estimators", "norms"],
)
def test_the_schema_allows_what_the_registry_has(registry: Registry[Any], section: str, key: str) -> None:
    assert reference.schema()["$defs"][section]["properties"][key]["enum"] == list(registry)


def test_a_new_entry_of_a_registry_is_allowed_by_the_config() -> None:
    code = (
        "from headcount import families; families.FAMILIES._entries['novel'] = families.FAMILIES['bert'];"
        "from headcount.settings.models import Encoder; print(Encoder(family='novel', source='x').shared)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "False\n"


@pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.yaml")), ids=lambda path: path.name)
def test_editors_find_the_schema_from_every_config_file(path: Path) -> None:
    first = path.read_text().splitlines()[0]
    named = first.removeprefix("# yaml-language-server: $schema=")
    assert named != first and (path.parent / named).resolve() == ROOT / "workflow/schemas/config.schema.json"


def test_norms_are_one_where_layers_share_their_heads() -> None:
    settings = files.read(changed("norms", ["l1", "none"]))
    assert (settings.norms_of("one"), settings.norms_of("shared")) == (["l1", "none"], ["none"])


def test_recipe_takes_from_default_what_the_task_leaves_open() -> None:
    recipe = files.read(SMALL).recipe("one", "sst2")
    assert (recipe.batch, recipe.epochs, recipe.betas) == (4, 3, (0.9, 0.999))


def test_task_takes_a_default_back_with_null() -> None:
    recipe = files.read(changed("finetuning.one.qqp", {"epochs": None, "steps": 7})).recipe("one", "qqp")
    assert (recipe.epochs, recipe.steps) == (None, 7)


def test_mapping_given_in_part_keeps_its_other_defaults() -> None:
    fractions = files.read(changed("importance.fractions.qqp", 0.5)).importance.fractions
    assert fractions == {"cola": 1.0, "sst2": 1.0, "qqp": 0.5, "mnli": 0.2}


@pytest.fixture
def merged(tmp_path: Path) -> Study:
    smaller = changed("importance", {"fractions": {"cola": 0.5}})
    # Nothing reads the recipe of a model that is not studied, nor its encoder.
    smaller["finetuning"]["roberta-large"] = {"default": {"learning_rate": -1}}
    (tmp_path / "smaller.yaml").write_text(yaml.safe_dump(smaller))
    return files.load(PAPER, tmp_path / "smaller.yaml")


def test_merging_replaces_lists_and_single_values(merged: Study) -> None:
    assert (merged.study, merged.models, merged.glue.source) == ("small", ["one", "shared"], "embedded")


def test_merging_keeps_what_the_later_file_leaves_open(merged: Study) -> None:
    assert merged.device == "cuda"
    assert merged.importance.fractions == {"cola": 0.5, "sst2": 1.0, "qqp": 0.2, "mnli": 0.2}


def test_merging_leaves_no_subset_beside_the_embedded_corpus(merged: Study) -> None:
    assert files.load(PAPER).corpus.subset is not None
    assert (merged.corpus.source, merged.corpus.subset) == ("embedded", None)


def test_encoders_and_recipes_that_no_list_names_are_ignored_in_a_merge(merged: Study) -> None:
    assert "roberta-large" in merged.encoders
    assert merged.recipe("one", "cola").learning_rate == 1.0e-3


def test_merging_changes_no_other_mapping_under_the_same_yaml_anchor(tmp_path: Path) -> None:
    (tmp_path / "smaller.yaml").write_text("encoders: {roberta: {pretrain: {shape: {hidden_size: 64}}}}")
    alone, smaller = files.load(ENCODERS), files.load(ENCODERS, tmp_path / "smaller.yaml")
    assert smaller.encoders["roberta"] != alone.encoders["roberta"]
    assert smaller.encoders["albert"] == alone.encoders["albert"]


# DEFINITIONS, "Fine-tuning: settings and the scores to expect"; `up to 10` epochs read as 10 for CoLA and 3 elsewhere.
PUBLISHED = """
                   learning_rate batch epochs steps  warmup  weight_decay beta2  epsilon dropout classifier_dropout
roberta-large cola         1e-5    16     10     -    0.06       0.1       0.98   1e-6      -            -
roberta-large sst2         1e-5    32      3     -    0.06       0.1       0.98   1e-6      -            -
roberta-large qqp          1e-5    32      3     -    0.06       0.1       0.98   1e-6      -            -
roberta-large mnli         1e-5    32      3     -    0.06       0.1       0.98   1e-6      -            -
albert        cola         1e-5    16      -   5336    320       0        0.999   1e-8      0            0.1
albert        sst2         1e-5    32      -  20935   1256       0        0.999   1e-8      0            0.1
albert        qqp          5e-5   128      -  14000   1000       0        0.999   1e-8      0            0.1
albert        mnli         3e-5   128      -  10000   1000       0        0.999   1e-8      0            0.1
"""


def published() -> Iterator[Any]:
    header, *rows = PUBLISHED.strip().splitlines()
    for row in rows:
        model, task, *cells = row.split()
        expected = dict(zip(header.split(), [None if cell == "-" else float(cell) for cell in cells], strict=True))
        for name in ["albert-base-v1", "albert-xxlarge-v2"] if model == "albert" else [model]:
            yield pytest.param(name, task, expected, id=f"{name}-{task}")


@pytest.mark.parametrize(("model", "task", "expected"), list(published()))
def test_recipes_of_the_paper_are_the_published_ones(model: str, task: str, expected: dict[str, float | None]) -> None:
    recipe = files.load(PAPER).recipe(model, task)
    warmup = recipe.warmup_ratio if recipe.warmup_steps is None else recipe.warmup_steps
    resolved = {**recipe.model_dump(), "warmup": warmup, "beta2": recipe.betas[1]}
    assert {key: resolved[key] for key in expected} == expected
    assert recipe.betas[0] == 0.9


def test_published_recipes_cover_every_model_and_task_of_the_paper() -> None:
    settings = files.load(PAPER)
    assert {case.values[:2] for case in published()} == {(m, t) for m in settings.models for t in settings.tasks}


def test_schema_and_page_are_those_of_the_models(tmp_path: Path) -> None:
    written = [tmp_path / "schema.json", tmp_path / "page.md"]
    reference.main([*map(str, written), "--example", str(PAPER)])
    kept = [ROOT / "workflow/schemas/config.schema.json", ROOT / "config/README.md"]
    for new, old in zip(written, kept, strict=True):
        assert old.read_text() == new.read_text(), f"{old.relative_to(ROOT)}: run `python -m headcount.settings.reference`"


def test_page_has_a_heading_for_every_key_of_every_model() -> None:
    headings = re.findall(r"^#+ `(.+)`$", (ROOT / "config/README.md").read_text(), re.MULTILINE)
    names = [re.sub(r"(\.<\w+>)+$", "", heading).rpartition(".")[2] for heading in headings]

    def keys(model: type[strict.Strict]) -> Iterator[str]:
        for name, field in model.model_fields.items():
            yield field.alias or name
            for inner in models_in(field.annotation):
                yield from keys(inner)

    def models_in(annotation: Any) -> list[type[strict.Strict]]:
        if isinstance(annotation, type) and issubclass(annotation, strict.Strict):
            return [annotation]
        return [found for each in get_args(annotation) for found in models_in(each)]

    assert sorted(names) == sorted([*keys(Study), *Recipe.model_fields])  # a recipe's parts are typed as plain mappings


def test_schema_accepts_the_paper_and_refuses_an_unknown_key_in_a_recipe() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    settings = yaml.safe_load(PAPER.read_text())
    schema = json.loads((ROOT / "workflow/schemas/config.schema.json").read_text())
    jsonschema.validate(settings, schema)
    settings["finetuning"]["roberta-large"]["cola"]["lr"] = 1
    with pytest.raises(jsonschema.ValidationError, match="lr"):
        jsonschema.validate(settings, schema)


def test_schema_has_no_default_that_could_override_another_part_of_a_recipe() -> None:
    # Snakemake writes a schema's defaults into the config: in a task's part they would win over the part `default`.
    recipe = reference.outline(reference.schema())["properties"]["finetuning"]
    parts = next(iter(recipe["patternProperties"].values()))
    part = next(iter(parts["patternProperties"].values()))
    assert "learning_rate" in part["properties"]
    assert not [key for key, node in part["properties"].items() if "default" in node]


def test_no_model_can_have_the_name_of_a_folder_that_every_study_has() -> None:
    layout = Layout("x")
    folders = {parts[2] for value in vars(layout).values() if len(parts := value.split("/")) > 3}
    folders |= {layout.figure("y")["svg"].split("/")[2], layout.log("finetune").split("/")[2]}
    folders |= {layout.benchmark("finetune").split("/")[2], layout.checksums("finetune").split("/")[2]}
    assert {name for name in folders if not name.startswith(("{", "."))} | {"corpus"} == RESERVED


def test_reading_a_config_imports_no_heavy_library() -> None:
    heavy = "{'torch', 'transformers', 'pandas', 'pyarrow', 'tokenizers'} & set(sys.modules)"
    code = f"import sys, headcount.settings.files; assert not {heavy}, {heavy}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_studies_of_ones_own_in_the_docs_are_accepted_as_they_stand() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/your-own.md").read_text(), re.DOTALL)
    own = [settings for settings in map(yaml.safe_load, blocks) if "study" in settings]
    assert own
    for settings in own:
        assert files.read(files._merged(yaml.safe_load(PAPER.read_text()), settings)).models == settings["models"]


def test_a_model_that_comes_fine_tuned_needs_no_recipe_and_one_for_each_seed() -> None:
    paper = yaml.safe_load(PAPER.read_text())
    mine = {"encoders": {"mine": {"family": "roberta", "source": "embedded"}}, "models": ["mine"], "tasks": ["sst2"]}
    none: dict[str, Any] = {part: {"models": []} for part in ("freezing", "before_after", "layers")}
    roles = {"roles": {"main": "mine", "shared": None, "appendix": None}}
    merged = files._merged(paper, {**mine, **none, **roles})
    with pytest.raises(files.ConfigError, match=r"^config: finetuning\.mine: missing"):
        files.read(merged)
    merged["encoders"]["mine"]["finetuned"] = {"sst2": {"source": "my/sst2", "max_length": 64}}
    with pytest.raises(files.ConfigError, match=r"encoders\.mine\.finetuned\.sst2\.source: one model cannot stand for 5 seeds"):
        files.read(merged)
    merged["encoders"]["mine"]["finetuned"]["sst2"]["source"] = "my/sst2-{seed}"
    study = files.read(merged)
    assert study.max_length("mine", "sst2") == 64
    assert study.encoders["mine"].finetuned["sst2"].of_seed(3).source == "my/sst2-3"
    for part in ("freezing", "before_after"):
        with pytest.raises(files.ConfigError, match=rf"{part}\.models: 'mine' comes fine-tuned for sst2 .*; leave it out"):
            files.read(files._merged(merged, {part: {"models": ["mine"]}}))
