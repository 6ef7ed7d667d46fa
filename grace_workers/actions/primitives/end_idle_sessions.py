"""End sessions of clients that have been idle for too long."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.halt import go_on
from grace_workers.actions.params import Name, Span
from grace_workers.actions.primitive import BlastRadius, Effect, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.client_sessions import ClientSessions, IdleSession
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document

# A parallel dump keeps its first session idle within a transaction for as long as the others copy.
_BACKUPS = ("pg_dump", "pg_dumpall", "pg_basebackup")
_SHOWN = 20
_MOST = 1000


class EndIdleParams(Document):
    """Sessions that have been idle for at least `older_than` are ended, the longest first, at most `most`.

    With `in_transaction` those that are idle within a transaction, else those outside any. The sessions of the
    applications in `spare` are never ended.
    """

    older_than: Span = timedelta(minutes=10)
    most: Annotated[int, Field(ge=1, le=_MOST)] = 20
    in_transaction: bool = False
    spare: Annotated[tuple[Name, ...], Field(max_length=50)] = _BACKUPS


class _Session(Document):
    number: int
    incarnation: str


class _Content(Document):
    sessions: tuple[_Session, ...]


class EndIdleSessions(Irrevocable[ClientSessions, EndIdleParams, _Content]):
    """End sessions of clients that have been idle for too long."""

    role = ClientSessions
    params = EndIdleParams
    kept = _Content
    cannot = "ended sessions cannot be restored; nothing else was changed"

    def preview(self, sessions: ClientSessions, params: EndIdleParams) -> Preview:
        """Name the sessions that would be ended, the first twenty of them one by one."""
        chosen = _endable(sessions, params)[: params.most]
        state = "idle in its transaction" if params.in_transaction else "idle"
        changes = [
            f"end session {one.number} ({one.application or 'unnamed'}), {state} for {one.idle.total_seconds():.0f} s"
            for one in chosen[:_SHOWN]
        ]
        if len(chosen) > _SHOWN:
            changes.append(f"and {len(chosen) - _SHOWN} more sessions")
        share = len(chosen) / max(sessions.count(), len(chosen), 1)
        return Preview(changes=tuple(changes), blast=BlastRadius(count=len(chosen), unit="session", share=share))

    def snapshot(self, sessions: ClientSessions, params: EndIdleParams) -> _Content:
        """Save which sessions are to be ended."""
        chosen = _endable(sessions, params)[: params.most]
        return _Content(sessions=tuple(_Session(number=one.number, incarnation=one.incarnation) for one in chosen))

    def apply(self, sessions: ClientSessions, params: EndIdleParams, before: _Content) -> Outcome:
        """End those sessions of the snapshot that are still idle."""
        ended = [one.number for one in _left(sessions, params, before) if _ended(sessions, one)]
        if not ended:
            return unchanged("none of these sessions is idle any more")
        words = f"ended {len(ended)} idle session{'s' if len(ended) > 1 else ''}"
        return done(words, ended=len(ended), sessions=list(ended))

    def answers(self, sessions: ClientSessions, params: EndIdleParams) -> bool:
        """Return whether the server accepts sessions."""
        del params
        return sessions.count() >= 0

    def effect(self, sessions: ClientSessions, params: EndIdleParams, before: _Content) -> Effect:
        """Present when none of the snapshot's sessions is idle any more."""
        return Effect.ABSENT if _left(sessions, params, before) else Effect.PRESENT


def _endable(sessions: ClientSessions, params: EndIdleParams) -> Sequence[IdleSession]:
    found = sessions.idle(params.older_than, in_transaction=params.in_transaction)
    return [one for one in found if one.application not in params.spare]


def _left(sessions: ClientSessions, params: EndIdleParams, before: _Content) -> Sequence[IdleSession]:
    wanted = {(one.number, one.incarnation) for one in before.sessions}
    return [one for one in _endable(sessions, params) if (one.number, one.incarnation) in wanted]


def _ended(sessions: ClientSessions, one: IdleSession) -> bool:
    go_on()
    return sessions.end(one)


DEFINITION = EndIdleSessions().primitive(
    "end_idle_sessions",
    "End sessions of clients that have been idle for too long.",
    aspect=Aspect.PERFORMANCE,
    risk=0.3,
    worst=BlastRadius(count=_MOST, unit="session", share=1.0),
    irreversible="An ended session and the work of its open transaction cannot be restored; its client must reconnect.",
)
