"""The line from signal to close, over real stores and a real process."""

from collections.abc import Sequence
from datetime import UTC, datetime

from grace_workers.actions import Restartable
from grace_workers.adapters.postgres.events import EventMover
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.foundation.ids import TargetName
from grace_workers.governance import Role
from grace_workers.orchestration import approvals, queries
from grace_workers.orchestration.dossier import Closing, Fate
from grace_workers.orchestration.events.topic import Event
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import IncidentState, Severity, Signal, sign
from tests.integration.line.conftest import work


def down(target: str, key: str = "1") -> Signal:
    """Return a signal that the target does not answer."""
    return Signal(
        source="probe",
        name="heartbeat_stall",
        target=TargetName(target),
        severity=Severity.CRITICAL,
        summary=f"{target}: 2 heartbeats missed",
        signature=sign("heartbeat_stall"),
        delivery_key=f"{target}:{key}",
        observed_at=datetime.now(UTC),
    )


def _told(runtime: Runtime, topic: str) -> Sequence[Event]:
    EventMover(runtime.engine).move_once()
    with runtime.ledger.transaction() as tx:
        return tx.events.read(after=0, topics=[topic]).events


def test_a_dead_service_is_restarted_and_the_incident_closed_as_healed(runtime: Runtime) -> None:
    receipt = accept(runtime.intake, [down("shop")], by="test")[0]
    assert receipt.fate is Fate.OPENED

    work(runtime)

    view = queries.incident(runtime.ledger, receipt.incident)
    try:
        assert view.dossier.incident.state is IncidentState.CLOSED, view.timeline
        assert view.dossier.closing is Closing.HEALED
        assert runtime.line.world.role(TargetName("shop"), Restartable).status().running
        stages = [one.stage for one in view.timeline]
        assert stages == [
            "signal", "diagnosis", "plan", "governance", "contract", "snapshot", "execute", "verify", "learn",
        ]  # fmt: skip
        assert [one.body["stage"] for one in _told(runtime, "incident.moved")] == stages
        (lesson,) = _told(runtime, "learning.updated")
        assert (lesson.body["incident"], lesson.body["ending"]) == (str(receipt.incident), "verified")
    finally:
        from datetime import timedelta

        runtime.line.world.role(TargetName("shop"), Restartable).stop(timedelta(seconds=1))


def test_a_second_delivery_changes_nothing_and_a_second_signal_joins(runtime: Runtime) -> None:
    first = accept(runtime.intake, [down("shop")], by="test")[0]

    again = accept(runtime.intake, [down("shop")], by="test")[0]
    other = accept(runtime.intake, [down("shop", "2")], by="test")[0]

    assert (again.fate, other.fate) == (Fate.REPEATED, Fate.JOINED)
    assert again.incident == other.incident == first.incident
    assert queries.incident(runtime.ledger, first.incident).dossier.incident.signals == 2


def test_an_external_target_waits_for_an_approver_and_is_healed_after_a_yes(runtime: Runtime) -> None:
    receipt = accept(runtime.intake, [down("partner")], by="test")[0]
    work(runtime)
    view = queries.incident(runtime.ledger, receipt.incident)
    assert view.dossier.incident.state is IncidentState.AWAITING_APPROVAL

    reply = approvals.Reply(by="alice", role=Role.APPROVER, approved=True, reason="known outage")
    approvals.answer(runtime.ledger, runtime.clock, view.approvals[0].id, reply)
    work(runtime)

    (asked,), (answered,) = _told(runtime, "approval.asked"), _told(runtime, "approval.answered")
    assert asked.body["approval"] == answered.body["approval"] == str(view.approvals[0].id)
    assert (answered.body["by"], answered.body["approved"]) == ("alice", True)
    view = queries.incident(runtime.ledger, receipt.incident)
    from datetime import timedelta

    runtime.line.world.role(TargetName("partner"), Restartable).stop(timedelta(seconds=1))
    assert view.dossier.incident.state is IncidentState.CLOSED, view.timeline
    assert view.dossier.closing is Closing.HEALED


def test_a_no_refuses_the_plan_and_touches_nothing(runtime: Runtime) -> None:
    receipt = accept(runtime.intake, [down("partner")], by="test")[0]
    work(runtime)
    asked = queries.incident(runtime.ledger, receipt.incident).approvals[0]

    reply = approvals.Reply(by="alice", role=Role.APPROVER, approved=False, reason="they are migrating")
    approvals.answer(runtime.ledger, runtime.clock, asked.id, reply)
    work(runtime)

    view = queries.incident(runtime.ledger, receipt.incident)
    assert view.dossier.incident.state is IncidentState.REFUSED
    assert not runtime.line.world.role(TargetName("partner"), Restartable).status().running
