"""A rehearsal: the result of a playbook's run on a world in memory."""

from pathlib import Path

import pytest

from grace_workers.actions import Ownership, Restartable, Target
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.foundation.yaml_file import SourceError
from grace_workers.testing import MemoryService, MemoryWorld, rehearse
from grace_workers.verification import Failed

SHOP = Target(name=TargetName("shop"), kind=TargetKind("process"), owner=Ownership.INTERNAL)
PLAYBOOK = """
name: restart_my_shop
description: Starts the shop when it does not run.
version: 1
aspect: performance
budget: 60s
when: {causes: [process_down]}
steps:
  - {id: start, primitive: restart_service}
expectations:
  - {id: runs, check: alive, operator: "==", bound: 1, within: 15s}
"""


class Stuck(MemoryService):
    """A service that does not start."""

    def start(self):
        """Do nothing."""
        return self.status()


@pytest.fixture
def playbook(tmp_path: Path) -> Path:
    found = tmp_path / "restart_my_shop.yaml"
    found.write_text(PLAYBOOK)
    return found


def world(service: MemoryService) -> MemoryWorld:
    return MemoryWorld(roles={(SHOP.name, Restartable): service})


def test_a_run_that_ends_the_fault_has_healed(playbook: Path) -> None:
    run = rehearse(playbook, [SHOP], world(MemoryService(running=False)))
    assert run.healed
    assert (run.before, len(run.previews), len(run.outcomes)) == ({"runs": 0}, 1, 1)


def test_a_run_where_nothing_was_wrong_has_healed_nothing(playbook: Path) -> None:
    assert not rehearse(playbook, [SHOP], world(MemoryService())).healed


def test_a_run_that_leaves_the_fault_has_failed(playbook: Path) -> None:
    run = rehearse(playbook, [SHOP], world(Stuck(running=False)))
    assert not run.healed
    assert isinstance(run.verdict, Failed)


def test_a_faulty_playbook_is_refused_with_its_line(playbook: Path) -> None:
    playbook.write_text(PLAYBOOK.replace("restart_service", "reboot"))
    with pytest.raises(SourceError, match="reboot"):
        rehearse(playbook, [SHOP], world(MemoryService()))


def test_what_a_world_does_not_have_is_named(playbook: Path) -> None:
    with pytest.raises(NotFoundError, match="no target named 'shop'; declared targets: none"):
        rehearse(playbook, [SHOP], MemoryWorld())
    with pytest.raises(InputError, match="does not support Restartable; it supports: str"):
        rehearse(playbook, [SHOP], MemoryWorld(roles={(SHOP.name, str): "x"}))
