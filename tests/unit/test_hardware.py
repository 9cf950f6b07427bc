"""Which machine a job ran on stands in its records."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import torch

from headcount.store.files import write_json
from headcount.store.hardware import cpu, hardware, in_words
from headcount.store.manifests import manifest_path, write_directory
from headcount.store.records import record
from headcount.store.tables import write_table
from headcount.store.tensors import write_importance

EPYC = """\
processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC 9B14
stepping\t: 1
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (EPYC + "\n" + EPYC, "AMD EPYC 9B14, family 25, model 17"),
        ("model name\t: Some CPU @ 2.20GHz \n", "Some CPU @ 2.20GHz"),
        ("processor\t: 0\nCPU part\t: 0xd40\n", platform.processor() or platform.machine()),
        (None, platform.processor() or platform.machine()),
    ],
    ids=["two cores", "no numbers", "ARM", "no Linux"],
)
def test_a_cpu_is_called_by_model_and_numbers(text: str | None, name: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "cpuinfo").write_text(text)
    assert cpu(tmp_path / "cpuinfo") == name


def test_with_torch_at_hand_its_instructions_and_threads_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        assert hardware()["threads"] == 3
    finally:
        torch.set_num_threads(before)
    code = "import torch; from headcount.store.hardware import hardware; print(hardware()['instructions'])"
    held = {"ATEN_CPU_CAPABILITY": "default", "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    said = subprocess.run([sys.executable, "-c", code], env=held, capture_output=True, text=True, check=True).stdout
    assert said.strip() == "DEFAULT"
    monkeypatch.delitem(sys.modules, "torch")
    assert set(hardware()) == {"cpu"}


def test_every_kind_of_record_gives_it_back(tmp_path: Path) -> None:
    write_directory(tmp_path / "model", lambda directory: None, {}, time.monotonic())
    write_table(tmp_path / "curve.parquet", pd.DataFrame({"x": [1]}), **hardware())
    write_importance(tmp_path / "raw.safetensors", torch.ones(1, 2).numpy(), **hardware())
    write_json(tmp_path / "metrics.json", {"score": 1.0, **hardware()})
    names = ("curve.parquet", "raw.safetensors", "metrics.json")
    records = [json.loads(manifest_path(tmp_path / "model").read_text()), *(record(tmp_path / name) for name in names)]
    assert {in_words(each) for each in records} == {in_words(hardware())}
    assert str(hardware()["cpu"]) in in_words(hardware()) and in_words({}) == ""
    (tmp_path / "raw.safetensors").write_text("damaged")
    assert record(tmp_path / "raw.safetensors") == {}
