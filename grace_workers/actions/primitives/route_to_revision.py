"""Give all traffic of a service to one of its revisions, such as the one before the newest."""

from collections.abc import Sequence

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.revision_traffic import RevisionTraffic, TrafficShare
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError


class RouteParams(Document):
    """`to` is the revision; without it, the newest ready one before the one that gets most of the traffic now."""

    to: Name | None = None


class _Share(Document):
    revision: str | None
    percent: int
    label: str = ""


class _Kept(Document):
    shares: tuple[_Share, ...]
    to: str


class RouteToRevision(Act[RevisionTraffic, RouteParams, _Kept]):
    """Give all traffic of a service to one of its revisions, such as the one before the newest."""

    role = RevisionTraffic
    params = RouteParams
    kept = _Kept

    def preview(self, role: RevisionTraffic, params: RouteParams) -> Preview:
        """Say which shares would give way."""
        now, to = role.traffic(), _chosen(role, params)
        blast = BlastRadius(count=1, unit="service", share=_moved(now, to) / 100)
        if _wanted(now, to) == now:
            return Preview(changes=(f"leave all traffic with {to}",), blast=blast)
        return Preview(changes=(f"give all traffic to {to} instead of {_shown(now)}",), blast=blast)

    def snapshot(self, role: RevisionTraffic, params: RouteParams) -> _Kept:
        """Keep the shares, and the revision that gets all."""
        shares = [_Share(revision=one.revision, percent=one.percent, label=one.label) for one in role.traffic()]
        return _Kept(shares=tuple(shares), to=_chosen(role, params))

    def apply(self, role: RevisionTraffic, params: RouteParams, before: _Kept) -> Outcome:
        """Give it all traffic, unless the shares have changed since the snapshot."""
        del params
        now, first = role.traffic(), _shares(before)
        wanted = _wanted(first, before.to)
        if now == wanted:
            return unchanged(f"{before.to} gets all traffic already")
        if now != first:
            raise ConflictError(f"the traffic went to {_shown(now)} since the snapshot; it went to {_shown(first)}")
        role.route(wanted)
        return done(f"{before.to} gets all traffic (was {_shown(first)})", revision=before.to)

    def effect(self, role: RevisionTraffic, params: RouteParams, before: _Kept) -> Effect:
        """Present when the revision gets all traffic."""
        del params
        return Effect.PRESENT if role.traffic() == _wanted(_shares(before), before.to) else Effect.ABSENT

    def restore(self, role: RevisionTraffic, params: RouteParams, before: _Kept) -> Outcome:
        """Share the traffic as before, unless someone else has changed it meanwhile."""
        del params
        now, first = role.traffic(), _shares(before)
        if now == first:
            return unchanged(f"the traffic goes to {_shown(first)} already again")
        if now != _wanted(first, before.to):
            raise ConflictError(
                f"someone else gave the traffic to {_shown(now)} meanwhile; it went to {_shown(first)} before this "
                f"step, so decide by hand"
            )
        role.route(first)
        return done(f"the traffic goes to {_shown(first)} again")

    def restored(self, role: RevisionTraffic, params: RouteParams, before: _Kept) -> bool:
        """Return whether the traffic is shared as before."""
        del params
        return role.traffic() == _shares(before)


def _shares(kept: _Kept) -> tuple[TrafficShare, ...]:
    return tuple(TrafficShare(revision=one.revision, percent=one.percent, label=one.label) for one in kept.shares)


def _wanted(now: Sequence[TrafficShare], to: str) -> tuple[TrafficShare, ...]:
    """Return the shares that give it all; addresses by label stay."""
    labelled = [TrafficShare(revision=one.revision, percent=0, label=one.label) for one in now if one.label]
    return (TrafficShare(revision=to, percent=100), *labelled)


def _moved(now: Sequence[TrafficShare], to: str) -> int:
    return 100 - sum(one.percent for one in now if one.revision == to)


def _chosen(role: RevisionTraffic, params: RouteParams) -> str:
    found = role.revisions()
    names = [one.name for one in found]
    if params.to is not None:
        if params.to not in names:
            raise NotFoundError(
                f"no revision {params.to!r} may get traffic; these may: {', '.join(names[:20]) or 'none'}"
            )
        if not next(one.ready for one in found if one.name == params.to):
            raise PermanentError(f"revision {params.to!r} is not ready, so it cannot serve; choose another")
        return params.to
    serving = max(role.traffic(), key=lambda one: one.percent).revision or role.newest_ready()
    earlier = found[names.index(serving) + 1 :] if serving in names else []
    ready = [one.name for one in earlier if one.ready]
    if not ready:
        raise ConflictError(f"no ready revision is older than {serving}, which serves; name one with `to`")
    return ready[0]


def _shown(shares: Sequence[TrafficShare]) -> str:
    return ", ".join(f"{one.revision or 'the newest'} ({one.percent} %)" for one in shares if one.percent) or "nothing"


DEFINITION = RouteToRevision().primitive(
    "route_to_revision",
    "Give all traffic of a service to one of its revisions, such as the one before the newest.",
    aspect=Aspect.CODE,
    risk=0.35,
    worst=BlastRadius(count=1, unit="service", share=1.0),
)
