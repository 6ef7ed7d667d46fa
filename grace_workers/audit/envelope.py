"""The envelope: the canonical JSON of an entry, with its position in the writer's stream. These bytes are hashed.

Members in order: action, actor, dh, id, incident, outcome, subject, ts, v, w, wn, wp. `dh` commits to the details, `w`
names the writer's stream, `wn` counts in it from 0, `wp` is the leaf of the stream's previous entry.
"""

import os
import re
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any
from uuid import uuid4

import orjson

from grace_workers.audit.entry import Entry
from grace_workers.audit.hashing import NO_LEAF, commitment, leaf_hash

VERSION = 1
SALT_SIZE = 16
MOST_ENVELOPE = 256 * 1024
MOST_DETAILS = 1024 * 1024

_TEXT = rb'"[^"\\\x00-\x1f]*+(?>(?:\\[^\x00-\x1f][^"\\\x00-\x1f]*+)*)"'
SHAPE = re.compile(
    rb'\{"action":"(?P<action>[a-z0-9_.]{1,200})","actor":' + _TEXT + rb',"dh":(?:null|"(?P<dh>[0-9a-f]{64})")'
    rb',"id":"(?P<id>[0-9a-f-]{36})","incident":(?:null|"[0-9a-f-]{36}"),"outcome":' + _TEXT + rb',"subject":' + _TEXT +
    rb',"ts":"(?P<ts>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","v":1,"w":"(?P<w>[0-9a-f]{32})"'
    rb',"wn":(?P<wn>[0-9]{1,16}),"wp":"(?P<wp>[0-9a-f]{64})"\}'
)  # fmt: skip
"""An envelope as this version writes it; verification reads fields through it without parsing JSON."""


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """The position of a writer's next entry: stream, number, and the leaf before it."""

    writer: str
    number: int
    previous: str

    @classmethod
    def fresh(cls) -> "StreamPosition":
        """Return the start of a new stream."""
        return cls(uuid4().hex, 0, NO_LEAF)

    def after(self, envelope: bytes) -> "StreamPosition":
        """Return the position after `envelope`, which is at this one."""
        return StreamPosition(self.writer, self.number + 1, leaf_hash(envelope).hex())


@dataclass(frozen=True, slots=True)
class Written:
    """An entry as the store takes it. `data` and `salt` are None when the entry has no details."""

    envelope: bytes
    data: bytes | None
    salt: bytes | None


def write(entry: Entry, position: StreamPosition) -> Written:
    """Return the stored form of `entry` at a writer's position. Details too large to seal are replaced by a note."""
    data = orjson.dumps(entry.data, option=orjson.OPT_SORT_KEYS) if entry.data else None
    if data is not None and len(data) > MOST_DETAILS:
        data = orjson.dumps({"left_out_bytes": len(data), "sha256": sha256(data).hexdigest()})
    salt = os.urandom(SALT_SIZE) if data is not None else None
    # The members are in canonical order, and the texts were checked when the entry was made, so encoding is enough.
    envelope = {
        "action": entry.action,
        "actor": entry.actor,
        "dh": None if salt is None or data is None else commitment(salt, data).hex(),
        "id": entry.id,
        "incident": entry.incident,
        "outcome": entry.outcome,
        "subject": entry.subject,
        "ts": entry.at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z",
        "v": VERSION,
        "w": position.writer,
        "wn": position.number,
        "wp": position.previous,
    }
    return Written(orjson.dumps(envelope), data, salt)


def members(envelope: bytes) -> dict[str, Any]:
    """Return the members of an envelope.

    Raises:
        ValueError: it is not JSON, or not an object.
    """
    told = orjson.loads(envelope)
    if not isinstance(told, dict):
        raise ValueError("an envelope is an object")  # noqa: TRY004 -- one kind of error for one kind of fault
    return told
