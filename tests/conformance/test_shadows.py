"""What the store of shadow runs promises, in memory and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from grace_workers.orchestration.dossier import Closing
from grace_workers.orchestration.stores.shadows import ShadowDecision, ShadowOutcome, ShadowRun, ShadowStore
from grace_workers.testing import FakeClock
from tests.builders import WEB
from tests.conformance.line_worlds import World, clock, opened, world

__all__ = ["clock", "world"]

MINUTE = timedelta(minutes=1)


def test_the_newest_run_of_a_playbook_in_an_incident_is_kept_with_how_that_ended(
    world: World, clock: FakeClock
) -> None:
    before = opened(world, clock)
    ended = replace(before, closing=Closing.ESCALATED)
    first = ShadowRun(
        incident=before.incident.id,
        playbook="watcher",
        digest="0" * 64,
        cause="illness",
        target=WEB,
        at=clock.now(),
        decision=ShadowDecision.REFUSED,
        gate="freeze",
        reason="r",
        changes=("a", "b"),
        needed=None,
        chosen="cure",
    )
    newer = replace(first, at=first.at + MINUTE, decision=ShadowDecision.GRANTED, gate=None, needed=True, chosen=None)
    other = replace(first, playbook="other")
    with world.ledger.transaction() as tx:
        tx.incidents.save(ended, expected_version=before.incident.version)
        for run in (newer, first, other):
            tx[ShadowStore].keep(run)
    state = before.incident.state.value
    with world.ledger.transaction() as tx:
        outcomes = [ShadowOutcome(run=run, closing="escalated", state=state) for run in (newer, other)]
        assert list(tx[ShadowStore].since(first.at, limit=9)) == outcomes
        assert list(tx[ShadowStore].since(first.at, limit=1)) == outcomes[:1]
        assert list(tx[ShadowStore].since(first.at, playbook="other", limit=9)) == outcomes[1:]
        assert list(tx[ShadowStore].since(newer.at + MINUTE, limit=9)) == []
