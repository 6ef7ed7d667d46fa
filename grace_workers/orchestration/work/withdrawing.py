"""Taking a ready plan back: what a cycle proposed and no longer wants leaves the line before it is carried out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.cycles import Withdrawn
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.dossier import Closing, Dossier, Happening
from grace_workers.orchestration.line.arrows import Mover, allowed
from grace_workers.orchestration.line.fairness import Shares
from grace_workers.orchestration.line.transition import make_room, moved, record
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.playbooks import PREFIX
from grace_workers.signals import IncidentState

_TAKEN_BACK = [one for one in IncidentState if allowed(one, IncidentState.CLOSED, Mover.PROPOSER)]
_PAGE = 100


def withdraw(
    tx: LineTransaction, plans: Sequence[Withdrawn], now: datetime, *, by: str, shares: Shares
) -> Sequence[IncidentId]:
    """Close the incidents of these plans of `by` whose run has not begun; return them."""
    why = {f"{PREFIX}{one.plan}": one.reason for one in plans}
    found = [one for one in _open(tx) if _is_of(one, by, why)] if why else []
    for dossier in found:
        _close(tx, dossier, f"withdrawn: {why[_plan(dossier)]}", now, by=by, shares=shares)
    return [one.incident.id for one in found]


def _open(tx: LineTransaction) -> Sequence[Dossier]:
    found: list[Dossier] = []
    before: IncidentId | None = None
    while page := tx.incidents.find(states=_TAKEN_BACK, before=before, limit=_PAGE):
        found += page
        before = page[-1].incident.id
    return found


def _plan(dossier: Dossier) -> str:
    return "" if dossier.request is None else dossier.request.playbook or ""


def _is_of(dossier: Dossier, by: str, plans: dict[str, str]) -> bool:
    return dossier.request is not None and dossier.request.by == by and _plan(dossier) in plans


def _close(tx: LineTransaction, dossier: Dossier, why: str, now: datetime, *, by: str, shares: Shares) -> None:
    # A stage that moves the incident at this moment wins or loses by its version; the cycle's job is then retried.
    known = replace(dossier, closing=Closing.RESOLVED, reasons=(*dossier.reasons, why))
    after = moved(known, IncidentState.CLOSED, now, Mover.PROPOSER)
    tx.incidents.save(after, expected_version=dossier.incident.version)
    happening = Happening(at=now, stage="proposer", state=after.incident.state.value, headline=why, took=0.0)
    record(tx, after, happening, actor=by, outcome="withdrawn")
    make_room(tx, after.incident, shares)
