import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import Codebase, EnvironmentProof, PullRequests, Revisions, SafePoints, Suspendable
from grace_workers.actions.primitives.resume import DEFINITION as RESUME
from grace_workers.actions.suspension import SuspensionParams
from grace_workers.checks.files_changed_in_place import ChangedInPlaceParams, probe
from grace_workers.drivers.git import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Memory, Reading, detect
from grace_workers.signals.triggers import configuration_drift
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.safe_point_stands import Stand, git_stand
from tests.conformance.roles.test_codebase import AT, BRANCH, CODE, PATCH
from tests.conformance.roles.test_revisions import HISTORY
from tests.forges import TOKEN, ForgeSide, forge
from tests.unit.signals.triggers.series import START

# Each of its cases starts git some twenty times.
IS_SLOW = True
pytestmark = pytest.mark.slow


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would."""
    person = ("-c", "user.name=Ann", "-c", "user.email=ann@shop.example", "-c", "commit.gpgSign=false")
    done = subprocess.run(["git", *person, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def commit(folder: Path, subject: str, tree: Mapping[str, str]) -> str:
    """Commit exactly these files."""
    for path in folder.iterdir():
        if path.name != ".git":
            path.unlink()
    for name, text in tree.items():
        (folder / name).write_text(text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", subject)
    return git(folder, "rev-parse", "HEAD")


def repository(folder: Path) -> Path:
    """Return a repository with the history of the suite."""
    root = folder / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    for subject, tree in HISTORY:
        commit(root, subject, tree)
        if subject == "good":
            git(root, "tag", "good-1")
    return root


def files(root: Path) -> Mapping[str, str]:
    """Return the files, which must be those of the branch's head."""
    assert git(root, "status", "--porcelain") == ""
    return {path.name: path.read_text() for path in root.iterdir() if path.name != ".git"}


def opened(folder: Path, root: Path, **more: Any) -> Revisions:
    found: Revisions = Place(folder, str).open(DEFINITION, repository=str(root), **more)[Revisions]
    return found


def proposed_repository(folder: Path) -> Path:
    """Return a repository whose branch `grace/fix-1` is its branch `main` with one commit."""
    root = folder / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    for subject, tree in CODE:
        commit(root, subject, tree)
    git(root, "checkout", "--quiet", "-b", BRANCH)
    commit(root, "Fix b", {"shop.py": "a = 1\nb = 2\n"})
    git(root, "checkout", "--quiet", "main")
    return root


@contextmanager
def remote_of(kind: str, root: Path, folder: Path) -> Iterator[tuple[ForgeSide, dict[str, Any]]]:
    """Run a forge that has the branch `main`; yield it, and the `remote` of a connection to it."""
    with forge(kind, root, folder / "there.git") as side, pytest.MonkeyPatch.context() as patch:
        if side.is_there(BRANCH):
            side.git("update-ref", "-d", f"refs/heads/{BRANCH}")
        patch.setenv("SHOP_FORGE_TOKEN", TOKEN)
        yield side, {"kind": kind, "project": "shop/code", "token": {"env": "SHOP_FORGE_TOKEN"}, "address": side.url}


@contextmanager
def pull_requests(place: Place) -> Iterator[PullRequests]:
    root = proposed_repository(place.folder)
    with remote_of("github", root, place.folder) as (_, remote):
        yield place.open(DEFINITION, repository=str(root), remote=remote)[PullRequests]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    root = repository(place.folder)
    yield lambda: place.open(DEFINITION, repository=str(root))[EnvironmentProof]


@contextmanager
def revisions(place: Place) -> Iterator[tuple[Revisions, Callable[..., object], Callable[..., object]]]:
    root = repository(place.folder)
    yield opened(place.folder, root), lambda subject, tree: commit(root, subject, tree), lambda: files(root)


@pytest.mark.parametrize(
    "branch", ["--help", "-x", "a..b", "a b", "x.lock/..", "@{u}", "", "a\nb", "refs/heads/../x", "/a"]
)
def test_a_hostile_branch_is_refused(tmp_path: Path, branch: str) -> None:
    with pytest.raises(InputError, match="branch"):
        opened(tmp_path, tmp_path, branch=branch)


