"""The fleet's levers: the steps of experiments, and what forbids them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice

from grace_workers.audit import Entry
from grace_workers.cycles import FLEET, LeverSetting, LeverStep
from grace_workers.foundation.ids import IncidentId
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.fleet import FleetStore
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.switches import SWITCHES
from grace_workers.signals import IncidentState

_OWN, _MEMORY = "grace.", "memory"
_OPEN = [one for one in IncidentState if one is not IncidentState.CLOSED]
_PAGE, _FEW = 100, 5


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
    """Return why the fleet may not be experimented with: its switches, nodes short of memory, its open incidents."""
    switches = tx.switches.read_all(SWITCHES)
    turned = [f"the switch {name} is on: {switches[name].reason}" for name in SWITCHES if switches[name].on]
    return [*turned, *_short_of_memory(tx), *islice(_of_own_parts(tx), _FEW)]


def _short_of_memory(tx: LineTransaction) -> Iterator[str]:
    """Yield a sentence for each node whose health says that hardly any of its memory is free."""
    for one in tx[FleetStore].instances():
        for part in one.parts if one.in_fleet else ():
            if part.name == _MEMORY and part.value < 1:
                yield f"node {one.name} is short of memory: {part.why}"


def _of_own_parts(tx: LineTransaction) -> Iterator[str]:
    """Yield a sentence for each, without the changes of the fleet's levers."""
    before: IncidentId | None = None
    while found := tx.incidents.find(states=_OPEN, before=before, limit=_PAGE):
        for one in found:
            target = one.incident.target
            if target is not None and target.startswith(_OWN) and target != FLEET:
                yield f"the fleet has an open incident: {one.incident.title}"
        before = found[-1].incident.id
