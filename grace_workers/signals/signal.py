"""`Signal`: one observation from outside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import SignalId, TargetName, uuid7

Signature = NewType("Signature", str)

TARGET_LABELS = ("grace_target", "target", "service", "instance", "job")
"""Labels that may name the target, the most explicit first."""


class Severity(StrEnum):
    """How bad the sender says it is, from the mildest."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"


class SignalStatus(StrEnum):
    """Whether the condition holds or has ended."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One observation, in our own terms whatever its format was.

    `name` is the sender's word for the condition (`TargetDown`, `ERROR shop.checkout`). `text` is the raw line or
    traceback, if there is one. `delivery_key` is the same for every repetition of a delivery, so that receiving it
    twice stores it once. `attributes` carry figures and structure that diagnosis may read. `member` says which
    instance of the condition this is (a pod, an Alertmanager fingerprint); empty for the condition as a whole.
    `began_at` is when it began, by the sender; `observed_at` when it was last seen to hold, or to have ended.
    `continues` is the delivery key of an earlier signal whose condition this one is about, if the sender repeats
    only that key.
    """

    id: SignalId = field(default_factory=lambda: SignalId(uuid7()))
    source: str
    name: str
    target: TargetName | None
    severity: Severity
    status: SignalStatus = SignalStatus.FIRING
    summary: str
    text: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, JsonValue] = field(default_factory=dict)
    signature: Signature
    delivery_key: str
    observed_at: datetime
    member: str = ""
    began_at: datetime | None = None
    continues: str = ""
