"""Keeping snapshots of the fleet, and mending what is damaged from them. Doing either twice changes nothing twice."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from grace_workers.audit import Entry
from grace_workers.cycles import FleetSnapshot, SnapshotContent, SnapshotPart, hash_of, identity, outdated
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


def mend_parts(
    tx: LineTransaction, in_use: Sequence[SnapshotContent], now: datetime, *, by: str
) -> Sequence[SnapshotPart]:
    """Put each damaged content right that is still in use, as one of these or as a model; return the parts."""
    damaged = _damaged(tx)
    if not damaged:
        return ()
    at_hand = {**_models(tx), **{one.part.sha256: one.content for one in in_use}}
    found = {sha256: at_hand[sha256] for sha256 in damaged if sha256 in at_hand}
    tx[SnapshotStore].mend(found)
    for sha256 in sorted(found):
        data = {"part": damaged[sha256].name, "sha256": sha256}
        tx.audit.append(Entry(at=now, actor=by, action="snapshot.mended", subject=f"snapshot_part:{sha256}", data=data))
    return [damaged[sha256] for sha256 in sorted(found)]


def lost_parts(tx: LineTransaction) -> Sequence[SnapshotPart]:
    """Return the parts whose contents are damaged, and that no model in use has either."""
    damaged = _damaged(tx)
    kept = _models(tx) if damaged else {}
    return [one for sha256, one in damaged.items() if sha256 not in kept]


def _damaged(tx: LineTransaction) -> Mapping[str, SnapshotPart]:
    """Return a part for each content that is damaged, by its hash."""
    store = tx[SnapshotStore]
    damaged = set(store.damaged())
    if not damaged:
        return {}
    return {part.sha256: part for one in store.all() for part in one.parts if part.sha256 in damaged}


def _models(tx: LineTransaction) -> Mapping[str, bytes]:
    """Return the contents of models that are what was promoted, by their hash."""
    store = tx[ModelStore]
    kept = (store.content(one.name, one.version) or b"" for name in READERS for one in store.versions(name))
    return {hash_of(one): one for one in kept}