@pytest.mark.parametrize("pattern", ["--help", "*", "a**", "good-?", "[a]"])
def test_a_hostile_pattern_of_tags_is_refused(tmp_path: Path, pattern: str) -> None:
    with pytest.raises(InputError, match="good_tags"):
        opened(tmp_path, tmp_path, good_tags=pattern)


def test_what_is_no_repository_or_has_no_such_branch_is_said(tmp_path: Path) -> None:
    with pytest.raises(PermanentError, match="there is no folder"):
        opened(tmp_path, tmp_path / "nowhere").head()
    with pytest.raises(PermanentError, match="not a git repository"):
        opened(tmp_path, tmp_path).head()
    with pytest.raises(NotFoundError, match="no branch 'ghost'"):
        opened(tmp_path, repository(tmp_path), branch="ghost").head()


def test_no_hook_runs_and_a_commit_of_grace_names_its_author(tmp_path: Path) -> None:
    root = repository(tmp_path)
    for name in ("pre-commit", "post-commit", "reference-transaction", "post-checkout", "commit-msg"):
        hook = root / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran-{name}\n")
        hook.chmod(0o755)
    branch = opened(tmp_path, root)
    branch.commit(branch.last_good().content, "Roll back", "0a", onto=branch.head().id)
    assert list(tmp_path.glob("ran-*")) == []
    assert git(root, "log", "-1", "--format=%an <%ae>") == "Grace <grace@localhost>"


def test_files_that_are_not_committed_stop_it_before_the_branch_moves(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "a").write_text("edited by hand\n")
    branch = opened(tmp_path, root)
    head = branch.head()
    with pytest.raises(ConflictError, match="1 files have changes"):
        branch.commit(branch.last_good().content, "Roll back", "0a", onto=head.id)
    assert branch.head() == head
    assert (root / "a").read_text() == "edited by hand\n"


def test_files_that_were_changed_in_place_are_seen_and_no_others(tmp_path: Path) -> None:
    root = repository(tmp_path)
    branch = opened(tmp_path, root)
    (root / "a").touch()
    (root / "log.txt").write_text("not of the branch\n")
    assert branch.changed_in_place() == []
    (root / "a").write_text("edited by hand\n")
    (root / "b").unlink()
    assert branch.changed_in_place() == ["a", "b"]
    git(root, "switch", "--quiet", "--create", "other")
    assert opened(tmp_path, root, branch="main").changed_in_place() == ()


def test_a_configuration_that_is_edited_where_it_lies_raises_a_signal(tmp_path: Path) -> None:
    root = repository(tmp_path)
    branch, memory, told = opened(tmp_path, root), Memory(), []
    for look in range(6):
        if look == 2:
            (root / "a").write_text("edited by hand\n")
        if look == 5:
            git(root, "checkout", "--quiet", "--", "a")
        value = probe(branch, ChangedInPlaceParams())
        now = START + look * timedelta(seconds=30)
        reading = Reading(check="files_changed_in_place", target=TargetName("shop"), value=value, at=now)
        signals, memory = detect([reading], memory, [configuration_drift.DEFINITION], now=now)
        told += [(look, one.name, one.status.value) for one in signals]
    assert told == [(3, "configuration_drift", "firing"), (5, "configuration_drift", "resolved")]


def test_a_bare_repository_and_a_branch_that_is_not_checked_out_have_no_files_to_follow(tmp_path: Path) -> None:
    root = repository(tmp_path)
    git(tmp_path, "clone", "--quiet", "--bare", str(root), "bare.git")
    git(root, "checkout", "--quiet", "-b", "other")
    for place in (root, tmp_path / "bare.git"):
        branch = opened(tmp_path, place)
        made = branch.commit(branch.last_good().content, "Roll back", "0a", onto=branch.head().id)
        assert branch.head() == made
    assert files(root)["a"] == "3\n"


