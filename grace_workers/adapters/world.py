"""The targets of this installation as a `World`: what plays each role of each target, behind a guard."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TypeVar, cast

from grace_workers.actions import AnyDriver, DriverContext, HttpProbe, Roles, Target, World, undeclared
from grace_workers.adapters.guard import BreakerRegistry, Guarded, Limits
from grace_workers.foundation.breaker import BreakerPolicy, Rate
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.errors import InputError, NotFoundError
from grace_workers.foundation.ids import TargetName

R = TypeVar("R")

_RATE = Rate(per_second=50.0, burst=100)
GUARDED = Limits(policy=BreakerPolicy(longest=timedelta(seconds=10)), rate=_RATE)
# A probe exists to report that a service gives no answer, so it is slowed down and rarely refused.
PROBED = Limits(policy=BreakerPolicy(longest=timedelta(seconds=1)), rate=_RATE, patience=timedelta(seconds=2))


class TargetWorld(World):
    """Every role of every target, ready to use. It connects to nothing before the first use."""

    def __init__(self, roles: Mapping[TargetName, tuple[Target, Roles]], drivers: Catalog[AnyDriver]) -> None:
        self._roles = roles
        self._drivers = drivers

    def role(self, target: TargetName, role: type[R]) -> R:
        if target not in self._roles:
            raise NotFoundError(undeclared(target, self._roles))
        declared, roles = self._roles[target]
        if role in roles:
            return cast("R", roles[role])
        option = self._drivers[declared.kind].optional.get(role)
        remedy = f"add `{option}` to its connection" if option else "choose a target of another kind"
        has = ", ".join(sorted(kind.__name__ for kind in roles))
        raise InputError(
            f"target {target!r} ({declared.kind}) does not support {role.__name__}; it supports {has}; {remedy}"
        )


def build_world(
    targets: Mapping[TargetName, Target],
    drivers: Catalog[AnyDriver],
    data_dir: Path,
    guards: BreakerRegistry | None = None,
) -> World:
    """Return the world of these targets. Drivers keep their own files below `data_dir`.

    Every call of every role passes a guard of `guards`, one for each role of each target.

    Raises:
        InputError: there is no driver of a target's kind, its packages are not installed, or the connection does not
            fit; all such targets are named.
    """
    guards = guards or BreakerRegistry()
    roles: dict[TargetName, tuple[Target, Roles]] = {}
    faults = []
    for name, target in targets.items():
        try:
            roles[name] = (target, _guarded(name, _roles(target, drivers, data_dir), guards))
        except InputError as error:
            faults.append(f"target {name!r}: {error}")
    if faults:
        raise InputError("; ".join(faults))
    return TargetWorld(roles, drivers)


def _roles(target: Target, drivers: Catalog[AnyDriver], data_dir: Path) -> Roles:
    if target.kind not in drivers:
        raise InputError(f"unknown kind {target.kind[:80]!r}; known kinds: {', '.join(drivers.names) or 'none'}")
    driver = drivers[target.kind]
    connection = driver.connection.read(dict(target.connection), "connection")
    try:
        return driver.open(connection, DriverContext(target=target, data_dir=data_dir))
    except ImportError as error:
        if driver.extra is None:
            raise
        raise InputError(
            f"kind {driver.kind!r} needs packages that are not installed ({error}); "
            f"run `pip install 'grace-workers[{driver.extra}]'`"
        ) from error


def _guarded(target: TargetName, roles: Roles, guards: BreakerRegistry) -> Roles:
    found: dict[type, object] = {}
    for kind, role in roles.items():
        probe = kind is HttpProbe
        guard = guards.of(f"target:{target}:{kind.__name__}", PROBED if probe else GUARDED)
        found[kind] = Guarded(role, guard, {"get": _unanswered} if probe else None)
    return found


def _unanswered(answer: tuple[int, float]) -> bool:
    return answer[0] == 0
