"""Where a study's own settings are not the paper's: models, seeds, data, samples."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from headcount.claims.heads import FROZEN_LAYERS, LAYERS, PAPER_MODELS, PAPER_NORMS, PAPER_TASKS
from headcount.data.tasks import title
from headcount.families import FAMILIES
from headcount.phrasing import counted, listed
from headcount.report.absent import finetuned_alone
from headcount.report.readings import UNSET, setting


@dataclass(frozen=True)
class PaperModel:
    """A model of the paper: the role it has here, its name, and how many heads it has."""

    role: str
    name: str
    heads: int
    where: str


MODELS = (
    PaperModel("main", PAPER_MODELS["main"], 384, "§2"),
    PaperModel("shared", PAPER_MODELS["shared"], 12, "§2"),
    PaperModel("appendix", PAPER_MODELS["appendix"], 64, "App. D"),
)
ROLES = {"main": "Main model", "shared": "Model with shared heads", "appendix": "Third model"}
SEEDS = 5


@dataclass(frozen=True)
class Standin:
    """What stands for one of the paper's models: a model of the study, or ``None``; ``itself`` if it is that very model."""

    paper: PaperModel
    model: str | None
    about: str
    itself: bool


@dataclass(frozen=True)
class Difference:
    """One point in which a study is not the paper's."""

    what: str
    paper: str
    here: str


def standins(settings: Mapping[str, Any], heads: Mapping[str, int]) -> list[Standin]:
    """What stands for each of the paper's models; ``heads`` counts those of the study's models, where known."""
    roles = settings.get("roles") or {}
    found = []
    for paper in MODELS:
        model = roles.get(paper.role)
        if model not in settings["models"]:
            model = None
        encoder = settings["encoders"].get(model, {}) if model else {}
        itself = str(encoder.get("source", "")).rpartition("/")[2].lower() == paper.name.lower()
        itself = itself and not (encoder.get("random_weights") or encoder.get("spike"))
        found.append(Standin(paper, model, _about(encoder, heads.get(str(model))) if model else "", itself))
    return found


def _about(encoder: Mapping[str, Any], heads: int | None) -> str:
    """A model in a few words: its family, its heads, where it comes from."""
    size = f" with {counted(heads, 'head')}" if heads else ""
    if goes_on := _goes_on(encoder):
        origin = f"{goes_on['from']} gone on with here"
    elif encoder.get("pretrain"):
        origin = "pre-trained here from scratch"
    elif finetuned_alone(encoder):
        origin = "fine-tuned elsewhere"
    elif encoder.get("random_weights"):
        origin = "with random weights"
    elif encoder.get("source") == "embedded":
        origin = "pre-trained on the embedded world's encyclopedia"
    else:
        origin = f"from {encoder.get('source')}"
    if encoder.get("spike"):
        origin += ", with a known outlier put into it"
    family = FAMILIES[encoder["family"]].title
    return f"{'an' if family[0] in 'AEIOU' else 'a'} {family}{size}, {origin}"


