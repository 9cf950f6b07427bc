"""Two clones that share a remote on an S3 server: what the second gets of the first, and what is said when that fails."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import moto.settings
import pytest
from checkout import TINY
from moto.server import ThreadedMotoServer
from repository import CONFIG, SNAKEMAKE, Repository, tools

from headcount.ledger import publishing, remote
from headcount.ledger.dvc import CacheError
from headcount.store.manifests import checksums

BUCKET, FOLDER = "headcount", "artifacts"
BLOCKS = "results/tiny/roberta/blocks"
WEIGHTS = "results/tiny/roberta/pretrained/model.safetensors"
RIGHTS = {"owner": ["*"], "half": ["Get*", "List*", "HeadBucket"], "none": []}
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class Server(NamedTuple):
    """A server that knows three users, by the credentials of each."""

    address: str
    silent: str
    """Of another one, which takes a connection and says nothing."""
    bucket: Any
    users: dict[str, tuple[str, str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    nothing = str(tmp_path_factory.mktemp("aws") / "absent")
    settings = {"AWS_CONFIG_FILE": nothing, "AWS_SHARED_CREDENTIALS_FILE": nothing, "AWS_EC2_METADATA_DISABLED": "true"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**settings, "AWS_DEFAULT_REGION": "us-east-1", **dict.fromkeys(CREDENTIALS, "set-up")}.items():
            patch.setenv(name, value)
        threaded = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        threaded.start()
        host, port = threaded.get_host_and_port()
        address = f"http://{host}:{port}"
        iam = boto3.client("iam", endpoint_url=address)
        users = {}
        for name, actions in RIGHTS.items():
            iam.create_user(UserName=name)
            statements = [{"Effect": "Allow", "Action": f"s3:{action}", "Resource": "*"} for action in actions]
            if name == "half":
                statements.append(
                    {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/*/md5/[0-7]*"}
                )
            if statements:
                policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
                iam.put_user_policy(UserName=name, PolicyName="rights", PolicyDocument=policy)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            users[name] = (key["AccessKeyId"], key["SecretAccessKey"])
        boto3.client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)
        patch.setattr(moto.settings, "INITIAL_NO_AUTH_ACTION_COUNT", 0)
        for name, value in zip(CREDENTIALS, users["owner"], strict=True):
            patch.setenv(name, value)
        bucket = boto3.Session(*users["owner"]).resource("s3", endpoint_url=address).Bucket(BUCKET)
        with socket.create_server(("127.0.0.1", 0)) as other:
            yield Server(address, f"http://127.0.0.1:{other.getsockname()[1]}", bucket, users)
        threaded.stop()


def at(repository: Repository, patch: pytest.MonkeyPatch) -> Repository:
    """The repository, with this process in its folder and environment."""
    patch.chdir(repository.path)
    for name, value in tools(repository.path.parent / "home").items():
        patch.setenv(name, value)
    return repository


def signed(user: tuple[str, str], patch: pytest.MonkeyPatch) -> None:
    for name, value in zip(CREDENTIALS, user, strict=True):
        patch.setenv(name, value)


class Published(NamedTuple):
    site: Repository
    refused: str
    """What the publisher was told when half of it was not accepted."""
    half: int
    """How many objects had arrived by then."""


@pytest.fixture(scope="module")
def published(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Published:
    """A part of the tiny study, run once, and published when the server took it."""
    site = Repository.made(tmp_path_factory.mktemp("published") / "work", TINY)
    for key, value in {"url": f"s3://{BUCKET}/{FOLDER}", "endpointurl": server.address}.items():
        site.command("dvc", "remote", "modify", "storage", key, value)
    site.commit("a remote on S3", ".dvc/config")
    site.run(f"{BLOCKS}.json", *SNAKEMAKE)
    with pytest.MonkeyPatch.context() as patch:
        at(site, patch)
        with patch.context() as inner:
            signed(server.users["half"], inner)
            with pytest.raises(CacheError) as refused:
                publishing.publish([Path(CONFIG)])
        half = sum(1 for _ in server.bucket.objects.all())
        publishing.publish([Path(CONFIG)])
    site.commit("results", ".")
    return Published(site, str(refused.value), half)


@pytest.fixture
def clone(published: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """The other site: what git holds, and a cache of its own; this process works in it."""
    published.site.git("clone", "--quiet", str(published.site.path), str(tmp_path / "clone"))
    return at(Repository(tmp_path / "clone"), monkeypatch)


def held(site: Repository) -> dict[str, dict[str, Any]]:
    return {name: checksums(site.path / name) for name in (BLOCKS, "results/tiny/roberta/pretrained", "results/tiny/corpus")}


def test_an_upload_that_broke_off_says_why_and_is_completed_by_the_next(server: Server, published: Published) -> None:
    assert "publishing takes the right to write there" in published.refused
    assert 0 < published.half < sum(1 for _ in server.bucket.objects.all())


def test_the_other_site_has_the_same_bytes_and_nothing_to_do(published: Published, clone: Repository) -> None:
    publishing.pull([])
    assert held(clone) == held(published.site)
    assert clone.plan(f"{BLOCKS}.json", configs=(CONFIG,)).jobs == {}


def test_what_is_damaged_on_the_server_and_in_both_caches_is_named_and_sent_again(
    server: Server, published: Published, clone: Repository
) -> None:
    content = (published.site.path / WEIGHTS).read_bytes()
    [name] = [item.key for item in server.bucket.objects.all() if item.size == len(content)]
    wrong = content[:-1] + bytes([content[-1] ^ 1])
    server.bucket.put_object(Key=name, Body=wrong)
    damage(published.site, name, wrong)
    with pytest.raises(CacheError, match="lost, damaged"):
        publishing.pull([])
    assert (clone.path / BLOCKS).exists() and not (clone.path / WEIGHTS).exists()
    with pytest.MonkeyPatch.context() as patch:
        at(published.site, patch)
        publishing.publish([Path(CONFIG)], again=True)
    publishing.pull([])
    assert held(clone) == held(published.site)
    damage(clone, name, wrong)
    shutil.rmtree(clone.path / WEIGHTS.rpartition("/")[0])
    with pytest.raises(CacheError, match=r"DVC's copies here were damaged.*: delete results/tiny/roberta/pretrained, and pull"):
        publishing.pull([])
    shutil.rmtree(clone.path / WEIGHTS.rpartition("/")[0])
    publishing.pull([])
    assert held(clone) == held(published.site)


def files(site: Repository) -> set[Path]:
    """All but DVC's own notes."""
    return {path for path in site.path.rglob("*") if not path.is_relative_to(site.path / ".dvc/tmp")}


