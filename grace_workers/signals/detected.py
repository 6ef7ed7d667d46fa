"""`Detection`: what one of our own triggers saw, and the signal it becomes."""

from datetime import datetime

from pydantic import Field

from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.signals.limits import LONGEST_LABEL, LONGEST_NAME
from grace_workers.signals.signal import Severity, Signal, SignalStatus
from grace_workers.signals.signature import sign


class Detection(Document):
    """What a trigger saw on a target. `number` counts the firing signals of the condition that holds `since`."""

    trigger: str = Field(min_length=1, max_length=LONGEST_NAME)
    check: str = Field(min_length=1, max_length=LONGEST_NAME)
    target: str = Field(min_length=1, max_length=LONGEST_NAME)
    severity: Severity
    status: SignalStatus = SignalStatus.FIRING
    summary: str = Field(max_length=LONGEST_LABEL)
    text: str | None = None
    value: float | None = None
    since: datetime
    number: int = Field(default=1, ge=1)
    observed_at: datetime


def signal_of(detection: Detection) -> Signal:
    """Return the detection as a signal. Its signature names the trigger, and the text if there is one."""
    moment = f"{detection.since.isoformat()}:{detection.number}"
    return Signal(
        source="probe",
        name=detection.trigger,
        target=TargetName(detection.target),
        severity=detection.severity,
        status=detection.status,
        summary=detection.summary,
        text=detection.text,
        labels={"check": detection.check},
        attributes={"value": detection.value, "since": detection.since.isoformat(), "number": detection.number},
        signature=sign(detection.trigger, text=detection.text),
        delivery_key=f"probe:{detection.trigger}:{detection.target}:{moment}:{detection.status}",
        observed_at=detection.observed_at,
    )
