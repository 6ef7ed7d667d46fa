"""Keeping what a cycle found: what is new and what is over is told once, however often the cycle looks."""

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.cycles import Finding, KnownFinding
from grace_workers.foundation.document import JsonValue
from grace_workers.orchestration.events.topics.finding_changed import DEFINITION as FINDING_CHANGED
from grace_workers.orchestration.events.topics.finding_changed import finding_changed
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.findings import FindingStore

MOST = 200


def keep(tx: LineTransaction, cycle: str, found: Sequence[Finding], now: datetime) -> int:
    """Store what a cycle found at this look; return how many findings were left out because they are too many.

    What it found earlier and no longer sees, or what is left out now, is over.
    The caller holds the lock on the cycle's memory, so that two looks at once take turns.
    """
    store = tx[FindingStore]
    earlier = {one.finding.key: one for one in store.find(cycle=cycle, limit=None)}
    kept = _most_severe(found, earlier)
    for finding in kept:
        known = earlier.pop(finding.key, None)
        if known is None:
            new = KnownFinding(cycle=cycle, finding=finding, first_at=now, seen_at=now, before=finding.figures)
            store.save(new)
            _tell(tx, new, now)
        else:
            store.save(replace(known, finding=finding, seen_at=now))
    for known in earlier.values():
        over = replace(known, gone_at=now)
        store.save(over)
        _tell(tx, over, now)
    return len(found) - len(kept)


def _most_severe(found: Sequence[Finding], known: Container[str]) -> Sequence[Finding]:
    """Return the first `MOST`, and of the next as many those that are known.

    A known one leaves only far behind the limit, because two of nearly the same rank would take turns otherwise.
    """
    return [*found[:MOST], *(one for one in found[MOST : 2 * MOST] if one.key in known)]


def _tell(tx: LineTransaction, known: KnownFinding, now: datetime) -> None:
    finding = known.finding
    figures: dict[str, JsonValue] = dict(finding.figures)
    tx.events.publish(FINDING_CHANGED, finding_changed(known))
    tx.audit.append(
        Entry(
            at=now,
            actor=f"cycle:{known.cycle}",
            action="finding.opened" if known.gone_at is None else "finding.gone",
            subject=f"finding:{known.cycle}:{finding.key}",
            outcome="holds" if known.gone_at is None else "over",
            data={
                "title": finding.title,
                "figures": figures,
                "proposal": None if finding.proposal is None else finding.proposal.what,
            },
        )
    )
