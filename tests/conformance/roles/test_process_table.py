"""What every `ProcessTable` promises. A stand is a tree of three processes, its name, and a count of the live."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from grace_workers.actions import ProcessEntry, ProcessTable
from grace_workers.testing import MemoryProcesses
from tests.conformance.roles.implementations import implementations, stand

GRACE = timedelta(seconds=5)


@dataclass(frozen=True)
class Tree:
    """A tree of three live processes; `live` returns how many of them still are."""

    role: ProcessTable
    name: str
    live: Callable[[], int]


@pytest.fixture(params=implementations(ProcessTable))
def tree(request: pytest.FixtureRequest) -> Iterator[Tree]:
    if request.param == "memory":
        entries = [
            ProcessEntry(pid=pid, incarnation="a", parent=parent, name=name, user="shop", memory=1 << 20, zombies=0)
            for pid, parent, name in ((10, 1, "leaky"), (11, 10, "sleep"), (12, 10, "sleep"))
        ]
        table = MemoryProcesses(entries)
        yield Tree(table, "leaky", lambda: len(table.entries))
        return
    with stand(request.param, ProcessTable, request) as made:
        yield Tree(*made)


def test_a_tree_is_its_root_and_all_below_it(tree: Tree) -> None:
    (root,) = tree.role.find(tree.name)
    members = tree.role.tree(root.pid, root.incarnation)
    assert (members[0], len(members)) == (root, 3)
    assert all(tree.role.runs(one.pid, one.incarnation) for one in members)


def test_looking_ends_nothing(tree: Tree) -> None:
    for root in tree.role.find(tree.name):
        tree.role.tree(root.pid, root.incarnation)
    assert tree.live() == 3


def test_the_whole_tree_ends_and_once(tree: Tree) -> None:
    (root,) = tree.role.find(tree.name)
    members = [(one.pid, one.incarnation) for one in tree.role.tree(root.pid, root.incarnation)]
    assert (tree.role.end(members, GRACE), tree.role.end(members, GRACE), tree.live()) == (3, 0, 0)
    assert not any(tree.role.runs(*one) for one in members)
    assert list(tree.role.find(tree.name)) == []


def test_a_process_that_only_has_the_same_pid_goes_on(tree: Tree) -> None:
    (root,) = tree.role.find(tree.name)
    assert list(tree.role.tree(root.pid, "another")) == []
    assert (tree.role.end([(root.pid, "another")], GRACE), tree.live()) == (0, 3)
