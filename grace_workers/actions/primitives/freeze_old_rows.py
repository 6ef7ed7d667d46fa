"""Freeze the oldest row versions of a database, so that it does not run out of transaction ids."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.halt import go_on
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.transaction_ids import TableAge, TransactionIds
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

_MOST = 10_000
_SHOWN = 20


class FreezeParams(Document):
    """Tables whose oldest row version is at least `older_than` transactions old are frozen, the oldest first.

    At most `most` tables; the system's own count too.
    """

    older_than: Annotated[int, Field(ge=1, le=1 << 31)] = 200_000_000
    most: Annotated[int, Field(ge=1, le=_MOST)] = 2000


class AgesBefore(Document):
    """The tables that are to be frozen."""

    tables: tuple[str, ...]


class FreezeRows(Irrevocable[TransactionIds, FreezeParams, AgesBefore]):
    """Freeze the oldest row versions of a database, so that it does not run out of transaction ids."""

    role = TransactionIds
    params = FreezeParams
    kept = AgesBefore
    cannot = "freezing changes no row, so there is nothing to restore"

    def preview(self, ids: TransactionIds, params: FreezeParams) -> Preview:
        """Name the tables, the first twenty of them one by one."""
        chosen = _chosen(ids, params)
        changes = [f"freeze table {one.table}, {one.age} transactions old" for one in chosen[:_SHOWN]]
        if len(chosen) > _SHOWN:
            changes.append(f"and {len(chosen) - _SHOWN} more tables")
        blast = BlastRadius(count=len(chosen), unit="table", share=1.0 if chosen else 0.0)
        return Preview(changes=tuple(changes), blast=blast)

    def snapshot(self, ids: TransactionIds, params: FreezeParams) -> AgesBefore:
        """Keep which tables are to be frozen."""
        return AgesBefore(tables=tuple(one.table for one in _chosen(ids, params)))

    def apply(self, ids: TransactionIds, params: FreezeParams, before: AgesBefore) -> Outcome:
        """Freeze those of the snapshot that are still old, one after the other."""
        due = [one.table for one in _left(ids, params, before)]
        ages = [_frozen(ids, table) for table in due]
        if not due:
            return unchanged("none of these tables is so old any more")
        words = f"froze {len(due)} table{'s' if len(due) > 1 else ''}; the oldest is {max(ages)} transactions old"
        return done(words, tables=len(due), oldest=max(ages))

    def answers(self, ids: TransactionIds, params: FreezeParams) -> bool:
        """Return whether the database answers."""
        del params
        return ids.used() >= 0

    def effect(self, ids: TransactionIds, params: FreezeParams, before: AgesBefore) -> Effect:
        """Present when none of the snapshot's tables is so old any more."""
        return Effect.ABSENT if _left(ids, params, before) else Effect.PRESENT


def _chosen(ids: TransactionIds, params: FreezeParams) -> Sequence[TableAge]:
    return [one for one in ids.oldest(params.most) if one.age >= params.older_than]


def _left(ids: TransactionIds, params: FreezeParams, before: AgesBefore) -> Sequence[TableAge]:
    return [one for one in _chosen(ids, params) if one.table in before.tables]


def _frozen(ids: TransactionIds, table: str) -> int:
    go_on()
    return ids.freeze(table)


DEFINITION = FreezeRows().primitive(
    "freeze_old_rows",
    "Freeze the oldest row versions of a database, so that it does not run out of transaction ids.",
    aspect=Aspect.PERFORMANCE,
    risk=0.2,
    worst=BlastRadius(count=_MOST, unit="table", share=1.0),
    irreversible="Frozen row versions cannot be made old again; no row is changed.",
)
