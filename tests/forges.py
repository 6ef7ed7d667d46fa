"""Forges over real HTTP: what GitHub and GitLab publish of their APIs, with a bare Git repository behind it."""

import json
import os
import re
import subprocess
import threading
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "forge-token-4c1d9e7a2b60"
Answer = tuple[int, Any]


class RefusedError(Exception):
    """An answer of another status than success."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.answer = (status, {"message": message})


@dataclass
class ForgeSide:
    """A forge. `folder` is its repository, `requests` what was opened; `refuses` is answered instead, if it is set."""

    folder: Path
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    refuses: tuple[int, Any, Mapping[str, str]] | None = None

    def git(self, *words: str, content: bytes = b"", **environment: str) -> str:
        env = {**os.environ, "GIT_INDEX_FILE": str(self.folder / "aside"), **environment}
        done = subprocess.run(
            ["git", *words], cwd=self.folder, input=content, env=env, capture_output=True, check=False
        )
        if done.returncode != 0:
            raise RefusedError(404, "404 Not Found")
        return done.stdout.decode().strip()

    def index(self, path: str, mode: str, blob: str | None) -> None:
        """Put a file into the index; take it out without a blob."""
        row = f"{mode} {blob}\t{path}" if blob else f"0 {'0' * 40}\t{path}"
        self.git("update-index", "-z", "--index-info", content=row.encode())

    def head(self, branch: str) -> str:
        return self.git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")

    def is_there(self, branch: str) -> bool:
        try:
            return bool(self.head(branch))
        except RefusedError:
            return False

    def open_of(self, branch: str, into: str, state: str) -> list[dict[str, Any]]:
        return [one for one in self.requests if (one["source"], one["into"], one["state"]) == (branch, into, state)]

    def new_request(self, source: str, into: str, **more: Any) -> dict[str, Any]:
        if not self.is_there(source):
            raise RefusedError(422, "Validation Failed")
        self.requests.append({"number": len(self.requests) + 1, "source": source, "into": into, **more})
        return self.requests[-1]


class GitHubSide:
    """The part of GitHub's API that makes branches and pull requests."""

    def __init__(self, side: ForgeSide) -> None:
        self._side = side
        self._root = "/repos/shop/code"

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("authorization") == f"Bearer {TOKEN}" and "x-github-api-version" in headers

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:  # noqa: C901, PLR0911 - a case a call
        side = self._side
        match method, *path.removeprefix(f"{self._root}/").split("/"):
            case "GET", "git", "ref", "heads", *branch:
                return 200, {
                    "ref": f"refs/heads/{'/'.join(branch)}",
                    "object": {"type": "commit", "sha": side.head("/".join(branch))},
                }
            case "GET", "git", "commits", commit:
                return 200, self._commit(commit)
            case "POST", "git", "blobs":
                assert body["encoding"] == "base64"
                return 201, {"sha": side.git("hash-object", "-w", "--stdin", content=b64decode(body["content"]))}
            case "POST", "git", "trees":
                return 201, {"sha": self._tree(body)}
            case "POST", "git", "commits":
                return 201, {"sha": self._made(body)}
            case "POST", "git", "refs":
                return self._ref(body)
            case "DELETE", "git", "refs", "heads", *branch:
                side.head("/".join(branch))
                side.git("update-ref", "-d", f"refs/heads/{'/'.join(branch)}")
                return 204, None
            case "GET", "pulls":
                owner, _, branch = query["head"].partition(":")
                assert owner == "shop"
                return 200, [self._told(one) for one in side.open_of(branch, query["base"], query["state"])]
            case "POST", "pulls":
                more = {"title": body["title"], "text": body["body"], "state": "open"}
                return 201, self._told(side.new_request(body["head"], body["base"], **more))
            case "PATCH", "pulls", number:
                side.requests[int(number) - 1]["state"] = body["state"]
                return 200, self._told(side.requests[int(number) - 1])
        raise RefusedError(404, "Not Found")

    def _commit(self, commit: str) -> Any:
        tree, parents = self._side.git("log", "-1", "--format=%T%n%P", commit).partition("\n")[::2]
        return {"sha": commit, "tree": {"sha": tree}, "parents": [{"sha": one} for one in parents.split()]}

    def _tree(self, body: Any) -> str:
        self._side.git("read-tree", body["base_tree"])
        for one in body["tree"]:
            assert one["type"] == "blob"
            self._side.index(one["path"], one["mode"], one["sha"])
        return self._side.git("write-tree")

    def _made(self, body: Any) -> str:
        names = {
            f"GIT_{who.upper()}_{what.upper()}": body[who][what]
            for who in ("author", "committer")
            for what in ("name", "email", "date")
        }
        parents = [word for one in body["parents"] for word in ("-p", one)]
        return self._side.git("commit-tree", body["tree"], *parents, content=body["message"].encode(), **names)

    def _ref(self, body: Any) -> Answer:
        name = body["ref"].removeprefix("refs/heads/")
        if self._side.is_there(name):
            raise RefusedError(422, "Reference already exists")
        self._side.git("update-ref", body["ref"], body["sha"])
        return 201, {"ref": body["ref"], "object": {"type": "commit", "sha": body["sha"]}}

    def _told(self, one: Any) -> Any:
        url = f"https://github.example/shop/code/pull/{one['number']}"
        head = {"ref": one["source"]}
        told = {"number": one["number"], "html_url": url, "state": one["state"], "title": one["title"]}
        return {**told, "head": head, "merged_at": one.get("merged_at")}


