"""Runs that are found by what one of their steps said, in memory and PostgreSQL."""

from grace_workers.orchestration.dossier import StepState
from grace_workers.testing import FakeClock
from tests.builders import episode, plan
from tests.conformance.line_worlds import MINUTE, World, clock, opened, row, world

__all__ = ["clock", "world"]


def test_runs_are_found_by_what_a_step_of_them_said(world: World, clock: FakeClock) -> None:
    made = []
    for n, state in enumerate((StepState.DONE, StepState.DONE, StepState.RESTORED, StepState.DONE)):
        one = plan(incident=opened(world, clock).incident.id)
        made.append((one.id, episode(one, clock, at=clock.now() + n * MINUTE)))
        with world.ledger.transaction() as tx:
            tx.journal.begin(one, one.incident, clock.now())
            said = {"status": "done", "detail": "kept", "data": {"part": f"point-{n}", "items": n}}
            tx.journal.write(one.id, row(one, clock, state=state, primitive="keep", outcome=said))
            tx.journal.write(one.id, row(one, clock, index=1, idempotency_key=f"{one.id}:1", state=StepState.DONE))
            if n < 3:
                tx.journal.end(one.id, made[-1][1])
    with world.ledger.transaction() as tx:
        assert tx.records.runs_with("keep", "part", limit=9) == [made[1], made[0]]
        assert tx.records.runs_with("keep", "part", limit=1) == [made[1]]
        assert tx.records.runs_with("keep", "part", "point-0", limit=9) == [made[0]]
        for primitive, key, value in (("keep", "part", "point-2"), ("keep", "items", "x"), ("none", "part", None)):
            assert tx.records.runs_with(primitive, key, value, limit=9) == []
