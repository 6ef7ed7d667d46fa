"""Episodes and track records: how runs ended, and what that says about a playbook on a kind of problem."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.learning.choice.past import Past


class Ending(StrEnum):
    """How a run of a playbook ended, as learning counts it."""

    VERIFIED = "verified"
    INEFFECTIVE = "ineffective"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One closed run.

    `target` is what was healed, `complaining` the target of the incident (None when it is the same). `bindings` are
    the values that the diagnosis gave to the playbook. With `words_alone`, no reading showed the cause. `approach` is
    the share of the way to their bounds that the readings covered; None if none was taken afterwards.
    `seconds` are those from opened to ended, `to_detect` from the begin of the condition, as its first signal says, to
    opened (None where a person asked), `to_heal` from opened to verified, `to_restore` those of putting it back.
    """

    incident: IncidentId
    playbook: str
    playbook_digest: str
    signature: str
    cause: str
    target: TargetName
    ending: Ending
    restored: bool | None
    seconds: float
    at: datetime
    complaining: TargetName | None = None
    bindings: Mapping[str, JsonValue] = field(default_factory=dict)
    words_alone: bool = False
    approach: float | None = None
    to_detect: float | None = None
    to_heal: float | None = None
    to_restore: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackRecord:
    """The record of one playbook for one signature. Ineffective and failed runs both count against it.

    `streak` is the number of newest runs in a row that were ineffective or failed. `past` are the outcomes that
    still predict the next: a surprise drops or fades earlier ones, while the counts keep all.
    """

    playbook: str
    signature: str
    verified: int = 0
    ineffective: int = 0
    failed: int = 0
    inconclusive: int = 0
    streak: int = 0
    last_at: datetime | None = None
    past: Past | None = None
