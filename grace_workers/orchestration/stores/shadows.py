"""What playbooks in shadow mode would have done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, TargetName


class ShadowDecision(StrEnum):
    """How far a playbook in shadow mode would have come. Unclear: a step could not be previewed."""

    GRANTED = "granted"
    ASKED = "asked"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowRun:
    """What a playbook in shadow mode would have done about an incident, at the moment when a plan was made.

    `changes` are the previews of its steps. `needed` says whether an expectation that proves the cure was unmet then;
    None where none could be read. `chosen` is the playbook that was planned instead, None when none was.
    """

    incident: IncidentId
    playbook: str
    digest: str
    cause: str
    target: TargetName
    at: datetime
    decision: ShadowDecision
    gate: str | None
    reason: str
    changes: tuple[str, ...]
    needed: bool | None
    chosen: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowOutcome:
    """A shadow run, with the closing and the state of its incident as stored."""

    run: ShadowRun
    closing: str | None
    state: str


class ShadowStore(Protocol):
    """Shadow runs by incident and playbook; a newer one replaces an older one."""

    def keep(self, shadow: ShadowRun) -> None:
        """Store a run."""
        ...

    def since(self, moment: datetime, *, playbook: str | None = None, limit: int) -> Sequence[ShadowOutcome]:
        """Return the runs since a moment, newest first. One that cannot be read is logged and left out."""
        ...
