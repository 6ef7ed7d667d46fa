"""Cancel statements of a database that have run for too long; their sessions stay."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Name, Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.sql_console import RunningQuery, SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import TransientError

_BACKUPS = ("pg_dump", "pg_dumpall", "pg_basebackup")


class TerminateQueriesParams(Document):
    """Only statements that have run for longer than `older_than` are cancelled, the longest first, at most `most`.

    A statement whose transaction has changed something is spared unless `also_writing` says otherwise, because its
    work would be undone. Statements of the applications in `spare` are never cancelled.
    """

    older_than: Span = timedelta(minutes=5)
    most: Annotated[int, Field(ge=1, le=100)] = 5
    also_writing: bool = False
    spare: Annotated[tuple[Name, ...], Field(max_length=50)] = _BACKUPS


class _Query(Document):
    pid: int
    incarnation: str
    begun: str


class _Content(Document):
    queries: tuple[_Query, ...]


class CancelQueries(Irrevocable[SqlConsole, TerminateQueriesParams, _Content]):
    """Cancel statements of a database that have run for too long; their sessions stay."""

    role = SqlConsole
    params = TerminateQueriesParams
    kept = _Content
    cannot = "cancelled statements cannot be resumed; nothing else was changed"

    def preview(self, console: SqlConsole, params: TerminateQueriesParams) -> Preview:
        """Name the statements that would be cancelled, by session and not by text, which may contain personal data."""
        chosen = _chosen(console, params)
        changes = [
            f"cancel the statement of session {one.pid} ({one.application or 'unnamed'}), which has run for "
            f"{one.age.total_seconds():.0f} s" + (" and has changed something" if one.wrote else "")
            for one in chosen
        ]
        share = len(chosen) / max(console.session_count(), len(chosen), 1)
        return Preview(changes=tuple(changes), blast=BlastRadius(count=len(chosen), unit="statement", share=share))

    def snapshot(self, console: SqlConsole, params: TerminateQueriesParams) -> _Content:
        """Save which statements are to be cancelled."""
        queries = [
            _Query(pid=one.pid, incarnation=one.incarnation, begun=one.begun) for one in _chosen(console, params)
        ]
        return _Content(queries=tuple(queries))

    def apply(self, console: SqlConsole, params: TerminateQueriesParams, before: _Content) -> Outcome:
        """Cancel those statements of the snapshot that still run."""
        wanted = {(one.pid, one.incarnation, one.begun) for one in before.queries}
        doomed = [one for one in _endable(console, params) if (one.pid, one.incarnation, one.begun) in wanted]
        cancelled = [one.pid for one in doomed if console.cancel_query(one)]
        for one in doomed:
            if console.query_runs(one):
                raise TransientError(f"the statement of session {one.pid} still runs after it was cancelled; try again")
        if not cancelled:
            return unchanged("none of these statements runs any more")
        words = f"cancelled {len(cancelled)} statement{'s' if len(cancelled) > 1 else ''}"
        return done(words, cancelled=len(cancelled), pids=list(cancelled))

    def answers(self, console: SqlConsole, params: TerminateQueriesParams) -> bool:
        """Return whether the database accepts sessions."""
        del params
        return console.session_count() >= 0

    def effect(self, console: SqlConsole, params: TerminateQueriesParams, before: _Content) -> Effect:
        """Present when none of the snapshot's statements runs any more."""
        wanted = {(one.pid, one.incarnation, one.begun) for one in before.queries}
        running = {(one.pid, one.incarnation, one.begun) for one in _endable(console, params)}
        return Effect.ABSENT if wanted & running else Effect.PRESENT


def _chosen(console: SqlConsole, params: TerminateQueriesParams) -> Sequence[RunningQuery]:
    return _endable(console, params)[: params.most]


def _endable(console: SqlConsole, params: TerminateQueriesParams) -> Sequence[RunningQuery]:
    found = console.long_queries(params.older_than)
    return [one for one in found if one.application not in params.spare and (params.also_writing or not one.wrote)]


DEFINITION = CancelQueries().primitive(
    "terminate_long_queries",
    "Cancel statements of a database that have run for too long; their sessions stay.",
    aspect=Aspect.PERFORMANCE,
    risk=0.3,
    worst=BlastRadius(count=100, unit="statement", share=1.0),
    irreversible="A cancelled statement is not resumed; its client gets an error and must ask again.",
)
