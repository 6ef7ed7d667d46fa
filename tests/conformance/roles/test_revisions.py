"""What every `Revisions` promises. A stand is a branch with five revisions, and what reads its files.

They are: `first` (a and b), `good` (marked as good, changes a), `bad` (changes b), `later` (adds c), `clash` (changes b
again, next to nothing else).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from grace_workers.actions import Revisions, standing_patches
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError
from grace_workers.testing import MemoryRevisions
from tests.conformance.roles.implementations import implementations, stand

HISTORY: list[tuple[str, dict[str, str]]] = [
    ("first", {"a": "1\n", "b": "1\n"}),
    ("good", {"a": "2\n", "b": "1\n"}),
    ("later", {"a": "2\n", "b": "1\n", "c": "new\n"}),
    ("bad", {"a": "2\n", "b": "2\n", "c": "new\n"}),
    ("last", {"a": "3\n", "b": "2\n", "c": "new\n"}),
]


@dataclass(frozen=True)
class History:
    """A branch. `add` adds a revision as someone else would; `files` are those of the head."""

    role: Revisions
    add: Callable[[str, Mapping[str, str]], object]
    files: Callable[[], Mapping[str, str]]


@pytest.fixture(params=implementations(Revisions))
def branch(request: pytest.FixtureRequest) -> Iterator[History]:
    if request.param == "memory":
        memory = MemoryRevisions()
        made = [memory.add(subject, tree) for subject, tree in HISTORY]
        memory.good = {made[1].id}
        yield History(memory, memory.add, lambda: memory.trees[memory.head().content])
        return
    with stand(request.param, Revisions, request) as (role, add, files):
        yield History(role, add, files)


def identity(branch: History, subject: str) -> str:
    return next(one.id for one in branch.role.since(first(branch)) if one.subject == subject)


def first(branch: History) -> str:
    return branch.role.last_good().id


def test_the_head_and_what_came_since_the_last_good_revision(branch: History) -> None:
    assert branch.role.head().subject == "last"
    assert branch.role.last_good().subject == "good"
    assert [one.subject for one in branch.role.since(first(branch))] == ["last", "bad", "later"]
    assert branch.role.paths(first(branch), branch.role.head().id) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["", "--help", "HEAD", "main", "deadbeef", "-1", "a b", "bad\n"])
def test_a_name_that_is_no_id_of_the_history_is_refused(branch: History, name: str) -> None:
    with pytest.raises(NotFoundError):
        branch.role.revision(name)


def test_one_revision_is_taken_out_and_later_ones_stay(branch: History) -> None:
    before = dict(branch.files())
    content = branch.role.without(identity(branch, "bad"))
    assert dict(branch.files()) == before
    head = branch.role.head()
    made = branch.role.commit(content, "Revert bad", "0a", onto=head.id)
    assert made == branch.role.head()
    assert (made.content, made.subject) == (content, "Revert bad")
    assert dict(branch.files()) == {"a": "3\n", "b": "1\n", "c": "new\n"}
    assert [one.id for one in branch.role.since(head.id)] == [made.id]


def test_revisions_of_steps_are_told_from_those_of_people(branch: History) -> None:
    bad = identity(branch, "bad")
    assert not branch.role.head().automated
    onto = branch.role.head().id
    branch.role.commit(branch.role.without(bad), "Revert bad", "0a", onto=onto, takes_back=bad)
    head = branch.role.head()
    assert (head.automated, head.takes_back, head.subject) == (True, bad, "Revert bad")
    assert standing_patches(branch.role) == []


def test_a_commit_is_made_once(branch: History) -> None:
    content, onto = branch.role.last_good().content, branch.role.head().id
    made = [branch.role.commit(content, "Roll back", "0a", onto=onto) for _ in range(2)]
    assert made[0] == made[1] == branch.role.head()
    assert dict(branch.files()) == {"a": "2\n", "b": "1\n"}


def test_a_branch_that_moved_meanwhile_is_left_alone(branch: History) -> None:
    content, onto = branch.role.last_good().content, branch.role.head().id
    branch.add("someone else's", {"d": "theirs\n"})
    with pytest.raises(ConflictError):
        branch.role.commit(content, "Roll back", "0a", onto=onto)
    assert branch.role.head().subject == "someone else's"


def test_what_later_revisions_changed_again_cannot_be_taken_out(branch: History) -> None:
    with pytest.raises(ConflictError):
        branch.role.without(first(branch))


def test_the_first_revision_cannot_be_taken_out(branch: History) -> None:
    branch.add("one more", {"x": "1\n"})
    oldest = next(one for one in HISTORY)
    with pytest.raises((PermanentError, ConflictError)):
        branch.role.without(_oldest(branch, oldest[0]))


def _oldest(branch: History, subject: str) -> str:
    if isinstance(branch.role, MemoryRevisions):
        return next(one.id for one in branch.role.history if one.subject == subject)
    return first(branch)
