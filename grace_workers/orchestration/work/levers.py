"""The fleet's levers: the steps of experiments, and what forbids them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.cycles import FLEET, LeverSetting, LeverStep
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.signals import IncidentState

_OWN = "grace."
_OPEN = [one for one in IncidentState if one is not IncidentState.CLOSED]
_MOST = 500


def turn(tx: LineTransaction, step: LeverStep, now: datetime, *, by: str) -> None:
    """Let the experiment of a lever go on, or end it; what no plan has put on trial stays as it is."""
    store = tx[LeverStore]
    store.lock()
    known = store.settings().get(step.lever, LeverSetting(name=step.lever))
    if known.trial is None:
        return
    trial = None if step.schedule is None else known.trial
    store.save(replace(known, trial=trial, schedule=step.schedule), now)
    if step.reason is None:
        return
    tx.audit.append(
        Entry(
            at=now,
            actor=by,
            action="experiment.ended" if step.schedule is None else "experiment.begun",
            subject=f"lever:{step.lever}",
            outcome="ended" if step.schedule is None else "begun",
            data={"reason": step.reason, "present": known.value, "other": known.trial},
        )
    )


def troubles(tx: LineTransaction) -> Sequence[str]:
    """Return the titles of the open incidents of the fleet's own parts, without the changes of its levers."""
    found = tx.incidents.find(states=_OPEN, limit=_MOST)
    return [
        one.incident.title
        for one in found
        if one.incident.target is not None and one.incident.target.startswith(_OWN) and one.incident.target != FLEET
    ]
