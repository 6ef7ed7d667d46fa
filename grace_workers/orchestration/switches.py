"""The two global switches. `kill` lets no further effect happen; `freeze` lets no new plan be granted."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Switch
from grace_workers.orchestration.events.topics.switch_turned import DEFINITION as SWITCH_TURNED
from grace_workers.orchestration.events.topics.switch_turned import switch_turned
from grace_workers.orchestration.job import JobRequest, Pool
from grace_workers.orchestration.line.transition import advance_request, urgency
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.signals import IncidentState

KILL = "kill"
SWITCHES = (KILL, "freeze")
_MOST = 1_000
_ONCE_MORE = timedelta(seconds=2)


def turn(ledger: LineLedger, clock: Clock, name: str, *, on: bool, reason: str, by: str) -> Switch:
    """Turn a switch and record who did so and why. `kill` ends runs that rest or wait for an answer too.

    Raises:
        InputError: no such switch, or no reason given.
    """
    if name not in SWITCHES:
        raise InputError(f"unknown switch {name[:80]!r}; known: {', '.join(SWITCHES)}")
    if not reason.strip():
        raise InputError(f"turning {name!r} {'on' if on else 'off'} needs a reason; give one that others can act on")
    switch = Switch(on=on, reason=reason, by=by)
    now = clock.now()
    with ledger.transaction() as tx:
        tx.switches.turn(name, switch, now)
        tx.events.publish(SWITCH_TURNED, switch_turned(name, switch))
        tx.audit.append(
            Entry(
                at=now,
                actor=by,
                action="switch.turned",
                subject=f"switch:{name}",
                outcome="on" if on else "off",
                data={"reason": reason},
            )
        )
        if name == KILL and on:
            tx.jobs.submit(_of_paused_runs(tx))
    if name == KILL and on:
        # A run that began to rest meanwhile saw the switch off, and the job that let it rest may not have ended yet.
        with ledger.transaction() as tx:
            tx.jobs.submit(_of_paused_runs(tx, not_before=now + _ONCE_MORE))
    return switch


def _of_paused_runs(tx: LineTransaction, *, not_before: datetime | None = None) -> Sequence[JobRequest]:
    """Return a job for each run in progress that no worker has now."""
    found = tx.incidents.find(states=[IncidentState.SNAPSHOTTED], limit=_MOST)
    paused = [one for one in found if one.wait is not None or one.question is not None]
    due = {"not_before": not_before}
    return [advance_request(one, Pool.HEALING, urgency(one.incident.severity), **due) for one in paused]


def read(ledger: LineLedger) -> Mapping[str, Switch]:
    """Return both switches."""
    with ledger.transaction() as tx:
        return tx.switches.read_all(SWITCHES)
