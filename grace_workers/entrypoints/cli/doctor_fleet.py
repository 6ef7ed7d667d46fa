"""What `grace doctor` looks at in the fleet: servers, schema, clock, leader, instances, kernels, breakers."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from grace_workers.entrypoints.cli.doctor_line import Line, sound
from grace_workers.fleet import Health, KernelState
from grace_workers.foundation.errors import GraceError

if TYPE_CHECKING:
    from grace_workers.bootstrap import FleetWatch
    from grace_workers.settings import Settings

_MENDS = {
    "database": "start the database, or the node with `grace up`",
    "broker": "start the broker, or the node with `grace up`",
    "leader": "start a node with `grace up`",
    "pools": "start a node with `grace up`",
    "node": "look at `grace fleet status`",
    "audit": "see that a node runs; then `grace audit verify`",
    "playbooks": "run `grace playbook lint`",
}
_MOST_AHEAD = 2.0
_UNWELL = frozenset({KernelState.UNREADY, KernelState.FAILED})


def servers(settings: "Settings") -> Iterator[Line]:
    """Look at everything behind the servers' URLs."""
    from grace_workers.bootstrap import open_audit, open_runtime, watch
    from grace_workers.entrypoints.api.readiness import Readiness

    try:
        runtime = open_runtime(settings, application="grace-doctor")
    except GraceError as error:
        yield Line("fleet", False, str(error), "run `grace up`, or give the servers' URLs")
        return
    try:
        fleet = watch(runtime)
        schema = _looked("schema", fleet.schema, "run `grace migrate`, or what the sentence says")
        if schema.ok:
            found = Readiness(runtime, fleet, open_audit(settings)).look()
            yield from (Line(one.check, one.ok, one.reason, "" if one.ok else _MENDS[one.check]) for one in found)
            if all(one.ok for one in found if one.check == "database"):
                yield schema
                yield from parts(fleet)
            return
        # Without a schema that serves, only this much can be asked.
        yield _looked("database", lambda: f"answers; {_clock(fleet.clock_ahead()).seen}", _MENDS["database"])
        yield schema
    finally:
        runtime.close()


def parts(fleet: "FleetWatch") -> Iterator[Line]:
    """Look at clock, instances, kernels and breakers, over a database that answers with a schema that serves."""
    yield _clock(fleet.clock_ahead())
    yield from _instances(fleet)
    yield from _kernels(fleet)
    yield from _breakers(fleet)


def _clock(ahead: float) -> Line:
    well = abs(ahead) <= _MOST_AHEAD
    words = f"{abs(ahead):.3f} s {'ahead of' if ahead > 0 else 'behind'} the database's"
    return Line("clock", well, words, "" if well else "let NTP set both clocks, as with `timedatectl set-ntp true`")


def _instances(fleet: "FleetWatch") -> Iterator[Line]:
    for one in fleet.instances():
        if one.in_fleet and one.health in {Health.QUARANTINED, Health.DEGRADED}:
            mend = f"see `grace fleet status`; then `grace fleet rejoin {one.name}`"
            if one.health is Health.DEGRADED:
                mend = "see `grace fleet status` for what its score lacks"
            yield Line("instance", False, f"{one.name} is {one.health}: {one.reason or 'no reason given'}", mend)


def _kernels(fleet: "FleetWatch") -> Iterator[Line]:
    found = fleet.kernels()
    unwell = [one for one in found if one.state in _UNWELL]
    for one in unwell:
        mend = f"read `grace kernel status {one.kernel}`; then `grace kernel restart {one.kernel}`"
        yield Line("kernel", False, f"{one.kernel} of {one.instance} is {one.state}", mend)
    if found and not unwell:
        yield sound("kernels", f"{len(found)}, none of them unready")


def _breakers(fleet: "FleetWatch") -> Iterator[Line]:
    for one in fleet.open_breakers():
        seen = f"{one.name} failed {one.failures} times in a row for {one.process} of {one.instance}"
        yield Line("breaker", False, seen, "see that it answers; the breaker closes by itself at the next try")


def _looked(check: str, look: Callable[[], str], mend: str) -> Line:
    try:
        return sound(check, look())
    except GraceError as error:
        return Line(check, False, str(error).splitlines()[0], mend)
