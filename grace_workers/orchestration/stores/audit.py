"""The audit log, inside the current transaction."""

from collections.abc import Sequence
from typing import Protocol

from grace_workers.audit import Entry


class AuditAppender(Protocol):
    """Appends inside the current transaction: the entry and the change it describes commit together or not at all."""

    def append(self, entry: Entry) -> None:
        """Append one entry."""

    def append_all(self, entries: Sequence[Entry]) -> None:
        """Append many entries, in this order."""
