"""Models and data by their names on the Hub: through the whole workflow, from the cache alone, pinned, and refused."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import hub_content
import pytest
from checkout import NOWHERE, ROOT, Checkout, environment
from hub_content import ALBERT, GLUE, ROBERTA, SUBSET, WIKIPEDIA
from hub_server import Hub, serving
from tokenizers import Tokenizer

from headcount.data import sources
from headcount.data.articles import corpus_files
from headcount.data.sources import NOT_LOCAL
from headcount.data.splits import load_split
from headcount.errors import SourceError
from headcount.models.fetching import fetch
from headcount.settings.models import Encoder
from headcount.store.tables import read_table, read_table_metadata

FEW: dict[str, Any] = {
    "device": "cpu",
    "models": ["roberta-large", "albert-base-v1"],
    "tasks": ["cola", "mnli"],
    "seeds": [1],
    "norms": ["l1"],
    "encoders": {"roberta-large": {"heads": 8}, "albert-base-v1": {"heads": 4}},
    "finetuning": {
        "roberta-large": {"default": {"epochs": 1}, "cola": {"epochs": 1}},
        "albert-base-v1": {task: {"steps": 2, "batch": 16, "warmup_steps": 1} for task in ("cola", "mnli")},
    },
    "importance": {"max_examples": 16},
    "pruning": {"step": 0.5, "every_head_up_to": 0},
    "mlm": {"max_blocks": 16},
}
"""The paper's study with its models and data by their names there, apart from how much is done with them."""
ONLINE = [
    "roberta-large/cola/seed1/curve/head/gate_gradient-l1.parquet",
    "roberta-large/mlm/seed1/curve/head/gate_gradient-l1.parquet",
    "albert-base-v1/mnli/seed1/curve/head/gate_gradient-none.parquet",
    "albert-base-v1/mlm/seed1/curve/head/gate_gradient-none.parquet",
]
OFFLINE = ONLINE[1:3]
"""Of every source something: both models, one with a task and one with the corpus."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    """The Hub's content, not served."""
    hub = Hub()
    hub_content.fill(hub, tmp_path_factory.mktemp("content"))
    return hub


# ------------------------------------------------------------------------------------------------- the whole workflow


def study(checkout: Checkout, name: str, curves: list[str], **variables: str) -> Path:
    """Run the few jobs' study to some curves, with some environment variables; the folder of its results."""
    overlay = checkout.overlay({"study": name, **FEW}, f"{name}.yaml")
    targets = [f"results/{name}/{curve}" for curve in curves]
    command = [sys.executable, "-m", "snakemake", *targets, "--workflow-profile", "none", "--cores", "2"]
    given = {**environment(), "HF_HUB_DISABLE_TELEMETRY": "1", "no_proxy": "127.0.0.1", **variables}
    done = subprocess.run([*command, "--configfile", overlay], cwd=checkout.path, env=given, text=True, capture_output=True)
    logs = sorted((checkout.path / "results" / name / "logs").rglob("*.log"))
    assert done.returncode == 0, "\n".join([done.stderr, *(path.read_text() for path in logs)])
    return checkout.path / "results" / name