def _goes_on(encoder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """How a model was made by going on with another; nothing where it was not."""
    pretrain: Mapping[str, Any] = encoder.get("pretrain") or {}
    return pretrain if pretrain.get("from") else None


def differences(settings: Mapping[str, Any], models: list[Standin]) -> list[Difference]:
    """Every point in which the settings are not the paper's, its models first."""
    stood_for = {standin.model for standin in models}
    found = [
        Difference(
            ROLES[standin.paper.role],
            f"{standin.paper.name}, {standin.paper.heads} heads ({standin.paper.where})",
            f"{standin.model}: {standin.about}" if standin.model else "not in this study",
        )
        for standin in models
        if not standin.itself
    ]
    if others := [model for model in settings["models"] if model not in stood_for]:
        found.append(Difference("Further models", "none", listed(others)))
    return [*found, *_of_the_bodies(settings), *_of_the_grid(settings), *_of_the_data(settings), *_of_the_samples(settings)]


def _of_the_bodies(settings: Mapping[str, Any]) -> Iterator[Difference]:
    """Models that went on with masked LM here, and which body the tasks start from: how to read what compares the two."""
    for model in settings["models"]:
        if goes_on := _goes_on(settings["encoders"][model]):
            here = f"{goes_on['from']}, gone on with masked LM for {goes_on['steps']:,} steps here: "
            if goes_on["finetune_from"] == "original":
                here += (
                    "fine-tuning starts from it as it was published, so that recall and heads removed before fine-tuning"
                    " carry an order of one body's heads over to another body"
                )
            else:
                here += (
                    "fine-tuning starts from that body too, so that curves, recall and heads removed before fine-tuning are"
                    " those of one body, which is not the published one"
                )
            yield Difference(f"Body of {model}", "the published model, for masked LM and for the tasks (§2)", here)


def _of_the_grid(settings: Mapping[str, Any]) -> Iterator[Difference]:
    seeds = settings["seeds"]
    if len(seeds) != SEEDS:
        yield Difference("Seeds", f"{SEEDS} (§2)", f"{len(seeds)}")
    for key, all_of_them, what, where in (("tasks", PAPER_TASKS, "Tasks", "§2"), ("norms", PAPER_NORMS, "Norms", "§3.2")):
        if absent := [name for name in all_of_them if name not in settings[key]]:
            names = [title(name) for name in absent]
            yield Difference(what, f"{listed([title(name) for name in all_of_them])} ({where})", f"without {listed(names)}")
    layers = setting(settings, "freezing.layers")
    if layers not in (UNSET, FROZEN_LAYERS) and settings["freezing"]["models"]:
        yield Difference("Frozen layers", f"{FROZEN_LAYERS} of {LAYERS} (§5)", str(layers))


def _of_the_data(settings: Mapping[str, Any]) -> Iterator[Difference]:
    if (source := setting(settings, "glue.source")) != "nyu-mll/glue":
        here = "tasks of the same form in the embedded world's artificial language" if source == "embedded" else str(source)
        yield Difference("Downstream tasks", "GLUE (App. C)", here)
    if limit := settings["glue"].get("max_train"):
        yield Difference("Training examples", "all (App. C)", f"at most {limit:,} a task")
    if limit := settings["glue"].get("max_validation"):
        yield Difference("Validation examples", "all, or 10% for QQP and MNLI (App. C)", f"at most {limit:,} a task")
    if settings.get("mlm", {}) is None:
        yield Difference("Pre-train task", "masked language modelling (§4)", "left out (mlm: null)")
    if not (corpus := _read_corpus(settings)):
        return
    if corpus["source"] == "embedded":
        here = "articles of the embedded world's encyclopedia"
    else:
        here = " ".join(str(part) for part in (corpus["source"], corpus.get("subset")) if part)
    yield Difference(
        "Pre-train corpus", "the authors' extract of English Wikipedia, 4,649,706 articles, unreleased (App. C)", here
    )


def _read_corpus(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The corpus; none where masked LM is left out and no model learns from one."""
    learns = any(settings["encoders"][model].get("pretrain") for model in settings["models"])
    return settings["corpus"] if learns or settings.get("mlm", {}) is not None else None


LIMITS = {
    "corpus.max_articles": ("Articles", "10% of them (App. C)"),
    "importance.max_examples": ("Examples for importance", "the training set; 20% of it for QQP and MNLI (App. C)"),
    "divergence.max_examples": ("Examples for divergence", "25% for QQP and MNLI (App. C)"),
    "mlm.max_blocks": ("Blocks of text for masked LM", "those of 10% of the articles (App. C)"),
}


def _of_the_samples(settings: Mapping[str, Any]) -> Iterator[Difference]:
    for key, (what, paper) in LIMITS.items():
        limit = setting({**settings, "corpus": _read_corpus(settings)}, key)
        if limit is not UNSET and limit is not None:
            yield Difference(what, paper, f"at most {limit:,}")
