"""GitHub, and GitHub Enterprise: commits by the Git database, so the one there has the content of the one here."""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from grace_workers.actions import PullRequest
from grace_workers.drivers.git.forges._rest import ForgeApi
from grace_workers.drivers.git.forges.forge import FileChange, Forge, ForgeKind, SentProposal
from grace_workers.foundation.errors import NotFoundError, PermanentError

_VERSION = "2022-11-28"


class GitHub(Forge):
    """One repository there, and the branch that requests are for."""

    def __init__(self, address: str, project: str, into: str, token: str) -> None:
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": _VERSION}
        self._rest = ForgeApi("GitHub", address, {**headers, "Authorization": f"Bearer {token}"})
        self._path = f"/repos/{quote(project)}"
        self._owner = project.partition("/")[0]
        self._into = into

    def holds(self, proposal: SentProposal) -> bool | None:
        found = self._rest.found(f"{self._path}/git/ref/heads/{quote(proposal.branch)}")
        if found is None:
            return None
        commit = self._commit(_text(found, "object", "sha"))
        parents = [_text(one, "sha") for one in commit.get("parents", ())] if commit is not None else []
        return parents == [proposal.base] and commit is not None and _text(commit, "tree", "sha") == proposal.tree

    def push(self, proposal: SentProposal) -> None:
        base = self._commit(proposal.base)
        if base is None:
            raise NotFoundError(
                f"GitHub has no commit {proposal.base[:12]}, or the token may not read it; push the branch "
                f"{self._into!r} first"
            )
        entries = [self._entry(one) for one in proposal.changes]
        tree = self._made("trees", {"base_tree": _text(base, "tree", "sha"), "tree": entries})
        if tree != proposal.tree:
            raise PermanentError(
                "GitHub made another content of the proposal than it has here, so nothing is requested"
            )
        person = {"name": proposal.author, "email": proposal.email, "date": proposal.at}
        told = {
            "message": proposal.message,
            "tree": tree,
            "parents": [proposal.base],
            "author": person,
            "committer": person,
        }
        commit = self._made("commits", told)
        self._rest.ask("POST", f"{self._path}/git/refs", {"ref": f"refs/heads/{proposal.branch}", "sha": commit})

    def opened(self, branch: str) -> PullRequest | None:
        own = self._of(branch, "open")
        return _request(own[0]) if own else None

    def closed(self, branch: str) -> PullRequest | None:
        own = [one for one in self._of(branch, "closed") if one.get("merged_at") is None]
        return _request(own[0]) if own else None

    def request(self, branch: str, title: str, text: str) -> PullRequest:
        told = {"title": title, "head": branch, "base": self._into, "body": text}
        return _request(self._rest.ask("POST", f"{self._path}/pulls", told))

    def close(self, number: int) -> None:
        self._rest.ask("PATCH", f"{self._path}/pulls/{number}", {"state": "closed"})

    def remove(self, branch: str) -> None:
        self._rest.ask("DELETE", f"{self._path}/git/refs/heads/{quote(branch)}", missing=True)

    def _of(self, branch: str, state: str) -> Sequence[dict[str, Any]]:
        query = {"head": f"{self._owner}:{branch}", "base": self._into, "state": state}
        found = self._rest.ask("GET", f"{self._path}/pulls", query=query)
        return [one for one in found if _text(one, "head", "ref") == branch] if isinstance(found, list) else []

    def _commit(self, identity: str) -> dict[str, Any] | None:
        found = self._rest.found(f"{self._path}/git/commits/{identity}")
        return found if isinstance(found, dict) else None

    def _entry(self, change: FileChange) -> dict[str, Any]:
        blob = None
        if change.content is not None:
            blob = self._made("blobs", {"content": b64encode(change.content).decode(), "encoding": "base64"})
        return {"path": change.path, "mode": change.mode, "type": "blob", "sha": blob}

    def _made(self, what: str, told: Any) -> str:
        return _text(self._rest.ask("POST", f"{self._path}/git/{what}", told), "sha")


def _request(found: Any) -> PullRequest:
    try:
        return PullRequest(number=int(found["number"]), url=str(found["html_url"]))
    except (TypeError, KeyError, ValueError):
        raise PermanentError("GitHub answers with something that is no pull request") from None


def _text(found: Any, *keys: str) -> str:
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if not isinstance(found, str):
        raise PermanentError(f"GitHub answers without {'.'.join(keys)}; check `remote.address`")
    return found


DEFINITION = ForgeKind(name="github", api="https://api.github.com", open=GitHub)
