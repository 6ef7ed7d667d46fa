"""Let a standby take over from the primary."""

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.failover import Failover, FailoverMembers
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, InputError


class FailOverParams(Document):
    """`to` is the standby that takes over; without it, the one that the service itself would choose first."""

    to: Name | None = None


class _Kept(Document):
    primary: str
    standby: str


class FailOver(Act[Failover, FailOverParams, _Kept]):
    """Let a standby take over from the primary."""

    role = Failover
    params = FailOverParams
    kept = _Kept

    def preview(self, role: Failover, params: FailOverParams) -> Preview:
        """Say who would take over from whom."""
        found = role.members()
        blast = BlastRadius(count=1, unit="primary", share=1.0)
        if params.to == found.primary:
            return Preview(changes=(f"leave {found.primary} as the primary",), blast=blast)
        return Preview(changes=(f"let {_standby(found, params)} take over from {found.primary}",), blast=blast)

    def snapshot(self, role: Failover, params: FailOverParams) -> _Kept:
        """Keep who leads, and who will."""
        found = role.members()
        chosen = found.primary if params.to == found.primary else _standby(found, params)
        return _Kept(primary=found.primary, standby=chosen)

    def apply(self, role: Failover, params: FailOverParams, before: _Kept) -> Outcome:
        """Let it take over, unless a third member leads by now."""
        del params
        now = role.members().primary
        if now == before.standby:
            return unchanged(f"{now} is the primary already")
        _refuse_third(now, before)
        role.promote(before.standby)
        return done(f"{before.standby} is the primary now (was {before.primary})", primary=before.standby)

    def effect(self, role: Failover, params: FailOverParams, before: _Kept) -> Effect:
        """Present when the standby leads."""
        del params
        return Effect.PRESENT if role.members().primary == before.standby else Effect.ABSENT

    def restore(self, role: Failover, params: FailOverParams, before: _Kept) -> Outcome:
        """Let the earlier primary lead again, unless a third member leads by now."""
        del params
        now = role.members().primary
        if now == before.primary:
            return unchanged(f"{now} is the primary already again")
        _refuse_third(now, before)
        role.promote(before.primary)
        return done(f"{before.primary} is the primary again", primary=before.primary)

    def restored(self, role: Failover, params: FailOverParams, before: _Kept) -> bool:
        """Return whether the earlier primary leads."""
        del params
        return role.members().primary == before.primary


def _standby(found: FailoverMembers, params: FailOverParams) -> str:
    if not found.standbys:
        raise ConflictError(f"nothing stands by to take over from {found.primary}; add a standby first")
    if params.to is not None and params.to not in found.standbys:
        raise InputError(f"{params.to!r} does not stand by; standbys: {', '.join(found.standbys)}")
    return params.to or found.standbys[0]


def _refuse_third(now: str, before: _Kept) -> None:
    if now not in {before.primary, before.standby}:
        raise ConflictError(
            f"{now} became the primary meanwhile; it was {before.primary} at the snapshot, so decide by hand"
        )


DEFINITION = FailOver().primitive(
    "fail_over",
    "Let a standby take over from the primary.",
    aspect=Aspect.INFRASTRUCTURE,
    risk=0.5,
    worst=BlastRadius(count=1, unit="primary", share=1.0),
    irreversible="Connections and open transactions of the earlier primary end, and do not come back.",
)
