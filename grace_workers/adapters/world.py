"""The targets of this installation as a `World`: what plays each role of each target, behind a guard."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What targets are opened with. Drivers keep their own files below `data_dir`."""

    drivers: Catalog[AnyDriver]
    data_dir: Path
    guards: BreakerRegistry

    def roles(self, target: Target) -> Roles:
        """Return what plays the roles of a target, each behind a guard. Raises InputError for an unusable one."""
        return _guarded(target.name, _roles(target, self.drivers, self.data_dir), self.guards)


class TargetWorld(World):
    """Every role of every target, ready to use. It connects to nothing before the first use.

    `faults` are the targets that cannot be used, each with the reason.
    """

    def __init__(
        self,
        roles: Mapping[TargetName, tuple[Target, Roles]],
        opening: Opening,
        faults: Mapping[TargetName, str] | None = None,
    ) -> None:
        self._roles = roles
        self._opening = opening
        self.faults = faults or {}

    def role(self, target: TargetName, role: type[R]) -> R:
        if target in self.faults:
            raise InputError(f"target {target!r} cannot be used: {self.faults[target]}")
        if target not in self._roles:
            raise NotFoundError(undeclared(target, self._roles))
        declared, roles = self._roles[target]
        if role in roles:
            return cast("R", roles[role])
        option = self._opening.drivers[declared.kind].optional.get(role)
        remedy = f"add `{option}` to its connection" if option else "choose a target of another kind"
        has = ", ".join(sorted(kind.__name__ for kind in roles))
        raise InputError(
            f"target {target!r} ({declared.kind}) does not support {role.__name__}; it supports {has}; {remedy}"
        )

    def extended(self, targets: Iterable[Target], before: "TargetWorld") -> "TargetWorld":
        """Return this world with more targets. What `before` has open for the same target is taken over."""
        roles, faults = dict(self._roles), dict[TargetName, str]()
        for target in targets:
            known = before._roles.get(target.name)  # noqa: SLF001 - its own class
            try:
                same = known is not None and known[0] == target
                roles[target.name] = known if known is not None and same else (target, self._opening.roles(target))
            except InputError as error:
                faults[target.name] = str(error)
        return TargetWorld(roles, self._opening, faults)


def build_world(
    targets: Mapping[TargetName, Target],
    drivers: Catalog[AnyDriver],
    data_dir: Path,
    guards: BreakerRegistry | None = None,
) -> TargetWorld:
    """Return the world of these targets.

    Every call of every role passes a guard of `guards`, one for each role of each target.

    Raises:
        InputError: there is no driver of a target's kind, its packages are not installed, or the connection does not
            fit; all such targets are named.
    """
    opening = Opening(drivers=drivers, data_dir=data_dir, guards=guards or BreakerRegistry())
    found = TargetWorld({}, opening)
    found = found.extended(targets.values(), found)
    if found.faults:
        raise InputError("; ".join(f"target {name!r}: {why}" for name, why in found.faults.items()))
    return found


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