def damage(site: Repository, key: str, content: bytes) -> None:
    """As a disk does it: neither the time nor the size of the cached file changes."""
    path = site.path / ".dvc/cache" / key.removeprefix(f"{FOLDER}/")
    times = path.stat()
    path.chmod(0o644)
    path.write_bytes(content)
    path.chmod(0o444)
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


Breaking = Callable[[Repository, Server, pytest.MonkeyPatch], None]


def _setting(key: str, value: str) -> Breaking:
    return lambda site, server, patch: site.use_remote(**{"url": f"s3://{BUCKET}/{FOLDER}", key: value})


def _without_credentials(site: Repository, server: Server, patch: pytest.MonkeyPatch) -> None:
    for name in CREDENTIALS:
        patch.delenv(name)


def _silence(site: Repository, server: Server, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(remote, "PATIENCE", {**remote.PATIENCE, "read_timeout": 0.2})
    site.use_remote(f"s3://{BUCKET}/{FOLDER}", endpointurl=server.silent)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (_without_credentials, r"no credentials for .*: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        (
            lambda site, server, patch: patch.setenv("AWS_ACCESS_KEY_ID", "AKIA"),
            r"refuses .*\(InvalidAccessKeyId\): correct them",
        ),
        (lambda site, server, patch: patch.setenv("AWS_SECRET_ACCESS_KEY", "?"), r"refuses .*\(SignatureDoesNotMatch\)"),
        (lambda site, server, patch: signed(server.users["none"], patch), r"refuses .*\(AccessDenied\).* ask whoever owns"),
        (_setting("url", "s3://elsewhere/artifacts"), "no bucket elsewhere: create it, or name another"),
        (
            _setting("endpointurl", "http://127.0.0.1:9"),
            r"at http://127.0.0.1:9 cannot be reached \(Could not connect.*run this again",
        ),
        (_silence, r"cannot be reached \(Read timeout"),
        (lambda site, server, patch: patch.setitem(sys.modules, "dvc_s3", None), "not installed here .*: pip install dvc-s3"),
    ],
    ids=["credentials", "key", "secret", "rights", "bucket", "network", "silence", "part"],
)
def test_each_obstacle_is_told_in_one_line_and_changes_nothing(
    broken: Breaking, told: str, server: Server, clone: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(clone, server, monkeypatch)
    before = files(clone)
    for command in (lambda: publishing.pull([]), lambda: publishing.publish([Path(CONFIG)])):
        with pytest.raises(CacheError, match=told) as refused:
            command()
        assert "\n" not in str(refused.value)
    assert files(clone) == before
    assert clone.git("status", "--porcelain") == ""