@pytest.fixture(scope="module")
def runs(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The results with the Hub at hand, and those from the cache that this left."""
    folder = tmp_path_factory.mktemp("hub")
    checkout = Checkout.of_sources(folder / "checkout")
    variables = {"HF_HOME": str(folder / "home"), "HF_HUB_CACHE": str(folder / "cache")}
    with serving(hub):
        first = study(checkout, "online", ONLINE, HF_HUB_OFFLINE="0", HF_ENDPOINT=hub.url, **variables)
    return first, study(checkout, "offline", OFFLINE, HF_HUB_OFFLINE="1", HF_ENDPOINT=NOWHERE, **variables)


def test_hub_names_lead_to_curves_and_the_cache_alone_to_the_same(runs: tuple[Path, Path]) -> None:
    online, offline = ({curve: read_table(run / curve) for curve in ONLINE if (run / curve).exists()} for run in runs)
    assert list(online) == ONLINE and list(offline) == OFFLINE
    for name, curve in online.items():
        metrics = runs[0] / name.split("/curve/")[0] / "metrics.json"  # so few steps may teach nothing: then there is no curve
        collapsed = metrics.exists() and json.loads(metrics.read_text())["collapsed"]
        assert len(curve) == 3 and curve["score"].notna().all() == (not collapsed)
    for name, curve in offline.items():
        assert curve.drop(columns="study").equals(online[name].drop(columns="study"))


def test_the_commit_of_every_source_is_kept_with_what_was_made_of_it(runs: tuple[Path, Path], hub: Hub) -> None:
    newest = {name: refs["main"] for (_, name), refs in hub.refs.items()}
    for run in runs:
        made = {ROBERTA: "roberta-large/pretrained.json", ALBERT: "albert-base-v1/pretrained.json", WIKIPEDIA: "corpus.json"}
        for name, manifest in made.items():
            assert json.loads((run / manifest).read_text())["commit"] == newest[name]
        for split in ("train", "validation"):
            assert read_table_metadata(run / "tasks" / "mnli" / f"{split}.parquet")["commit"] == newest[GLUE]


def test_nothing_is_asked_for_that_is_not_needed_or_that_could_run(runs: tuple[Path, Path], hub: Hub) -> None:
    files = {match[1] for request in hub.requests if (match := re.fullmatch(r"GET .*/resolve/[^/]+/(.*)", request))}
    assert f"{SUBSET}/train-00002-of-00003.parquet" in files and "spiece.model" in files
    assert not [path for path in files if path in hub_content.NOT_FOR_US or path.startswith(("qqp/", hub_content.OTHER_SUBSET))]


def test_texts_are_encoded_as_the_repositorys_own_tokenizer_does(runs: tuple[Path, Path], hub: Hub) -> None:
    text = "A ﬁrst  word; Été, １２ ``quoted'' DOGS \U0001f600"
    for name, model in ((ROBERTA, "roberta-large"), (ALBERT, "albert-base-v1")):
        own = Tokenizer.from_buffer(hub.find("models", name, "main")[1]["tokenizer.json"])
        ours = Tokenizer.from_file(str(runs[0] / model / "pretrained" / "tokenizer.json"))
        assert ours.encode(text, "pair").ids == own.encode(text, "pair").ids


def test_long_articles_fill_a_models_positions_and_no_more(runs: tuple[Path, Path]) -> None:
    for model in ("roberta-large", "albert-base-v1"):
        lengths = read_table(runs[0] / model / "blocks" / "blocks.parquet")["ids"].map(len)
        assert 400 < lengths.max() <= 512


# ------------------------------------------------------------------------------------------------ pinned, and refused


@pytest.fixture
def online(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The Hub served to this process, with an empty cache."""
    from huggingface_hub import constants

    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    with serving(hub):
        monkeypatch.setattr(constants, "ENDPOINT", hub.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.url + "/{repo_id}/resolve/{revision}/{filename}")
        yield hub


@pytest.fixture
def offline(online: Hub, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call it to go offline, the cache as it is."""
    from huggingface_hub import constants

    return lambda: monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)


def test_a_revision_pins_a_commit_and_the_newest_is_taken_without_one(online: Hub, tmp_path: Path) -> None:
    files = online.find("models", ALBERT, "main")[1]
    old = online.push("models", "me/albert", files, "v1")
    new = online.push("models", "me/albert", {"config.json": files["config.json"], "pytorch_model.bin": b""})
    for number, revision in enumerate(("v1", old)):
        (place := tmp_path / str(number)).mkdir()
        assert model("me/albert", revision, heads=4)(place)["commit"] == old
        (further := tmp_path / f"{number} to go on from").mkdir()
        assert original("me/albert", revision)(further)["commit"] == old
    assert sources.model("encoders.me", "me/albert", None).commit == new


def test_a_card_may_keep_the_files_elsewhere(online: Hub) -> None:
    shard = {f"data/train-0000{k}-of-00002.parquet": hub_content.parquet([{"id": str(k)}]) for k in range(2)}
    online.push("datasets", "me/corpus", {"README.md": hub_content.card({"default": {"train": "data/train-*"}}), **shard})
    files = corpus_files(sources.data_set("corpus", "me/corpus", None), None)
    assert [path.name for path in files] == [Path(name).name for name in shard]


def model(source: str, revision: str | None = None, family: str = "albert", heads: int | None = None) -> Any:
    encoder = Encoder(family=family, source=source, revision=revision, heads=heads)
    return lambda folder: fetch(folder, "encoders.mine", encoder, NOT_LOCAL, folder / "seen.json")


def original(source: str, revision: str | None = None) -> Any:
    pretrain = {"from": source, "revision": revision, "steps": 1}
    encoder = Encoder.model_validate({"family": "albert", "pretrain": pretrain}).fetched
    assert encoder is not None
    return lambda folder: fetch(folder, "encoders.mine", encoder, NOT_LOCAL, folder / "seen.json", entry="pretrain.from")


def task(source: str, revision: str | None = None) -> Any:
    return lambda _: load_split("cola", "train", sources.data_set("glue", source, revision))


def corpus(source: str, subset: str) -> Any:
    return lambda _: corpus_files(sources.data_set("corpus", source, None), subset)


REFUSED = {
    "no such model": (model("nobody/nothing"), "encoders.mine.source: 'nobody/nothing' is no directory here and no model"),
    "no such model to go on from": (
        original("nobody/nothing"),
        "encoders.mine.pretrain.from: 'nobody/nothing' is no directory",
    ),
    "no such revision of it": (original(ALBERT, "v9"), f"encoders.mine.pretrain.revision: '{ALBERT}' has no revision 'v9'"),
    "pickle alone to go on from": (original("me/pickle"), "encoders.mine.pretrain.from: 'me/pickle' has no model.safetensors"),
    "no such data": (task("nobody/nothing"), "glue.source: 'nobody/nothing' is no directory here and no data set"),
    "no such folder": (task("/no/where"), "glue.source: '/no/where' is no directory; give one that exists"),
    "no such revision": (model(ALBERT, "v9"), f"encoders.mine.revision: '{ALBERT}' has no revision 'v9' on the Hub; give one"),
    "no such subset": (corpus(WIKIPEDIA, "1999.en"), f"corpus.source: '{WIKIPEDIA}' has no file 1999.en/*.parquet; give"),
    "gated": (task("me/gated"), "glue.source: 'me/gated' is gated; accept its terms"),
    "pickle alone": (model("me/pickle"), "encoders.mine.source: 'me/pickle' has no model.safetensors; weights in other files"),
    "no configuration": (model("me/empty"), "encoders.mine.source: 'me/empty' has no config.json"),
    "another family": (model(ROBERTA), f"encoders.mine.family: '{ROBERTA}' is of family 'roberta', not 'albert'; correct"),
    "another number of heads": (model(ALBERT, heads=12), f"encoders.mine.heads: '{ALBERT}' has 4 heads, not 12; correct"),
    "other files": (task("me/text"), "glue.source: 'me/text' keeps train in cola.jsonl; give a source in parquet files"),
}


@pytest.fixture
def unusable(online: Hub) -> None:
    """Repositories that cannot be used."""
    configuration = {"config.json": online.find("models", ALBERT, "main")[1]["config.json"]}
    online.push("models", "me/pickle", {**configuration, "pytorch_model.bin": b"a pickle"})
    online.push("models", "me/empty", {"model.safetensors": b""})
    online.push("datasets", "me/text", {"README.md": hub_content.card({"cola": {"train": "cola.jsonl"}}), "cola.jsonl": b""})
    online.push("datasets", "me/gated", {})
    online.gated.add("me/gated")


@pytest.mark.parametrize("case", REFUSED)
def test_each_fault_is_one_line_with_the_key_and_the_remedy(case: str, unusable: None, tmp_path: Path) -> None:
    use, message = REFUSED[case]
    with pytest.raises(SourceError) as raised:
        use(tmp_path)
    assert str(raised.value).startswith(message) and "\n" not in str(raised.value)


def test_what_is_not_cached_is_asked_for_with_the_network(offline: Any) -> None:
    sources.data_set("glue", GLUE, None)
    offline()
    cached = sources.data_set("glue", GLUE, None)
    with pytest.raises(SourceError, match=r"glue\.source: .* cache does not hold it .*HF_HUB_OFFLINE is set; run once"):
        load_split("cola", "train", cached)
    with pytest.raises(SourceError, match=r"corpus\.source: .* cache does not hold it, and HF_HUB_OFFLINE is set; run"):
        sources.data_set("corpus", WIKIPEDIA, None)


def test_a_cache_with_some_shards_of_a_file_is_not_taken_for_the_file(online: Hub, offline: Any, tmp_path: Path) -> None:
    files = corpus_files(sources.data_set("corpus", WIKIPEDIA, None), SUBSET)
    files[1].unlink()
    for listing in (tmp_path / "cache").rglob("trees/*.json"):
        listing.unlink()
    forget_listings()
    offline()
    with pytest.raises(SourceError, match=r"lacks 20231101\.en/train-00001-of-00003\.parquet .*; run once"):
        corpus_files(sources.data_set("corpus", WIKIPEDIA, None), SUBSET)


def forget_listings() -> None:
    """As in a new process."""
    from huggingface_hub import _tree_cache

    _tree_cache._IN_MEMORY_TREE_CACHE.clear()


def test_an_unreachable_hub_is_said_to_be_so(online: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", NOWHERE)
    with pytest.raises(SourceError, match=r"glue\.source: .* cache does not hold it, and the Hub cannot be reached"):
        sources.data_set("glue", GLUE, None)


def test_a_job_that_is_refused_its_source_says_so_in_one_line(tmp_path: Path) -> None:
    script = str(ROOT / "workflow" / "scripts" / "prepare_task.py")
    read = ["--content", NOT_LOCAL, "--seen", "seen.json"]
    told = ["--task", "cola", "--source", "nobody/nothing", "--settings", '{"source": "nobody/nothing"}']
    command = [sys.executable, script, *read, *told, "--directory", str(tmp_path / "cola")]
    given = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(tmp_path)}
    done = subprocess.run(command, env=given, text=True, capture_output=True)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("error: glue.source: 'nobody/nothing' is no directory here")
    assert len(done.stderr.splitlines()) == 1
