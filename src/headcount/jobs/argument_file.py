"""Arguments of a job that may be too many for a command line: they travel in a file.

A rule names the file where it would have named the arguments::

    params:
        code=code("draw_curves"),
        lists=lambda wildcards: listed(curves=curves(STUDY.tasks), metrics=all_metrics()),
    shell:
        script("draw_curves") + " {params.lists} --output {output} > {log} 2>&1"

where the workflow says once::

    def listed(**options):
        return argument_file.ArgumentFile(f"{RESULTS}/.lists", options, lambda: workflow.dryrun)

What Snakemake sees, records and compares is the file's name, which is a digest of the arguments: a job runs again when they
change, their order included. (It records no parameter of a function that takes ``input`` as well.) The file is written when
Snakemake puts the job's command together: not while it plans, nor in a dry run. Scripts read it by
``headcount.jobs.command_line.arguments``.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path

from headcount.store.files import replacing

AFFECTS_RESULTS = False
_writing = threading.Lock()  # jobs are started by several threads, and two may say the same


class ArgumentFile(str):
    """``@results/study/.lists/….txt``: what a command says instead of the arguments; formatted, it also writes the file.

    A ``str``, since Snakemake compares no parameters of a type that it does not know.
    """

    content: str
    is_rehearsal: Callable[[], bool]

    def __new__(
        cls, folder: str, options: Mapping[str, str | Iterable[str]], is_rehearsal: Callable[[], bool] = lambda: False
    ) -> ArgumentFile:
        """The file that says these options.

        Args:
            folder: where such files are.
            options: the values of each option of the script, by its name in Python; an option without values is left out.
            is_rehearsal: whether commands are put together for show, and nothing is to be written.

        Raises:
            ValueError: a value that would not be read back as it is.
        """
        lines: list[str] = []
        for name, given in options.items():
            values = [given] if isinstance(given, str) else list(map(str, given))
            for value in values:
                if value.splitlines() != [value] or value.startswith(("-", "@")):
                    raise ValueError(f"{name}: {value!r} is empty, has several lines, or begins with - or @")
            lines += [f"--{name.replace('_', '-')}", *values] if values else []
        content = "".join(f"{line}\n" for line in lines)
        made = super().__new__(cls, f"@{folder}/{sha256(content.encode()).hexdigest()[:16]}.txt")
        made.content, made.is_rehearsal = content, is_rehearsal
        return made

    def __format__(self, form: str) -> str:
        path = Path(self[1:])
        with _writing:
            if not self.is_rehearsal() and not (path.is_file() and path.read_text(encoding="utf-8") == self.content):
                with replacing(path) as temporary:
                    temporary.write_text(self.content, encoding="utf-8")
        return super().__format__(form)
