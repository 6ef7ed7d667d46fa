"""A step on a branch that is killed after the branch moved and before its files did."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grace_workers.actions import Effect, Revisions, Suspendable
from grace_workers.actions.primitives.roll_back_revision import DEFINITION as ROLL_BACK
from grace_workers.actions.primitives.roll_back_revision import RollBackParams
from grace_workers.actions.primitives.suspend import DEFINITION as SUSPEND
from grace_workers.actions.suspension import SuspensionParams
from grace_workers.drivers.git import DEFINITION
from grace_workers.foundation.errors import ConflictError
from tests.conformance.roles.implementations import Place
from tests.unit.drivers.test_git import files, git, opened, repository


def test_a_run_that_was_cut_short_after_the_branch_moved_brings_the_files_along(tmp_path: Path) -> None:
    root = repository(tmp_path)
    branch = opened(tmp_path, root)
    head, content = branch.head(), branch.last_good().content
    # What a run that was killed leaves: the commit is the branch's, the files are the old ones.
    new = git(root, "commit-tree", content, "-p", head.id, "-m", "Roll back\n\nGrace-Step: 0a")
    git(root, "update-ref", "refs/heads/main", new, head.id)
    assert branch.commit(content, "Roll back", "0a", onto=head.id).id == new
    assert files(root) == {"a": "2\n", "b": "1\n"}


def cut_short(root: Path, branch: Revisions, content: str, key: str = "0a") -> str:
    """Leave what a killed step leaves: the revision is the branch's, and index and files are the old ones."""
    head = branch.head()
    new = git(root, "commit-tree", content, "-p", head.id, "-m", f"Roll back\n\nGrace-Step: {key}")
    git(root, "update-ref", "refs/heads/main", new, head.id)
    return new


def test_what_was_cut_short_is_taken_back_with_its_files(tmp_path: Path) -> None:
    root = repository(tmp_path)
    branch, params = opened(tmp_path, root), RollBackParams()
    before, was = files(root), branch.head().content
    kept = ROLL_BACK.snapshot(branch, params)
    cut_short(root, branch, kept.content["wanted"], kept.content["key"])
    assert ROLL_BACK.effect(branch, params, kept) is Effect.ABSENT
    ROLL_BACK.restore(branch, params, kept)
    assert (files(root), branch.head().content) == (before, was)
    # So is a restore that was cut short.
    cut_short(root, branch, kept.content["wanted"], "0c")
    branch.finish()
    cut_short(root, branch, was, "0d")
    ROLL_BACK.restore(branch, params, kept)
    assert (files(root), branch.head().content) == (before, was)


def test_a_step_that_was_cut_short_is_resumed_with_its_files(tmp_path: Path) -> None:
    root = repository(tmp_path)
    branch, params = opened(tmp_path, root), RollBackParams()
    kept = ROLL_BACK.snapshot(branch, params)
    cut_short(root, branch, kept.content["wanted"], kept.content["key"])
    ROLL_BACK.apply(branch, params, kept)
    assert files(root) == {"a": "2\n", "b": "1\n"}
    assert ROLL_BACK.effect(branch, params, kept) is Effect.PRESENT


@pytest.mark.parametrize("way_on", [SUSPEND.restore, SUSPEND.apply])
def test_a_hold_that_was_cut_short_is_finished_or_taken_back(tmp_path: Path, way_on: Callable[..., object]) -> None:
    root = repository(tmp_path)
    before, params = files(root), SuspensionParams()
    hold = Place(tmp_path, str).open(DEFINITION, repository=str(root), hold_file=".hold")[Suspendable]
    kept = SUSPEND.snapshot(hold, params)
    SUSPEND.apply(hold, params, kept)
    git(root, "read-tree", "-m", "-u", "HEAD", "HEAD~1")
    os.utime(root / ".git" / "index", (1, 1))
    way_on(hold, params, kept)
    assert files(root).keys() - before.keys() == ({".hold"} if hold.is_suspended() else set())
    assert hold.is_suspended() is (way_on == SUSPEND.apply)


def test_what_a_person_takes_back_and_has_not_committed_is_not_touched(tmp_path: Path) -> None:
    root = repository(tmp_path)
    branch = opened(tmp_path, root)
    head = branch.head()
    branch.commit(branch.last_good().content, "Roll back", "0a", onto=head.id)
    git(root, "read-tree", "-m", "-u", "HEAD", "HEAD~1")
    os.utime(root / ".git" / "index", (time.time() + 5, time.time() + 5))
    branch.finish()
    assert git(root, "write-tree") == head.content
    with pytest.raises(ConflictError, match="files have changes that are not committed"):
        branch.commit(head.content, "Back", "0b", onto=branch.head().id)
