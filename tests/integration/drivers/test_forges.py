"""Pull requests against forges that speak the published APIs over real HTTP, with a real repository behind them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import PullRequests
from grace_workers.adapters.embedded.place import free_port
from grace_workers.drivers.git import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.test_codebase import BRANCH
from tests.forges import TOKEN, ForgeSide
from tests.unit.drivers.test_git import commit, git, proposed_repository, remote_of

KINDS = ["github", "gitlab"]


class Stand:
    """A repository with a proposal, a forge that has its branch `main`, and the role between them."""

    def __init__(self, folder: Path, root: Path, side: ForgeSide, remote: dict[str, Any]) -> None:
        self.folder, self.root, self.side, self.remote = folder, root, side, remote

    @property
    def role(self) -> PullRequests:
        found: PullRequests = Place(self.folder, str).open(DEFINITION, repository=str(self.root), remote=self.remote)[
            PullRequests
        ]
        return found

    def content(self, branch: str) -> str:
        return self.side.git("ls-tree", "-r", branch)


@pytest.fixture(scope="module", params=KINDS)
def refusing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A stand on which nothing is made."""
    folder = tmp_path_factory.mktemp("refusing")
    root = proposed_repository(folder)
    with remote_of(request.param, root, folder) as (side, remote):
        yield Stand(folder, root, side, remote)


@pytest.fixture(params=KINDS)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    root = proposed_repository(tmp_path)
    with remote_of(request.param, root, tmp_path) as (side, remote):
        yield Stand(tmp_path, root, side, remote)


def test_the_branch_there_has_the_content_the_parent_and_the_message_of_the_one_here(stand: Stand) -> None:
    made = stand.role.open(BRANCH, "Fix b", "asked, tried and measured")
    assert stand.content(BRANCH) == git(stand.root, "ls-tree", "-r", BRANCH)
    assert stand.side.git("rev-parse", f"{BRANCH}^") == git(stand.root, "rev-parse", "main")
    assert stand.side.git("log", "-1", "--format=%B", BRANCH) == git(stand.root, "log", "-1", "--format=%B", BRANCH)
    (request,) = stand.side.requests
    assert (request["source"], request["into"], request["title"]) == (BRANCH, "main", "Fix b")
    assert request["text"] == "asked, tried and measured"
    assert made.url.endswith(f"/{made.number}")


def test_added_deleted_and_executable_files_arrive_as_they_are(stand: Stand) -> None:
    git(stand.root, "checkout", "--quiet", "-b", "grace/fix-2", "main")
    (stand.root / "ü folder").mkdir()
    (stand.root / "ü folder" / "run.sh").write_text("#!/bin/sh\n")
    (stand.root / "ü folder" / "run.sh").chmod(0o755)
    (stand.root / "shop.py").unlink()
    git(stand.root, "add", "--all")
    git(stand.root, "commit", "--quiet", "-m", "Replace the shop")
    stand.role.open("grace/fix-2", "Replace the shop", "")
    assert stand.content("grace/fix-2") == git(stand.root, "ls-tree", "-r", "grace/fix-2")


def test_a_second_run_after_a_death_completes_the_first(stand: Stand) -> None:
    stand.role.open(BRANCH, "Fix b", "why")
    stand.side.requests.clear()
    assert stand.role.open(BRANCH, "Fix b", "why").number == 1
    assert len(stand.side.requests) == 1


def test_a_request_that_people_closed_stays_closed_and_one_that_was_taken_back_can_be_opened(stand: Stand) -> None:
    made = stand.role.open(BRANCH, "Fix b", "why")
    stand.side.requests[0]["state"] = "closed"
    with pytest.raises(ConflictError, match=f"people closed request {made.number} of branch .*; open it there again"):
        stand.role.open(BRANCH, "Fix b", "why")
    assert len(stand.side.requests) == 1
    stand.side.requests[0]["state"] = "open" if stand.side.url.count("/api/v4") == 0 else "opened"
    stand.role.close(BRANCH)
    assert stand.role.open(BRANCH, "Fix b", "why").number == made.number + 1


def test_a_branch_with_something_else_is_left_alone(stand: Stand) -> None:
    stand.side.git("update-ref", f"refs/heads/{BRANCH}", "main~1")
    with pytest.raises(
        ConflictError, match="the remote has a branch 'grace/fix-1' with something else; remove it there"
    ):
        stand.role.open(BRANCH, "Fix b", "why")
    assert stand.side.requests == []


