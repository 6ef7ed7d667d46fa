from datetime import UTC, datetime

from grace_workers.audit import CannotTell, Checkpoint, Intact, Tampered
from grace_workers.audit import Finding as Proof
from grace_workers.cycles.programmes.audit_integrity import DEFINITION, AuditLook
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, SignalStatus

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE, THERE = TargetName("grace.here.audit_log"), TargetName("grace.there.audit_log")
WHOLE = Intact(checkpoint=Checkpoint("grace", 3, bytes(32)))


def look(proof: Proof, kernel: TargetName = HERE) -> AuditLook:
    return AuditLook(proof=proof, kernel=kernel)


def test_a_changed_log_is_critical_until_it_is_whole_again() -> None:
    broken = DEFINITION.judge(look(Tampered(7, "its bytes differ")), None, NOW)
    unsure = DEFINITION.judge(look(CannotTell("no key is pinned here"), THERE), broken.memory, NOW)
    whole = DEFINITION.judge(look(WHOLE, THERE), unsure.memory, NOW)
    [fired], [ended] = broken.signals, whole.signals
    assert (fired.target, fired.severity, fired.status) == (HERE, Severity.CRITICAL, SignalStatus.FIRING)
    assert "changed at entry 7: its bytes differ" in fired.summary
    assert (ended.target, ended.status, ended.signature) == (HERE, SignalStatus.RESOLVED, fired.signature)
    assert (list(unsure.signals), unsure.result["why"]) == ([], "no key is pinned here")


def test_a_whole_log_raises_nothing() -> None:
    found = DEFINITION.judge(look(WHOLE), None, NOW)
    assert (list(found.signals), found.memory, found.result) == ([], {}, {"found": "intact"})
