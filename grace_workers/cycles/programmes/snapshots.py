"""Every hour: takes a snapshot of models, knowledge, settings, playbooks, causes and the schedule (L6).

What is unchanged is taken once. A model whose content is not what was promoted is put right from a snapshot.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.snapshot import SnapshotContent, identity
from grace_workers.foundation.document import JsonValue


def read(readers: Readers) -> Sequence[SnapshotContent]:
    """Read everything that a snapshot holds."""
    return readers.snapshot_parts()


def judge(parts: Sequence[SnapshotContent], before: JsonValue, now: datetime) -> Found:
    """Keep what is new since the last look, and have damage mended in any case."""
    del now
    found = identity([one.part for one in parts])
    last = before.get("snapshot") if isinstance(before, Mapping) else None
    return Found(
        memory={"snapshot": found},
        keeps=parts if found != last else (),
        mends=True,
        result={"parts": len(parts), "snapshot": found[:12], "changed": found != last},
    )


DEFINITION = Cycle(
    name="snapshots",
    summary="Takes a snapshot of models, knowledge, settings, playbooks and schedule; mends a damaged model from one.",
    cadence=timedelta(hours=1),
    read=read,
    judge=judge,
)
