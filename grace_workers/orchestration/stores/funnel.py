"""How far signals and incidents of a period came, read in few statements."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.ids import IncidentId, SignalId, TargetName


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivedSignals:
    """Signals of one condition with one fate that led to one incident, or to none for one reason.

    `fate` and `target` are as stored; `reason` is empty for signals that led to an incident. `newest` is one of them.
    """

    target: str | None
    signature: str
    fate: str
    incident: IncidentId | None
    reason: str
    count: int
    newest: SignalId


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentPath:
    """How far an incident came. `states` are those that it went through, `gate` the last one that refused it.

    `causes` are those of its hypotheses, `playbook` that of its plan, and `considered` what did not fit and why.
    All words are as stored, because a release before or after this one may know others.
    """

    id: IncidentId
    target: str | None
    state: str
    parked: bool
    closing: str | None
    states: frozenset[str]
    causes: tuple[str, ...]
    playbook: str | None
    gate: str | None
    reasons: tuple[str, ...]
    considered: tuple[str, ...]
    requested: bool = False


class FunnelStore(Protocol):
    """What came in a period and how far it came. `limit` bounds the rows, newest first."""

    def arrived(
        self, *, since: datetime, target: TargetName | None = None, signature: str | None = None, limit: int
    ) -> Sequence[ArrivedSignals]:
        """Return the signals since a time, of one condition or of all."""
        ...

    def paths(self, incidents: Collection[IncidentId]) -> Sequence[IncidentPath]:
        """Return how far these incidents came; those that are gone are left out."""
        ...

    def paths_since(self, since: datetime, *, limit: int) -> Sequence[IncidentPath]:
        """Return how far the incidents came that were opened since a time."""
        ...
