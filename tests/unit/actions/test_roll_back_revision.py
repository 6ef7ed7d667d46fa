from pathlib import Path

import pytest

from grace_workers.actions.primitives.roll_back_revision import DEFINITION, RollBackParams
from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryRevisions
from tests.conformance.primitive_cases import InMemory, Real
from tests.unit.drivers.test_git import files, git, repository


def branch() -> MemoryRevisions:
    made = MemoryRevisions()
    made.good = {made.add("good", {"a": "1"}).id}
    made.add("bad", {"a": "2", "b": "2"})
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
    return Real(
        kind=TargetKind("git"),
        connection={"repository": str(root)},
        params={},
        look=lambda: git(root, "log", "--format=%H"),
        kept=lambda: (files(root), git(root, "rev-parse", "HEAD^{tree}")),
    )


def test_the_branch_has_the_content_of_the_good_revision_and_keeps_its_history() -> None:
    memory = branch()
    DEFINITION.apply(memory, RollBackParams(), DEFINITION.snapshot(memory, RollBackParams()))
    assert memory.trees[memory.head().content] == {"a": "1"}
    assert len(memory.history) == 3


def test_another_revision_can_be_named() -> None:
    memory = branch()
    params = RollBackParams(to=memory.history[0].id[:9])
    assert f"Roll back to {memory.history[0].id[:12]} (good)" in DEFINITION.preview(memory, params).changes[0]


def test_without_a_good_revision_nothing_is_done() -> None:
    memory = branch()
    memory.good.clear()
    with pytest.raises(NotFoundError, match="good"):
        DEFINITION.preview(memory, RollBackParams())
