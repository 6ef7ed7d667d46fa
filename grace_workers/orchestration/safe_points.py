"""Safe points: what several targets hold, kept by one plan, put back by another, dropped by a third.

Their record is the runs themselves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from grace_workers.foundation.errors import NotFoundError
from grace_workers.foundation.ids import IncidentId, TargetName
from grace_workers.learning import Ending
from grace_workers.orchestration.dossier import JournalRow, StepState
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.playbooks import PREFIX

KEEPS = "safe_point_"
"""How the names of plans that do nothing but keep a safe point begin."""

_STEP, _DROP = "keep_safe_point", "drop_safe_point"
_MOST_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SafePointPart:
    """What was kept of one target: `items` things in `size` bytes, at least `until` then."""

    target: TargetName
    part: str
    sha256: str
    size: int
    items: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSafePoint:
    """What the targets held at `at`, by the run of an incident. Its parts are in the order in which they were kept.

    Its name is that of its first part, and each of its parts' names finds it.
    """

    name: str
    incident: IncidentId
    at: datetime
    parts: Sequence[SafePointPart]


def safe_points(ledger: LineLedger, now: datetime, *, limit: int = 100) -> Sequence[KeptSafePoint]:
    """Return the newest safe points, newest first, while all of their parts are kept."""
    with ledger.transaction() as tx:
        return list(islice(_found(tx, now), limit))


def safe_point(ledger: LineLedger, now: datetime, name: str) -> KeptSafePoint:
    """Return the safe point of that name.

    Raises:
        NotFoundError: there is none, it was dropped, or the time of one of its parts is over.
    """
    with ledger.transaction() as tx:
        if (found := next(_found(tx, now, name), None)) is not None:
            return found
    raise NotFoundError(f"no safe point {name[:80]!r} is kept; `grace safepoint list` shows those that are")


def is_taken(ledger: LineLedger, now: datetime, name: str) -> bool:
    """Return whether there is a safe point of that name."""
    with ledger.transaction() as tx:
        return any(True for _ in islice(_found(tx, now, name), 1))


def _found(tx: LineTransaction, now: datetime, name: str | None = None) -> Iterator[KeptSafePoint]:
    """Yield the points, newest first. A run that kept nothing whole, or nothing any more, hides no earlier one."""
    for plan, run in tx.records.runs_with(_STEP, "part", name, limit=_MOST_LOOKED_AT):
        rows = [row for row in tx.journal.rows(plan) if row.state is StepState.DONE and row.primitive == _STEP]
        parts = [part for row in rows for part in _part(row)]
        # A plan that only keeps a point keeps all of it; one that also acts may have failed after that.
        whole = run.ending is Ending.VERIFIED or not run.playbook.startswith(PREFIX + KEEPS)
        if not whole or not parts or any(one.until <= now for one in parts):
            continue
        if not any(_is_dropped(tx, part, run.at) for part in dict.fromkeys(one.part for one in parts)):
            yield KeptSafePoint(name=name or parts[0].part, incident=run.incident, at=run.at, parts=parts)


def _is_dropped(tx: LineTransaction, part: str, kept_at: datetime) -> bool:
    """Return whether a part of that name was dropped since; the point is not whole then, even if others were not."""
    return any(run.at > kept_at for _, run in tx.records.runs_with(_DROP, "part", part, limit=1))


def _part(row: JournalRow) -> Iterator[SafePointPart]:
    match (row.outcome or {}).get("data"):
        case {"part": str(part), "sha256": str(sha256), "bytes": int(size), "items": int(items), "until": str(until)}:
            yield SafePointPart(
                target=TargetName(row.target),
                part=part,
                sha256=sha256,
                size=size,
                items=items,
                until=datetime.fromisoformat(until),
            )
        case _:
            pass
