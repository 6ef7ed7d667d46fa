"""The notice that replaces an arrival which must not be sealed.

Its subject names the row of the inbox and, if the row was in its right place in its writer's stream, that place, so
that the stream continues after it. Its outcome is the digest of the row, which the store keeps aside unchanged. Only
the sealer writes notices: one that arrives through the inbox is itself set aside.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from grace_workers.audit.entry import Entry

SET_ASIDE = "audit.set_aside"
_ACTOR = "grace"
_SUBJECT = re.compile(
    r"inbox:(-?[0-9]{1,19})(?: stream:([0-9a-f]{32})/([0-9]{1,16})/([0-9a-f]{64})/([0-9a-f]{64}))?", re.ASCII
)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Position(NamedTuple):
    """A place in a writer's stream: its number, the leaf before it, and its own leaf."""

    writer: str
    number: int
    previous: str
    leaf: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Which row was set aside, and the place in its stream that is skipped with it, if any."""

    inbox_id: int
    digest: str
    position: Position | None

    def entry(self, at: datetime, why: str) -> Entry:
        """Return the entry that records it."""
        passed = "" if self.position is None else " stream:{}/{}/{}/{}".format(*self.position)
        return Entry(
            at=at,
            actor=_ACTOR,
            action=SET_ASIDE,
            subject=f"inbox:{self.inbox_id}{passed}",
            outcome=self.digest,
            data={"why": why},
        )

    @classmethod
    def read(cls, subject: str, outcome: str) -> "Notice | None":
        """Return the notice that an entry contains, or None."""
        match = _SUBJECT.fullmatch(subject)
        if match is None or not _DIGEST.fullmatch(outcome):
            return None
        inbox_id, writer, number, previous, leaf = match.groups()
        position = None if writer is None else Position(writer, int(number), previous, leaf)
        return cls(int(inbox_id), outcome, position)
