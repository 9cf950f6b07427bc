"""Files that stand where a job would write, and that no record says this workflow made: nobody's file is written over."""

from __future__ import annotations

import os
from pathlib import Path

from headcount.errors import SourceError
from headcount.ledger.snakemake import by_output, incomplete
from headcount.store.checksums import noted
from headcount.study.jobs import StudyJobs
from headcount.study.layout import CHECKSUMS, manifest


def foreign(jobs: StudyJobs) -> dict[str, str]:
    """Each such file or directory that is here now, and the rule that would write it.

    A record is Snakemake's, or the note of what the file held when its job ended, which lies with the results.

    Raises:
        ValueError: a note cannot be read.
    """
    folders = [Path(folder) for folder in jobs.layout.folders if Path(folder).is_dir()]
    if not folders:
        return {}
    places = {path: job.name for job in jobs.all for path in jobs.outputs(job)}
    ours = {*by_output(), *incomplete()}  # an incomplete one was being made when Snakemake was killed
    unknown = {path: rule for path, rule in places.items() if path not in ours and os.path.lexists(path)}
    if not unknown:
        return {}
    notes = {(folder / name).as_posix() for folder in folders for name in noted(folder / CHECKSUMS)}
    return {path: rule for path, rule in unknown.items() if path not in notes and manifest(path) not in notes}


def refuse_foreign(jobs: StudyJobs) -> None:
    """See that every file where a job would write is this workflow's own.

    Raises:
        SourceError: one is not; the message says what to do with it.
    """
    try:
        found = foreign(jobs)
    except ValueError as error:
        raise SourceError(str(error)) from None
    if not found:
        return
    path, rule = next(iter(found.items()))
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    raise SourceError(
        f"{path}{more}: the rule {rule} writes there, and no record says that this workflow made what is there now. Move it"
        f" away (a fine-tuned model of your own is named by encoders.<model>.finetuned), or bring back the records that came"
        f" with it: .snakemake/metadata or {jobs.layout.checksums(rule)}"
    )
