"""Keeping snapshots of the fleet, and mending what is damaged from them. Doing either twice changes nothing twice."""

from collections.abc import Sequence
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.cycles import FleetSnapshot, SnapshotContent, hash_of, identity, outdated
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.models import ModelStore
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from grace_workers.orchestration.work.snapshot_parts import READERS


def keep_snapshot(tx: LineTransaction, contents: Sequence[SnapshotContent], now: datetime, *, by: str) -> FleetSnapshot:
    """Store a snapshot and record its id in the audit log, which signs it; drop what is outdated."""
    parts = [one.part for one in contents]
    found = identity(parts)
    entry = Entry(
        at=now,
        actor=by,
        action="snapshot.taken",
        subject=f"snapshot:{found}",
        data={"parts": {one.name: one.sha256 for one in parts}},
    )
    snapshot = FleetSnapshot(id=found, at=now, parts=parts, entry=str(entry.id))
    store = tx[SnapshotStore]
    store.put(snapshot, {one.part.sha256: one.content for one in contents})
    tx.audit.append(entry)
    store.drop(outdated(store.all(), now))
    return snapshot


def mend_models(tx: LineTransaction, now: datetime, *, by: str) -> Sequence[str]:
    """Put the content of each model that is not what was promoted right, if a snapshot has it; return their names."""
    mended = []
    for model in [one for name in READERS for one in tx[ModelStore].versions(name)]:
        if hash_of(tx[ModelStore].content(model.name, model.version) or b"") == model.sha256:
            continue
        kept = tx[SnapshotStore].content(model.sha256)
        if kept is None or hash_of(kept) != model.sha256:
            continue
        tx[ModelStore].mend(model.name, model.version, kept)
        data = {"version": model.version, "sha256": model.sha256}
        tx.audit.append(Entry(at=now, actor=by, action="snapshot.mended", subject=f"model:{model.name}", data=data))
        mended.append(model.name)
    return mended
