"""The config's section on several languages: what it refuses, and what its removals are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from headcount.miniature.encoders import manifest
from headcount.settings import files
from headcount.settings.study import Study
from headcount.study.about import About
from headcount.study.resolved import language_facts, removal

CONFIG = Path(__file__).parents[2] / "config"
FILES = (CONFIG / "miniature.yaml", CONFIG / "overlays/languages.yaml")


def study(folder: Path, **changes: Any) -> Study:
    """The miniature in several languages, with changes."""
    own = folder / "own.yaml"
    own.write_text(yaml.safe_dump(changes))
    return files.load(*FILES, own)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"languages": {"multilingual": "none"}}, "languages.multilingual: 'none' has no entry in encoders"),
    ({"languages": {"multilingual": None}}, "monolingual: it is held against a multilingual model"),
    ({"languages": {"monolingual": "multilingual"}}, "monolingual: 'multilingual' is the multilingual model"),
    ({"languages": {"tasks": ["sst2"]}}, "tasks: 'mnli' is missing, by which other languages are answered"),
    ({"tasks": ["sst2"]}, "tasks: 'mnli' is missing"),
    ({"languages": {"test": {"languages": ["luma"]}}}, "languages: 'en' is missing, in which models are fine-tuned"),
    ({"languages": {"test": {"languages": ["en", "fr"]}}}, "'fr' is none that is described; allowed: en, luma"),
    ({"languages": {"test": {"source": "a/hub", "languages": ["en", "luma"]}}}, "'luma' is none that is described"),
    ({"languages": {"sets": {"layer-1": [1]}}}, "'layer-1' is the name of a single layer"),
    ({"encoders": {"multilingual": {"family": "albert", "source": "embedded"}}}, "shares its layers"),
    (
        {"encoders": {"roberta": {"finetuned": {"mnli": {"source": "a/{seed}"}}}}},
        "languages.monolingual: 'roberta' comes",
    ),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED, ids=[message[:30] for _, message in REFUSED])
def test_what_does_not_fit_is_refused_by_its_key(changes: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(files.ConfigError) as error:
        study(tmp_path, **changes)
    assert message in str(error.value)


def test_a_point_names_what_is_removed(tmp_path: Path) -> None:
    found = study(tmp_path, languages={"sets": {"ends": [1, 4], "odd-ones": [1, 3]}, "single_layers": [2]})

    def of(unit: str, criterion: str, point: str) -> dict[str, Any]:
        about = About("multilingual", "mnli", 1, unit=unit, criterion=criterion, point=point)
        return removal(found, about).model_dump(exclude={"unit", "criterion", "point"}, exclude_none=True)

    assert found.languages.layer_points == ["ends", "odd-ones", "layer-2"]
    assert of("head", "random", "0.25-2") == {"fraction": 0.25, "draw": 2}
    assert of("head", "pretrain_gate_gradient", "0.6") == {"fraction": 0.6}
    assert [of("layer_heads", "set", point) for point in found.languages.layer_points] == [
        {"layers": [1, 4]},
        {"layers": [1, 3]},
        {"layers": [2]},
    ]
    halves = study(tmp_path)
    top = removal(halves, About("multilingual", "mnli", 1, unit="layer_heads", criterion="set", point="top"))
    assert top.part == (1, 2)


def test_what_the_encoder_has_read_of_each_language_is_that_of_its_own_corpus(tmp_path: Path) -> None:
    shipped = {code: about["articles"] for code, about in language_facts(study(tmp_path), About()).items()}
    assert shipped == {code: manifest("multilingual")["articles"][code] for code in shipped} and len(shipped) == 5
    own = study(tmp_path, languages={"test": {"source": "a/hub", "languages": ["en", "sw"]}})
    assert language_facts(own, About())["sw"]["morphology"] == "agglutinative"


def test_a_study_of_heads_has_no_job_about_languages() -> None:
    alone = files.load(FILES[0])
    assert alone.language_models == [] and alone.multilingual_model is None
