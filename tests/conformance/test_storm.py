"""What the store of storms promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Brake, Load, RunCount
from grace_workers.learning import Ending
from grace_workers.orchestration.stores.storm import LoadQuery, StormStore
from grace_workers.playbooks import Plan
from grace_workers.signals import IncidentState, Severity
from grace_workers.testing import FakeClock
from tests.builders import DATABASE, WEB, episode, plan
from tests.conformance.line_worlds import HOUR, MINUTE, SECOND, World, clock, opened, world

__all__ = ["clock", "world"]

SHOP = "service=shop"
OTHER = TargetName("web-2")


def load(world: World, clock: FakeClock, **query: object) -> Load:
    with world.ledger.transaction() as tx:
        return tx[StormStore].load(replace(LoadQuery(), **query), clock.now())


def begun(world: World, clock: FakeClock, target: TargetName = WEB, *, automatic: bool = True) -> Plan:
    made = plan(incident=opened(world, clock, severity=Severity.WARNING).incident.id, target=target, steps=())
    with world.ledger.transaction() as tx:
        assert tx.journal.begin(made, made.incident, clock.now(), scopes=["fleet", SHOP], automatic=automatic)
    return made


def ended(world: World, clock: FakeClock, ending: Ending, target: TargetName = WEB, **changes: object) -> Plan:
    made = begun(world, clock, target)
    told = episode(made, clock, ending, **changes)
    with world.ledger.transaction() as tx:
        tx.journal.end(made.id, told)
    return made


def test_runs_are_counted_by_scope_while_they_last_and_for_an_hour(world: World, clock: FakeClock) -> None:
    ended(world, clock, Ending.VERIFIED)
    running = begun(world, clock, DATABASE)
    begun(world, clock, OTHER, automatic=False)
    found = load(world, clock, incident=running.incident)
    assert found.tallies == {"fleet": RunCount(at_once=2, begun=2), SHOP: RunCount(at_once=2, begun=2)}
    assert found.held == {OTHER}
    clock.advance(HOUR + SECOND)
    assert load(world, clock).tallies == {"fleet": RunCount(at_once=2), SHOP: RunCount(at_once=2)}


def test_a_brake_stays_on_until_it_is_lifted_and_the_count_then_starts_again(world: World, clock: FakeClock) -> None:
    begun(world, clock)
    brake = Brake(scope="fleet", why="3 runs", at=clock.now())
    clock.advance(SECOND)
    with world.ledger.transaction() as tx:
        assert tx[StormStore].brake(brake)
        assert not tx[StormStore].brake(replace(brake, why="4 runs"))
        assert list(tx[StormStore].brakes()) == [brake]
    assert load(world, clock).brakes == (brake,)
    with world.ledger.transaction() as tx:
        tx[StormStore].lock()
        assert tx[StormStore].lift("fleet", by="ada", at=clock.now()) == brake
        with pytest.raises(NotFoundError):
            tx[StormStore].lift("fleet", by="ada", at=clock.now())
    found = load(world, clock)
    assert (found.brakes, found.tallies["fleet"], found.tallies[SHOP]) == ((), RunCount(1, 0), RunCount(1, 1))
    with world.ledger.transaction() as tx:
        assert tx[StormStore].brake(brake)


def test_a_target_is_down_while_its_serious_incident_is_heard_of_and_a_little_longer(
    world: World, clock: FakeClock
) -> None:
    mine = opened(world, clock, target=WEB)
    opened(world, clock, target=OTHER, severity=Severity.WARNING)
    opened(world, clock, target=DATABASE, state=IncidentState.ESCALATED)
    closed = opened(world, clock, target=TargetName("gone"), state=IncidentState.CLOSED)
    assert load(world, clock, settle=5 * MINUTE).down == {WEB: True, DATABASE: False, closed.incident.target: False}
    clock.advance(MINUTE)
    assert load(world, clock, settle=SECOND, incident=mine.incident.id).down == {WEB: False, DATABASE: False}
    clock.advance(timedelta(hours=6))
    assert load(world, clock).down == {}


def test_a_playbook_missed_where_its_newest_clear_run_of_the_hour_did_not_help(world: World, clock: FakeClock) -> None:
    ended(world, clock, Ending.INEFFECTIVE, WEB)
    ended(world, clock, Ending.FAILED, DATABASE)
    ended(world, clock, Ending.INEFFECTIVE, OTHER)
    clock.advance(SECOND)
    ended(world, clock, Ending.VERIFIED, WEB)
    ended(world, clock, Ending.INCONCLUSIVE, OTHER)
    asked = {"playbook": "cure", "service": SHOP}
    assert set(load(world, clock, **asked).missed) == {DATABASE, OTHER}
    assert load(world, clock, playbook="cure", service="service=other").missed == ()
    assert load(world, clock, playbook="cure").missed == ()
    clock.advance(HOUR + MINUTE)
    assert load(world, clock, **asked).missed == ()


def test_the_attempts_against_a_cause_are_those_on_its_target_newest_first(world: World, clock: FakeClock) -> None:
    first = ended(world, clock, Ending.INEFFECTIVE, approach=0.25)
    clock.advance(SECOND)
    ended(world, clock, Ending.INCONCLUSIVE)
    ended(world, clock, Ending.INEFFECTIVE, DATABASE)
    ended(world, clock, Ending.VERIFIED)
    found = load(world, clock, target=WEB, cause=first.cause).attempts
    assert [(one.helped, one.approach) for one in found] == [(True, None), (False, 0.25)]
    assert load(world, clock, target=WEB, cause="other").attempts == ()
