"""What the store of autonomy promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.actions import Domain
from grace_workers.foundation.ids import PlanId, uuid7
from grace_workers.governance import EVERY_PLAYBOOK, Autonomy, AutonomyLevel, RunEvidence
from grace_workers.learning import Ending
from grace_workers.orchestration.stores.autonomy import AutonomyStore
from grace_workers.testing import FakeClock
from tests.builders import episode
from tests.conformance.line_worlds import SECOND, World, begun, clock, world

__all__ = ["clock", "world"]

HERE, ELSEWHERE = Domain.INTERNAL_PERFORMANCE, Domain.INTERNAL_DATA
DAY = timedelta(days=1)


def row(clock: FakeClock, **changes: object) -> Autonomy:
    given = Autonomy(
        playbook="cure", domain=HERE, level=AutonomyLevel.SAMPLE, by="ada", reason="it works", at=clock.now()
    )
    return replace(given, **changes)


def ran(world: World, clock: FakeClock, ending: Ending, **changes: object) -> PlanId:
    made = begun(world, clock)
    with world.ledger.transaction() as tx:
        tx.journal.end(made.id, episode(made, clock, ending, **changes))
    return made.id


def test_levels_are_kept_by_playbook_and_domain(world: World, clock: FakeClock) -> None:
    own, other = row(clock), row(clock, domain=ELSEWHERE)
    every = row(clock, playbook=EVERY_PLAYBOOK, level=AutonomyLevel.ASK)
    with world.ledger.transaction() as tx:
        store = tx[AutonomyStore]
        store.lock()
        for one in (own, other, every):
            store.put(one)
        assert store.known("cure", HERE) == {"cure": own, EVERY_PLAYBOOK: every}
        assert store.known("other", HERE) == {EVERY_PLAYBOOK: every}
        assert {(one.playbook, one.domain): one for one in store.all()} == {
            ("cure", HERE): own,
            ("cure", ELSEWHERE): other,
            (EVERY_PLAYBOOK, HERE): every,
        }
        store.put(replace(own, level=AutonomyLevel.PROPOSE))
        assert store.known("cure", HERE)["cure"].level is AutonomyLevel.PROPOSE


def test_the_evidence_is_what_ended_clearly_since_the_level_was_set(world: World, clock: FakeClock) -> None:
    first = clock.now()
    ran(world, clock, Ending.VERIFIED)
    clock.advance(DAY)
    ran(world, clock, Ending.INEFFECTIVE, restored=True)
    ran(world, clock, Ending.FAILED, restored=False)
    ran(world, clock, Ending.INCONCLUSIVE)
    with world.ledger.transaction() as tx:
        found = tx[AutonomyStore].evidence()["cure", HERE]
        assert found == RunEvidence(runs=3, verified=1, restores=1, failed_restores=1, days=2, since=first)
        tx[AutonomyStore].put(row(clock))
    clock.advance(SECOND)
    with world.ledger.transaction() as tx:
        assert ("cure", HERE) not in tx[AutonomyStore].evidence()


def test_the_newest_runs_come_first_and_a_domain_counts_all_of_them(world: World, clock: FakeClock) -> None:
    ran(world, clock, Ending.VERIFIED)
    clock.advance(SECOND)
    last = ran(world, clock, Ending.FAILED, restored=False)
    with world.ledger.transaction() as tx:
        store = tx[AutonomyStore]
        newest = store.newest("cure", HERE, limit=10)
        assert [(one.verified, one.restored) for one in newest] == [(False, False), (True, None)]
        assert len(store.newest("cure", HERE, limit=1)) == 1
        assert store.newest("cure", ELSEWHERE, limit=10) == []
        assert store.spent(HERE, since=clock.now() - DAY) == (2, 1)
        assert store.ran(last) == ("cure", HERE)
        assert store.ran(PlanId(uuid7())) is None
        store.put(row(clock, playbook=EVERY_PLAYBOOK))
        assert store.spent(HERE, since=clock.now() - DAY) == (0, 0)
