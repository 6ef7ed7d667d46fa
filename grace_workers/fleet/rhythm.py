"""Judging a part of the schedule: whether a recurring job really runs in its cadence."""

from datetime import timedelta

from grace_workers.fleet.kernel import Limited, Readiness, Ready, Unready
from grace_workers.fleet.probe import Probe

FIRED_WITHIN = timedelta(seconds=5)
"""How late a slot may be: beat looks twice a second, a standby takes over within two; the rest is for load."""


def fired_in_time(probe: Probe) -> Readiness:
    """Judge the schedule: a beat runs, and no entry's newest slot is overdue."""
    if not probe.database.lease_held("beat"):
        return Unready("no beat is running in the fleet: its lease is free")
    slots = probe.database.slots()
    if not slots:
        return Unready("the schedule has no entry")
    never = [one.entry for one in slots if one.slot_age is None]
    if never:
        return Unready(f"beat runs, but {', '.join(never)} never fired")
    late = [
        f"{one.entry} for {spoken(one.slot_age)} at every {spoken(one.every)}"
        for one in slots
        if one.slot_age is not None and one.slot_age > one.every + FIRED_WITHIN
    ]
    if late:
        return Unready(f"beat runs, but did not fire {', '.join(late)}")
    return Ready(f"beat runs; the newest slots of {', '.join(one.entry for one in slots)} fired in time")


def looked_in_time(probe: Probe, entry: str) -> Readiness:
    """Judge one entry: its job succeeded within two intervals, or is not to run."""
    found = next((one for one in probe.database.slots() if one.entry == entry), None)
    if found is None:
        return Unready(f"the schedule has no entry {entry!r}")
    if found.paused:
        return Limited("beat runs", f"{entry}, which a person has paused (`grace cycle resume {entry}`)")
    if found.succeeded_age is None:
        return Unready(f"{entry}: no run has succeeded lately; one is due every {spoken(found.every)}")
    if found.succeeded_age > 2 * found.every + FIRED_WITHIN:
        age, every = spoken(found.succeeded_age), spoken(found.every)
        return Unready(f"{entry}: the last successful run was {age} ago; one is due every {every}")
    return Ready(f"{entry}: last run {spoken(found.succeeded_age)} ago")


def spoken(span: timedelta) -> str:
    """Return a span in whole seconds, for a sentence."""
    return f"{max(0.0, span.total_seconds()):.0f} s"
