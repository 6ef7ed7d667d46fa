"""Rebuild a bloated index of a database, without blocking writes."""

from grace_workers.actions.act import Act
from grace_workers.actions.params import Table
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.sql_console import SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError


class ReindexParams(Document):
    """`index` is `name` or `schema.name`, spelled as stored."""

    index: Table


class IndexBefore(Document):
    """What a snapshot of a rebuild holds."""

    index: str
    bytes: int


class Reindex(Act[SqlConsole, ReindexParams, IndexBefore]):
    """Rebuild a bloated index of a database, without blocking writes."""

    role = SqlConsole
    params = ReindexParams
    kept = IndexBefore

    def preview(self, console: SqlConsole, params: ReindexParams) -> Preview:
        """Return the size of the index, and what earlier rebuilds left behind."""
        changes = [f"drop invalid index {name}, left by an interrupted rebuild" for name in _left(console, params)]
        size = console.index_bytes(params.index)
        changes.append(f"rebuild index {params.index} ({size} bytes); meanwhile it needs up to as much space again")
        return Preview(changes=tuple(changes), blast=BlastRadius(count=1, unit="index", share=0.0))

    def snapshot(self, console: SqlConsole, params: ReindexParams) -> IndexBefore:
        """Save the size; a rebuild changes no row."""
        size = console.index_bytes(params.index)
        return IndexBefore(index=params.index, bytes=size)

    def apply(self, console: SqlConsole, params: ReindexParams, before: IndexBefore) -> Outcome:
        """Rebuild and wait for it."""
        console.reindex(params.index)
        size = console.index_bytes(params.index)
        return done(f"index {params.index} now has {size} bytes (was {before.bytes})", bytes=size)

    def restore(self, console: SqlConsole, params: ReindexParams, before: IndexBefore) -> Outcome:
        """Drop what an interrupted rebuild left; a finished one changed no row."""
        del before
        count = console.drop_index_leftovers(params.index)
        return (done if count else unchanged)(f"dropped {count} invalid indexes that a rebuild left behind")

    def restored(self, console: SqlConsole, params: ReindexParams, before: IndexBefore) -> bool:
        """Return whether the index exists and no rebuild left anything behind."""
        del before
        try:
            return not _left(console, params)
        except NotFoundError:
            return False


def _left(console: SqlConsole, params: ReindexParams) -> tuple[str, ...]:
    return tuple(console.index_leftovers(params.index))


DEFINITION = Reindex().primitive(
    "reindex_concurrently",
    "Rebuild a bloated index of a database, without blocking writes.",
    aspect=Aspect.PERFORMANCE,
    risk=0.2,
    worst=BlastRadius(count=1, unit="index", share=0.0),
    irreversible="The earlier build of the index cannot be restored; no row is changed.",
)
