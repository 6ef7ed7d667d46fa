from datetime import UTC, datetime, timedelta

from grace_workers.cycles import FleetChange
from grace_workers.cycles.programmes.triggers import DEFINITION, Watched
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Memory, Reading, Trigger, triggers

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TRIGGERS = discover(triggers, Trigger, label="trigger")


IN_FORCE = {
    "threshold": [{"trigger": "heartbeat_stall", "target": "web", "seconds": 120}],
    "probe": [
        {"check": check, "target": "web", "bound": 0.5, "at_least": False, "cause": "odd"}
        for check in ("alive", "process_memory_mib")
    ],
}


class Targets:
    """Readers of one target on which nothing answers."""

    triggers = TRIGGERS

    def readings(self, checks, targets=("web",)) -> list[Reading]:
        assert tuple(targets) == ("web",)
        return [Reading(check=check, target=TargetName("web"), value=0.0, at=NOW) for check in checks]

    def changes(self, kind: str) -> list[FleetChange]:
        return [FleetChange(kind=kind, subject="s", content=one, proposed_at=NOW) for one in IN_FORCE[kind]]

    def figures(self) -> dict[str, object]:
        raise AssertionError("the triggers look at targets only")


def test_triggers_are_evaluated_every_thirty_seconds() -> None:
    assert (DEFINITION.cadence, DEFINITION.pool) == (timedelta(seconds=30), "orchestration")


def test_each_watched_check_is_read_once() -> None:
    seen = DEFINITION.read(Targets())
    checks = [reading.check for reading in seen.readings]
    assert sorted(checks) == sorted(
        {*(check for trigger in TRIGGERS for check in trigger.checks), "process_memory_mib"}
    )


def test_what_a_change_in_force_watches_is_told_after_two_looks_and_of_its_target_only() -> None:
    memory, told = None, list[list[str]]()
    for looks in range(3):
        now = NOW + timedelta(seconds=30 * looks)
        readings = [
            Reading(check="process_memory_mib", target=TargetName(name), value=0.0, at=now) for name in ("web", "db")
        ]
        seen = Watched(triggers=DEFINITION.read(Targets()).triggers, readings=readings)
        found = DEFINITION.judge(seen, memory, now)
        memory = found.memory
        told.append([f"{one.name} of {one.target}" for one in found.signals])
    assert told == [[], ["watched_process_memory_mib of web"], ["watched_process_memory_mib of web"]]
    assert found.signals[0].summary == "web: process_memory_mib is 0, at most 0.5: a sign of odd"


def test_what_a_change_in_force_holds_is_told_only_after_that_time() -> None:
    seen = DEFINITION.read(Targets())
    assert seen.holds == {("heartbeat_stall", TargetName("web")): timedelta(minutes=2)}
    memory, told = None, list[int]()
    for looks in range(7):
        now = NOW + timedelta(seconds=30 * looks)
        readings = [Reading(check="alive", target=TargetName("web"), value=0.0, at=now)]
        found = DEFINITION.judge(Watched(triggers=TRIGGERS, readings=readings, holds=seen.holds), memory, now)
        memory = found.memory
        told.append(len(found.signals))
    assert told == [0, 0, 0, 0, 0, 1, 1]
    assert Memory.read(memory).untold == {}


def test_when_a_condition_ended_before_it_was_told_is_remembered_while_the_hold_is_in_force() -> None:
    memory, looks = None, [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    for number, value in enumerate(looks):
        now = NOW + timedelta(seconds=30 * number)
        readings = [Reading(check="alive", target=TargetName("web"), value=value, at=now)]
        seen = Watched(triggers=TRIGGERS, readings=readings, holds=DEFINITION.read(Targets()).holds)
        found = DEFINITION.judge(seen, memory, now)
        assert found.signals == ()
        memory = found.memory
    ended = [NOW + timedelta(seconds=30 * number) for number in (3, 7)]
    assert Memory.read(memory).untold == {("heartbeat_stall", TargetName("web")): tuple(ended)}
    found = DEFINITION.judge(Watched(triggers=TRIGGERS, readings=readings), memory, now)
    assert Memory.read(found.memory).untold == {}


def test_what_is_seen_is_raised_at_every_look_and_remembered() -> None:
    web = TargetName("web")
    down = [Reading(check="alive", target=web, value=0.0, at=NOW + timedelta(seconds=n)) for n in range(9)]
    found = DEFINITION.judge(Watched(triggers=TRIGGERS, readings=down), None, NOW + timedelta(seconds=9))
    assert found.result == {"readings": 9, "signals": len(found.signals)}
    assert found.signals
    again = DEFINITION.judge(Watched(triggers=TRIGGERS, readings=down[-1:]), found.memory, NOW + timedelta(seconds=39))
    assert len(again.signals) == len(found.signals)
