"""What the stores of signals, conditions and queued incidents promise, run against memory and PostgreSQL."""

from dataclasses import replace

from grace_workers.orchestration.dossier import Fate, Receipt
from grace_workers.orchestration.stores import Delivered, SignalCounts
from grace_workers.signals import Condition, FiringMember, IncidentState, Signal, sign
from grace_workers.testing import FakeClock
from tests.builders import DATABASE, WEB, signal
from tests.conformance.line_worlds import HOUR, MINUTE, SECOND, World, clock, dossier, opened, uuid7_at, world

__all__ = ["clock", "world"]


def ignored(one: Signal) -> Receipt:
    return Receipt(signal=one.id, fate=Fate.IGNORED, incident=None, reason="r")


# Signals


def test_deliveries_are_known_by_key_with_what_became_of_them(world: World, clock: FakeClock) -> None:
    one, nowhere = signal(at=clock, key="k"), signal(at=clock, key="n", target=None)
    made = opened(world, clock)
    receipt = Receipt(signal=one.id, fate=Fate.OPENED, incident=made.incident.id, reason="a new incident")
    with world.ledger.transaction() as tx:
        assert tx.signals.known(["k", "n"]) == {}
        tx.signals.keep([(one, receipt), (nowhere, ignored(nowhere))])
    with world.ledger.transaction() as tx:
        assert tx.signals.known(["k", "n", "other"]) == {
            "k": Delivered(condition=Condition(WEB, one.signature), receipt=receipt),
            "n": Delivered(condition=None, receipt=ignored(nowhere)),
        }
        assert tx.signals.known([]) == {}


def test_a_key_passes_to_the_newest_signal_and_the_earlier_one_stays(world: World, clock: FakeClock) -> None:
    first, second = signal(at=clock, key="k"), signal(at=clock, key="k")
    for one, again in ((first, []), (second, ["k"])):
        with world.ledger.transaction() as tx:
            tx.signals.keep([(one, ignored(one))], again=again)
    with world.ledger.transaction() as tx:
        assert tx.signals.known(["k"])["k"].receipt.signal == second.id
        assert {one.id for one, _ in tx.signals.find()} == {first.id, second.id}


def test_signals_are_found_newest_first_and_by_incident(world: World, clock: FakeClock) -> None:
    mine, other = opened(world, clock), opened(world, clock)
    owners = [mine, other, mine, mine]
    made = [replace(signal(at=clock), id=uuid7_at(n)) for n in range(4)]
    receipts = [
        Receipt(signal=one.id, fate=Fate.JOINED, incident=owner.incident.id, reason="r")
        for one, owner in zip(made, owners, strict=True)
    ]
    with world.ledger.transaction() as tx:
        tx.signals.keep(list(zip(made, receipts, strict=True)))
    with world.ledger.transaction() as tx:
        assert [one.id for one, _ in tx.signals.find()] == [one.id for one in reversed(made)]
        mine_only = [one.id for one, _ in tx.signals.find(incident=mine.incident.id, limit=2)]
        assert mine_only == [made[3].id, made[2].id]


def test_the_signals_of_a_group_are_those_of_its_leader_and_of_its_members(world: World, clock: FakeClock) -> None:
    leader, member, other = (dossier(clock) for _ in range(3))
    member = replace(member, incident=replace(member.incident, part_of=leader.incident.id))
    owners = [leader, member, other, member]
    made = [replace(signal(at=clock), id=uuid7_at(n)) for n in range(4)]
    receipts = [
        Receipt(signal=one.id, fate=Fate.JOINED, incident=owner.incident.id, reason="r")
        for one, owner in zip(made, owners, strict=True)
    ]
    with world.ledger.transaction() as tx:
        tx.incidents.add_all([leader, member, other])
        tx.signals.keep(list(zip(made, receipts, strict=True)))
    with world.ledger.transaction() as tx:
        assert [one.id for one, _ in tx.signals.of_group(leader.incident.id)] == [made[at].id for at in (3, 1, 0)]
        assert [one.id for one, _ in tx.signals.of_group(member.incident.id, limit=1)] == [made[3].id]


