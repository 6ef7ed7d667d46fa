"""When an instance counts as dead, and who may declare it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from grace_workers.fleet import (
    DEAD_AFTER,
    HEARTBEAT_EVERY,
    Instance,
    InstanceHealth,
    Standby,
    is_overdue,
    may_judge,
    standby_of,
)
from grace_workers.foundation.ids import InstanceName

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def instance(silent_for: timedelta, *, died_at: datetime | None = None, left_at: datetime | None = None) -> Instance:
    return Instance(
        name=InstanceName("alice"),
        epoch=1,
        pools=(),
        roles=(),
        health=InstanceHealth.HEALTHY,
        score=1.0,
        registered_at=NOW - timedelta(hours=1),
        heartbeat_at=NOW - silent_for,
        silent_for=silent_for,
        died_at=died_at,
        left_at=left_at,
    )


def test_an_instance_is_overdue_only_after_the_whole_span() -> None:
    assert not is_overdue(instance(DEAD_AFTER))
    assert is_overdue(instance(DEAD_AFTER + MOMENT))


def test_who_has_left_or_died_is_not_overdue() -> None:
    assert not is_overdue(instance(timedelta(hours=1), died_at=NOW))
    assert not is_overdue(instance(timedelta(hours=1), left_at=NOW))


def test_a_judge_needs_as_long_without_a_break_as_it_grants_the_others() -> None:
    assert not may_judge(DEAD_AFTER)
    assert may_judge(DEAD_AFTER + MOMENT)


def test_a_heartbeat_may_be_lost_without_a_verdict() -> None:
    assert HEARTBEAT_EVERY * 3 < DEAD_AFTER


@pytest.mark.parametrize(
    ("health", "consumes"),
    [(health, health in {InstanceHealth.HEALTHY, InstanceHealth.DEGRADED}) for health in InstanceHealth],
)
def test_only_the_healthy_and_the_degraded_take_jobs(health: InstanceHealth, consumes: bool) -> None:
    assert health.consumes is consumes


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Standby.WARM),
        ({"pools": ("healing",)}, Standby.HOT),
        ({"roles": ()}, None),
        ({"health": InstanceHealth.QUARANTINED}, None),
        ({"health": InstanceHealth.DRAINING}, None),
        ({"silent_for": DEAD_AFTER + MOMENT}, None),
    ],
)
def test_a_standby_is_hot_when_it_works_meanwhile(changes: dict[str, Any], expected: Standby | None) -> None:
    assert standby_of(replace(instance(timedelta(0)), **{"roles": ("control",), **changes})) is expected
