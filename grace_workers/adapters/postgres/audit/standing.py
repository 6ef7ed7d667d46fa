"""Whether this process may seal: who owns the log, and which entries wait longer than they should."""

import time
from dataclasses import dataclass

import structlog

from grace_workers.adapters.postgres.audit.session import Session
from grace_workers.audit import read_checkpoint
from grace_workers.foundation.errors import NotFoundError
from grace_workers.orchestration.audit_archive import SealingKeys

log = structlog.get_logger()

_LOOK_EVERY = 2.0
# The lowest id is the oldest row, apart from transactions that took long to commit.
_OVERDUE = """
SELECT id, extract(epoch FROM clock_timestamp() - at)::float8 FROM audit_inbox
WHERE at < clock_timestamp() - interval '5 seconds' ORDER BY id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another node seals the log; `why` says what is missing here; empty while another is claiming it."""

    why: str


def own_log(session: Session, keys: SealingKeys, organisation: str | None) -> str | Elsewhere:
    """Return the origin under which this process seals, within a transaction that has taken the sealer's role.

    A log that no one owns yet becomes ours, with a first key if there is none and an organisation is given. The
    lock makes sure that only one of several nodes with separate key folders does so.
    """
    owner = _owner(session)
    if owner is None:
        # Locked only now, so that a node that may not seal does not delay the one that does.
        if session.execute("SELECT 1 FROM audit_head FOR UPDATE SKIP LOCKED").fetchone() is None:
            return Elsewhere("")
        owner = _owner(session)
    if owner is None and organisation is not None:
        keys.create(organisation)
    try:
        own = keys.signer().key.name
    except NotFoundError as missing:
        return Elsewhere(f"the log belongs to {owner or 'no one'}; {missing}")
    if owner is None:
        session.execute("UPDATE audit_head SET origin = %s", (own,))
    elif owner != own and not _has_signed(keys):
        return Elsewhere(
            f"the log belongs to {owner}, but the key here to {own}; copy the key folder of the node that seals"
        )
    # Another name over a log that was signed here is for the guard to refuse: it compares what was signed.
    return own


def _owner(session: Session) -> str | None:
    row = session.execute("SELECT origin FROM audit_head").fetchone()
    return None if row is None else row[0]


def _has_signed(keys: SealingKeys) -> bool:
    last = keys.last()
    return last is not None and read_checkpoint(last).size > 0


class OverdueWatch:
    """Logs an error when an entry has waited more than five seconds to be sealed, whoever should have sealed it."""

    def __init__(self) -> None:
        self._looked_at = float("-inf")
        self._seen: int | None = None
        self._told = False

    def due(self) -> bool:
        """Return whether it is time to look again."""
        return time.monotonic() - self._looked_at >= _LOOK_EVERY

    def look(self, session: Session) -> None:
        """Look once; an entry counts when seen twice, because one that committed late is sealed within a second."""
        self._looked_at = time.monotonic()
        row = session.execute(_OVERDUE).fetchone()
        if row is not None and row[0] == self._seen and not self._told:
            log.error("audit_entries_wait_for_seal", oldest_waits_seconds=round(row[1], 1))
            self._told = True
        elif row is None and self._told:
            log.info("audit_entries_sealed_again")
            self._told = False
        self._seen = None if row is None else row[0]
