"""`Incident`: what signals of one signature on one target become, and the states the line carries it through."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.signals.signal import Severity, Signature


class IncidentState(StrEnum):
    """The state of an incident on the line; `docs/explanation/state-machine.md` draws the arrows."""

    OPEN = "open"
    DIAGNOSED = "diagnosed"
    PLANNED = "planned"
    AWAITING_APPROVAL = "awaiting_approval"
    GRANTED = "granted"
    CONTRACTED = "contracted"
    SNAPSHOTTED = "snapshotted"
    EXECUTED = "executed"
    VERIFIED = "verified"
    RESTORED = "restored"
    REFUSED = "refused"
    ESCALATED = "escalated"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One problem on one target. `version` rises with every transition and guards it; `signals` counts observations.

    `target` is None when the signals name nothing that `grace.yaml` knows. `plan_name` is set when a certain plan was
    requested, so that the incident enters the line at governance with a ready plan. `opened_by` is the sender of its
    first signal, `priority` how urgent its work is (10 first); while it is `parked`, its work waits until another
    incident of its target ends, or the one that leads it. `part_of` is the incident that leads its group, which has the
    same cause; None when it leads itself. `flapping`: its condition had come and gone so often that it stays open until
    it has come to rest, and that people decide what is done about it.
    """

    id: IncidentId = field(default_factory=lambda: IncidentId(uuid7()))
    version: int = 1
    state: IncidentState = IncidentState.OPEN
    target: TargetName | None
    signature: Signature
    severity: Severity
    title: str
    signals: int = 1
    opened_at: datetime
    last_signal_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    opened_by: str = ""
    priority: int = 5
    parked: bool = False
    part_of: IncidentId | None = None
    flapping: bool = False
