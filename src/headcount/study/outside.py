"""What a study takes from local files outside it, told apart by content: jobs that read them depend on what they hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from headcount.data import articles, sources, splits, test_sets
from headcount.data.identity import identity
from headcount.data.origins import EMBEDDED, ENCODERS
from headcount.data.sources import NOT_LOCAL, Repository
from headcount.data.tasks import TASKS
from headcount.errors import SourceError
from headcount.models.weights import FILES
from headcount.settings.study import Study
from headcount.study.jobs import StudyJobs
from headcount.study.told import About

Found = tuple[Repository, tuple[str, ...]]
"""A local directory, and patterns of its files that count."""


def _task(study: Study, about: About) -> Found | None:
    if (own := study.datasets.get(str(about.task))) is not None:
        examples = own.examples(str(about.task))
        here = examples.local()
        return None if here is None else (here, examples.content(here.folder))
    data = None if study.glue.source == EMBEDDED else sources.local("glue", study.glue.source, "dataset")
    if data is None or about.task is None:
        return None
    for split in ("train", TASKS[about.task].validation):
        splits.files(about.task, split, data)
    return data, splits.content(about.task, data)


def _corpus(study: Study, _: About) -> Found | None:
    assert study.corpus is not None, "a job of this rule samples one"
    data = None if study.corpus.source == EMBEDDED else sources.local("corpus", study.corpus.source, "dataset")
    if data is None:
        return None
    articles.corpus_files(data, study.corpus.subset)
    return data, articles.content(data, study.corpus.subset)


def _languages(study: Study, _: About) -> Found | None:
    asked = study.languages.test
    data = None if asked.source == EMBEDDED else sources.local(test_sets.KEY, asked.source, "dataset")
    if data is None:
        return None
    test_sets.files(asked.name, asked.languages, data)
    return data, test_sets.content(asked.name, asked.languages, data)


def _pretrained(study: Study, about: About) -> Found | None:
    encoder = study.encoders[str(about.model)]
    assert encoder.fetched is not None, "a job of these rules is always about one"
    source, entry = str(encoder.fetched.source), encoder.fetched_by
    found = None if source in ENCODERS else sources.local(f"encoders.{about.model}", source, "model", entry)
    return None if found is None else (found, FILES)


def _finetuned(study: Study, about: About) -> Found | None:
    own = study.finetuned(str(about.model), str(about.task))
    assert own is not None and about.seed is not None, "a job of this rule is always about one"
    found = sources.local(f"encoders.{about.model}.finetuned.{about.task}", own.of_seed(about.seed).source, "model")
    return None if found is None else (found, FILES)


READ: dict[str, Callable[[Study, About], Found | None]] = {
    "prepare_task": _task,
    "prepare_languages": _languages,
    "sample_corpus": _corpus,
    "fetch_model": _pretrained,
    "fetch_original": _pretrained,
    "fetch_finetuned": _finetuned,
}
"""The rules whose jobs read a source, and what each reads where that is a local directory."""


class Outside:
    """What the local sources of a study hold now.

    Args:
        seen: the file in which ``identity`` keeps what it has read.

    Raises:
        SourceError: a source is neither a directory nor a name on the Hub, or lacks files that a job needs.
    """

    def __init__(self, jobs: StudyJobs, seen: Path) -> None:
        self._study = jobs.study
        self._content = {
            (rule, job.about): content(jobs.study, rule, job.about, seen) for rule in READ for job in jobs.of(rule)
        }

    def content(self, rule: str, about: About) -> str:
        """A digest of the local files that a job reads; ``NOT_LOCAL`` where it reads none."""
        return self._content[rule, about]

    def behind(self, rule: str, about: About) -> list[str]:
        """The digests of all sources that a training goes back to, however many jobs lie between."""
        return [
            digest
            for (reader, read), digest in self._content.items()
            if read.model in (None, about.model)
            and read.task in (None, about.task)
            and (reader != "sample_corpus" or reads_corpus(self._study, rule, about))
        ]


def reads_corpus(study: Study, rule: str, about: About) -> bool:
    """Whether a training goes back to the corpus: by its model, by the importance that heads go by, or as it goes on."""
    encoder = study.encoders[str(about.model)]
    of_its_model = encoder.pretrain is not None and not (encoder.finetunes_original and about.task is not None)
    return rule in ("finetune_pruned", "pretrain_sparse", "finetune_sparse") or of_its_model


def content(study: Study, rule: str, about: About, seen: Path) -> str:
    """A digest of the local files that one job reads; ``NOT_LOCAL`` where it reads none.

    Raises:
        SourceError: as ``Outside``.
    """
    found = READ[rule](study, about)
    if found is None:
        return NOT_LOCAL
    source, patterns = found
    try:
        return identity(source.folder, seen, patterns)
    except SourceError as error:
        raise SourceError(f"{source.where}: {error}") from None
