"""Reading, proving, exporting and redacting the log."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import psycopg

from grace_workers.adapters.postgres.audit.export import write_bundle
from grace_workers.adapters.postgres.audit.session import connect, stored_hashes
from grace_workers.adapters.postgres.audit.snapshot import AuditSnapshot, snapshot
from grace_workers.audit import (
    MOST_DETAILS,
    MOST_ENVELOPE,
    SHAPE,
    Anchored,
    CannotTell,
    Checkpoint,
    Entry,
    Finding,
    Material,
    ReaderPolicy,
    Tampered,
    TlogProof,
    read_checkpoint,
    verify,
)
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import ConflictError, InputError, IntegrityError, NotFoundError, TransientError
from grace_workers.foundation.ids import EntryId, IncidentId
from grace_workers.orchestration.audit_archive import Anchor, AnchoredSize, Counters, LoggedEntry, LogHead, SealingKeys

if TYPE_CHECKING:
    from grace_workers.foundation.document import JsonValue

_SEALER = "sealer"
_POLL = 0.05
# Waiting rows are still unchecked: one may be too large, or contain what the server's JSON functions refuse.
_WAITING = f"""
SELECT id, NULL::bigint AS seq, entry::text, data::text FROM audit_inbox
WHERE octet_length(entry::text) <= {MOST_ENVELOPE} AND coalesce(octet_length(data::text), 0) <= {MOST_DETAILS}
AND entry::text LIKE %(about)s ORDER BY id DESC LIMIT %(limit)s
"""  # noqa: S608 -- numbers
_SEALED = "SELECT NULL::bigint AS id, seq, entry::text, data::text FROM audit_log"
# Enough of the newest receipts to have one of each place, as long as no place is far behind the others.
_ANCHORED = "SELECT place, size, at FROM audit_anchor ORDER BY size DESC LIMIT 200"


@contextmanager
def _answering() -> Iterator[None]:
    """Turn a lost connection into TransientError, without the memory that the engine's own translation takes.

    Raises:
        NotFoundError: this database has no tables of a log.
    """
    try:
        yield
    except psycopg.errors.UndefinedTable as error:
        raise NotFoundError("this database has no audit log; create one with `grace migrate`") from error
    except psycopg.OperationalError as error:
        told = str(error).partition("\n")[0] or type(error).__name__
        raise TransientError(f"the database did not answer: {told}") from error


class PostgresAuditArchive:
    """The log in one database, with its keys and anchors outside. Without a database, reading raises TransientError."""

    def __init__(
        self,
        url: str,
        keys: SealingKeys,
        anchors: Sequence[Anchor],
        *,
        clock: Clock | None = None,
        counters: Counters | None = None,
        patience: float = 10.0,
    ) -> None:
        self._url = url
        self._keys = keys
        self._anchors = tuple(anchors)
        self._clock = clock if clock is not None else SystemClock()
        self._counters = counters
        self._patience = patience

    @_answering()
    def verify(self, policy: ReaderPolicy | None = None) -> Finding:
        """Verify the whole log against its anchors, in one pass of constant memory.

        A running sealer is about to sign what it has just sealed; this waits for that signature, for at most
        `patience` seconds.

        Raises:
            NotFoundError: no policy is given and no key is pinned here, or the database holds no log.
            TransientError: the database did not answer.
        """
        try:
            return self._verify(policy)
        except IntegrityError as error:
            return Tampered(0, str(error))
        except InputError as error:
            return CannotTell(str(error))
        except (psycopg.errors.UndefinedTable, psycopg.OperationalError):
            raise
        except psycopg.Error as error:
            return CannotTell(f"the log cannot be read: {str(error).partition(chr(10))[0]}")

    def _verify(self, policy: ReaderPolicy | None) -> Finding:
        held = policy if policy is not None else ReaderPolicy(key=self._keys.pinned())
        deadline = time.monotonic() + self._patience
        counters = self._counted(held.key.name)
        while True:
            # Anchors and counters come first, because what they report later must not be held against an earlier view
            # of the log.
            anchors = {anchor.place: anchor.kept() for anchor in self._anchors}
            last = self._keys.last()
            if last is not None and read_checkpoint(last).size:
                anchors[_SEALER] = iter([Anchored(last)])
            with snapshot(self._url) as view:
                if view.signed >= view.head.size or time.monotonic() > deadline:
                    return verify(_material(view, anchors, counters), held, self._clock.now())
            time.sleep(_POLL)

    @_answering()
    def proof(self, of: int | EntryId) -> str:
        """Return the `.tlog-proof` text for one entry, by seq or id.

        Raises:
            NotFoundError: there is no such entry.
            ConflictError: it is not signed yet.
        """
        with snapshot(self._url) as view:
            seq = self._find(view, of)
            row = view.session.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
            if row is None or read_checkpoint(row[0]).size <= seq:
                raise ConflictError(f"entry {of} is not signed yet; try again in a second")
            size = read_checkpoint(row[0]).size
            return str(TlogProof(seq, stored_hashes(view.session).inclusion(seq, size), row[0]))

    @_answering()
    def entry(self, of: EntryId) -> LoggedEntry:
        """Return one sealed entry.

        Raises:
            NotFoundError: there is no such entry.
        """
        query = "SELECT seq, entry::text, data::text FROM audit_log WHERE entry ->> 'id' = %s"
        with connect(self._url) as session:
            row = session.execute(query, (str(of),)).fetchone()
        if row is None:
            raise NotFoundError(f"no sealed audit entry {of}")
        seq, entry, data = row
        return LoggedEntry(seq=seq, envelope=_object(entry), data=None if data is None else _value(data))

    @_answering()
    def export(self, folder: Path) -> Checkpoint:
        """Write the bundle of everything signed so far to a new folder.

        Raises:
            InputError: the folder is not empty.
            ConflictError: nothing is signed yet.
        """
        anchors = {anchor.place: list(anchor.kept()) for anchor in self._anchors}
        with snapshot(self._url) as view:
            return write_bundle(folder, view, self._keys, anchors, self._clock.now())

    @_answering()
    def tail(
        self, limit: int, incident: IncidentId | None = None, *, before: int | None = None
    ) -> Sequence[LoggedEntry]:
        """Return the newest entries, newest first: the waiting ones, too, or those sealed before `before`."""
        matching = "seq < coalesce(%(before)s::bigint, seq + 1)"
        if incident is not None:
            matching += " AND entry ->> 'incident' = %(incident)s"
        sealed = f"SELECT * FROM ({_SEALED} WHERE {matching}) AS sealed ORDER BY seq DESC LIMIT %(limit)s"  # noqa: S608 -- constants
        about = "%" if incident is None else f'%"incident":"{incident}",%'
        query = f"({_WAITING}) UNION ALL ({sealed})" if before is None else f"({sealed})"
        values = {"limit": limit, "incident": str(incident), "about": about, "before": before}
        with connect(self._url) as session:
            rows = session.execute(query, values).fetchall()
        return [
            LoggedEntry(seq=seq, envelope=_object(entry), data=None if data is None else _value(data))
            for _, seq, entry, data in rows[:limit]
            if seq is not None or SHAPE.fullmatch(entry.encode())
        ]

    @_answering()
    def head(self) -> LogHead:
        """Return the state of the log."""
        with snapshot(self._url) as view:
            unsealed, oldest = view.session.execute("SELECT count(*), min(at) FROM audit_inbox").fetchall()[0]
            note = view.session.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
            origin, guard = view.session.execute(
                "SELECT origin, obj_description('audit_refuse()'::regprocedure, 'pg_proc') FROM audit_head"
            ).fetchall()[0]
            receipts = view.session.execute(_ANCHORED).fetchall()
        newest = {place: AnchoredSize(place=place, size=size, at=at) for place, size, at in reversed(receipts)}
        checkpoint = None if note is None else read_checkpoint(note[0])
        return LogHead(
            size=view.head.size,
            unsealed=unsealed,
            oldest_unsealed=oldest,
            checkpoint=checkpoint,
            origin=origin,
            guard=guard or "",
            anchored=sorted(newest.values(), key=lambda one: one.at, reverse=True),
        )

    def redact(self, entry_id: EntryId, *, actor: str, reason: str) -> None:
        """Erase the details of one sealed entry, and record that in the log; every proof stays valid.

        Raises:
            NotFoundError: no sealed entry of that id has details.
        """
        # Imported here because it brings SQLAlchemy, and verifying must not need its memory.
        from grace_workers.adapters.postgres.audit.redaction import redact

        told = Entry(
            at=self._clock.now(),
            actor=actor,
            action="audit.redact",
            subject=f"entry:{entry_id}",
            data={"reason": reason},
        )
        redact(self._url, entry_id, told)

    def _counted(self, origin: str) -> Mapping[str, int]:
        """Return the counters of the log's writers; none while their store is unreachable."""
        try:
            return self._counters.published(origin) if self._counters is not None else {}
        except TransientError:
            return {}

    def _find(self, view: AuditSnapshot, of: int | EntryId) -> int:
        if isinstance(of, int):
            found = view.session.execute("SELECT seq FROM audit_log WHERE seq = %s", (of,)).fetchone()
        else:
            found = view.session.execute("SELECT seq FROM audit_log WHERE entry ->> 'id' = %s", (str(of),)).fetchone()
        if found is None:
            raise NotFoundError(f"no sealed audit entry {of}")
        return int(found[0])


def _object(text: str) -> "Mapping[str, JsonValue]":
    found = _value(text)
    return found if isinstance(found, dict) else {}


def _value(text: str) -> "JsonValue":
    """Return the parsed JSON; None for what only PostgreSQL can read."""
    try:
        found: JsonValue = orjson.loads(text)
    except ValueError:
        return None
    return found


def _material(view: AuditSnapshot, anchors: Mapping[str, Iterator[Anchored]], counters: Mapping[str, int]) -> Material:
    return Material(
        rows=view.rows(),
        nodes=view.nodes(),
        checkpoints=view.checkpoints(),
        anchors=anchors,
        head=view.head,
        unsealed=view.unsealed(),
        counters=counters,
        set_aside=view.set_aside(),
    )
