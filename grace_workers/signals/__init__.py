"""What comes in: signals, their signatures, their sources and triggers, and the incidents they become."""

from grace_workers.signals.correlation import (
    RESOLVABLE,
    Correlation,
    Ignored,
    Joined,
    Opened,
    Resolved,
    correlate,
)
from grace_workers.signals.detection import Memory, detect
from grace_workers.signals.incident import Incident, IncidentState
from grace_workers.signals.limits import MOST_VALUES, check_body, storable
from grace_workers.signals.signal import Severity, Signal, SignalStatus, Signature
from grace_workers.signals.signature import Failure, mask, parse_failure, sign
from grace_workers.signals.source import (
    TARGET_LABELS,
    LeftOut,
    Parsed,
    Source,
    aimed,
    named_target,
    severity_of,
    without_secrets,
)
from grace_workers.signals.trigger import Reading, Trigger

__all__ = [
    "MOST_VALUES",
    "RESOLVABLE",
    "TARGET_LABELS",
    "Correlation",
    "Failure",
    "Ignored",
    "Incident",
    "IncidentState",
    "Joined",
    "LeftOut",
    "Memory",
    "Opened",
    "Parsed",
    "Reading",
    "Resolved",
    "Severity",
    "Signal",
    "SignalStatus",
    "Signature",
    "Source",
    "Trigger",
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
    "without_secrets",
]
