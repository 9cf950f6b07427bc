"""Pre-trained models from where the config says: shipped with the package, a local directory, or the Hub."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headcount import encoders
from headcount.data import sources
from headcount.data.origins import ENCODERS
from headcount.data.sources import Repository
from headcount.data.tasks import Classification
from headcount.data.tokenizer import TextEncoder
from headcount.data.tokenizer_probes import TEXTS, disagreements
from headcount.errors import SourceError
from headcount.families import FAMILIES, check_supported, head_shape, longest_text
from headcount.models import weights

if TYPE_CHECKING:
    from headcount.settings.models import Encoder, FineTuned


def fetch(directory: Path, key: str, encoder: Encoder, planned: str, seen: Path, entry: str = "source") -> dict[str, Any]:
    """Put the model and its tokenizer into ``directory``, as ``save_pretrained`` does; returns what to record of its origin.

    Weights are read from safetensors alone and written in float32; no code of the repository is run.

    Args:
        key: the section of the config that describes the model, for errors.
        planned, seen: as ``Repository.confirmed`` has them.
        entry: the key there that names it.

    Raises:
        SourceError: it cannot be loaded, is of another family, or has another number of heads than the config says.
    """
    source, family = str(encoder.source), encoder.family
    if source in ENCODERS:
        home = _home(f"{key}.{entry}", source, family)
        _check(json.loads((home / "config.json").read_text()), key, source, family, encoder.heads, entry)
        shutil.copytree(home, directory, dirs_exist_ok=True, copy_function=shutil.copyfile)
        record: dict[str, Any] = {"origin": f"shipped with the package: {family}", "commit": None}
    else:
        repository = sources.model(key, source, encoder.revision, entry)
        _check(_configuration(repository), key, source, family, encoder.heads, entry)
        _put(directory, repository, family)
        content = repository.confirmed(weights.FILES, planned, seen)
        record = {"origin": str(repository), **repository.record, **content}
    if encoder.random_weights:
        from transformers.trainer_utils import set_seed

        set_seed(0)
        encoders.load_empty(directory, "ForMaskedLM").save_pretrained(directory)
    if encoder.spike:
        from headcount.models.spiking import spike_saved

        try:
            spike_saved(directory, encoder.spike)
        except ValueError as error:
            raise SourceError(f"{key}.{error}") from None
    return record


def fetch_finetuned(
    directory: Path,
    key: str,
    finetuned: FineTuned,
    family: str,
    pretrained: Path | None,
    task: Classification,
    planned: str,
    seen: Path,
) -> dict[str, Any]:
    """Put a model that is fine-tuned for a task into ``directory``, its outputs in the order of the task's labels.

    Args:
        key: the section of the config that names it, for errors.
        pretrained: the saved model that it was fine-tuned from, if that is in the study too.
        planned, seen: as ``Repository.confirmed`` has them.

    Raises:
        SourceError: it cannot be loaded, has no classifier, other labels than the task, or another shape or tokenizer than
            the pre-trained model.
    """
    repository = sources.model(key, finetuned.source, finetuned.revision)
    where = f"{key}.source: {finetuned.source!r}"
    configuration = _configuration(repository)
    _check(configuration, key, finetuned.source, family)
    if finetuned.max_length > (longest := longest_text(configuration)):
        raise SourceError(f"{key}.max_length: {finetuned.max_length} tokens are more than it reads at once; allowed: {longest}")
    if pretrained:
        _check_shape(where, configuration, pretrained)
    _put(directory, repository, family)
    content = repository.confirmed(weights.FILES, planned, seen)
    if pretrained:
        _check_tokens(where, directory, pretrained)
    try:
        model = encoders.load(directory, "ForSequenceClassification", task.labels)
    except ValueError as error:
        raise SourceError(f"{where}: {str(error).replace(f'{directory}', 'it')}") from None
    model.save_pretrained(directory)
    return {"origin": str(repository), **repository.record, **content}


def _check_shape(where: str, configuration: dict[str, Any], pretrained: Path) -> None:
    """See that a fine-tuned model has as many heads as the pre-trained one."""
    before = json.loads((pretrained / "config.json").read_text())
    if (found := head_shape(configuration)) != (wanted := head_shape(before)):
        raise SourceError(
            f"{where} has {found[0]} rows of {found[1]} heads, the pre-trained model {wanted[0]} of {wanted[1]};"
            " give a model that was fine-tuned from it"
        )


def _check_tokens(where: str, directory: Path, pretrained: Path) -> None:
    """See that a fine-tuned model reads texts as the pre-trained one does."""
    ours, theirs = (TextEncoder(each) for each in (directory, pretrained))
    for text in TEXTS:
        if ours.encode([text])[0].ids.tolist() != theirs.encode([text])[0].ids.tolist():
            raise SourceError(
                f"{where} reads {text[:60]!r} as other tokens than the pre-trained model; give one fine-tuned from it"
            )


def _home(where: str, source: str, family: str) -> Path:
    """The directory of an encoder that comes with the package."""
    families = ENCODERS[source].families()
    if family not in families:
        raise SourceError(f"{where}: no {family} ships with the package, {' and '.join(families)} do; give another source")
    return ENCODERS[source].directory(family)


def _configuration(repository: Repository) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads((repository.folder / "config.json").read_text())
    except (OSError, ValueError):
        raise SourceError(
            f"{repository.where}: {repository.source!r} has no config.json that can be read;"
            " give a model in the form that save_pretrained writes"
        ) from None
    return content


def _check(
    configuration: dict[str, Any], key: str, source: str, family: str, heads: int | None = None, entry: str = "source"
) -> None:
    """See that a model is what the config says of it, before its weights are fetched."""
    found = configuration.get("model_type")
    if found != family:
        raise SourceError(f"{key}.family: {source!r} is of family {found!r}, not {family!r}; correct the family or the source")
    try:
        rows, columns = head_shape(configuration)
        longest_text(configuration)
        check_supported(configuration)
    except ValueError as error:
        raise SourceError(f"{key}.{entry}: {source!r}: {error}") from None
    if heads is not None and rows * columns != heads:
        raise SourceError(f"{key}.heads: {source!r} has {rows * columns} heads, not {heads}; correct it or leave it out")


def _put(directory: Path, repository: Repository, family: str) -> None:
    """Save model and tokenizer as the repository has them: every weight that it brings, a head or a pooler among them.

    What a later job loads is then what plain ``from_pretrained`` loads from the repository itself.
    """
    where = f"{repository.where}: {repository.source!r}"
    if not repository.fetch(*weights.WEIGHTS):
        raise SourceError(
            f"{where} has no model.safetensors; weights in other files, such as pytorch_model.bin, may run code when read:"
            " give a model, or a revision of it, with safetensors"
        )
    if not repository.fetch(*weights.VOCABULARY):
        raise SourceError(f"{where} has no tokenizer; give a model with a tokenizer.json beside its weights")
    repository.fetch(*weights.BESIDE)
    from transformers.models.auto.tokenization_auto import AutoTokenizer

    kind = FAMILIES[family]
    told: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        tokenizer = AutoTokenizer.from_pretrained(repository.folder, **told)
        config = kind.config_class(family).from_pretrained(repository.folder, local_files_only=True)
        tensors = weights.read(repository.folder)
        config.dtype = "float32"
        tokenizer.save_pretrained(directory)
        config.save_pretrained(directory)
        weights.write(directory, tensors)
        fault = weights.misfit(kind.model_class(family, "ForMaskedLM"), directory, family)
    except Exception as error:
        first = next(iter(str(error).splitlines()), "")
        raise SourceError(
            f"{where} cannot be loaded ({type(error).__name__}: {first}); give a model in the form that save_pretrained writes"
        ) from error
    if fault:
        raise SourceError(f"{where} is not the {kind.title} that its config.json describes: {fault}; give one that is")
    if name := weights.unsound(tensors):
        raise SourceError(f"{where} has values in {name} that are no finite numbers; give a model whose training went well")
    if (own := repository.folder / "tokenizer.json").exists():
        shutil.copyfile(own, directory / own.name)  # transformers writes one of its own making
    if (tokens := TextEncoder(directory).vocabulary) > (room := config.vocab_size):
        raise SourceError(f"{where} has a tokenizer of {tokens} tokens for weights of {room}; give a model whose parts fit")
    if found := disagreements(directory):
        raise SourceError(f"{where}: {found[0]}; give a model whose tokenizer.json is what AutoTokenizer loads")
