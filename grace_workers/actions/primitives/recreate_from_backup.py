"""Make a database anew from a backup beside the one that serves, check it, and let it take over if that is asked."""

from datetime import timedelta
from uuid import uuid4

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name, Span
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.backups import Backup, Backups, DatabaseStanding
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.duration import spelled
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError

_SHOWN = 5


class RecreateParams(Document):
    """`backup` is its name; without one, the newest is taken. One that is older than `max_age` is refused.

    With `switch` the copy takes over once it is checked; otherwise it stays beside, and people decide.
    """

    backup: Name | None = None
    max_age: Span = timedelta(days=2)
    switch: bool = False


class _Kept(Document):
    key: str
    backup: str
    was: str


class RecreateFromBackup(Act[Backups, RecreateParams, _Kept]):
    """Make a database anew from a backup beside the one that serves; nothing is ever restored over it."""

    role = Backups
    params = RecreateParams
    tried_on = "a database beside the damaged one, which is restored and checked before it takes over"
    kept = _Kept

    def preview(self, role: Backups, params: RecreateParams) -> Preview:
        """Say from which backup, and what becomes of the database that serves."""
        found = _chosen(role, params)
        then = "take the place of the one that serves, which is kept" if params.switch else "wait there for people"
        held = f"{spelled(_minutes(found.age))} old, {found.size} bytes"
        words = f"make a copy from backup {found.name}, {held}; check it"
        blast = BlastRadius(count=1, unit="database", share=1.0 if params.switch else 0.0)
        return Preview(changes=(f"{words}; let it {then}",), blast=blast)

    def snapshot(self, role: Backups, params: RecreateParams) -> _Kept:
        """Keep which database serves, and choose the backup and a name for this try."""
        key = uuid4().hex[:8]
        serving = role.standing(key).serving
        if serving is None:
            raise NotFoundError("no database of the target's name is there; create an empty one, or correct the target")
        return _Kept(key=key, backup=_chosen(role, params).name, was=serving)

    def apply(self, role: Backups, params: RecreateParams, before: _Kept) -> Outcome:
        """Make the copy, check it, and exchange them if that is asked."""
        now = role.standing(before.key)
        if now.before != before.was:
            _refuse_third(now, before)
            now = now if now.copy is not None else role.restore_beside(before.backup, before.key)
            _refuse_faulty(role, before)
        if not params.switch:
            words = f"{now.copy_name} is made from backup {before.backup} and checked; it waits beside"
            return done(words, copy=now.copy_name)
        now = role.exchange(before.key)
        words = f"the copy of backup {before.backup} serves; what served before is kept as {now.before_name}"
        return done(words, kept=now.before_name)

    def restore(self, role: Backups, params: RecreateParams, before: _Kept) -> Outcome:
        """Let what served before serve again. A copy is dropped unless it has served: others may have written to it."""
        del params
        now = role.standing(before.key)
        if now.before == before.was:
            now = role.exchange_back(before.key)
            if now.copy is not None or now.unfinished is not None:
                role.drop_copy(before.key)
            return done(f"what served before serves again; a copy that served meanwhile is kept as {now.served_name}")
        _refuse_third(now, before)
        if now.copy is None and now.unfinished is None:
            return unchanged("what served before serves, and no copy waits beside it")
        role.drop_copy(before.key)
        return done(f"the copy {now.copy_name} is dropped")

    def restored(self, role: Backups, params: RecreateParams, before: _Kept) -> bool:
        """Return whether what served before serves, without a copy that waits or that was left half made."""
        del params
        now = role.standing(before.key)
        return now.serving == before.was and now.copy is None and now.unfinished is None


def _chosen(role: Backups, params: RecreateParams) -> Backup:
    found = role.backups()
    if not found:
        raise NotFoundError("there is no complete backup; make one, or correct where the target's backups are")
    chosen = next((one for one in found if params.backup in {None, one.name}), None)
    if chosen is None:
        known = ", ".join(one.name for one in found[:_SHOWN])
        raise NotFoundError(f"there is no backup {params.backup!r}; the newest: {known}")
    if chosen.age > params.max_age:
        old, most = spelled(_minutes(chosen.age)), spelled(params.max_age)
        raise ConflictError(f"backup {chosen.name} is {old} old, and `max_age` is {most}; name another or allow it")
    return chosen


def _minutes(span: timedelta) -> timedelta:
    return timedelta(minutes=span // timedelta(minutes=1))


def _refuse_third(now: DatabaseStanding, before: _Kept) -> None:
    if now.serving != before.was:
        raise ConflictError(
            f"another database serves than at the snapshot ({now.serving or 'none'}, then {before.was}); decide by hand"
        )


def _refuse_faulty(role: Backups, before: _Kept) -> None:
    faults = role.faults(before.key)
    if faults:
        role.drop_copy(before.key)
        more = f", and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise PermanentError(
            f"the copy of backup {before.backup} may not take over and is dropped: {'; '.join(faults[:_SHOWN])}{more}"
        )


DEFINITION = RecreateFromBackup().primitive(
    "recreate_from_backup",
    "Make a database anew from a backup beside the one that serves, check it, and let it take over if that is asked.",
    aspect=Aspect.DATA,
    risk=0.9,
    worst=BlastRadius(count=1, unit="database", share=1.0),
    irreversible="Sessions end when the copy takes over; what was written since the backup is only in the kept one.",
)
