"""Leaving the fleet when it answers, when it does not, and when the operator is in a hurry."""

import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from grace_workers.fleet import Instance, InstanceHealth
from grace_workers.foundation.ids import InstanceName
from grace_workers.node.membership.drain import Drain
from grace_workers.node.progress import Progress
from tests.waiting import until

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


@dataclass
class Place:
    """An entry in a fleet that answers, or hangs for as long as `frozen` is not set."""

    jobs: list[int] = field(default_factory=lambda: [2, 1, 0])
    frozen: threading.Event | None = None
    took_no_more: bool = False

    def look(self) -> Instance:
        if self.frozen is not None:
            self.frozen.wait()
        return self._instance(InstanceHealth.HEALTHY)

    def drain(self, grace: timedelta, *, reason: str) -> Instance:
        assert reason == "it stops"
        return self._instance(InstanceHealth.DRAINING, drain_left=grace)

    def stop_taking(self) -> None:
        self.took_no_more = True

    def running(self) -> int:
        return self.jobs.pop(0) if len(self.jobs) > 1 else self.jobs[0]

    def _instance(self, health: InstanceHealth, drain_left: timedelta | None = None) -> Instance:
        return Instance(
            name=InstanceName("here"),
            epoch=1,
            pools=(),
            roles=(),
            health=health,
            score=1.0,
            registered_at=NOW,
            heartbeat_at=NOW,
            drain_left=drain_left,
        )


def drained(place: Place, *, grace: float = 10, answers: float = 5) -> tuple[Drain, list[Progress], threading.Thread]:
    told: list[Progress] = []
    made = Drain(place, timedelta(seconds=grace), told.append, answers_within=timedelta(seconds=answers))
    thread = threading.Thread(target=made.run)
    thread.start()
    return made, told, thread


def test_what_runs_is_waited_for():
    place = Place()
    _, told, thread = drained(place)
    thread.join(10)
    assert [(one.state, one.note) for one in told] == [("done", None)]
    assert place.took_no_more


def test_jobs_still_running_after_the_grace_go_to_other_nodes():
    _, told, thread = drained(Place(jobs=[3]), grace=0.2)
    thread.join(10)
    assert told[0].note == "3 running jobs are handed to other nodes"


@pytest.mark.slow
def test_a_frozen_fleet_does_not_delay_the_end():
    place = Place(frozen=threading.Event())
    _, told, thread = drained(place, answers=0.3)
    thread.join(5)
    assert (told[0].state, told[0].note) == ("failed", "the fleet has not answered for 0.3 s")
    place.frozen.set()


def test_a_hurry_ends_the_wait():
    place = Place(jobs=[3])
    made, told, thread = drained(place, grace=60)
    until(lambda: place.took_no_more, within=5)
    began = time.monotonic()
    made.hurry()
    thread.join(5)
    assert time.monotonic() - began < 2
    assert told[0].note == "3 running jobs are handed to other nodes"
