"""What every `Codebase` promises. A stand is code on a branch with two revisions, and what reads and adds to it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from grace_workers.actions import Codebase, Revisions
from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.testing import MemoryCodebase
from tests.conformance.roles.implementations import implementations, stand

CODE: list[tuple[str, dict[str, str]]] = [
    ("first", {"shop.py": "a = 1\nb = 2\n"}),
    ("second", {"shop.py": "a = 1\nb = 3\n"}),
]
PATCH = """diff --git a/shop.py b/shop.py
--- a/shop.py
+++ b/shop.py
@@ -1,2 +1,2 @@
 a = 1
-b = 3
+b = 2 + {{ a }}
"""
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BRANCH = "grace/fix-1"


@dataclass(frozen=True)
class Code:
    """Code with the revisions of its branch. `add` adds a revision as someone else would."""

    role: Codebase
    main: Revisions
    add: Callable[[str, Mapping[str, str]], object]

    def propose(self, **changed: str) -> str:
        told = {"patch": PATCH, "message": "Fix b\n", "base": self.main.head().id, **changed}
        return self.role.propose(BRANCH, told["patch"], told["message"], base=told["base"], at=AT)


@pytest.fixture(params=implementations(Codebase))
def code(request: pytest.FixtureRequest) -> Iterator[Code]:
    if request.param == "memory":
        memory = MemoryCodebase()
        for subject, tree in CODE:
            memory.main.add(subject, tree)
        yield Code(memory, memory.main, memory.main.add)
        return
    with stand(request.param, Codebase, request) as (role, main, add):
        yield Code(role, main, add)


def test_a_proposal_is_made_once_and_the_branch_stays_as_it_is(code: Code) -> None:
    head = code.main.head()
    assert code.role.proposed(BRANCH) is None
    made = code.propose()
    assert code.propose() == made == code.role.proposed(BRANCH)
    assert code.main.head() == head
    assert code.role.unmerged(BRANCH) == 1


def test_a_proposal_is_merged_once_the_branch_has_its_content(code: Code) -> None:
    code.propose()
    content = code.main.patched(PATCH)
    assert code.role.unmerged(BRANCH) == 1
    code.main.commit(content, "Fix b", "0a", onto=code.main.head().id)
    assert code.role.unmerged(BRANCH) == 0


def test_a_branch_with_something_else_is_left_alone(code: Code) -> None:
    made = code.propose()
    with pytest.raises(ConflictError, match="exists"):
        code.propose(message="Something else\n")
    with pytest.raises(ConflictError):
        code.role.withdraw(BRANCH, "0" * 39 + "1")
    assert code.role.proposed(BRANCH) == made


def test_a_proposal_is_withdrawn_and_a_second_time_nothing_is_left_to_do(code: Code) -> None:
    made = code.propose()
    for _ in range(2):
        code.role.withdraw(BRANCH, made)
        assert code.role.proposed(BRANCH) is None
    with pytest.raises(NotFoundError):
        code.role.unmerged(BRANCH)


def test_a_patch_that_does_not_fit_is_refused_and_leaves_no_branch(code: Code) -> None:
    code.add("theirs", {"shop.py": "a = 1\nb = 4\n"})
    with pytest.raises(ConflictError, match="fit"):
        code.propose()
    with pytest.raises(ConflictError, match="fit"):
        code.main.patched(PATCH)
    assert code.role.proposed(BRANCH) is None


@pytest.mark.parametrize("base", ["", "HEAD", "deadbeef"])
def test_a_proposal_to_a_commit_that_is_not_in_the_history_is_refused(code: Code, base: str) -> None:
    with pytest.raises(NotFoundError):
        code.propose(base=base)
