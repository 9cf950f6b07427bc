"""DVC's remote: whether it is there for us, and what is damaged in it or in DVC's cache here.

DVC asks an S3 server for minutes before it gives up on it, and says the same of a bucket that does not exist as of an artifact
that was lost. So the server is asked once, briefly, before DVC is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headcount.ledger.dvc import CacheError, repository

PATIENCE = {"connect_timeout": 5, "read_timeout": 10, "retries": {"max_attempts": 0}}
"""Seconds, and repetitions, of the one question; the remote's own timeouts go before these."""


def reach() -> None:
    """Ask the remote for one name, if it is one on S3.

    Raises:
        CacheError: it does not answer or refuses; with what to do. Nothing here has changed.
    """
    with repository() as repo:
        try:
            remote = repo.cloud.get_remote()
            if remote.fs.protocol == "s3":
                _ask(remote.path, remote.fs.fs_args)
        except ImportError as error:
            named = re.search(r"dvc-\w+", str(error))
            raise CacheError(
                f"DVC's part for this remote is not installed here ({error}): pip install {named[0] if named else 'dvc-s3'}"
            ) from None


def _ask(place: str, settings: dict[str, Any]) -> None:
    import s3fs
    from botocore import exceptions as fault

    class Once(s3fs.S3FileSystem):
        retries = 1

    own = {**settings, "config_kwargs": {**PATIENCE, **settings.get("config_kwargs", {})}}
    bucket, _, folder = place.partition("/")
    endpoint = settings.get("client_kwargs", {}).get("endpoint_url")
    remote = f"the remote s3://{place}" + (f" at {endpoint}" if endpoint else "")
    try:
        Once(**own).call_s3("list_objects_v2", Bucket=bucket, Prefix=f"{folder}/", MaxKeys=1)
    except (fault.NoCredentialsError, fault.PartialCredentialsError, fault.ProfileNotFound) as error:
        raise CacheError(
            f"no credentials for {remote} ({error}): set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of"
            " ~/.aws/credentials (dvc remote modify --local storage profile NAME)"
        ) from None
    except PermissionError as error:
        raise CacheError(
            f"{remote} refuses these credentials ({_reason(error)}): correct them, or ask whoever owns the bucket for the right"
            " to list and read it, and to write there to publish"
        ) from None
    except FileNotFoundError:
        raise CacheError(
            f"{remote}: there is no bucket {bucket}: create it, or name another (dvc remote modify storage url s3://BUCKET/FOLDER)"
        ) from None
    except (fault.BotoCoreError, OSError, ValueError) as error:
        raise CacheError(
            f"{remote} cannot be reached ({_reason(error)}): see that there is a network and that the address is right, and run"
            " this again; what is built needs no remote, and runs go on without"
        ) from None


def _reason(error: BaseException) -> str:
    """What the server calls it, or what the library says in short."""
    answer = getattr(error.__cause__, "response", {}).get("Error", {})
    return str(answer.get("Code") or str(error).partition(": ")[0].rstrip("."))


# ------------------------------------------------------------------------------------------------------------- damage


def forget(names: Sequence[str]) -> None:
    """Delete the remote's copies of what the stages hold, all of which is in the cache here, so that it is sent again.

    DVC never compares what a remote has with what it should be, and sends nothing that is there by name.
    """
    with repository() as repo:
        remote = repo.cloud.get_remote_odb()
        for _, objects in _held(repo, names):
            for name in objects:
                path = remote.oid_to_path(name)
                if remote.fs.exists(path):
                    remote.fs.remove(path)


def drop_damaged(names: Sequence[str]) -> list[Path]:
    """Delete from DVC's cache here what is not what its name says; the directories that it belongs to.

    DVC itself compares a file again only when its time or its size has changed.
    """
    from dvc_data.hashfile.hash import file_md5

    found = []
    with repository() as repo:
        cache = repo.cache.local
        for directory, objects in _held(repo, names):
            paths = {name: Path(cache.oid_to_path(name)) for name in objects}
            wrong = [p for name, p in paths.items() if p.exists() and file_md5(str(p), cache.fs) != name.removesuffix(".dir")]
            for path in wrong:
                path.unlink()
            found += [directory] if wrong else []
    return found


def _held(repo: Any, names: Sequence[str]) -> Iterator[tuple[Path, list[str]]]:
    """Each directory of the stages, and the names of what DVC keeps of it."""
    for stage in repo.index.stages:
        for out in stage.outs if stage.addressing in names else ():
            files = out.get_obj() or ()
            yield Path(out.fs_path).relative_to(repo.root_dir), [out.hash_info.value, *(entry.value for _, _, entry in files)]