def test_signals_without_a_target_are_found_and_counted(world: World, clock: FakeClock) -> None:
    known, nowhere = signal(at=clock), signal(at=clock, target=None)
    with world.ledger.transaction() as tx:
        tx.signals.keep([(one, ignored(one)) for one in (known, nowhere)])
    with world.ledger.transaction() as tx:
        assert [one.id for one, _ in tx.signals.find(unmatched=True)] == [nowhere.id]
        assert tx.signals.counts(HOUR) == SignalCounts(fates={"ignored": 2}, unmatched=1)


# Conditions


def test_who_fires_is_kept_and_what_is_silent_for_long_is_left_out(world: World, clock: FakeClock) -> None:
    now = clock.now()
    mine, other = Condition(WEB, sign("illness")), Condition(DATABASE, sign("illness"))
    both = {"a": FiringMember(seen_at=now, began_at=now - HOUR), "b": FiringMember(seen_at=now - HOUR)}
    with world.ledger.transaction() as tx:
        tx.conditions.lock(["web", "k", "k"])
        tx.conditions.lock([])
        assert tx.conditions.firing([mine], since=now - 2 * HOUR) == {}
        tx.conditions.keep({mine: ({}, both), other: ({}, {"": FiringMember(seen_at=now)})})
        tx.conditions.keep({})
    with world.ledger.transaction() as tx:
        assert tx.conditions.firing([mine, other], since=now - 2 * HOUR) == {
            mine: both,
            other: {"": FiringMember(seen_at=now)},
        }
        assert tx.conditions.firing([mine], since=now - MINUTE) == {mine: {"a": both["a"]}}
        after = {"b": both["b"], "c": FiringMember(seen_at=now)}
        tx.conditions.keep({mine: (both, after)})
    with world.ledger.transaction() as tx:
        assert tx.conditions.firing([mine], since=now - 2 * HOUR) == {mine: after}
        tx.conditions.keep({mine: (after, {})})
    with world.ledger.transaction() as tx:
        assert tx.conditions.firing([mine, other], since=now - HOUR).keys() == {other}


# Fair shares


def test_the_queue_counts_what_is_under_way_and_a_senders_urgent_ones(world: World, clock: FakeClock) -> None:
    now = clock.now()
    opened(world, clock, priority=9, opened_by="am")
    opened(world, clock, priority=9, opened_by="am", parked=True)
    opened(world, clock, priority=3, opened_by="am")
    opened(world, clock, priority=9, opened_by="other", target=DATABASE)
    opened(world, clock, priority=9, opened_by="am", state=IncidentState.ESCALATED)
    opened(world, clock, priority=9, opened_by="am", state=IncidentState.AWAITING_APPROVAL, opened_at=now - HOUR)
    with world.ledger.transaction() as tx:
        queue = tx.incidents.queue([WEB], "am", since=now - MINUTE)
        assert queue.under_way == {(WEB, 9): 1, (WEB, 3): 1}
        assert queue.urgent == {(WEB, 9): 3}
        assert tx.incidents.queue([WEB, DATABASE], "", since=now - HOUR).urgent == {}


def test_parked_incidents_are_found_most_urgent_first_until_their_work_begins(world: World, clock: FakeClock) -> None:
    mild, urgent = (opened(world, clock, parked=True, priority=priority) for priority in (4, 9))
    opened(world, clock, parked=True, target=DATABASE)
    opened(world, clock)
    with world.ledger.transaction() as tx:
        assert [one.incident.id for one in tx.incidents.parked(WEB, limit=5, hold=HOUR)] == [
            urgent.incident.id,
            mild.incident.id,
        ]
        assert [one.incident.id for one in tx.incidents.parked(WEB, limit=1, hold=HOUR)] == [urgent.incident.id]
        assert tx.incidents.parked_counts() == {WEB: 2, DATABASE: 1}
        tx.incidents.unpark(urgent.incident.id)
    with world.ledger.transaction() as tx:
        assert tx.incidents.load(urgent.incident.id).incident.parked is False
        assert tx.incidents.parked_counts() == {WEB: 1, DATABASE: 1}
        assert tx.incidents.capped(HOUR) in {0, 1}


def test_a_parked_incident_is_not_stalled(world: World, clock: FakeClock) -> None:
    opened(world, clock, parked=True)
    world.age(MINUTE)
    with world.ledger.transaction() as tx:
        assert not tx.incidents.stalled(idle=20 * SECOND)
