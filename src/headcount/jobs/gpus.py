"""One card for each running job: Snakemake counts cards and hands out none, so a job leases one by a lock on a file.

A card is known by its UUID, since a scheduler that gives each job its own card calls every one of them 0. All users of a
machine share the locks. A lock is gone when the process that holds it is, however it ended.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

AFFECTS_RESULTS = False
VISIBLE = "CUDA_VISIBLE_DEVICES"
FOLDER = Path("/tmp") / "headcount-cards"  # not TMPDIR: that may be another one for each user or job
FOR_ALL = 0o1777  # everyone may add a lock, and no one but its owner may take one away
SAFELY = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_held: list[int] = []


def device(name: str) -> str:
    """The option ``--device`` of a script: for ``cuda``, this process has a card of its own from here on.

    Raises:
        SystemExit: no card is there, or every card is held by another job.
    """
    if name == "cuda":
        lease(_cards())
    return name


def _cards() -> dict[str, str]:
    """The cards that this process may use: what ``CUDA_VISIBLE_DEVICES`` calls each, and its UUID.

    Where CUDA does not tell UUIDs, names stand for them; two jobs then never share a card, but may be refused one.
    """
    given = os.environ.get(VISIBLE)
    names = None if given is None else [name.strip() for name in given.split(",") if name.strip()]
    if names == []:
        return {}
    uuids = _uuids()
    if names is None:
        names = [str(number) for number in range(len(uuids or []))]
    # CUDA sees no card behind a name that it does not know, nor behind that of a card that has fallen out.
    return dict(zip(names, names if uuids is None else uuids, strict=False))


def _uuids() -> list[str] | None:
    """UUIDs of the cards that CUDA shows this process, in its order; ``None`` where it does not tell.

    A child asks: once CUDA was asked, a process cannot be kept from a card any more.
    """
    import torch

    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            cards = range(torch.cuda.device_count())
            os.write(writing, json.dumps([str(torch.cuda.get_device_properties(card).uuid) for card in cards]).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def lease(cards: Mapping[str, str], folder: Path = FOLDER) -> str:
    """Hold the first of ``cards`` that no other process holds, for as long as this process lives, and see no other.

    Args:
        cards: the UUID of each card by the name that CUDA is told.
        folder: where the locks are: one place for all users of the machine.

    Raises:
        SystemExit: no card is there, every card is held, or the locks cannot be trusted.
    """
    if not cards:
        here = os.uname().nodename
        given = f" ({VISIBLE}={os.environ[VISIBLE]})" if os.environ.get(VISIBLE) else ""
        raise SystemExit(
            f"device: cuda, but no card is to be seen on {here}{given}; run on a machine with one, or set device: cpu"
        )
    try:
        locks = _open_folder(folder)
        for name, uuid in cards.items():
            if _lock(uuid.replace("/", "_"), locks):
                os.environ[VISIBLE] = name
                return name
    except OSError as error:
        where = folder if error.filename in (None, str(folder)) else folder / str(error.filename)
        raise SystemExit(
            f"{where}: {error.strerror}; the locks on cards are there. Have its owner remove it when no job runs"
        ) from None
    raise SystemExit(
        f"each of the {len(cards)} cards is held by another job; run no more jobs than cards: --resources gpu={len(cards)}"
    )


def _open_folder(folder: Path) -> int:
    """The folder of the locks, made if need be: a folder itself and no link, and one that is everybody's.

    Raises:
        OSError: it is something else.
    """
    with _made_for_all():
        os.mkdir(folder, FOR_ALL)
    opened = os.open(folder, SAFELY | os.O_DIRECTORY)
    found = os.fstat(opened)
    if stat.S_IMODE(found.st_mode) != FOR_ALL:
        if found.st_uid != os.geteuid():
            raise PermissionError(0, "is neither yours nor everybody's (mode 1777)", str(folder))
        os.fchmod(opened, FOR_ALL)
    return opened


def _lock(name: str, folder: int) -> bool:
    """Whether this process holds the lock from here on.

    Raises:
        OSError: what stands there is no file that this user may open.
    """
    while True:
        try:
            # Without O_CREAT: Linux may refuse that for another user's file in a folder like this one.
            file = os.open(name, SAFELY, dir_fd=folder)
        except FileNotFoundError:
            with _made_for_all():
                os.close(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666, dir_fd=folder))
            continue
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise PermissionError(0, "is no plain file", name)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        _held.append(file)
        return True


@contextmanager
def _made_for_all() -> Iterator[None]:
    """What is made here has the mode that it is given, whatever this user's umask; it may be there already."""
    before = os.umask(0)
    try:
        with suppress(FileExistsError):
            yield
    finally:
        os.umask(before)
