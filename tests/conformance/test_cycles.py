"""What the stores of cycles and findings promise, in memory and PostgreSQL."""

from datetime import timedelta

from grace_workers.cycles import ChangeKind, Finding, KnownFinding, ProposedChange
from grace_workers.orchestration.job import JobRequest, Pool, Succeeded
from grace_workers.orchestration.stores.cycles import CycleStore, Pause
from grace_workers.orchestration.stores.findings import FindingStore
from grace_workers.testing import FakeClock
from tests.builders import HERE
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def test_a_pause_stays_as_it_was_first_made_until_it_is_ended(world: World, clock: FakeClock) -> None:
    first, second = (Pause(by=by, reason="the move", at=clock.now()) for by in ("ann", "bob"))
    with world.ledger.transaction() as tx:
        assert tx[CycleStore].pause("goals", first)
        assert not tx[CycleStore].pause("goals", second)
    with world.ledger.transaction() as tx:
        assert tx[CycleStore].paused() == {"goals": first}
        assert tx[CycleStore].resume("goals")
        assert not tx[CycleStore].resume("goals")
    with world.ledger.transaction() as tx:
        assert tx[CycleStore].paused() == {}


def test_the_newest_runs_of_each_cycle_are_found_newest_first(world: World) -> None:
    def request(name: str) -> JobRequest:
        return JobRequest(name=name, pool=Pool.HEALING)

    with world.ledger.transaction() as tx:
        made = sorted(tx.jobs.submit([request("cycle.goals")])[0].id for _ in range(3))
        other = tx.jobs.submit([request("cycle.snapshots")])[0].id
        tx.jobs.submit([request("system.noop")])
    claim = world.claimer.claim(made[1], HERE)
    assert claim is not None
    world.claimer.finish(claim, Succeeded(result={}))
    with world.ledger.transaction() as tx:
        wanted = ["cycle.goals", "cycle.snapshots", "cycle.absent"]
        newest = [one.id for one in tx[CycleStore].runs(wanted, limit=2)]
        ended = [one.id for one in tx[CycleStore].runs(wanted, ended=True)]
    assert newest == sorted([other, *made[1:]], reverse=True)
    assert ended == [made[1]]


def test_a_finding_is_one_by_cycle_and_key_and_moves_once_it_is_over(world: World, clock: FakeClock) -> None:
    proposal = ProposedChange(change=ChangeKind.CHECK, what="raise the bound to 5", expected={"signals": 2.0})
    finding = Finding(key="flaps:web", title="web flaps", figures={"signals": 40.0}, proposal=proposal)
    known = KnownFinding(cycle="improvement", finding=finding, first_at=clock.now(), seen_at=clock.now(), before={})
    with world.ledger.transaction() as tx:
        tx[FindingStore].save(known)
        tx[FindingStore].save(known)
    with world.ledger.transaction() as tx:
        assert list(tx[FindingStore].find()) == [known]
        assert list(tx[FindingStore].find(cycle="goals")) == []
        assert list(tx[FindingStore].find(gone=True)) == []
        assert dict(tx[FindingStore].holding()) == {"improvement": 1}
    over = KnownFinding(
        cycle="improvement",
        finding=finding,
        first_at=clock.now(),
        seen_at=clock.now(),
        gone_at=clock.now() + timedelta(hours=1),
    )
    with world.ledger.transaction() as tx:
        tx[FindingStore].save(over)
    with world.ledger.transaction() as tx:
        assert list(tx[FindingStore].find()) == []
        assert list(tx[FindingStore].find(cycle="improvement", gone=True)) == [over]
        assert dict(tx[FindingStore].holding()) == {}


def test_all_that_hold_are_found_without_a_limit(world: World, clock: FakeClock) -> None:
    with world.ledger.transaction() as tx:
        for number in range(501):
            finding = Finding(key=f"k{number}", title="flaps")
            tx[FindingStore].save(
                KnownFinding(cycle="goals", finding=finding, first_at=clock.now(), seen_at=clock.now())
            )
    with world.ledger.transaction() as tx:
        found = [len(tx[FindingStore].find(cycle="goals", limit=limit)) for limit in (2, 500, None)]
    assert found == [2, 500, 501]
