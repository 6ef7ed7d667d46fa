"""What the stores of signals and incidents promise, run against memory and PostgreSQL."""

from dataclasses import replace

import pytest

from grace_workers.foundation.errors import ConflictError, NotFoundError
from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.governance import Switch
from grace_workers.orchestration.dossier import Closing, Fate, Happening, Receipt
from grace_workers.orchestration.job import JobFailed, JobRequest, Pool, Succeeded
from grace_workers.orchestration.stores import HourCount, LineTransaction
from grace_workers.signals import Condition, IncidentState, Severity, Signal, sign
from grace_workers.testing import FakeClock
from tests.builders import DATABASE, HERE, WEB, signal
from tests.conformance.line_worlds import HOUR, MINUTE, SECOND, World, clock, dossier, opened, uuid7_at, world

__all__ = ["clock", "world"]


def ignored(one: Signal) -> Receipt:
    return Receipt(signal=one.id, fate=Fate.IGNORED, incident=None, reason="r")


# A transaction


def test_what_fails_half_way_leaves_nothing_behind(world: World, clock: FakeClock) -> None:
    made, one = dossier(clock), signal(at=clock)

    def fail(tx: LineTransaction) -> None:
        tx.incidents.add(made)
        tx.signals.keep([(one, ignored(one))])
        tx.switches.turn("kill", Switch(on=True, reason="r", by="b"), clock.now())
        tx.cycle_states.write("look", {"a": 1}, clock.now())
        raise ConflictError("no")

    with pytest.raises(ConflictError), world.ledger.transaction() as tx:
        fail(tx)
    with world.ledger.transaction() as tx:
        assert not tx.switches.read("kill").on
        assert tx.cycle_states.read("look") is None
        assert tx.signals.known([one.delivery_key]) == {}
        with pytest.raises(NotFoundError):
            tx.incidents.load(made.incident.id)


# Incidents


