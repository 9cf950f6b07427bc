"""Where the paper leaves room: every point is complete, names a key that exists, and says the truth about its default."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from headcount.report import readings
from headcount.settings import files, reference

CONFIG = Path(__file__).parents[2] / "config"


def keys(node: dict[str, Any], name: str = "") -> set[str]:
    """The dotted names of all keys of a config, models and mappings among them."""
    found = set()
    for key, child in node.get("properties", {}).items():
        full = f"{name}.{key}".lstrip(".")
        inside, held, _ = reference._unfolded(full, child)
        found |= {full, inside} | keys(held or {}, inside)
    return found


KEYS = keys(reference.outline(reference.schema()))
ALL = readings.readings()


@pytest.mark.parametrize("reading", ALL, ids=lambda reading: reading.id)
def test_a_reading_is_complete_and_its_switch_is_a_key_of_the_config(reading):
    for text in (reading.topic, reading.point, reading.where, reading.reading, reading.alternative):
        assert isinstance(text, str) and text and not text.endswith(".")
    assert reading.switch is None or reading.switch in KEYS
    assert reading.value is readings.UNSET or reading.switch


def test_the_value_chosen_is_what_the_papers_own_config_says():
    settings = files.load(CONFIG / "config.yaml").model_dump(mode="json")
    chosen = [reading for reading in ALL if reading.value is not readings.UNSET]
    assert chosen
    for reading in chosen:
        assert readings.setting(settings, reading.switch) == reading.value, reading.id
        assert not readings.differs(reading, settings)


def test_a_study_that_takes_the_alternative_is_found_out():
    settings = files.load(CONFIG / "miniature.yaml").model_dump(mode="json")
    settings["transfer"]["crossing"], settings["mlm"]["max_blocks"] = "last_crossing", 20000
    assert [reading.id for reading in ALL if readings.differs(reading, settings)] == ["crossing"]
    assert readings.setting(settings, "transfer.nothing") is readings.UNSET


def test_an_id_that_stands_twice_and_an_unknown_kind_are_refused(tmp_path, monkeypatch):
    entry = "{id: a, kind: %s, point: p, where: w, reading: r, alternative: a, switch: null}"
    for text, message in ((f"[{entry % 'room'}, {entry % 'room'}]", "a stands twice"), (f"[{entry % 'odd'}]", "kind odd")):
        file = tmp_path / "readings.yaml"
        file.write_text(f"- topic: T\n  entries: {text}\n")
        monkeypatch.setattr(readings, "FILE", file)
        readings.readings.cache_clear()
        with pytest.raises(ValueError, match=message):
            readings.readings()
    readings.readings.cache_clear()


def measured(*rows: tuple[int, str, str, float | None, float | None]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["seed", "reading", "alternative", "spearman", "prunable"])
    return table.assign(study="s", model="m", task="cola")


ROWS = [
    (1, "chosen", "per_example", None, 0.5),
    (1, "crossing", "last_crossing", None, 0.6),
    (1, "absolute-value", "per_token", 0.9, 0.25),
    (2, "chosen", "per_example", None, 0.4),
    (2, "crossing", "last_crossing", None, 0.4),
    (2, "absolute-value", "per_token", 0.7, None),
]


def test_effects_are_changes_against_the_reading_chosen_in_the_same_run():
    assert readings.effects(measured(*ROWS)) == {
        "crossing": "`last_crossing`: +5.0 points in the share of heads that can go (least 0.0, most +10.0; 2 runs)",
        "absolute-value": "`per_token`: −25.0 points in the share of heads that can go (least −25.0, most −25.0;"
        " 1 run), rank correlation of the importances 0.80 (least 0.70, most 0.90)",
    }


def test_an_effect_that_no_run_defines_is_said_to_be_undefined():
    rows = [(1, "chosen", "per_example", None, None), (1, "schedule", "iterative", None, None)]
    assert readings.effects(measured(*rows)) == {"schedule": "`iterative`: undefined in 1 run"}


def test_markdown_has_every_point_once_under_its_topic_and_the_effects_that_were_measured():
    text = readings.markdown(measured(*ROWS))
    lines = text.splitlines()
    assert [line[3:] for line in lines if line.startswith("## ")] == list(readings.by_topic(ALL))
    assert [line[4:] for line in lines if line.startswith("### ")] == [reading.point for reading in ALL]
    assert text.count("- Effect: ") == 2 and "measured: m in the study s." in text
    assert text.count("- Switch: –") == sum(reading.switch is None for reading in ALL)
    assert "Effect" not in readings.markdown()
    with pytest.raises(ValueError, match="nonsense: no reading"):
        readings.markdown(measured(ROWS[0], (1, "nonsense", "x", None, 0.1)))
