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
from grace_workers.signals.delivery import JSON_TYPES, Delivery, UnreadableError, strict_json
from grace_workers.signals.deployment import Deployment, DeploymentState, deployed
from grace_workers.signals.detected import Detection, signal_of
from grace_workers.signals.detection import KEPT_UNTOLD, Memory, detect
from grace_workers.signals.firing import EXPIRY, Condition, Firing, FiringMember, with_member, without_member
from grace_workers.signals.flapping import FlapRule
from grace_workers.signals.forecast import Forecast, forecast
from grace_workers.signals.foresight import budget_of, courses_of, foresee
from grace_workers.signals.grouping import (
    FURTHEST_CAUSE,
    GROUP_HORIZON,
    GROUP_SETTLED,
    HABIT_PAST,
    MOST_CO_OCCURRENCES,
    Alarm,
    CoOccurrence,
    GroupPlace,
    Habits,
    Topology,
    grouped,
    habits_of,
    linked,
    pairs_of,
)
from grace_workers.signals.heartbeat import HeardBeat, Heartbeat, HeartbeatMemory, missing
from grace_workers.signals.incident import Incident, IncidentState
from grace_workers.signals.limits import check_body, storable
from grace_workers.signals.line_kinds import line_kinds
from grace_workers.signals.plain import plain_signals
from grace_workers.signals.recognition import (
    MOST_OF_A_CONTEXT,
    MOST_SIGNATURES,
    KnownSignature,
    recognition,
    united,
)
from grace_workers.signals.signal import TARGET_LABELS, Severity, Signal, SignalStatus, Signature
from grace_workers.signals.signature import Failure, form, mask, parse_failure, sign
from grace_workers.signals.signing import SignatureError, check_digest, check_time, hmac_sha256
from grace_workers.signals.source import (
    Answer,
    ClientConfig,
    LeftOut,
    Parsed,
    Source,
    SourceExample,
    aimed,
    named_target,
    severity_of,
    without_secrets,
)
from grace_workers.signals.templates.masking import MASK, key_of
from grace_workers.signals.tracebacks import Raised, fault_in, raised_in
from grace_workers.signals.trigger import Reading, SeriesReading, Trigger
from grace_workers.signals.vitals import Factor, Vitals

__all__ = [
    "EXPIRY",
    "FURTHEST_CAUSE",
    "GROUP_HORIZON",
    "GROUP_SETTLED",
    "HABIT_PAST",
    "JSON_TYPES",
    "KEPT_UNTOLD",
    "MASK",
    "MOST_CO_OCCURRENCES",
    "MOST_OF_A_CONTEXT",
    "MOST_SIGNATURES",
    "RESOLVABLE",
    "TARGET_LABELS",
    "Alarm",
    "Answer",
    "ClientConfig",
    "CoOccurrence",
    "Condition",
    "Correlation",
    "Delivery",
    "Deployment",
    "DeploymentState",
    "Detection",
    "Factor",
    "Failure",
    "Firing",
    "FiringMember",
    "FlapRule",
    "Forecast",
    "GroupPlace",
    "Habits",
    "HeardBeat",
    "Heartbeat",
    "HeartbeatMemory",
    "Ignored",
    "Incident",
    "IncidentState",
    "Joined",
    "Known",
    "KnownSignature",
    "LeftOut",
    "Memory",
    "Opened",
    "Parsed",
    "Raised",
    "Reading",
    "Resolved",
    "Revived",
    "SeriesReading",
    "Severity",
    "Signal",
    "SignalStatus",
    "Signature",
    "SignatureError",
    "Source",
    "SourceExample",
    "Topology",
    "Trigger",
    "UnreadableError",
    "Vitals",
    "absorbed",
    "aimed",
    "budget_of",
    "check_body",
    "check_digest",
    "check_time",
    "correlate",
    "courses_of",
    "deployed",
    "detect",
    "fault_in",
    "forecast",
    "foresee",
    "form",
    "grouped",
    "habits_of",
    "hmac_sha256",
    "key_of",
    "line_kinds",
    "linked",
    "mask",
    "missing",
    "named_target",
    "pairs_of",
    "parse_failure",
    "plain_signals",
    "raised_in",
    "recognition",
    "severity_of",
    "sign",
    "signal_of",
    "storable",
    "strict_json",
    "united",
    "with_member",
    "without_member",
    "without_secrets",
]
