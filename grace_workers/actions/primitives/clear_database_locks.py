"""End the database sessions at the root of lock queues."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.sql_console import Blocker, SqlConsole
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import TransientError

IDLE = "idle in transaction"


class ClearLocksParams(Document):
    """Only blockers whose transaction is older than `older_than` are ended, and at most `most` of them.

    An active session (a dump, a long migration) is spared unless `also_active` says otherwise, because it may soon
    end by itself, while a session that is idle in its transaction waits for a client that has forgotten it.
    """

    older_than: Span = timedelta(seconds=30)
    most: Annotated[int, Field(ge=1, le=100)] = 5
    also_active: bool = False


class _Session(Document):
    pid: int
    incarnation: str


class _Content(Document):
    sessions: tuple[_Session, ...]


class ClearLocks(Irrevocable[SqlConsole, ClearLocksParams, _Content]):
    """End the database sessions at the root of lock queues."""

    role = SqlConsole
    params = ClearLocksParams
    kept = _Content
    cannot = "ended sessions cannot be restored; nothing else was changed"

    def preview(self, console: SqlConsole, params: ClearLocksParams) -> Preview:
        """Name the sessions that would be ended."""
        chosen = _chosen(console, params)
        changes = [
            f"end session {blocker.pid} ({blocker.application or 'unnamed'}, {blocker.state}, transaction open for "
            f"{blocker.transaction_age.total_seconds():.0f} s), blocking {blocker.waiting}"
            for blocker in chosen
        ]
        share = len(chosen) / max(console.session_count(), len(chosen), 1)
        return Preview(changes=tuple(changes), blast=BlastRadius(count=len(chosen), unit="session", share=share))

    def snapshot(self, console: SqlConsole, params: ClearLocksParams) -> _Content:
        """Save which sessions are to be ended."""
        sessions = tuple(
            _Session(pid=blocker.pid, incarnation=blocker.incarnation) for blocker in _chosen(console, params)
        )
        return _Content(sessions=sessions)

    def apply(self, console: SqlConsole, params: ClearLocksParams, before: _Content) -> Outcome:
        """End those sessions of the snapshot that still block others."""
        blocking = {(blocker.pid, blocker.incarnation): blocker for blocker in _endable(console, params)}
        doomed = [
            blocking[session.pid, session.incarnation]
            for session in before.sessions
            if (session.pid, session.incarnation) in blocking
        ]
        ended = [blocker.pid for blocker in doomed if console.end_session(blocker)]
        for blocker in doomed:
            if console.session_exists(blocker.pid, blocker.incarnation):
                raise TransientError(f"session {blocker.pid} still exists after it was terminated; try again")
        if not ended:
            return unchanged("none of these sessions blocks others any more")
        words = f"ended {len(ended)} blocking session{'s' if len(ended) > 1 else ''}"
        return done(words, ended=len(ended), pids=list(ended))

    def answers(self, console: SqlConsole, params: ClearLocksParams) -> bool:
        """Return whether the database accepts sessions."""
        del params
        return console.session_count() >= 0

    def effect(self, console: SqlConsole, params: ClearLocksParams, before: _Content) -> Effect:
        """Present when none of the snapshot's sessions exists any more."""
        del params
        left = [session for session in before.sessions if console.session_exists(session.pid, session.incarnation)]
        return Effect.ABSENT if left else Effect.PRESENT


def _chosen(console: SqlConsole, params: ClearLocksParams) -> Sequence[Blocker]:
    return _endable(console, params)[: params.most]


def _endable(console: SqlConsole, params: ClearLocksParams) -> Sequence[Blocker]:
    found = console.blockers(params.older_than)
    return [one for one in found if params.also_active or one.state.startswith(IDLE)]


DEFINITION = ClearLocks().primitive(
    "clear_database_locks",
    "End the database sessions at the root of lock queues.",
    aspect=Aspect.PERFORMANCE,
    risk=0.35,
    worst=BlastRadius(count=100, unit="session", share=1.0),
    irreversible="An ended session and the work of its open transaction cannot be restored; its client must reconnect.",
)
