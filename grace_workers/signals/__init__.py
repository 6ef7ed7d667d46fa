"""What comes in: signals, their signatures, their sources and triggers, and the incidents they become."""

from grace_workers.signals.correlation import (
    RESOLVABLE,
    Correlation,
    Ignored,
    Joined,
    Known,
    Opened,
    Resolved,
    Revived,
    absorbed,
    correlate,
)
from grace_workers.signals.detection import Memory, detect
from grace_workers.signals.firing import EXPIRY, Condition, Firing, Member, with_member, without_member
from grace_workers.signals.incident import Incident, IncidentState
from grace_workers.signals.limits import MOST_VALUES, check_body, storable
from grace_workers.signals.signal import TARGET_LABELS, Severity, Signal, SignalStatus, Signature
from grace_workers.signals.signature import Failure, mask, parse_failure, sign
from grace_workers.signals.source import LeftOut, Parsed, Source, aimed, named_target, severity_of, without_secrets
from grace_workers.signals.trigger import Reading, Trigger

__all__ = [
    "EXPIRY",
    "MOST_VALUES",
    "RESOLVABLE",
    "TARGET_LABELS",
    "Condition",
    "Correlation",
    "Failure",
    "Firing",
    "Ignored",
    "Incident",
    "IncidentState",
    "Joined",
    "Known",
    "LeftOut",
    "Member",
    "Memory",
    "Opened",
    "Parsed",
    "Reading",
    "Resolved",
    "Revived",
    "Severity",
    "Signal",
    "SignalStatus",
    "Signature",
    "Source",
    "Trigger",
    "absorbed",
    "aimed",
    "check_body",
    "correlate",
    "detect",
    "mask",
    "named_target",
    "parse_failure",
    "severity_of",
    "sign",
    "storable",
    "with_member",
    "without_member",
    "without_secrets",
]