def test_a_merge_cannot_be_taken_out(tmp_path: Path) -> None:
    root = repository(tmp_path)
    git(root, "checkout", "--quiet", "-b", "side", "good-1")
    commit(root, "side", {"a": "2\n", "b": "1\n", "s": "side\n"})
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-ff", "--message", "merge", "side")
    branch = opened(tmp_path, root)
    with pytest.raises(PermanentError, match="merges others"):
        branch.without(branch.head().id)


@contextmanager
def codebase(place: Place) -> Iterator[tuple[Codebase, Revisions, Callable[..., object]]]:
    root = place.folder / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    for subject, tree in CODE:
        commit(root, subject, tree)
    roles = place.open(DEFINITION, repository=str(root), python="/usr/bin/python3")
    yield roles[Codebase], roles[Revisions], lambda subject, tree: commit(root, subject, tree)  # type: ignore[misc]


def test_a_repository_without_an_interpreter_is_no_codebase(tmp_path: Path) -> None:
    root = repository(tmp_path)
    assert Codebase not in Place(tmp_path, str).open(DEFINITION, repository=str(root))


def test_a_proposal_leaves_files_and_index_of_the_checkout_alone(tmp_path: Path) -> None:
    with codebase(Place(tmp_path, str)) as (role, main, _):
        root = tmp_path / "shop"
        (root / "shop.py").write_text("work in progress\n")
        before = git(root, "status", "--porcelain=v2", "--branch"), git(root, "ls-files", "--stage")
        made = role.propose("grace/fix", PATCH, "Fix b\n\nbecause\n", base=main.head().id, at=AT)
        assert (git(root, "status", "--porcelain=v2", "--branch"), git(root, "ls-files", "--stage")) == before
        assert git(root, "show", f"{made}:shop.py") == "a = 1\nb = 2 + {{ a }}"
        assert git(root, "log", "--format=%B %an", "-1", made) == "Fix b\n\nbecause\n Grace"


@contextmanager
def safe_points(place: Place) -> Iterator[Stand]:
    with git_stand(place.folder) as (connection, look, change):
        yield Stand(lambda: place.open(DEFINITION, **connection)[SafePoints], look, change)


@contextmanager
def suspendable(place: Place) -> Iterator[Suspendable]:
    root = repository(place.folder)
    yield place.open(DEFINITION, repository=str(root), hold_file="deploy/.hold")[Suspendable]


def test_a_hold_is_one_file_of_the_branch_and_nothing_else(tmp_path: Path) -> None:
    root = repository(tmp_path)
    before = files(root)
    hold = Place(tmp_path, str).open(DEFINITION, repository=str(root), hold_file=".hold")[Suspendable]
    hold.suspend()
    assert files(root) == {
        **before,
        ".hold": "Deployments of this branch are held. Remove this file to let them go on.\n",
    }
    hold.resume()
    assert files(root) == before
    assert git(root, "log", "-2", "--format=%s").splitlines() == [
        "Let deployments of main go on",
        "Hold deployments of main",
    ]


def test_a_hold_of_a_person_comes_back_as_it_was(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / ".hold").write_text("held by Ann until the audit is over\n")
    (root / ".hold").chmod(0o755)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "hold")
    was, params = git(root, "ls-tree", "main", ".hold"), SuspensionParams()
    hold = Place(tmp_path, str).open(DEFINITION, repository=str(root), hold_file=".hold")[Suspendable]
    kept = RESUME.snapshot(hold, params)
    RESUME.apply(hold, params, kept)
    assert not hold.is_suspended()
    RESUME.restore(hold, params, kept)
    assert git(root, "ls-tree", "main", ".hold") == was


@pytest.mark.parametrize(
    "name", ["", "/x", "../x", "a/../b", "--help", "a b", "a\n", ".git/config", ".git", "x/.git/y"]
)
def test_a_hold_file_that_is_none_of_the_branch_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="hold_file"):
        Place(tmp_path, str).open(DEFINITION, repository=str(tmp_path), hold_file=name)
