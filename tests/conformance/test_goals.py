"""What the stores of goals and outcomes promise, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.cycles.goals import STARTERS
from grace_workers.cycles.outcome_count import OutcomeCount
from grace_workers.governance import Involvement, Proposer
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import Closing, Happening, Request
from grace_workers.orchestration.stores.goals import GoalStore
from grace_workers.orchestration.stores.outcome_counts import OutcomeStore
from grace_workers.orchestration.work.schedule import slot_at
from grace_workers.signals import IncidentState, sign
from grace_workers.testing import FakeClock
from tests.builders import episode, plan
from tests.conformance.line_worlds import World, clock, dossier, question, world

__all__ = ["clock", "world"]
DAY = timedelta(days=1)


def test_goals_are_kept_by_name_and_stay_after_their_end(world: World, clock: FakeClock) -> None:
    ended = replace(STARTERS[1], needs=("a",), ended_at=clock.now())
    with world.ledger.transaction() as tx:
        tx[GoalStore].lock()
        for one in (STARTERS[0], STARTERS[1], ended):
            tx[GoalStore].save(one)
    with world.ledger.transaction() as tx:
        assert list(tx[GoalStore].stored()) == [ended, STARTERS[0]]


def test_incidents_are_counted_by_how_they_ended(world: World, clock: FakeClock) -> None:
    made = dossier(clock, state=IncidentState.CLOSED)
    healed = replace(made, closing=Closing.HEALED)
    asked = replace(healed, incident=replace(made.incident, id=dossier(clock).incident.id), plan=plan())
    others = [
        replace(made, incident=dossier(clock, state=IncidentState.ESCALATED).incident, closing=Closing.ESCALATED),
        replace(made, incident=dossier(clock, state=IncidentState.CLOSED).incident, closing=Closing.RESOLVED),
        replace(made, incident=dossier(clock).incident),
        replace(
            healed,
            incident=dossier(clock, state=IncidentState.CLOSED).incident,
            request=Request(playbook="cure", params={}, by="ann"),
        ),
    ]
    ruled = Happening(at=clock.now() + timedelta(seconds=3), stage="governance", state="granted", headline="", took=0)
    with world.ledger.transaction() as tx:
        tx.incidents.add_all([healed, asked, *others])
        tx.incidents.note_all([(healed.incident.id, replace(ruled, at=clock.now())), (asked.incident.id, ruled)])
        tx.approvals.involve([asked.incident.id], Proposer(by="ann", part=Involvement.SIGNAL, at=clock.now()))
        tx.approvals.ask(question(asked, plan(incident=asked.incident.id), clock))
    slot = slot_at(clock.now(), DAY)
    with world.ledger.transaction() as tx:
        found = tx[OutcomeStore].counted(since=clock.now() - DAY, every=DAY)
        assert list(found) == [OutcomeCount(at=slot, incidents=3, healed=2, alone=1, planned=1, ruled=2, promptly=1)]
        assert list(tx[OutcomeStore].counted(since=clock.now() + DAY, every=DAY)) == []


def test_runs_are_counted_by_their_endings_and_signatures_by_their_first_heal(world: World, clock: FakeClock) -> None:
    endings = [Ending.INEFFECTIVE, Ending.VERIFIED, Ending.VERIFIED, Ending.INCONCLUSIVE]
    ends = []
    for number, ending in enumerate(endings):
        made = dossier(clock)
        run = plan(incident=made.incident.id)
        ends.append(clock.now())
        with world.ledger.transaction() as tx:
            tx.incidents.add(made)
            assert tx.journal.begin(run, made.incident.id, clock.now())
            tx.journal.end(run.id, episode(run, clock, ending, signature=sign("abcd"[number])))
        clock.advance(DAY)
    with world.ledger.transaction() as tx:
        found = tx[OutcomeStore].counted(since=ends[0], every=DAY)
        assert [(one.verified, one.missed) for one in found if one.verified or one.missed] == [(0, 1), (1, 0), (1, 0)]
        assert list(tx[OutcomeStore].first_healed()) == ends[1:3]
        assert list(tx[OutcomeStore].first_healed(limit=1)) == ends[1:2]
        assert tx[OutcomeStore].first_heal() == ends[1]
