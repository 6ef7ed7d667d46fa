from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from grace_workers.actions import PullRequest
from grace_workers.actions.primitives.open_pull_request import DEFINITION, OpenPullRequestParams
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryPullRequests
from tests.conformance.primitive_cases import InMemory, Real
from tests.conformance.roles.test_codebase import BRANCH
from tests.unit.drivers.test_git import proposed_repository, remote_of

PARAMS = {"branch": BRANCH, "subject": "Fix b", "report": "why"}


def in_memory() -> InMemory:
    memory = MemoryPullRequests()
    return InMemory(role=memory, params=PARAMS, look=lambda: dict(memory.requests))


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    root = proposed_repository(folder)
    with remote_of("github", root, folder) as (side, remote):
        yield Real(
            kind=TargetKind("git"),
            connection={"repository": str(root), "remote": remote},
            params=PARAMS,
            look=lambda: (side.git("for-each-ref"), [one["number"] for one in side.requests if one["state"] == "open"]),
        )


class Silent(MemoryPullRequests):
    """A remote that does not answer."""

    def opened(self, branch: str) -> PullRequest | None:
        raise TransientError(f"no answer about {branch}")


def test_a_request_that_was_open_before_stays_open() -> None:
    memory = MemoryPullRequests()
    there = memory.open(BRANCH, "Fix b", "theirs")
    params = OpenPullRequestParams.read(PARAMS, "params")
    kept = DEFINITION.snapshot(memory, params)
    outcome = DEFINITION.apply(memory, params, kept)
    assert there.url in outcome.detail
    assert DEFINITION.restored(memory, params, kept)
    DEFINITION.restore(memory, params, kept)
    assert memory.opened(BRANCH) == there


def test_what_the_remote_did_not_say_before_is_left_to_people() -> None:
    silent = Silent()
    params = OpenPullRequestParams.read(PARAMS, "params")
    kept = DEFINITION.snapshot(silent, params)
    memory = MemoryPullRequests()
    DEFINITION.apply(memory, params, kept)
    outcome = DEFINITION.restore(memory, params, kept)
    assert "may have been open before; close it there" in outcome.detail
    assert memory.opened(BRANCH) is not None
    assert not DEFINITION.restored(memory, params, kept)
