"""Settings on a job's command line: what the workflow says is what the script has, or one line says why not."""

from __future__ import annotations

import sys

import pytest
from pydantic import BaseModel, ConfigDict

from headcount.jobs.command_line import arguments, typed


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rate: float


class Whole(BaseModel):
    parts: dict[str, Part]
    steps: int = 3


def read(monkeypatch: pytest.MonkeyPatch, text: str) -> Whole:
    monkeypatch.setattr(sys, "argv", ["script.py", "--settings", text])
    return arguments(None, settings=typed(Whole)).settings


def test_settings_arrive_as_their_model(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = Whole(parts={"a": Part(rate=0.1)})
    assert read(monkeypatch, whole.model_dump_json()) == whole


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('{"parts": {"a": {"rate": "much"}}}', "parts.a.rate: "),
        ('{"parts": {"a": {"rate": 1, "rte": 2}}}', "parts.a.rte: "),
        ("{}", "parts: "),
        ('{"parts": ', "Invalid JSON"),
    ],
    ids=["value", "unknown", "missing", "cut off"],
)
def test_what_is_wrong_is_said_in_one_line_that_names_the_key(
    text: str, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        read(monkeypatch, text)
    usage, line = capsys.readouterr().err.splitlines()
    assert usage.startswith("usage") and "--settings: Whole: " in line and key in line