def test_a_remote_without_the_parent_says_what_to_push(stand: Stand) -> None:
    git(stand.root, "checkout", "--quiet", "main")
    commit(stand.root, "newer", {"shop.py": "a = 9\n"})
    git(stand.root, "checkout", "--quiet", "-b", "grace/fix-3")
    commit(stand.root, "Fix it", {"shop.py": "a = 10\n"})
    with pytest.raises(NotFoundError, match=r"has no commit [0-9a-f]{12}.*; push the branch 'main' first"):
        stand.role.open("grace/fix-3", "Fix it", "")
    with pytest.raises(NotFoundError, match="no branch 'grace/none'"):
        stand.role.open("grace/none", "Fix it", "")


def test_closing_leaves_a_branch_to_which_others_have_added(stand: Stand) -> None:
    stand.role.open(BRANCH, "Fix b", "why")
    tree = stand.side.git("rev-parse", f"{BRANCH}^{{tree}}")
    person = {f"GIT_{who}_{what}": "Ann" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    added = stand.side.git("commit-tree", tree, "-p", BRANCH, "-m", "More", **person)
    stand.side.git("update-ref", f"refs/heads/{BRANCH}", added)
    stand.role.close(BRANCH)
    assert stand.role.opened(BRANCH) is None
    assert stand.side.head(BRANCH) == added


@pytest.mark.parametrize(
    ("refuses", "error", "words"),
    [
        ((401, {"message": "Bad credentials"}, {}), PermanentError, "with 401; it must be allowed to write"),
        ((403, {"message": "Forbidden"}, {}), PermanentError, "refuses the token with 403"),
        ((403, {"message": "API rate limit exceeded"}, {"X-RateLimit-Remaining": "0"}), TransientError, "with 403"),
        ((429, {}, {"Retry-After": "30"}), TransientError, "cannot take it now: it answers with 429"),
        ((502, b"<html>", {}), TransientError, "cannot take it now: it answers with 502"),
        ((422, {"message": f"No commits\nbetween main and {TOKEN}"}, {}), PermanentError, "No commits between main"),
        ((200, b"<html>", {}), PermanentError, "something that is no JSON; check `remote.address`"),
        ((301, b"", {"Location": "http://127.0.0.1:9/"}), PermanentError, "with 301"),
        ((200, {"a": 1}, {}), PermanentError, "answers with"),
        ((200, b"1" * (5 << 20), {}), PermanentError, "more than 4194304 bytes"),
    ],
)  # fmt: skip
def test_a_remote_that_refuses_becomes_a_sentence_without_the_token(
    refusing: Stand, refuses: Any, error: type[Exception], words: str
) -> None:
    refusing.side.refuses = refuses
    with pytest.raises(error) as found:
        refusing.role.open(BRANCH, "Fix b", "why")
    # GitHub answers with what it cannot read in one way, GitLab in another.
    assert words in str(found.value) or (refuses[1] == {"a": 1} and "check `remote.address`" in str(found.value))
    assert f"Bearer {TOKEN}" not in str(found.value)
    assert refusing.side.requests == []


def test_a_dead_remote_and_a_wrong_token_are_told_apart(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_FORGE_TOKEN", "another-token-of-ours")
    with pytest.raises(PermanentError, match="refuses the token with 401") as found:
        stand.role.open(BRANCH, "Fix b", "why")
    assert "another-token-of-ours" not in str(found.value)
    monkeypatch.delenv("SHOP_FORGE_TOKEN")
    with pytest.raises(InputError, match="environment variable SHOP_FORGE_TOKEN is not set"):
        stand.role.open(BRANCH, "Fix b", "why")
    monkeypatch.setenv("SHOP_FORGE_TOKEN", TOKEN)
    stand.remote["address"] = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(TransientError, match="does not answer: ConnectError"):
        stand.role.open(BRANCH, "Fix b", "why")


def test_a_token_is_not_sent_in_clear_text_to_another_machine(stand: Stand) -> None:
    stand.remote["address"] = "http://forge.example"
    with pytest.raises(InputError, match="give an address with https"):
        _ = stand.role
