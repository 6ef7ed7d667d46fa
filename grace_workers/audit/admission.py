"""What may be sealed: the checks that an arrival passes before it becomes a permanent part of the log.

They are the checks of `verify`, made in advance: what verification would call tampering, or could not read, must not
get in, because it can never be removed. One kind of contradiction is sealed nevertheless: when a stream's own session
goes on after a gap, or after an entry that it did not write, then the inbox was changed before the seal, and that is
evidence.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

import orjson

from grace_workers.audit.envelope import MOST_DETAILS, MOST_ENVELOPE, SALT_SIZE, SHAPE, members
from grace_workers.audit.hashing import NO_LEAF, leaf_hash
from grace_workers.audit.rotation import ROTATE
from grace_workers.audit.set_aside import SET_ASIDE, Position
from grace_workers.foundation.canonical import timestamp

TOLERANCE = timedelta(minutes=50)
"""How far an entry's time may lie outside the surrounding anchors; `Policy.clock_tolerance` is a little more."""

_DEEPEST = 40
_SESSIONS = 16
_ID = re.compile(rb"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_NOTICE, _ROTATION = SET_ASIDE.encode(), ROTATE.encode()
_LARGE = f"the row exceeds {MOST_ENVELOPE} bytes of entry or {MOST_DETAILS} bytes of details"
_FOREIGN = "the bytes are not an entry in canonical form"
_DEEP = f"the details are nested deeper than {_DEEPEST} levels"


class Arrival(NamedTuple):
    """A row of the inbox. `envelope` is None when the row is too large to be read."""

    inbox_id: int
    envelope: bytes | None
    data: bytes | None = None
    salt: bytes | None = None
    session: int | None = None


class Stream(NamedTuple):
    """The position of a writer's stream: its next number, the leaf before that, and the sessions it came from."""

    number: int = 0
    leaf: str = NO_LEAF
    sessions: tuple[int, ...] = ()

    def after(self, position: Position, session: int | None) -> "Stream":
        """Return the position of the stream after an entry of that session."""
        sessions = self[2]
        if session is not None and session not in sessions:
            sessions = (*sessions, session)[-_SESSIONS:]
        return Stream(position.number + 1, position.leaf, sessions)


_NEW = Stream()


class Window(NamedTuple):
    """The times between which an entry may be dated."""

    earliest: str
    latest: str

    @classmethod
    def around(cls, anchored_at: datetime | None, now: datetime) -> "Window":
        """Return what verification accepts: not long before the newest anchor, nor long after the next one."""
        return cls("" if anchored_at is None else timestamp(anchored_at - TOLERANCE), timestamp(now + TOLERANCE))


class Judged(NamedTuple):
    """An arrival that leaves the inbox: to be sealed, or, with `why`, to be set aside."""

    arrival: Arrival
    position: Position | None
    why: str | None


class ReadArrival(NamedTuple):
    """An arrival of correct form, and what it says; `why` tells what is wrong with its date."""

    arrival: Arrival
    action: bytes
    commitment: bytes | None
    entry_id: str
    position: Position
    why: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What is known when a pass begins.

    `streams`: the positions of the arrivals' streams; it is kept up to date. `known`: those of their ids that the
    log already holds. `whole`: no older row was left unread. `endorses`: whether the key in force passes the log
    on, by subject and outcome of a rotation. `following`: the next key of a rotation in progress; such a rotation
    ends the pass.
    """

    window: Window
    streams: dict[str, Stream]
    known: set[str]
    whole: bool
    endorses: Callable[[str, str], bool]
    following: str | None = None
    _moved: set[str] = field(default_factory=set)

    def judge(self, readings: Iterable[ReadArrival | Judged]) -> Iterator[Judged]:
        """Yield what leaves the inbox, oldest first; leave out what must wait for an older entry of its stream."""
        for reading in readings:
            if isinstance(reading, Judged):
                yield reading
                continue
            found = self._judge(reading)
            if found is None:
                continue
            yield found
            if self.following is not None and found.why is None and self._ends_epoch(reading):
                return

    @property
    def moved(self) -> dict[str, Stream]:
        """The streams that advanced."""
        return {writer: self.streams[writer] for writer in self._moved}

    def _judge(self, reading: ReadArrival) -> Judged | None:
        arrival, _, commitment, entry_id, position, why = reading
        writer, number, previous, _ = position
        stream = self.streams.get(writer, _NEW)
        continues = number == stream.number and previous == stream.leaf
        if not continues:
            if number > stream.number and not self.whole:
                return None
            # Its own session knows what it wrote, so the inbox was changed; any other session merely claims the stream.
            if arrival.session not in stream.sessions or number < stream.number:
                return Judged(arrival, None, f"it does not continue its writer's stream {writer}")
        why = why or _details_fault(commitment, arrival.data, arrival.salt) or self._objection(reading)
        self.streams[writer] = stream.after(position, arrival.session)
        self._moved.add(writer)
        if why is None:
            self.known.add(entry_id)
            return Judged(arrival, position, None)
        return Judged(arrival, position if continues else None, why)

    def _objection(self, reading: ReadArrival) -> str | None:
        """Return what is wrong with an entry that is well formed and in its place."""
        if reading.entry_id in self.known:
            return f"the log already holds an entry with its id {reading.entry_id}"
        if reading.action == _NOTICE:
            return "only the sealer may record that something was set aside"
        if reading.action == _ROTATION and not self.endorses(*_rotation(reading)):
            return "it names a next key that the key in force does not endorse"
        return None

    def _ends_epoch(self, reading: ReadArrival) -> bool:
        return reading.action == _ROTATION and _rotation(reading)[0] == self.following


def _rotation(reading: ReadArrival) -> tuple[str, str]:
    told = members(reading.arrival.envelope or b"")
    return str(told["subject"]), str(told["outcome"])


def examine(arrival: Arrival, window: Window) -> ReadArrival | Judged:
    """Read an arrival by itself: its form and its date. What fails is set aside, whatever the log holds."""
    envelope = arrival.envelope
    if envelope is None:
        return Judged(arrival, None, _LARGE)
    match = SHAPE.fullmatch(envelope)
    if match is None or not _is_canonical(envelope):
        return Judged(arrival, None, _FOREIGN)
    action, commitment, entry_id, ts, writer, number, previous = match.groups()
    made = _ID.fullmatch(entry_id)
    if made is None or (len(number) > 1 and number.startswith(b"0")):
        return Judged(arrival, None, _FOREIGN)
    why = _date_fault(ts.decode(), int(made[1] + made[2], 16), window)
    position = Position(writer.decode(), int(number), previous.decode(), leaf_hash(envelope).hex())
    return ReadArrival(arrival, action, commitment, entry_id.decode(), position, why)


def _is_canonical(envelope: bytes) -> bool:
    """Return whether bytes of the right shape are exactly those that this version writes."""
    if b"\\" not in envelope and envelope.isascii():
        return True
    try:
        told = members(envelope)
        plain = not any(isinstance(value, str) and "\x00" in value for value in told.values())
        return plain and orjson.dumps(told) == envelope
    except ValueError:
        return False


def _date_fault(at: str, made_ms: int, window: Window) -> str | None:
    seconds = _seconds(at[:19])
    if seconds is None:
        return _FOREIGN
    if not window.earliest <= at <= window.latest:
        return f"it is dated {at}, outside {window.earliest or 'any time'} to {window.latest}"
    if abs(seconds - made_ms / 1000) > TOLERANCE.total_seconds():
        return f"it is dated {at}, but its id was made at another time"
    return None


@lru_cache(maxsize=64)
def _seconds(at: str) -> float | None:
    """Return the moment that a text names to the second, or None if it names none."""
    try:
        return datetime.fromisoformat(f"{at}Z").timestamp()
    except ValueError:
        return None


def _details_fault(dh: bytes | None, data: bytes | None, salt: bytes | None) -> str | None:
    if data is None and salt is None and dh is None:
        return None
    if data is None or salt is None or dh is None or len(salt) != SALT_SIZE:
        return f"entry, details and a salt of {SALT_SIZE} bytes do not belong together"
    if sha256(b"\x03" + salt + data).hexdigest().encode() != dh:
        return "the details are not those that the entry commits to"
    return _form_fault(data)


def _form_fault(data: bytes) -> str | None:
    try:
        told = orjson.loads(data)
        canonical = isinstance(told, dict) and orjson.dumps(told, option=orjson.OPT_SORT_KEYS) == data
    except ValueError:
        canonical = False
    if not canonical:
        return "the details are not an object in canonical form"
    return _DEEP if data.count(b"{") + data.count(b"[") > _DEEPEST and _depth(data) > _DEEPEST else None


def _depth(data: bytes) -> int:
    """Return how deeply canonical JSON is nested."""
    deepest = depth = 0
    for mark in re.findall(rb'"(?:[^"\\]|\\.)*"|[][{}]', data):
        if mark in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in b"]}":
            depth -= 1
    return deepest
