"""Restart the parts of a service one after another, and stop when too few are healthy."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Act
from grace_workers.actions.halt import go_on
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, Repeat, done, unchanged
from grace_workers.actions.roles.service_parts import ServicePart, ServiceParts
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError


class RollingParams(Document):
    """Before a healthy part is restarted, at least `min_healthy` others must be healthy; without it, all of them.

    With `only_unhealthy`, those that are healthy at the snapshot are left alone. Each may take `patience` to become
    healthy again. At the first that does not, the others are left alone.
    """

    min_healthy: Annotated[int, Field(ge=0, le=10_000)] | None = None
    only_unhealthy: bool = False
    patience: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(hours=1))] = timedelta(minutes=2)


class _Part(Document):
    name: str
    incarnation: str | None
    healthy: bool


class _Content(Document):
    parts: tuple[_Part, ...]


class RollingRestart(Act[ServiceParts, RollingParams, _Content]):
    """Restart the parts of a service one after another, and stop when too few are healthy."""

    role = ServiceParts
    params = RollingParams
    kept = _Content
    repeat = Repeat.PROBEABLE

    def preview(self, service: ServiceParts, params: RollingParams) -> Preview:
        """Name the parts, in their order."""
        everything, parts = _order(service), _chosen(service, params)
        wanted = _min_healthy(params, len(everything))
        changes = [
            f"restart {one.name}" + (f" while at least {wanted} others are healthy" if one.healthy else "")
            for one in parts
        ]
        blast = BlastRadius(count=len(parts), unit="part", share=1 / len(everything) if everything else 0.0)
        return Preview(changes=tuple(changes), blast=blast)

    def snapshot(self, service: ServiceParts, params: RollingParams) -> _Content:
        """Keep which start of each part runs."""
        chosen = _chosen(service, params)
        parts = [_Part(name=one.name, incarnation=one.incarnation, healthy=one.healthy) for one in chosen]
        return _Content(parts=tuple(parts))

    def apply(self, service: ServiceParts, params: RollingParams, before: _Content) -> Outcome:
        """Restart every part that still is the snapshot's."""
        count = 0
        for part in before.parts:
            now = _by_name(service)
            wanted = _min_healthy(params, len(now))
            if part.name not in now or now[part.name].incarnation != part.incarnation:
                continue
            others = sum(one.healthy for one in now.values() if one.name != part.name)
            if now[part.name].healthy and others < wanted:
                raise PermanentError(
                    f"{part.name} was not restarted: {others} others are healthy, and {wanted} must be; "
                    f"restarted before it: {count} of {len(before.parts)}"
                )
            go_on()
            service.restart_part(part.name, params.patience)
            count += 1
        if not count:
            return unchanged("every part was restarted or replaced since the snapshot")
        return done(f"restarted {count} of {len(before.parts)} parts, one after another", restarted=count)

    def effect(self, service: ServiceParts, params: RollingParams, before: _Content) -> Effect:
        """Present when no part of the snapshot runs any more and all parts are healthy."""
        del params
        now = _by_name(service)
        left = any(one.name in now and now[one.name].incarnation == one.incarnation for one in before.parts)
        return Effect.ABSENT if left or not all(one.healthy for one in now.values()) else Effect.PRESENT

    def restore(self, service: ServiceParts, params: RollingParams, before: _Content) -> Outcome:
        """Restart the parts that were healthy and are not."""
        failed = self._failed(service, before)
        for name in failed:
            service.restart_part(name, params.patience)
        return (done if failed else unchanged)(
            f"restarted {len(failed)} parts that were healthy before", restarted=len(failed)
        )

    def restored(self, service: ServiceParts, params: RollingParams, before: _Content) -> bool:
        """Return whether every part is healthy that was."""
        del params
        return not self._failed(service, before)

    def _failed(self, service: ServiceParts, before: _Content) -> list[str]:
        now = _by_name(service)
        return [one.name for one in before.parts if one.healthy and one.name in now and not now[one.name].healthy]


def _order(service: ServiceParts) -> list[ServicePart]:
    """Return the parts, those that are not healthy first, because restarting them costs nothing."""
    return sorted(service.parts(), key=lambda one: (one.healthy, one.name))


def _chosen(service: ServiceParts, params: RollingParams) -> list[ServicePart]:
    return [one for one in _order(service) if not (params.only_unhealthy and one.healthy)]


def _by_name(service: ServiceParts) -> Mapping[str, ServicePart]:
    return {one.name: one for one in service.parts()}


def _min_healthy(params: RollingParams, parts: int) -> int:
    return max(parts - 1, 0) if params.min_healthy is None else params.min_healthy


DEFINITION = RollingRestart().primitive(
    "rolling_restart",
    "Restart the parts of a service one after another, and stop when too few are healthy.",
    aspect=Aspect.PERFORMANCE,
    risk=0.35,
    worst=BlastRadius(count=10_000, unit="part", share=1.0),
    irreversible="The earlier processes, their memory and their open connections cannot be restored.",
)
