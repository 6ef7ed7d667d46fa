"""Every hour: verifies the whole audit log, and raises a signal while it is not what was signed (S4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.audit import CannotTell, Intact, Tampered
from grace_workers.audit import Finding as Proof
from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, Signal, SignalStatus, sign

_NAME = "AuditIntegrityBroken"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLook:
    """What the verification found, and the kernel that a broken log is reported of."""

    proof: Proof
    kernel: TargetName


def read(readers: Readers) -> AuditLook:
    """Verify the log."""
    return AuditLook(proof=readers.audit(), kernel=readers.kernel("audit_log"))


def judge(look: AuditLook, before: JsonValue, now: datetime) -> Found:
    """Return a signal while the log was changed, and one when it is whole again.

    What cannot be told, as on a node without the log's key, begins nothing and ends nothing. The memory holds the
    target under which it was raised, because another node may be the one that sees its end.
    """
    raised = before.get("raised") if isinstance(before, Mapping) else None
    target = TargetName(str(raised)) if raised is not None else look.kernel
    match look.proof:
        case Tampered(seq=seq, why=why):
            told = f"the audit log was changed at entry {seq}: {why[:300]}; run `grace audit verify`"
            found = _signal(told, target, SignalStatus.FIRING, now)
            return Found(memory={"raised": target}, signals=[found], result={"found": "tampered", "seq": seq})
        case Intact() if raised is not None:
            found = _signal("the audit log is intact again", target, SignalStatus.RESOLVED, now)
            return Found(memory={}, signals=[found], result={"found": "intact"})
        case Intact():
            return Found(memory={}, result={"found": "intact"})
        case CannotTell(why=why):
            return Found(memory=before or {}, result={"found": "cannot tell", "why": why[:300]})


def _signal(told: str, target: TargetName, status: SignalStatus, now: datetime) -> Signal:
    return Signal(
        source="fleet",
        name=_NAME,
        target=target,
        severity=Severity.CRITICAL,
        status=status,
        summary=told,
        signature=sign(_NAME),
        delivery_key=f"audit:{status}:{now.isoformat()}",
        observed_at=now,
    )


DEFINITION = Cycle(
    name="audit_integrity",
    summary="Verifies the whole audit log, and raises a signal while it is not what was signed.",
    cadence=timedelta(hours=1),
    read=read,
    judge=judge,
    time_limit=timedelta(minutes=30),
)
