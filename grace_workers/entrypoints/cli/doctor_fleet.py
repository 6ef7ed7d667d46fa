"""What `grace doctor` checks in the fleet: servers, schema, clock, leader, instances, kernels, breakers."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from grace_workers.entrypoints.cli.doctor_line import DoctorLine, sound
from grace_workers.fleet import InstanceHealth, KernelState
from grace_workers.foundation.errors import GraceError, TransientError

if TYPE_CHECKING:
    from grace_workers.entrypoints.api.readiness import ReadinessFinding
    from grace_workers.orchestration.fleet.watch import FleetWatch
    from grace_workers.settings import Settings

_MENDS = {
    "database": "start the database, or the node with `grace up`",
    "broker": "start the broker, or the node with `grace up`",
    "leader": "start a node with `grace up`",
    "pools": "start a node with `grace up`",
    "node": "look at `grace fleet status`",
    "audit": "check that a node is running; then `grace audit verify`",
    "playbooks": "run `grace playbook lint`",
}
_WITHOUT_DATABASE = frozenset({"database", "broker", "playbooks"})
# What each part is called when it is left out, and how to fix it.
_PARTS: Mapping[str, tuple[object, str]] = {
    "playbooks": ((), "run `grace playbook lint`"),
    "policy": (None, "correct the file that `policy` in grace.yaml names"),
    "targets": ((), "correct `targets` in grace.yaml"),
}
_MOST_AHEAD = 2.0
_SICK = frozenset({InstanceHealth.QUARANTINED, InstanceHealth.DEGRADED, InstanceHealth.RETIRED})
_UNWELL = frozenset({KernelState.UNREADY, KernelState.FAILED})


def servers(settings: "Settings") -> Iterator[DoctorLine]:
    """Check what a process of the fleet is made of, and everything behind the servers' URLs."""
    from grace_workers.bootstrap.runtime import open_runtime
    from grace_workers.entrypoints.api.readiness import Readiness

    faults = list(_made(settings))
    yield from faults
    # Faulty playbooks must not hide what is wrong with the servers.
    unusable = {one.check: _PARTS[one.check][0] for one in faults}
    runtime = open_runtime(settings.model_copy(update=unusable), application="grace-doctor")
    try:
        fleet = runtime.fleet
        schema = _schema(fleet)
        if schema is not None and not schema.ok:
            # Without a usable schema, only this much can be checked.
            yield sound("database", f"answers; {_clock(fleet.clock_ahead()).seen}")
            yield schema
            return
        found = Readiness(runtime, fleet).look()
        told = (_MENDS.keys() if schema else _WITHOUT_DATABASE) - unusable.keys()
        yield from (_line(one) for one in found if one.check in told)
        if schema is not None:
            yield schema
            yield from parts(fleet)
    finally:
        runtime.close()


def _schema(fleet: "FleetWatch") -> DoctorLine | None:
    """Return the line on the schema; None while the database is unreachable, which has its own line."""
    try:
        return sound("schema", fleet.schema())
    except TransientError:
        return None
    except GraceError as error:
        return DoctorLine("schema", False, str(error).splitlines()[0], "run `grace migrate`, or follow the message")


def _line(found: "ReadinessFinding") -> DoctorLine:
    return DoctorLine(found.check, found.ok, found.reason, "" if found.ok else _MENDS[found.check])


def _made(settings: "Settings") -> Iterator[DoctorLine]:
    """Name each part of the settings that no process can use."""
    from grace_workers.bootstrap.runtime import open_runtime

    for name, (_, mend) in _PARTS.items():
        others = {other: nothing for other, (nothing, _) in _PARTS.items() if other != name}
        try:
            open_runtime(settings.model_copy(update=others), application="grace-doctor").close()
        except GraceError as error:
            yield DoctorLine(name, False, str(error).splitlines()[0], mend)


def parts(fleet: "FleetWatch") -> Iterator[DoctorLine]:
    """Check clock, instances, kernels and breakers, in a database that answers with a usable schema."""
    yield _clock(fleet.clock_ahead())
    yield from _instances(fleet)
    yield from _kernels(fleet)
    yield from _breakers(fleet)


def _clock(ahead: float) -> DoctorLine:
    well = abs(ahead) <= _MOST_AHEAD
    words = f"{abs(ahead):.3f} s {'ahead of' if ahead > 0 else 'behind'} the database's"
    return DoctorLine(
        "clock", well, words, "" if well else "let NTP set both clocks, as with `timedatectl set-ntp true`"
    )


def _instances(fleet: "FleetWatch") -> Iterator[DoctorLine]:
    for one in fleet.instances():
        if one.in_fleet and one.health in _SICK:
            mend = f"see `grace fleet status`; then `grace fleet rejoin {one.name}`"
            if one.health is InstanceHealth.DEGRADED:
                mend = "see `grace fleet status --parts` for the reasons of its score"
            yield DoctorLine("instance", False, f"{one.name} is {one.health}: {one.reason or 'no reason given'}", mend)


def _kernels(fleet: "FleetWatch") -> Iterator[DoctorLine]:
    found = fleet.kernels()
    unwell = [one for one in found if one.state in _UNWELL]
    for one in unwell:
        mend = f"read `grace kernel status {one.kernel}`; then `grace kernel restart {one.kernel}`"
        yield DoctorLine("kernel", False, f"{one.kernel} of {one.instance} is {one.state}", mend)
    if found and not unwell:
        yield sound("kernels", f"{len(found)}, none of them unready")


def _breakers(fleet: "FleetWatch") -> Iterator[DoctorLine]:
    for one in fleet.open_breakers():
        seen = f"{one.name} failed {one.failures} times in a row for {one.process} of {one.instance}"
        yield DoctorLine(
            "breaker", False, seen, "check that it answers; the breaker closes by itself at the next successful try"
        )