def test_an_incident_comes_back_as_it_was(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    with world.ledger.transaction() as tx:
        assert tx.incidents.load(made.incident.id) == made


def test_an_unknown_incident_is_not_found(world: World) -> None:
    with pytest.raises(NotFoundError, match="no incident"), world.ledger.transaction() as tx:
        tx.incidents.load(IncidentId(uuid7()))


def test_a_save_needs_the_version_it_started_from(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    after = replace(made, reasons=("r",), incident=replace(made.incident, version=2, state=IncidentState.DIAGNOSED))
    with world.ledger.transaction() as tx:
        tx.incidents.save(after, expected_version=1)
    with pytest.raises(ConflictError, match="no longer at version 1"), world.ledger.transaction() as tx:
        tx.incidents.save(after, expected_version=1)
    with world.ledger.transaction() as tx:
        assert tx.incidents.load(made.incident.id) == after


def test_an_unknown_incident_cannot_be_saved(world: World, clock: FakeClock) -> None:
    with pytest.raises(ConflictError), world.ledger.transaction() as tx:
        tx.incidents.save(dossier(clock), expected_version=1)


def test_signals_that_join_while_a_stage_runs_are_not_lost(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    joined = replace(made.incident, signals=5, severity=Severity.CRITICAL, last_signal_at=clock.now() + MINUTE)
    with world.ledger.transaction() as tx:
        tx.incidents.touch(joined)
        tx.incidents.save(replace(made, incident=replace(made.incident, version=2)), expected_version=1)
    with world.ledger.transaction() as tx:
        kept = tx.incidents.load(made.incident.id).incident
    assert (kept.signals, kept.severity, kept.last_signal_at) == (5, Severity.CRITICAL, joined.last_signal_at)
    assert kept.version == 2


def test_recent_are_the_open_and_the_lately_closed_of_one_target_and_signature(world: World, clock: FakeClock) -> None:
    now = clock.now()
    closed = {"state": IncidentState.CLOSED}
    wanted = [
        opened(world, clock),
        opened(world, clock, state=IncidentState.ESCALATED),
        opened(world, clock, **closed, closed_at=now),
    ]
    opened(world, clock, **closed, closed_at=now - HOUR)
    opened(world, clock, target=DATABASE)
    opened(world, clock, signature=sign("another"))
    opened(world, clock, target=None)
    condition, quiet = Condition(WEB, sign("illness")), Condition(WEB, sign("quiet"))
    with world.ledger.transaction() as tx:
        found = tx.incidents.recent([condition, quiet], since=now - MINUTE)
        assert {one.id for one in found[condition]} == {one.incident.id for one in wanted}
        assert not found.get(quiet)


def test_the_timeline_keeps_its_order_and_its_data(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    happenings = [
        Happening(at=clock.now(), stage=f"s{n}", state="open", headline="h", took=0.25, data={"n": n, "l": ["a", None]})
        for n in range(5)
    ]
    with world.ledger.transaction() as tx:
        for one in happenings:
            tx.incidents.note(made.incident.id, one)
    with world.ledger.transaction() as tx:
        assert list(tx.incidents.timeline(made.incident.id)) == happenings


def test_incidents_are_counted_by_the_hour_and_how_they_ended(world: World, clock: FakeClock) -> None:
    early = opened(world, clock)
    clock.advance(HOUR)
    made = [opened(world, clock), opened(world, clock)]
    with world.ledger.transaction() as tx:
        ended = replace(made[0], closing=Closing.HEALED)
        tx.incidents.save(ended, expected_version=ended.incident.version)
    began = early.incident.opened_at.replace(minute=0, second=0, microsecond=0)
    with world.ledger.transaction() as tx:
        assert tx.incidents.hourly(since=began) == [
            HourCount(hour=began, closing=None, count=1),
            HourCount(hour=began + HOUR, closing=Closing.HEALED, count=1),
            HourCount(hour=began + HOUR, closing=None, count=1),
        ]
        assert tx.incidents.hourly(since=clock.now() + HOUR) == []


def test_incidents_are_found_newest_first_by_state_and_target(world: World, clock: FakeClock) -> None:
    made = [
        opened(world, clock, id=uuid7_at(n), target=target, state=state)
        for n, (target, state) in enumerate(
            [(WEB, IncidentState.OPEN), (DATABASE, IncidentState.OPEN), (WEB, IncidentState.CLOSED)]
        )
    ]
    with world.ledger.transaction() as tx:
        assert tx.incidents.find() == made[::-1]
        assert tx.incidents.find(limit=1) == [made[2]]
        assert tx.incidents.find(states=[IncidentState.OPEN]) == [made[1], made[0]]
        assert tx.incidents.find(states=[IncidentState.OPEN, IncidentState.CLOSED]) == made[::-1]
        assert tx.incidents.find(severity=made[0].incident.severity, before=made[2].incident.id) == [made[1], made[0]]
        assert tx.incidents.find(severity=Severity.INFO) == tx.incidents.find(before=made[0].incident.id) == []
        assert tx.incidents.find(target=WEB) == [made[2], made[0]]
        assert tx.incidents.counts() == {"open": 2, "closed": 1}


def test_an_incident_without_a_job_is_stalled_once_it_was_idle(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    resting = {IncidentState.CLOSED, IncidentState.REFUSED, IncidentState.ESCALATED}
    for state in resting:
        opened(world, clock, state=state)
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        stalled = tx.incidents.stalled(idle=20 * SECOND)
        assert [(one.incident.id, one.given_up) for one in stalled] == [(made.incident.id, None)]
        assert not tx.incidents.stalled(idle=HOUR)


def test_an_incident_with_an_open_job_is_not_stalled(world: World, clock: FakeClock) -> None:
    made = opened(world, clock)
    with world.ledger.transaction() as tx:
        tx.jobs.submit([JobRequest(name="x", pool=Pool.ORCHESTRATION, incident=made.incident.id)])
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        assert not tx.incidents.stalled(idle=20 * SECOND)


@pytest.mark.parametrize("how", ["succeeded", "failed", "cancelled"])
def test_a_stalled_incident_tells_how_its_newest_job_was_given_up(world: World, clock: FakeClock, how: str) -> None:
    made = opened(world, clock)
    with world.ledger.transaction() as tx:
        request = JobRequest(name="x", pool=Pool.ORCHESTRATION, incident=made.incident.id)
        job = tx.jobs.submit([request])[0]
    if how == "cancelled":
        with world.ledger.transaction() as tx:
            tx.jobs.cancel(job.id)
    else:
        claim = world.claimer.claim(job.id, HERE)
        assert claim is not None
        world.claimer.finish(claim, Succeeded() if how == "succeeded" else JobFailed(error="it broke"))
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        given_up = tx.incidents.stalled(idle=20 * SECOND)[0].given_up
    assert given_up == {
        "succeeded": None, "failed": "failed: it broke", "cancelled": "cancelled: no reason given"
    }[how]  # fmt: skip


# Many at once


def test_many_incidents_are_added_touched_and_noted_as_one_would_be(world: World, clock: FakeClock) -> None:
    made = [dossier(clock), dossier(clock)]
    happening = Happening(at=clock.now(), stage="signal", state="open", headline="h", took=0.0, data={"a": 1})
    joined = [replace(one.incident, signals=count) for one, count in zip(made, (3, 4), strict=True)]
    with world.ledger.transaction() as tx:
        tx.incidents.add_all(made)
        tx.incidents.touch_all(joined)
        tx.incidents.note_all(
            [(made[0].incident.id, happening), (made[0].incident.id, replace(happening, headline="i"))]
        )
    with world.ledger.transaction() as tx:
        assert [tx.incidents.load(one.incident.id).incident for one in made] == joined
        assert [one.headline for one in tx.incidents.timeline(made[0].incident.id)] == ["h", "i"]


def test_all_signals_and_incidents_are_told_oldest_first(world: World, clock: FakeClock) -> None:
    signals = [replace(signal(at=clock, key=str(number)), id=uuid7_at(number)) for number in range(3)]
    incidents = [opened(world, clock, id=uuid7_at(number)) for number in range(3)]
    with world.ledger.transaction() as tx:
        tx.signals.keep([(one, ignored(one)) for one in reversed(signals)])
    with world.ledger.transaction() as tx:
        assert [one for one, _ in tx.signals.iter_all()] == signals
        assert list(tx.incidents.iter_all()) == incidents


def test_the_newest_incidents_that_people_closed(world: World, clock: FakeClock) -> None:
    closed = {"state": IncidentState.CLOSED, "closed_at": clock.now()}
    ids = [IncidentId(uuid7_at(number)) for number in (1, 2)]
    first, second = (replace(dossier(clock, id=one, **closed), closing=Closing.DISMISSED) for one in ids)
    healed = replace(dossier(clock, **closed), closing=Closing.HEALED)
    with world.ledger.transaction() as tx:
        tx.incidents.add_all([first, second, healed, dossier(clock)])
        assert list(tx.incidents.dismissed(limit=5)) == [second, first]
        assert list(tx.incidents.dismissed(limit=1)) == [second]
