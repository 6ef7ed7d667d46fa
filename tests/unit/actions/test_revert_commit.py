from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.revert_commit import DEFINITION, RevertCommitParams
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryRevisions
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.drivers.test_git import files, git, repository


def branch() -> MemoryRevisions:
    made = MemoryRevisions()
    made.add("first", {"a": "1", "b": "1"})
    made.add("bad", {"a": "1", "b": "2"})
    made.add("later", {"a": "2", "b": "2"})
    return made


def in_memory() -> InMemory:
    memory = branch()
    return InMemory(
        role=memory,
        params={"commit": memory.history[1].id},
        look=lambda: [one.id for one in memory.history],
        kept=lambda: memory.trees[memory.head().content],
    )


def real(folder: Path) -> Real:
    root = repository(folder)
    bad = git(root, "log", "--format=%H", "--grep=^bad$")
    return Real(
        kind=TargetKind("git"),
        connection={"repository": str(root)},
        params={"commit": bad[:12]},
        look=lambda: git(root, "log", "--format=%H"),
        kept=lambda: (files(root), git(root, "rev-parse", "HEAD^{tree}")),
    )


def test_the_preview_names_the_paths_and_the_commit() -> None:
    memory = branch()
    changes = DEFINITION.preview(memory, RevertCommitParams(commit=memory.history[1].id)).changes
    assert changes[1:] == ("change b",)
    assert "(bad)" in changes[0]


def test_later_commits_stay() -> None:
    memory = branch()
    params = RevertCommitParams(commit=memory.history[1].id)
    DEFINITION.apply(memory, params, DEFINITION.snapshot(memory, params))
    assert memory.trees[memory.head().content] == {"a": "2", "b": "1"}


def test_nothing_is_restored_over_what_others_committed() -> None:
    memory = branch()
    params = RevertCommitParams(commit=memory.history[1].id)
    kept = DEFINITION.snapshot(memory, params)
    DEFINITION.apply(memory, params, kept)
    memory.add("theirs", {"c": "3"})
    with pytest.raises(ConflictError, match="decide by hand"):
        DEFINITION.restore(memory, params, kept)
    assert memory.head().subject == "theirs"


def test_a_commit_that_is_taken_out_already_is_left_alone() -> None:
    memory = MemoryRevisions()
    memory.add("first", {"a": "1"})
    empty = memory.add("empty", {"a": "1"})
    params = RevertCommitParams(commit=empty.id)
    assert DEFINITION.apply(memory, params, DEFINITION.snapshot(memory, params)).status is OutcomeStatus.UNCHANGED


@pytest.mark.parametrize("commit", ["HEAD", "--help", "abc", "main", "a" * 65, "ABCDEF1"])
def test_what_is_no_id_is_refused(commit: str) -> None:
    with pytest.raises(InputError, match="commit"):
        RevertCommitParams.read({"commit": commit}, "params")
    with pytest.raises(NotFoundError):
        DEFINITION.preview(branch(), RevertCommitParams(commit="0000000"))
