"""The state machine of an incident: every arrow, and who may move an incident along it.

`docs/explanation/state-machine.md` is drawn from this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from grace_workers.signals import IncidentState

RESTING = frozenset({IncidentState.CLOSED, IncidentState.REFUSED, IncidentState.ESCALATED})
"""States in which no work is due: the end, and the two that wait for people."""

FOR_PEOPLE = frozenset({IncidentState.AWAITING_APPROVAL, IncidentState.REFUSED, IncidentState.ESCALATED})
"""States that only a person ends."""


class Mover(StrEnum):
    """Who moves an incident along an arrow."""

    STAGE = "the line"
    SIGNAL = "a signal that the condition ended"
    REPEAT = "a signal that the condition still holds"
    OPERATOR = "an operator"
    RESCUE = "the rescue"
    AGENT = "the coding agent"
    PROPOSER = "the cycle that proposed its plan"


@dataclass(frozen=True, slots=True)
class Arrow:
    """One arrow, and who may take it."""

    before: IncidentState
    after: IncidentState
    mover: Mover


def _arrows(mover: Mover, *pairs: tuple[IncidentState, tuple[IncidentState, ...]]) -> tuple[Arrow, ...]:
    return tuple(Arrow(before, after, mover) for before, afters in pairs for after in afters)


_S = IncidentState

ARROWS: tuple[Arrow, ...] = (
    *_arrows(
        Mover.STAGE,
        (_S.OPEN, (_S.DIAGNOSED, _S.ESCALATED, _S.CLOSED)),
        (_S.DIAGNOSED, (_S.PLANNED, _S.ESCALATED)),
        (_S.PLANNED, (_S.GRANTED, _S.AWAITING_APPROVAL, _S.REFUSED, _S.OPEN)),
        (_S.AWAITING_APPROVAL, (_S.GRANTED, _S.REFUSED, _S.OPEN)),
        (_S.GRANTED, (_S.CONTRACTED, _S.OPEN)),
        (_S.CONTRACTED, (_S.SNAPSHOTTED, _S.OPEN, _S.CLOSED, _S.ESCALATED)),
        (_S.SNAPSHOTTED, (_S.EXECUTED, _S.RESTORED, _S.REFUSED, _S.OPEN, _S.CLOSED, _S.ESCALATED)),
        (_S.EXECUTED, (_S.VERIFIED, _S.CLOSED, _S.RESTORED, _S.ESCALATED)),
        (_S.VERIFIED, (_S.CLOSED,)),
        (_S.RESTORED, (_S.ESCALATED,)),
    ),
    *_arrows(
        Mover.SIGNAL,
        (_S.OPEN, (_S.CLOSED,)),
        (_S.DIAGNOSED, (_S.CLOSED,)),
        (_S.PLANNED, (_S.CLOSED,)),
        (_S.AWAITING_APPROVAL, (_S.CLOSED,)),
        (_S.REFUSED, (_S.CLOSED,)),
        (_S.ESCALATED, (_S.CLOSED,)),
    ),
    *_arrows(Mover.REPEAT, (_S.REFUSED, (_S.OPEN,))),
    *_arrows(
        Mover.OPERATOR,
        (_S.AWAITING_APPROVAL, (_S.OPEN,)),
        (_S.REFUSED, (_S.OPEN, _S.CLOSED)),
        (_S.ESCALATED, (_S.OPEN, _S.CLOSED)),
    ),
    *_arrows(
        Mover.PROPOSER,
        (_S.PLANNED, (_S.CLOSED,)),
        (_S.AWAITING_APPROVAL, (_S.CLOSED,)),
        (_S.REFUSED, (_S.CLOSED,)),
    ),
    *_arrows(Mover.AGENT, (_S.ESCALATED, (_S.OPEN,))),
    *_arrows(
        Mover.RESCUE,
        (_S.OPEN, (_S.ESCALATED,)),
        (_S.DIAGNOSED, (_S.ESCALATED,)),
        (_S.PLANNED, (_S.ESCALATED,)),
        (_S.AWAITING_APPROVAL, (_S.ESCALATED,)),
        (_S.GRANTED, (_S.ESCALATED,)),
        (_S.CONTRACTED, (_S.ESCALATED,)),
        (_S.SNAPSHOTTED, (_S.ESCALATED,)),
        (_S.EXECUTED, (_S.ESCALATED,)),
        (_S.VERIFIED, (_S.ESCALATED,)),
        (_S.RESTORED, (_S.ESCALATED,)),
    ),
)

_KNOWN = frozenset(ARROWS)

MEANINGS: Mapping[IncidentState, str] = {
    _S.OPEN: "Signals report a problem. Evidence is gathered next.",
    _S.DIAGNOSED: "The possible causes are ranked, or a certain playbook was requested.",
    _S.PLANNED: "A playbook is bound to the incident: fixed targets, fixed params, one digest.",
    _S.AWAITING_APPROVAL: "People are asked. No answer in time means no.",
    _S.GRANTED: "Governance, or the people it asked, agreed to this very plan.",
    _S.CONTRACTED: "A contract permits exactly this plan for a limited time, and its targets are held for this run.",
    _S.SNAPSHOTTED: "The state of every step's target is saved, with the readings that must not get worse.",
    _S.EXECUTED: "Every step is done. Whether it helped is still unknown.",
    _S.VERIFIED: "Readings showed that the contract's expectations are met.",
    _S.RESTORED: "A step failed or the contract was not met; everything was restored, and readings confirmed it.",
    _S.REFUSED: (
        "Governance or a person rejected the plan before anything was touched. People decide what happens next."
    ),
    _S.ESCALATED: "The line cannot continue by itself. People decide what happens next.",
    _S.CLOSED: (
        "Healed, done as requested, resolved by itself or by another run, or dismissed by a person. This is the end."
    ),
}


def allowed(before: IncidentState, after: IncidentState, mover: Mover) -> bool:
    """Return whether `mover` may take an incident from `before` to `after`."""
    return Arrow(before, after, mover) in _KNOWN