class GitLabSide:
    """The part of GitLab's API that makes branches and merge requests."""

    def __init__(self, side: ForgeSide) -> None:
        self._side = side
        self._root = "/projects/shop%2Fcode"

    def is_known(self, headers: Mapping[str, str]) -> bool:
        return headers.get("private-token") == TOKEN

    def answer(self, method: str, path: str, query: Mapping[str, str], body: Any) -> Answer:  # noqa: PLR0911 - a case a call
        side = self._side
        match method, *(unquote(one) for one in path.removeprefix(f"{self._root}/").split("/")):
            case "GET", "repository", "branches", branch:
                return 200, {"name": branch, "commit": self._commit(side.head(branch))}
            case "GET", "repository", "commits", commit:
                return 200, self._commit(commit)
            case "POST", "repository", "commits":
                return self._made(body)
            case "DELETE", "repository", "branches", branch:
                side.head(branch)
                side.git("update-ref", "-d", f"refs/heads/{branch}")
                return 204, None
            case "GET", "merge_requests":
                found = side.open_of(query["source_branch"], query["target_branch"], query["state"])
                return 200, [self._told(one) for one in found]
            case "POST", "merge_requests":
                more = {"title": body["title"], "text": body["description"], "state": "opened"}
                return 201, self._told(side.new_request(body["source_branch"], body["target_branch"], **more))
            case "PUT", "merge_requests", number:
                assert body == {"state_event": "close"}
                side.requests[int(number) - 1]["state"] = "closed"
                return 200, self._told(side.requests[int(number) - 1])
        raise RefusedError(404, "404 Not Found")

    def _commit(self, commit: str) -> Any:
        identity, parents, message = self._side.git("log", "-1", "--format=%H%n%P%n%B", commit).split("\n", 2)
        return {"id": identity, "parent_ids": parents.split(), "message": message}

    def _made(self, body: Any) -> Answer:
        side = self._side
        if side.is_there(body["branch"]):
            raise RefusedError(
                400, "A branch called 'x' already exists. Switch to that branch in order to make changes"
            )
        side.git("read-tree", body["start_sha"])
        for one in body["actions"]:
            known = side.git("ls-files", "--cached", "--", one["file_path"])
            if (one["action"] == "create") is bool(known):
                raise RefusedError(
                    400, "A file with this name already exists" if known else "A file with this name doesn't exist"
                )
            if one["action"] == "delete":
                side.index(one["file_path"], "0", None)
                continue
            assert one["encoding"] == "base64"
            blob = side.git("hash-object", "-w", "--stdin", content=b64decode(one["content"]))
            mode = "100755" if one["execute_filemode"] else "100644"
            side.index(one["file_path"], mode, blob)
        person = {
            f"GIT_{who}_{what}": body[f"author_{what.lower()}"]
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        commit = side.git(
            "commit-tree",
            side.git("write-tree"),
            "-p",
            body["start_sha"],
            content=body["commit_message"].encode(),
            **person,
        )
        side.git("update-ref", f"refs/heads/{body['branch']}", commit)
        return 201, self._commit(commit)

    def _told(self, one: Any) -> Any:
        url = f"https://gitlab.example/shop/code/-/merge_requests/{one['number']}"
        told = {"iid": one["number"], "id": 7000 + one["number"], "web_url": url, "state": one["state"]}
        return {**told, "source_branch": one["source"]}


SIDES: Mapping[str, Callable[[ForgeSide], GitHubSide | GitLabSide]] = {"github": GitHubSide, "gitlab": GitLabSide}


def _send(handler: BaseHTTPRequestHandler, status: int, told: Any, more: Mapping[str, str]) -> None:
    content = b"" if told is None else told if isinstance(told, bytes) else json.dumps(told).encode()
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(content)), **more}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(content)


def _pages(side: ForgeSide, api: GitHubSide | GitLabSide) -> type[BaseHTTPRequestHandler]:
    """Return what answers the requests of one forge."""

    class Taking(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            side.calls.append(f"{self.command} {parts.path}")
            headers = {name.lower(): value for name, value in self.headers.items()}
            more: Mapping[str, str] = {}
            try:
                if side.refuses is not None:
                    status, told, more = side.refuses
                elif not api.is_known(headers):
                    status, told = 401, {"message": f"Bad credentials {headers.get('authorization', '')}"}
                else:
                    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
                    path = re.sub(r"^/api(/v\d)?", "", parts.path)
                    status, told = api.answer(self.command, path, query, json.loads(raw) if raw else None)
            except RefusedError as error:
                status, told = error.answer
            _send(self, status, told, more)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = _serve  # noqa: N815 - the names that http.server calls

        def log_message(self, *_words: Any) -> None:
            pass

    return Taking


@contextmanager
def forge(kind: str, source: Path, folder: Path) -> Iterator[ForgeSide]:
    """Run one whose project `shop/code` is a copy of the repository `source`, in `folder`."""
    subprocess.run(["git", "clone", "--quiet", "--bare", str(source), str(folder)], check=True, capture_output=True)
    side = ForgeSide(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), _pages(side, SIDES[kind](side))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        side.url = f"http://127.0.0.1:{server.server_address[1]}" + ("/api/v4" if kind == "gitlab" else "")
        yield side
        server.shutdown()
        thread.join(5)
