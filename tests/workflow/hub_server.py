"""A Hub on this machine: as much of its protocol as ``huggingface_hub`` speaks when it fetches a repository's files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

API = re.compile(r"/api/(?P<kind>models|datasets)/(?P<name>[^/]+/[^/]+)/(?P<what>revision|tree)/(?P<revision>[^/?]+)")
FILE = re.compile(r"/(?P<kind>datasets/)?(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<path>.+)")


def read(folder: Path) -> dict[str, bytes]:
    """The files below a folder, by their paths within."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


class Refused(Exception):
    """A request that the Hub answers with a status and an error code."""


@dataclass
class Hub:
    """Repositories by kind (``models`` or ``datasets``) and name; ``requests`` are those that came, oldest first."""

    url: str = ""
    commits: dict[tuple[str, str], dict[str, dict[str, bytes]]] = field(default_factory=dict)
    refs: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)

    def push(self, kind: str, name: str, files: dict[str, bytes], ref: str = "main") -> str:
        """A new commit of a repository, which ``ref`` then points to."""
        commit = sha1(b"".join(path.encode() + content for path, content in sorted(files.items()))).hexdigest()
        self.commits.setdefault((kind, name), {})[commit] = files
        self.refs.setdefault((kind, name), {})[ref] = commit
        return commit

    def find(self, kind: str, name: str, revision: str) -> tuple[str, dict[str, bytes]]:
        """The commit that a revision is, and its files."""
        if (kind, name) not in self.commits:
            raise Refused(404, "RepoNotFound")
        if name in self.gated:
            raise Refused(403, "GatedRepo")
        commit = self.refs[kind, name].get(revision, revision)
        if commit not in self.commits[kind, name]:
            raise Refused(404, "RevisionNotFound")
        return commit, self.commits[kind, name][commit]

    def describe(self, match: re.Match[str]) -> Any:
        """The answer to a question about a repository: its commit, or the list of its files."""
        commit, files = self.find(match["kind"], match["name"], match["revision"])
        if match["what"] == "tree":
            return [{"type": "file", "path": p, "size": len(c), "oid": sha1(c).hexdigest()} for p, c in files.items()]
        return {"id": match["name"], "sha": commit, "siblings": [{"rfilename": path} for path in files]}

    def content(self, match: re.Match[str]) -> tuple[str, bytes]:
        """The commit and the content of a file."""
        commit, files = self.find("datasets" if match["kind"] else "models", match["name"], match["revision"])
        if match["path"] not in files:
            raise Refused(404, "EntryNotFound")
        return commit, files[match["path"]]


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            hub.requests.append(f"{self.command} {self.path}")

        def reply(self, status: int, content: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def send_file(self, commit: str, content: bytes) -> None:
            about = {"ETag": f'"{sha1(content).hexdigest()}"', "X_Repo_Commit": commit, "Accept_Ranges": "bytes"}
            if wanted := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
                first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
                about["Content_Range"] = f"bytes {first}-{last}/{len(content)}"
                self.reply(206, content[first : last + 1], **about)
            else:
                self.reply(200, content, **about)

        def do_GET(self) -> None:
            try:
                if asked := API.match(self.path):
                    self.reply(200, json.dumps(hub.describe(asked)).encode(), Content_Type="application/json")
                elif asked := FILE.fullmatch(self.path):
                    self.send_file(*hub.content(asked))
                else:
                    raise Refused(404, "EntryNotFound")
            except Refused as refusal:
                status, code = refusal.args
                self.reply(status, b"{}", X_Error_Code=code, X_Error_Message=code)

        do_HEAD = do_GET

    return Handler


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """The Hub at ``hub.url``, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(hub))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
