"""The two global switches. `kill` lets no further effect happen; `freeze` lets no new plan be granted."""

from collections.abc import Mapping

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Switch
from grace_workers.orchestration.events.topics.switch_turned import DEFINITION as SWITCH_TURNED
from grace_workers.orchestration.events.topics.switch_turned import switch_turned
from grace_workers.orchestration.stores import LineLedger

SWITCHES = ("kill", "freeze")


def turn(ledger: LineLedger, clock: Clock, name: str, *, on: bool, reason: str, by: str) -> Switch:
    """Turn a switch and record who did so and why.

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
    return switch


def read(ledger: LineLedger) -> Mapping[str, Switch]:
    """Return both switches."""
    with ledger.transaction() as tx:
        return tx.switches.read_all(SWITCHES)
