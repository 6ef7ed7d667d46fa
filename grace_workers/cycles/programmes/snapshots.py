"""Every hour: takes a snapshot of models, knowledge, settings, playbooks, causes and the schedule (L6).

What is unchanged is taken once. A model whose content is not what was promoted is put right from a snapshot, and a
damaged part of a snapshot from what is in use. Reading either finds damage too, and has this cycle run at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.finding import Finding
from grace_workers.cycles.snapshot import SnapshotContent, SnapshotPart, identity
from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotLook:
    """What a snapshot would hold now, and the parts of earlier ones that are damaged."""

    parts: Sequence[SnapshotContent]
    lost: Sequence[SnapshotPart] = ()


def read(readers: Readers) -> SnapshotLook:
    """Read everything that a snapshot holds, and look for damage."""
    return SnapshotLook(parts=readers.snapshot_parts(), lost=readers.lost_parts())


def judge(look: SnapshotLook, before: JsonValue, now: datetime) -> Found:
    """Keep what is new since the last look, have damage put right, and name what nothing can put right."""
    del now
    parts = look.parts
    found = identity([one.part for one in parts])
    last = before.get("snapshot") if isinstance(before, Mapping) else None
    in_use = {one.part.sha256 for one in parts}
    return Found(
        memory={"snapshot": found},
        keeps=parts if found != last else (),
        mends=parts,
        findings=[_lost(one) for one in look.lost if one.sha256 not in in_use],
        result={"parts": len(parts), "snapshot": found[:12], "changed": found != last},
    )


def _lost(part: SnapshotPart) -> Finding:
    return Finding(
        key=f"lost:{part.name}:{part.sha256[:12]}",
        title=f"{part.name}, as {part.sha256[:12]}, is damaged in the snapshots, and nothing in use is the same",
        figures={"bytes": part.size},
    )


DEFINITION = Cycle(
    name="snapshots",
    summary="Takes a snapshot of models, knowledge, settings, playbooks and schedule; mends what is damaged.",
    cadence=timedelta(hours=1),
    read=read,
    judge=judge,
)
