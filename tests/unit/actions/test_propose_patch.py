from pathlib import Path

import pytest

from grace_workers.actions.primitives.propose_patch import DEFINITION, ProposePatchParams
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryCodebase
from tests.conformance.primitive_cases import InMemory, Real
from tests.conformance.roles.test_codebase import AT, BRANCH, CODE, PATCH
from tests.unit.drivers.test_git import commit, git


def code() -> MemoryCodebase:
    made = MemoryCodebase()
    for subject, tree in CODE:
        made.main.add(subject, tree)
    return made


def asked(base: str) -> dict[str, str]:
    return {"branch": BRANCH, "base": base, "patch": PATCH, "subject": "Fix b", "report": "why", "at": AT.isoformat()}


def in_memory() -> InMemory:
    memory = code()
    return InMemory(role=memory, params=asked(memory.main.head().id), look=lambda: dict(memory.proposals))


def real(folder: Path) -> Real:
    root = folder / "shop"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    for subject, tree in CODE:
        commit(root, subject, tree)
    return Real(
        kind=TargetKind("git"),
        connection={"repository": str(root), "python": "/usr/bin/python3"},
        params=asked(git(root, "rev-parse", "HEAD")),
        look=lambda: (git(root, "for-each-ref"), git(root, "status", "--porcelain")),
    )


def test_a_branch_that_was_there_before_stays() -> None:
    memory = code()
    memory.proposals[BRANCH] = "theirs"
    params = ProposePatchParams.read(asked(memory.main.head().id), "params")
    kept = DEFINITION.snapshot(memory, params)
    with pytest.raises(ConflictError, match="existed before"):
        DEFINITION.apply(memory, params, kept)
    DEFINITION.restore(memory, params, kept)
    assert memory.proposals == {BRANCH: "theirs"}


def test_a_branch_to_which_others_added_is_not_deleted() -> None:
    memory = code()
    params = ProposePatchParams.read(asked(memory.main.head().id), "params")
    kept = DEFINITION.snapshot(memory, params)
    DEFINITION.apply(memory, params, kept)
    memory.proposals[BRANCH] = "theirs"
    with pytest.raises(ConflictError):
        DEFINITION.restore(memory, params, kept)
    assert memory.proposals == {BRANCH: "theirs"}


@pytest.mark.parametrize("branch", ["main", "grace/", "grace/../main", "grace/a b", "grace/-x", "grace/x.lock", "-d"])
def test_only_a_branch_of_ours_can_be_made(branch: str) -> None:
    with pytest.raises(InputError, match="branch"):
        ProposePatchParams.read({**asked("0" * 40), "branch": branch}, "params")


@pytest.mark.parametrize(
    "patch",
    [
        "",
        "--- a/x\n+++ b/x\n",
        PATCH.replace("shop.py", "../shop.py"),
        PATCH.replace("shop.py", ".git/config"),
        PATCH.replace("shop.py", "lib/.GIT/hooks/post-commit"),
        PATCH.replace("--- a/shop.py", "new file mode 120000\n--- /dev/null"),
        PATCH.replace("--- a/shop.py", "old mode 160000\n--- a/shop.py"),
        PATCH + "diff --git a/x b/x\nGIT binary patch\nliteral 0\n",
        PATCH + "diff --git a/x b/y\nrename from x\nrename to y\n",
    ],
)
def test_what_is_no_plain_change_of_text_files_is_refused(patch: str) -> None:
    with pytest.raises(InputError, match="patch"):
        ProposePatchParams.read({**asked("0" * 40), "patch": patch}, "params")
