"""What a stage returns to the engine: a move to the next state, or a wait."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.signals import IncidentState

Write = Callable[[LineTransaction, datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The incident goes to `state`. `writes` are carried out in the same transaction as the transition.

    `wake_at` asks for another look at that time, if the new state rests.
    """

    dossier: Dossier
    state: IncidentState
    headline: str
    outcome: str = "ok"
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    writes: tuple[Write, ...] = ()
    wake_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The state stays; look again at `until`. None rests until an answer or a signal asks for another look.

    `keeps` is the dossier with what was found meanwhile. Without `told` the wait does not appear in the timeline.
    """

    until: datetime | None
    why: str
    keeps: Dossier | None = None
    told: bool = True


StageResult = Move | Wait
