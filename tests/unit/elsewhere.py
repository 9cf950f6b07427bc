"""Loads smaller models where nothing is known of headcount: ``python elsewhere.py DIRECTORY`` writes ``found.json``.

Each folder in the directory holds a small model (``model``) and what it gives (``expected.pt``).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.modules["headcount"] = None  # type: ignore[assignment]  # an import of it fails

import torch  # noqa: E402
import transformers  # noqa: E402
from transformers import AutoConfig, AutoModel, AutoTokenizer, pipeline  # noqa: E402

AUTO = {
    "Model": "AutoModel",
    "ForMaskedLM": "AutoModelForMaskedLM",
    "ForSequenceClassification": "AutoModelForSequenceClassification",
}
PIPELINES = {"Model": "feature-extraction", "ForMaskedLM": "fill-mask", "ForSequenceClassification": "text-classification"}
TEXTS = ["w7 w9 w30", "w12", "w40 w41 w42 w43 w44 w8"]


def same(model: Any, expected: dict[str, Any]) -> bool:
    with torch.no_grad():
        return torch.equal(model(**expected["inputs"])[0], expected["output"])


def refused(loader: Any, directory: Path, **told: Any) -> str:
    try:
        loader.from_pretrained(directory, **told)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def looked_at(directory: Path, purpose: str, plain: str, expected: dict[str, Any]) -> dict[str, Any]:
    auto = getattr(transformers, AUTO[purpose])
    model, loading = auto.from_pretrained(directory, trust_remote_code=True, output_loading_info=True)
    again = directory.with_name(f"{directory.name}-again")
    model.save_pretrained(again, max_shard_size="8KB")
    AutoTokenizer.from_pretrained(directory).save_pretrained(again)
    found = {
        "exact": same(model, expected),
        "missing": sorted(loading["missing_keys"]) + sorted(loading["unexpected_keys"]),
        "saved again": same(auto.from_pretrained(again, trust_remote_code=True), expected),
        "shards": len(list(again.glob("*.safetensors"))),
        "configuration saved again": json.loads((again / "config.json").read_text()),
    }
    body = AutoModel.from_pretrained(directory, trust_remote_code=True)
    with torch.no_grad():
        found["body"] = torch.equal(body(**expected["inputs"])[0], expected["states"])
    tokenizer = AutoTokenizer.from_pretrained(directory, trust_remote_code=True)
    through = pipeline(PIPELINES[purpose], model=str(directory), trust_remote_code=True)
    by_hand = pipeline(PIPELINES[purpose], model=model, tokenizer=tokenizer)
    text = TEXTS[0].replace("w9", "[MASK]")
    found["pipeline"] = through(text) == by_hand(text)
    plain_body, plain_class = getattr(transformers, plain.removesuffix(purpose) + "Model"), getattr(transformers, plain)
    found["refusals"] = {
        f"{loader.__name__} {told}": refused(loader, directory, **told)
        for loader in (AutoConfig, AutoModel, auto, plain_body, plain_class)
        for told in ({}, {"ignore_mismatched_sizes": True})
    }
    if purpose == "Model":
        found["sentences"] = sentences(directory, body, tokenizer)
        found["trained"] = trained(directory, expected)
    return found


def trained(directory: Path, expected: dict[str, Any]) -> dict[str, Any]:
    """A body with a new head, which takes one step and is saved."""
    auto, after = transformers.AutoModelForSequenceClassification, directory.with_name(f"{directory.name}-trained")
    model = auto.from_pretrained(directory, trust_remote_code=True, num_labels=3)
    with torch.no_grad():
        same_body = torch.equal(model.base_model(**expected["inputs"])[0], expected["states"])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(**expected["inputs"], labels=torch.tensor([0, 1, 2])).loss.backward()
    optimizer.step()
    model.save_pretrained(after)
    with torch.no_grad():
        moved = model(**expected["inputs"]).logits
    again = auto.from_pretrained(after, trust_remote_code=True)
    return {
        "body": same_body,
        "moved": not torch.equal(model.base_model(**expected["inputs"])[0], expected["states"]),
        "saved": same(again, {**expected, "output": moved}),
    }


def sentences(directory: Path, body: Any, tokenizer: Any) -> float:
    """How far sentence-transformers' means of the hidden states are from those taken by hand, also once saved again."""
    from sentence_transformers import SentenceTransformer

    inputs = tokenizer(TEXTS, padding=True, return_tensors="pt")
    with torch.no_grad():
        states = body(**inputs).last_hidden_state
    mask = inputs["attention_mask"][..., None]
    means = (states * mask).sum(1) / mask.sum(1)
    encoder = SentenceTransformer(str(directory), trust_remote_code=True, device="cpu")
    again = directory.with_name(f"{directory.name}-sentences")
    encoder.save(str(again))
    encoders = [encoder, SentenceTransformer(str(again), trust_remote_code=True, device="cpu")]
    return max(float((torch.from_numpy(each.encode(TEXTS)) - means).abs().max()) for each in encoders)


if __name__ == "__main__":
    results = {}
    for each in sorted(Path(sys.argv[1]).glob("*/expected.pt")):
        _, purpose, plain = each.parent.name.split("|")
        results[each.parent.name] = looked_at(each.parent / "model", purpose, plain, torch.load(each))
    (Path(sys.argv[1]) / "found.json").write_text(json.dumps(results))
