"""Config files that do not say what they seem to say: refused in one line with file, line and remedy."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from headcount.settings.files import ConfigError, check_files, load

ROOT = Path(__file__).parents[2]

REFUSED = {
    "key twice": ("seeds: [1]\ndevice: cpu\nseeds: [2]\n", "has the key 'seeds' in line 1 and again in line 3; keep one"),
    "key twice below": ("mlm:\n  mask: 0.1\n  mask: 0.2\n", "has the key 'mask' in line 2 and again in line 3; keep one"),
    "key twice in a line": ("mlm: {mask: 0.1, mask: 0.1}\n", "has the key 'mask' in line 1 and again in line 1; keep one"),
    "key twice in a list": ("a:\n- {b: 1}\n- b: 1\n  b: 2\n", "has the key 'b' in line 3 and again in line 4; keep one"),
    "key quoted once": ("'seeds': [1]\nseeds: [2]\n", "has the key 'seeds' in line 1 and again in line 2; keep one"),
    "empty key twice": ("a: {? , ? }\n", "has the key '' in line 1 and again in line 1; keep one"),
    "octal": (
        "seeds:\n- 1\n- 010\n",
        "has 010 in line 3, which YAML reads as 8; write the number without a leading 0, or put it",
    ),
    "negative octal": (
        "seeds: [-0_12]\n",
        "has -0_12 in line 1, which YAML reads as -10; write the number without a leading 0",
    ),
    "base 60": ("seeds: [1:30]\n", "has 1:30 in line 1, which YAML reads as 90; write the number without a colon, or put it"),
    "base 60 with a part": ("x: 1:30.5\n", "has 1:30.5 in line 1, which YAML reads as 90.5; write the number without a colon"),
    "octal as a key": ("a:\n  010: 1\n", "has 010 in line 2, which YAML reads as 8; write the number without a leading 0"),
    "tab in front": ("mlm:\n\tmask: 0.1\n", "has a tab in line 2, where YAML takes spaces alone; write spaces"),
    "tab behind a space": ("mlm:\n  mask: 0.1\n \tx: 1\n", "has a tab in line 3, where YAML takes spaces alone; write"),
    "open bracket": ("study: a\nseeds: [1\n", "is not YAML in line 3: while parsing a flow sequence, expected ',' or ']'"),
    "two colons": ("study: a: b\n", "is not YAML in line 1: mapping values are not allowed here; correct it"),
    "unknown anchor": ("study: *a\n", "is not YAML in line 1: found undefined alias 'a'; correct it"),
    "two documents": (
        "study: a\n---\nstudy: b\n",
        "is not YAML in line 2: expected a single document in the stream, but found",
    ),
    "an object": ("study: !!python/name:os.system\n", "is not YAML in line 1: could not determine a constructor for the tag"),
    "a list for a key": (
        "? [a]\n: 1\n",
        "is not YAML in line 1: while constructing a mapping, found unhashable key; correct it",
    ),
    "no such day": ("study: 2026-13-45\n", "is not YAML: month must be in 1..12"),
    "control character": ("study: a\nx: \x07\n", "is not YAML in line 2: special characters are not allowed; remove that"),
    "nothing": ("", "should be a mapping of keys to values; given: None"),
    "comments alone": ("# later\n", "should be a mapping of keys to values; given: None"),
    "a list": ("[1, 2]", "should be a mapping of keys to values; given: [1, 2]"),
    "JSON twice": ('{\n\t"seeds": [1],\n\t"seeds": [2]\n}', "has the key 'seeds' in line 2 and again in line 3; keep one"),
    "JSON as a list": ("[{}]", "should be a mapping of keys to values; given: [{}]"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_yaml_lets_pass_or_cannot_read_is_refused_in_one_line(case: str, tmp_path: Path) -> None:
    text, message = REFUSED[case]
    (path := tmp_path / "mine.yaml").write_text(text)
    for use in (load, lambda path: check_files([ROOT / "config" / "config.yaml", str(path)])):
        with pytest.raises(ConfigError) as refusal:
            use(path)
        assert str(refusal.value).startswith(f"config: {path} {message}") and "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a: 1\nstudy: caf\xe9\n".encode("latin-1"), "is not UTF-8 in line 2; save it in the encoding UTF-8"),
        ("study: a\n".encode("utf-16"), "is not UTF-8 in line 1; save it in the encoding UTF-8"),
        (b"\x1f\x8b\x08\x00", "is not UTF-8 in line 1; save it in the encoding UTF-8"),
    ],
    ids=["Latin-1", "UTF-16", "gzip"],
)
def test_a_file_in_another_encoding_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (path := tmp_path / "mine.yaml").write_bytes(content)
    with pytest.raises(ConfigError) as refusal:
        check_files([path])
    assert str(refusal.value) == f"config: {path} {message}"


@pytest.mark.parametrize(("name", "message"), [("nowhere.yaml", "No such file"), (".", "Is a directory")])
def test_a_file_that_is_none_is_refused(name: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"^config: .* cannot be read \({message}.*\); give a file that can$"):
        check_files([tmp_path / name])


ACCEPTED = {
    "ordinary numbers": "a: [0, 7, 007, -1, 0x10, 1_000, 0.5, 1.0e-5, 00.5, 08.5]",
    "text like numbers": "a: ['010', \"1:30\", 08, 1.2.3, 12:ab]",
    "the same key elsewhere": "a: {x: 1}\nb: {x: 1}\nc: [{x: 1}, {x: 1}]",
    "a number and a text": "{1: a, '1': b}",
    "anchors": "a: &a {x: 1}\nb: *a\nc: {<<: *a, x: 2}\nd: {<<: *a, x: 3}\ne: *a",
    "byte order mark": "\ufeffa: 1",
    "text with tabs": 'a: "x\ty"',
    "JSON with tabs and exponents": '{\n\t"a": 1e5,\n\t"b": "x\\/y"\n}',
    "Windows' ends of lines": "a: 1\r\nb: 2\r\n",
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_says_what_it_seems_to_say_is_accepted(case: str, tmp_path: Path) -> None:
    (path := tmp_path / "mine.yaml").write_text(ACCEPTED[case], encoding="utf-8", newline="")
    check_files([path])


def test_numbers_in_json_are_numbers(tmp_path: Path) -> None:
    """YAML takes 1e-4 for text, JSON for a number; Snakemake reads JSON first."""
    (path := tmp_path / "mine.json").write_text(
        json.dumps({"freezing": {"layers": 1}, "mlm": {"mask": 0.1}}).replace("0.1", "1e-1")
    )
    assert load(ROOT / "config" / "miniature.yaml", path).mlm.mask == 0.1


def test_every_config_in_the_page_on_ones_own_models_and_tasks_is_one(tmp_path: Path) -> None:
    first, *blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/your-own.md").read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "first.yaml").write_text(first)
    for number, block in enumerate(["", *blocks]):
        path = tmp_path / f"{number}.yaml"
        path.write_text(block or "{}")
        if "pretrain:" in block:  # it stands in the place of `source`
            path.write_text(block.replace("pretrain:", "source: null\n    pretrain:"))
        load(ROOT / "config/config.yaml", tmp_path / "first.yaml", path)
