"""What entries say, compared with each other: their form, their details, their writers' streams, their dates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from grace_workers.audit.envelope import SHAPE
from grace_workers.audit.findings import SealedRow
from grace_workers.audit.marks import BrokenError
from grace_workers.audit.writers import Writers

_EARLIEST = b"0000"
_OWN = b"audit."
# `SHAPE` up to the writer's name for an envelope without escapes, where a text ends at its next quote. Most envelopes
# are read through it, because it costs a third; `SHAPE` reads whatever does not match it or the writer's expected tail.
_FRONT = re.compile(
    rb'\{"action":"([a-z0-9_.]{1,200})","actor":"[^"]*+","dh":(?:null|"([^"]{64}+)"),"id":"[0-9a-f-]{36}+"'
    rb',"incident":(?:null|"[0-9a-f-]{36}+"),"outcome":"[^"]*+","subject":"[^"]*+"'
    rb',"ts":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z)","v":1,"w":"([^"]{32}+)'
)

_Stored = tuple[bytes | None, bytes | None]

OwnEntry = tuple[int, bytes, bytes]
"""seq, action, envelope of an entry about the log itself."""


@dataclass(slots=True)
class Details:
    """Erased details, and the entries that account for them."""

    missing: dict[bytes, int] = field(default_factory=dict)
    named: set[bytes] = field(default_factory=set)

    def unexplained(self) -> int | None:
        """Return the first entry whose details are missing without an entry that accounts for it."""
        return min((seq for entry, seq in self.missing.items() if entry not in self.named), default=None)


class Contents:
    """The state of reading entries in order. No entry may be dated before `floor`."""

    def __init__(self) -> None:
        self.writers = Writers()
        self.details = Details()
        self.floor = _EARLIEST
        self.latest = (_EARLIEST, 0)
        self.doubts: list[str] = []

    def read(self, rows: Iterable[SealedRow], leaves: Iterable[bytes]) -> list[OwnEntry]:
        """Read the next rows, as many as there are leaves; return the entries about the log itself.

        Raises:
            BrokenError: an entry contradicts its details, its writer's stream or the surrounding anchors.
        """
        front, advance, floor, own = _FRONT.match, self.writers.advance, self.floor, list[OwnEntry]()
        latest, where = self.latest
        for (seq, envelope, data, salt, _, _), leaf in zip(rows, leaves, strict=False):
            match = front(envelope)
            if match is not None and b"\\" not in envelope:
                action, dh, ts, writer = match.groups()
                if data is not None and salt is not None:
                    fits = sha256(b"\x03" + salt + data).hexdigest().encode() == dh
                else:
                    fits = data is None and salt is None and dh is None
                fits = fits and advance(writer, envelope[match.end() :], leaf)
            else:
                fits = False
            if not fits:
                found = self._read_any(seq, envelope, (data, salt), leaf)
                if found is None:
                    continue
                action, ts = found
            if ts < floor:
                why = f"the entry is dated {ts.decode()}, well before the anchor that precedes it"
                raise BrokenError(seq, why)
            if ts > latest:
                latest, where = ts, seq
            if action.startswith(_OWN):
                own.append((seq, action, envelope))
        self.latest = (latest, where)
        return own

    def _read_any(self, seq: int, envelope: bytes, stored: _Stored, leaf: bytes) -> tuple[bytes, bytes] | None:
        """Read an entry of any form; return its action and time, or None when this version cannot read it."""
        match = SHAPE.fullmatch(envelope)
        if match is None:
            self.doubts.append(f"entry {seq} is not an envelope that this version can read")
            return None
        action, dh, entry, ts, writer, number, previous = match.groups()
        data, salt = stored
        if dh is None or data is None or salt is None:
            self._check_absent(seq, entry, dh, stored)
        elif sha256(b"\x03" + salt + data).hexdigest().encode() != dh:
            raise BrokenError(seq, "the details do not match what the entry commits to")
        if not self.writers.follow(seq, (writer, number, previous), leaf):
            raise BrokenError(seq, f"the entry contradicts its writer's stream {writer.decode()}")
        return action, ts

    def _check_absent(self, seq: int, entry: bytes, dh: bytes | None, stored: _Stored) -> None:
        if stored == (None, None):
            if dh is not None:
                self.details.missing[entry] = seq
            return
        why = "details were added to an entry that has none" if dh is None else "half of the entry's details is missing"
        raise BrokenError(seq, why)
