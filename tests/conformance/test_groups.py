"""The contract of the store of groups, in memory and PostgreSQL."""

from datetime import timedelta

import pytest

from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.stores.groups import GroupStore
from grace_workers.signals import IncidentState
from grace_workers.testing import FakeClock
from tests.builders import DATABASE, PARTNER, WEB
from tests.conformance.line_worlds import HOUR, MINUTE, World, clock, opened, world

__all__ = ["clock", "world"]

LONG = timedelta(days=9_999)


def part_of(world: World, incident: IncidentId) -> IncidentId | None:
    with world.ledger.transaction() as tx:
        return tx.incidents.load(incident).incident.part_of


def test_what_one_led_follows_it_to_another_leader(world: World, clock: FakeClock) -> None:
    culprit, first, second = (opened(world, clock).incident.id for _ in range(3))
    with world.ledger.transaction() as tx:
        tx[GroupStore].lead({second: first})
    with world.ledger.transaction() as tx:
        tx[GroupStore].lead({first: culprit}, touched=[second, culprit])
        assert {one.id for one in tx[GroupStore].members(culprit)} == {first, second}
        assert tx[GroupStore].sizes([culprit, first]) == {culprit: 2}
        tx[GroupStore].lead({second: None})
    assert (part_of(world, first), part_of(world, second)) == (culprit, None)


def test_a_stage_that_saves_leaves_the_group_as_it_is(world: World, clock: FakeClock) -> None:
    leader, dossier = opened(world, clock).incident.id, opened(world, clock)
    with world.ledger.transaction() as tx:
        tx[GroupStore].lead({dossier.incident.id: leader})
    with world.ledger.transaction() as tx:
        tx.incidents.save(dossier, expected_version=dossier.incident.version)
    assert part_of(world, dossier.incident.id) == leader


def test_only_leading_incidents_are_listed_when_that_is_asked(world: World, clock: FakeClock) -> None:
    leader, member = opened(world, clock), opened(world, clock)
    with world.ledger.transaction() as tx:
        tx[GroupStore].lead({member.incident.id: leader.incident.id})
        assert [one.incident.id for one in tx.incidents.find(leading=True)] == [leader.incident.id]
        assert len(tx.incidents.find()) == 2


@pytest.mark.parametrize("state", ["awaiting_approval", "refused", "escalated"])
def test_an_incident_that_needs_a_person_is_never_hidden_behind_its_leader(
    world: World, clock: FakeClock, state: str
) -> None:
    leader, member = opened(world, clock), opened(world, clock, state=IncidentState(state))
    with world.ledger.transaction() as tx:
        tx[GroupStore].lead({member.incident.id: leader.incident.id})
        assert {one.incident.id for one in tx.incidents.find(leading=True)} == {leader.incident.id, member.incident.id}


def test_what_waits_for_a_leader_elsewhere_is_not_begun_until_that_ends_or_too_long_has_passed(
    world: World, clock: FakeClock
) -> None:
    leader = opened(world, clock, target=DATABASE).incident.id
    done = opened(world, clock, target=DATABASE, state=IncidentState.ESCALATED).incident.id
    waiting, over = (opened(world, clock, target=WEB, parked=True, part_of=one) for one in (leader, done))
    opened(world, clock, target=PARTNER, part_of=leader)
    with world.ledger.transaction() as tx:
        assert [one.incident.id for one in tx.incidents.parked(WEB, limit=9, hold=LONG)] == [over.incident.id]
        assert len(tx.incidents.parked(WEB, limit=9, hold=timedelta(0))) == 2
        assert tx[GroupStore].held_targets(leader) == [WEB]
        found = tx[GroupStore].in_the_way(waiting.incident.id, hold=LONG)
        assert found.leader == tx.incidents.load(leader).incident
        assert found.busy == frozenset()
        assert tx[GroupStore].in_the_way(over.incident.id, hold=LONG).leader is None
        assert tx[GroupStore].in_the_way(waiting.incident.id, hold=timedelta(0)).leader is None


def test_the_newest_incidents_are_compared_oldest_first(world: World, clock: FakeClock) -> None:
    now = clock.now()
    opened(world, clock, opened_at=now - HOUR)
    made = [opened(world, clock, opened_at=now - at * MINUTE).incident.id for at in (3, 2, 1)]
    with world.ledger.transaction() as tx:
        assert [one.id for one in tx[GroupStore].opened_since(now - 9 * MINUTE, limit=2)] == made[1:]


def test_failures_are_counted_each_and_in_pairs(world: World, clock: FakeClock) -> None:
    now = clock.now()
    for _ in range(3):
        with world.ledger.transaction() as tx:
            tx[GroupStore].lock([WEB, PARTNER])
            tx[GroupStore].learn([WEB, PARTNER], [(PARTNER, WEB)], now)
    with world.ledger.transaction() as tx:
        tx[GroupStore].learn([WEB], [(DATABASE, WEB)], now)
        [pair] = tx[GroupStore].pairs([WEB, PARTNER, DATABASE])
        assert (pair.one, pair.other, pair.together, pair.failed) == (PARTNER, WEB, 3, (3, 4))
        assert pair.since == now
        assert tx[GroupStore].pairs([WEB, DATABASE]) == []
