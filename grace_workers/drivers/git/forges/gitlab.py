"""GitLab: one call makes a branch with its commit. Its commits have dates of their own."""

from base64 import b64encode
from typing import Any
from urllib.parse import quote

from grace_workers.actions import PullRequest
from grace_workers.drivers.git.forges._rest import ForgeApi
from grace_workers.drivers.git.forges.forge import FileChange, Forge, ForgeKind, SentProposal
from grace_workers.foundation.errors import NotFoundError, PermanentError

_EXECUTABLE, _LINK = "100755", "120000"


class GitLab(Forge):
    """One project there, and the branch that requests are for."""

    def __init__(self, address: str, project: str, into: str, token: str) -> None:
        self._rest = ForgeApi("GitLab", address, {"PRIVATE-TOKEN": token})
        self._path = f"/projects/{quote(project, safe='')}"
        self._into = into

    def holds(self, proposal: SentProposal) -> bool | None:
        found = self._rest.found(f"{self._path}/repository/branches/{quote(proposal.branch, safe='')}")
        if found is None:
            return None
        commit = found.get("commit") if isinstance(found, dict) else None
        if not isinstance(commit, dict):
            raise PermanentError("GitLab answers with something that is no branch; check `remote.address`")
        same = str(commit.get("message", "")).strip() == proposal.message.strip()
        return same and commit.get("parent_ids") == [proposal.base]

    def push(self, proposal: SentProposal) -> None:
        if self._rest.found(f"{self._path}/repository/commits/{proposal.base}") is None:
            raise NotFoundError(
                f"GitLab has no commit {proposal.base[:12]}, or the token may not read it; push the branch "
                f"{self._into!r} first"
            )
        told = {
            "branch": proposal.branch,
            "start_sha": proposal.base,
            "commit_message": proposal.message,
            "author_name": proposal.author,
            "author_email": proposal.email,
            "actions": [_action(one) for one in proposal.changes],
        }
        self._rest.ask("POST", f"{self._path}/repository/commits", told)

    def opened(self, branch: str) -> PullRequest | None:
        return self._of(branch, "opened")

    def closed(self, branch: str) -> PullRequest | None:
        # A merged one has a state of its own.
        return self._of(branch, "closed")

    def request(self, branch: str, title: str, text: str) -> PullRequest:
        told = {"source_branch": branch, "target_branch": self._into, "title": title, "description": text}
        return _request(self._rest.ask("POST", f"{self._path}/merge_requests", {**told, "remove_source_branch": True}))

    def close(self, number: int) -> None:
        self._rest.ask("PUT", f"{self._path}/merge_requests/{number}", {"state_event": "close"})

    def remove(self, branch: str) -> None:
        path = f"{self._path}/repository/branches/{quote(branch, safe='')}"
        self._rest.ask("DELETE", path, missing=True)

    def _of(self, branch: str, state: str) -> PullRequest | None:
        query = {"source_branch": branch, "target_branch": self._into, "state": state}
        found = self._rest.ask("GET", f"{self._path}/merge_requests", query=query)
        listed = found if isinstance(found, list) else []
        own = [one for one in listed if isinstance(one, dict) and one.get("source_branch") == branch]
        return _request(own[0]) if own else None


def _action(change: FileChange) -> dict[str, Any]:
    if change.content is None:
        return {"action": "delete", "file_path": change.path}
    if change.mode == _LINK:
        raise PermanentError(f"GitLab's API makes no symbolic link, and {change.path} is one; push the branch yourself")
    return {
        "action": "create" if change.is_new else "update",
        "file_path": change.path,
        "content": b64encode(change.content).decode(),
        "encoding": "base64",
        "execute_filemode": change.mode == _EXECUTABLE,
    }


def _request(found: Any) -> PullRequest:
    try:
        return PullRequest(number=int(found["iid"]), url=str(found["web_url"]))
    except (TypeError, KeyError, ValueError):
        raise PermanentError("GitLab answers with something that is no merge request") from None


DEFINITION = ForgeKind(name="gitlab", api="https://gitlab.com/api/v4", open=GitLab)
