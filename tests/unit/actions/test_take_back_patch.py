from pathlib import Path

import pytest

from grace_workers.actions import standing_patches
from grace_workers.actions.primitives.take_back_patch import DEFINITION, TakeBackPatchParams
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryRevisions
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.drivers.test_git import files, git, repository

NOTHING = TakeBackPatchParams()


def branch() -> MemoryRevisions:
    """A good revision, a patch of Grace, and a commit of a person."""
    made = MemoryRevisions()
    made.good = {made.add("good", {"a": "1", "b": "1"}).id}
    made.add("patch", {"a": "1", "b": "2"}, automated=True)
    made.add("theirs", {"a": "2", "b": "2"})
    return made


def in_memory() -> InMemory:
    memory = branch()
    return InMemory(
        role=memory,
        params={},
        look=lambda: [one.id for one in memory.history],
        kept=lambda: memory.trees[memory.head().content],
    )


def real(folder: Path) -> Real:
    root = repository(folder)
    git(root, "tag", "good-9")
    (root / "b").write_text("patched\n")
    git(root, "commit", "--quiet", "--all", "--message", "patch\n\nGrace-Step: 0a")
    return Real(
        kind=TargetKind("git"),
        connection={"repository": str(root)},
        params={},
        look=lambda: git(root, "log", "--format=%H"),
        kept=lambda: (files(root), git(root, "rev-parse", "HEAD^{tree}")),
    )


def patches(memory: MemoryRevisions) -> list[str]:
    return [one.subject for one in standing_patches(memory)]


def test_commits_of_people_stay() -> None:
    memory = branch()
    kept = DEFINITION.snapshot(memory, NOTHING)
    DEFINITION.apply(memory, NOTHING, kept)
    assert memory.trees[memory.head().content] == {"a": "2", "b": "1"}


def test_a_patch_that_was_taken_back_is_not_taken_back_again() -> None:
    memory = branch()
    kept = DEFINITION.snapshot(memory, NOTHING)
    DEFINITION.apply(memory, NOTHING, kept)
    assert patches(memory) == []
    with pytest.raises(NotFoundError, match="no patch of Grace stands"):
        DEFINITION.preview(memory, NOTHING)


def test_a_patch_stands_again_once_its_taking_back_is_restored() -> None:
    memory = branch()
    kept = DEFINITION.snapshot(memory, NOTHING)
    DEFINITION.apply(memory, NOTHING, kept)
    DEFINITION.restore(memory, NOTHING, kept)
    assert patches(memory) == ["patch"]


def test_a_return_to_the_good_content_ends_every_patch() -> None:
    memory = branch()
    memory.commit(memory.last_good().content, "Roll back", "0a", onto=memory.head().id)
    assert patches(memory) == []
    memory.add("second patch", {"a": "7"}, automated=True)
    assert patches(memory) == ["second patch"]


def test_the_newest_of_several_patches_goes_first() -> None:
    memory = branch()
    memory.add("second patch", {"a": "2", "b": "2", "c": "1"}, automated=True)
    assert patches(memory) == ["second patch", "patch"]
    DEFINITION.apply(memory, NOTHING, DEFINITION.snapshot(memory, NOTHING))
    assert patches(memory) == ["patch"]
    DEFINITION.apply(memory, NOTHING, DEFINITION.snapshot(memory, NOTHING))
    assert memory.trees[memory.head().content] == {"a": "2", "b": "1"}


def test_a_patch_beneath_others_work_is_refused() -> None:
    memory = branch()
    memory.add("theirs too", {"a": "2", "b": "3"})
    with pytest.raises(ConflictError):
        DEFINITION.preview(memory, NOTHING)


def test_without_a_good_revision_no_patch_is_known() -> None:
    memory = branch()
    memory.good.clear()
    with pytest.raises(NotFoundError, match="good"):
        standing_patches(memory)
