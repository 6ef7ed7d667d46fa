"""Roll out an earlier version of a service again, such as the one before a version that does not come up."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name, Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.rollouts import RolledVersion, Rollouts
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.duration import spelled
from grace_workers.foundation.errors import ConflictError, NotFoundError

_SERVICE = BlastRadius(count=1, unit="service", share=1.0)


class UndoRolloutParams(Document):
    """`to` is the version. Without it, the newest earlier one that has stood the test is taken.

    That is one of which healthy parts still run, else the newest one that was in force for at least `stood_for`, before
    the next was rolled out. A version from which its service went back to an older one is never taken.
    """

    to: Name | None = None
    stood_for: Span = timedelta(minutes=10)


class _Kept(Document):
    version: str
    to: str


class UndoRollout(Act[Rollouts, UndoRolloutParams, _Kept]):
    """Roll out an earlier version of a service again, such as the one before a version that does not come up."""

    role = Rollouts
    params = UndoRolloutParams
    kept = _Kept

    def preview(self, service: Rollouts, params: UndoRolloutParams) -> Preview:
        """Say which version would give way to which."""
        now, to = service.rollout(), _chosen(service, params)
        if now.version == to:
            return Preview(changes=(f"leave version {to}",), blast=_SERVICE)
        shows = next((one.shows for one in service.versions() if one.name == to), "")
        words = f"roll out version {to}{f' ({shows})' if shows else ''} again instead of {now.version}"
        return Preview(changes=(words,), blast=_SERVICE)

    def snapshot(self, service: Rollouts, params: UndoRolloutParams) -> _Kept:
        """Keep the version in force, and the one to roll out."""
        return _Kept(version=service.rollout().version, to=_chosen(service, params))

    def apply(self, service: Rollouts, params: UndoRolloutParams, before: _Kept) -> Outcome:
        """Roll it out, unless another version has come into force since the snapshot."""
        del params
        now = service.rollout().version
        if now == before.to:
            return unchanged(f"version {now} is in force already")
        if now != before.version:
            raise ConflictError(f"version {now} was rolled out since the snapshot, in which it was {before.version}")
        service.roll_out(before.to)
        return done(f"version {before.to} is rolled out again (was {now})", version=before.to)

    def effect(self, service: Rollouts, params: UndoRolloutParams, before: _Kept) -> Effect:
        """Present when the version is in force."""
        del params
        return Effect.PRESENT if service.rollout().version == before.to else Effect.ABSENT

    def restore(self, service: Rollouts, params: UndoRolloutParams, before: _Kept) -> Outcome:
        """Roll out the version that was in force, unless someone else has rolled out another meanwhile."""
        del params
        now = service.rollout().version
        if now == before.version:
            return unchanged(f"version {now} is in force already again")
        if now != before.to:
            raise ConflictError(f"someone else rolled out version {now} meanwhile; decide by hand which one is right")
        service.roll_out(before.version)
        return done(f"version {before.version} is rolled out again")

    def restored(self, service: Rollouts, params: UndoRolloutParams, before: _Kept) -> bool:
        """Return whether the version of the snapshot is in force."""
        del params
        return service.rollout().version == before.version


def _chosen(service: Rollouts, params: UndoRolloutParams) -> str:
    versions = service.versions()
    names = [one.name for one in versions]
    if params.to is not None:
        if params.to not in names:
            raise NotFoundError(f"no version {params.to!r} can be rolled out; these can: {', '.join(names[:20])}")
        return params.to
    before = _kept_to(versions)
    if not before[1:]:
        raise ConflictError(f"no version before {service.rollout().version} is kept; roll out one by hand")
    stood = [one for one in before[1:] if one.serves] or list(_stood(before, params.stood_for))
    if not stood:
        told = ", ".join(one.name for one in before[1:][:20])
        words = f"none of {told} was in force for {spelled(params.stood_for)} before the next was rolled out"
        raise ConflictError(f"{words}; name one in `to`, or set `stood_for`")
    return stood[0].name


def _kept_to(versions: Sequence[RolledVersion]) -> Sequence[RolledVersion]:
    """Return the version in force and those before it, without those from which the service went back to an older one.

    They come in the order of their last rollouts, so one that is younger than one before it was given up for that.
    """
    kept: list[RolledVersion] = []
    for one in versions:
        newest = kept[-1].age if kept else None
        if newest is None or one.age is None or one.age >= newest:
            kept.append(one)
    return kept


def _stood(versions: Sequence[RolledVersion], span: timedelta) -> Iterator[RolledVersion]:
    for after, one in pairwise(versions):
        if after.age is None or one.age is None or one.age - after.age >= span:
            yield one


DEFINITION = UndoRollout().primitive(
    "undo_rollout",
    "Roll out an earlier version of a service again, such as the one before a version that does not come up.",
    aspect=Aspect.CODE,
    risk=0.35,
    worst=_SERVICE,
)
