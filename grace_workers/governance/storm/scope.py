"""Which limits a plan counts against, which targets form a service, and what a target depends on."""

from collections.abc import Iterable, Mapping

from grace_workers.actions import Target
from grace_workers.foundation.ids import TargetName
from grace_workers.governance.storm.limits import FLEET_SCOPE, StormLimits


def scopes_of(touched: Iterable[Target], limits: StormLimits) -> frozenset[str]:
    """Return the scopes that a run on these targets counts in."""
    labels = {limits.service, *(one.label for one in limits.labels)}
    named = {f"{label}={one.labels[label]}" for one in touched for label in labels & one.labels.keys()}
    return frozenset({FLEET_SCOPE, *named})


def service_of(target: Target, limits: StormLimits) -> str | None:
    """Return the scope of the target's service; None if it belongs to none."""
    name = target.labels.get(limits.service)
    return None if name is None else f"{limits.service}={name}"


def members_of(scopes: Iterable[str], targets: Mapping[TargetName, Target]) -> Mapping[str, frozenset[TargetName]]:
    """Return the declared targets of each scope."""
    return {scope: frozenset(_members(scope, targets)) for scope in scopes}


def upstream_of(target: TargetName, targets: Mapping[TargetName, Target]) -> frozenset[TargetName]:
    """Return what a target depends on, near and far, without what depends on the target in turn."""
    found = _reached(target, targets)
    return frozenset(one for one in found if target not in _reached(one, targets))


def _reached(target: TargetName, targets: Mapping[TargetName, Target]) -> set[TargetName]:
    found: set[TargetName] = set()
    open_ends = [target]
    while open_ends:
        one = open_ends.pop()
        near = targets[one].depends_on if one in targets else ()
        open_ends += [name for name in near if name not in found]
        found.update(near)
    return found


def _members(scope: str, targets: Mapping[TargetName, Target]) -> Iterable[TargetName]:
    if scope == FLEET_SCOPE:
        return targets
    label, _, value = scope.partition("=")
    return (name for name, target in targets.items() if target.labels.get(label) == value)
