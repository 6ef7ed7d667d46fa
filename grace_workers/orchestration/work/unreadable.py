"""Reporting messages parked on the broker: the leader writes new ones to the log and the audit log.

Someone who floods the broker must not flood the audit log, so there is at most one entry a minute, with the count.
"""

from collections import Counter
from datetime import datetime, timedelta

import structlog

from grace_workers.audit import Entry
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.stores import Ledger
from grace_workers.orchestration.work.doorbells import Doorbells, Unreadable

log = structlog.get_logger(__name__)

TOLD_EVERY = timedelta(minutes=1)
_LOOKED_AT = 100


class UnreadableWatch:
    """One per fleet, on the leader. A new leader reports everything once, because it cannot know what was reported."""

    def __init__(self, ledger: Ledger, doorbells: Doorbells, clock: Clock) -> None:
        self._ledger = ledger
        self._doorbells = doorbells
        self._clock = clock
        self._told = 0
        self._quiet_until: datetime | None = None

    def look_once(self) -> bool:
        """Report messages parked since the last time; return whether there were any.

        Raises:
            TransientError: database or broker is unreachable.
        """
        found = self._doorbells.unreadable(_LOOKED_AT)
        # The broker was emptied, so its count starts again.
        self._told = min(self._told, found.count)
        now = self._clock.now()
        if found.count == self._told or (self._quiet_until is not None and now < self._quiet_until):
            return False
        self._tell(found, now)
        self._told, self._quiet_until = found.count, now + TOLD_EVERY
        return True

    def _tell(self, found: Unreadable, now: datetime) -> None:
        fresh = found.count - self._told
        reasons = Counter(one.why for one in found.newest[:fresh])
        why: list[JsonValue] = [f"{reason}: {count}" for reason, count in reasons.most_common(10)]
        log.warning("messages_unreadable", parked=fresh, total=found.count, why=why)
        data: dict[str, JsonValue] = {"parked": fresh, "total": found.count, "why": why}
        entry = Entry(
            at=now, actor="grace", action="job.unreadable", subject="broker:unreadable", outcome="refused", data=data
        )
        with self._ledger.transaction() as tx:
            tx.audit.append(entry)
