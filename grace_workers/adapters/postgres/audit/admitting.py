"""Comparing the rows of a pass with the log: streams, ids, key. Rows that fail are set aside, with a notice."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import structlog

from grace_workers.adapters.postgres.audit.batch import LogRow
from grace_workers.adapters.postgres.audit.session import DIGEST, Session
from grace_workers.audit import (
    SHAPE,
    Admission,
    Arrival,
    Judged,
    Notice,
    ReadArrival,
    Stream,
    StreamPosition,
    Window,
    examine,
    leaf_hash,
    write,
)

log = structlog.get_logger()

_CATCH_UP = 20_000
_SHOWN = 3
# In one round trip: the positions of the streams and, without a number, which of the ids the log holds.
_KNOWN = """
SELECT writer, number, leaf, backends FROM audit_stream WHERE writer = ANY (%s::text[])
UNION ALL SELECT entry ->> 'id', NULL, NULL, NULL FROM audit_log WHERE entry ->> 'id' = ANY (%s::text[])
"""
_KEEP_STREAMS = """
INSERT INTO audit_stream (writer, number, leaf, backends)
SELECT writer, number, leaf, backends::integer[]
FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) AS moved (writer, number, leaf, backends)
ON CONFLICT (writer) DO UPDATE
SET number = EXCLUDED.number, leaf = EXCLUDED.leaf, backends = EXCLUDED.backends
"""
_SET_ASIDE = """
INSERT INTO audit_set_aside (seq, inbox_id, entry, data, salt, inserted_at, why)
SELECT given.seq, id, entry, data, salt, at, given.why
FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS given (seq, row, why) JOIN audit_inbox ON id = given.row
"""


def judge(
    session: Session,
    arrivals: Sequence[Arrival],
    window: Window,
    *,
    whole: bool,
    endorses: Callable[[str, str], bool],
    following: str | None,
) -> Sequence[Judged]:
    """Return which rows leave the inbox, and why one must not be sealed; record the streams' new positions."""
    readings = [examine(arrival, window) for arrival in arrivals]
    formed = [reading for reading in readings if isinstance(reading, ReadArrival)]
    writers = _array({reading.position.writer for reading in formed})
    found = session.execute(_KNOWN, (writers, _array(reading.entry_id for reading in formed))).fetchall()
    admission = Admission(
        window=window,
        streams={row[0]: Stream(row[1], row[2], tuple(row[3])) for row in found if row[1] is not None},
        known={row[0] for row in found if row[1] is None},
        whole=whole,
        endorses=endorses,
        following=following,
    )
    judged = list(admission.judge(readings))
    _keep(session, admission.moved)
    return judged


def settle(session: Session, judged: Sequence[Judged], size: int, now: datetime) -> Sequence[LogRow]:
    """Return the log's next rows after `size`; each refused row is set aside and replaced by a notice."""
    refused = {seq: one for seq, one in enumerate(judged, start=size) if one.why is not None}
    notices = _notices(session, refused, now) if refused else {}
    return [
        notices.get(seq, (row.inbox_id, row.envelope or b"", row.data, row.salt))
        for seq, (row, _, _) in enumerate(judged, start=size)
    ]


def catch_up(session: Session, streams: int, size: int) -> int:
    """Record the streams of entries that another release's sealer sealed; return up to where.

    It does a part at a time, so that a long log delays no one.
    """
    upto = min(size, streams + _CATCH_UP)
    query = "SELECT entry FROM audit_log WHERE seq >= %s AND seq < %s ORDER BY seq"
    found = dict[str, Stream]()
    for (text,) in session.execute(query.replace("entry", "entry::text", 1), (streams, upto)):
        match = SHAPE.fullmatch(text.encode())
        if match is not None:
            writer, number = match["w"].decode(), int(match["wn"])
            if writer not in found or number >= found[writer].number:
                found[writer] = Stream(number + 1, leaf_hash(text.encode()).hex())
    _keep(session, found)
    session.execute("UPDATE audit_head SET streams = %s", (upto,))
    return upto


def _array(words: Iterable[object]) -> str:
    """Return an array literal for words without quotes; the driver's own way costs a third of the pass."""
    return "{" + ",".join(map(str, words)) + "}"


def _keep(session: Session, moved: Mapping[str, Stream]) -> None:
    if moved:
        streams = list(moved.values())
        sessions = [_array(stream.sessions) for stream in streams]
        columns = [list(moved), [stream.number for stream in streams], [stream.leaf for stream in streams], sessions]
        session.execute(_KEEP_STREAMS, columns)


def _notices(session: Session, refused: Mapping[int, Judged], now: datetime) -> Mapping[int, LogRow]:
    ids = [one.arrival.inbox_id for one in refused.values()]
    rows = session.execute(f"SELECT id, {DIGEST} FROM audit_inbox WHERE id = ANY (%s)", (ids,))  # noqa: S608 -- a constant
    digests: dict[int, str] = dict(rows.fetchall())
    session.execute(_SET_ASIDE, (list(refused), ids, [one.why for one in refused.values()]))
    place, notices = StreamPosition.fresh(), dict[int, LogRow]()
    for seq, one in refused.items():
        inbox_id = one.arrival.inbox_id
        written = write(Notice(inbox_id, digests[inbox_id], one.position).entry(now, one.why or ""), place)
        place = place.after(written.envelope)
        notices[seq] = (inbox_id, written.envelope, written.data, written.salt)
    _tell(refused.values())
    return notices


def _tell(refused: Iterable[Judged]) -> None:
    found = [(one.arrival.inbox_id, one.why) for one in refused]
    log.error("audit_entries_set_aside", count=len(found), first=found[:_SHOWN])
