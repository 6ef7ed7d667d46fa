from pathlib import Path

import pytest

from grace_workers.actions.primitives.apply_patch import DEFINITION, ApplyPatchParams
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import TargetKind
from tests.conformance.primitive_cases import InMemory, Real
from tests.conformance.roles.test_codebase import PATCH
from tests.unit.actions.test_propose_patch import code
from tests.unit.actions.test_propose_patch import real as proposed
from tests.unit.drivers.test_git import files, git

PARAMS = {"patch": PATCH, "subject": "Fix b"}


def in_memory() -> InMemory:
    memory = code().main
    return InMemory(
        role=memory,
        params=PARAMS,
        look=lambda: [one.id for one in memory.history],
        kept=lambda: memory.trees[memory.head().content],
    )


def real(folder: Path) -> Real:
    made = proposed(folder)
    root = folder / "shop"
    return Real(
        kind=TargetKind("git"),
        connection=made.connection,
        params=PARAMS,
        look=lambda: git(root, "log", "--format=%H"),
        kept=lambda: (files(root), git(root, "rev-parse", "HEAD^{tree}")),
    )


def test_a_restore_is_a_commit_that_takes_the_patch_back() -> None:
    memory = code().main
    params = ApplyPatchParams.read(PARAMS, "params")
    kept = DEFINITION.snapshot(memory, params)
    DEFINITION.apply(memory, params, kept)
    assert memory.trees[memory.head().content]["shop.py"] == "a = 1\nb = 2 + {{ a }}\n"
    DEFINITION.restore(memory, params, kept)
    assert [one.subject for one in memory.history] == ["first", "second", "Fix b", "Take back: Fix b"]


def test_a_patch_that_does_not_fit_the_head_is_refused_before_anything_is_done() -> None:
    memory = code().main
    memory.add("theirs", {"shop.py": "b = 4\n"})
    with pytest.raises(ConflictError, match="does not fit"):
        DEFINITION.snapshot(memory, ApplyPatchParams.read(PARAMS, "params"))
