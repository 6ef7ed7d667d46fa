"""Snapshots as people see and use them: list, show, verify, and put one part back."""

import json
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from grace_workers.audit import Entry
from grace_workers.cycles import FleetSnapshot, SnapshotPart, hash_of
from grace_workers.foundation.errors import ConflictError, DamagedError, GraceError, InputError, NotFoundError
from grace_workers.foundation.ids import EntryId, parse_uuid
from grace_workers.foundation.model_kinds import MODEL_FILES
from grace_workers.foundation.own_file import write_own
from grace_workers.foundation.plain_file import replace_file
from grace_workers.foundation.yaml_file import SourceError, parse_source
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.orchestration.cycles import run_in
from grace_workers.orchestration.stores import LineLedger, LineTransaction
from grace_workers.orchestration.stores.cycles import CycleStore
from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from grace_workers.orchestration.stores.snapshots import SnapshotStore
from grace_workers.orchestration.work.snapshot_parts import (
    ENTRIES,
    KNOWLEDGE,
    LEARNED,
    MODELS,
    PAUSES,
    READERS,
    SCHEDULE,
)
from grace_workers.orchestration.work.training import KEPT

CYCLE, BY = "snapshots", "grace"

_SHORTEST = 6
_OTHER = "use another snapshot: grace snapshot list"
_WHAT_TO_DO = f"the cycle {CYCLE} looks now whether it is still in use, and then puts it right; look again, or {_OTHER}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotCheck:
    """What verifying a snapshot showed: which parts are damaged and why, and why the audit log vouches not for it."""

    snapshot: FleetSnapshot
    damaged: Sequence[str]
    unsigned: str | None

    @property
    def sound(self) -> bool:
        """Whether it can be relied on."""
        return not self.damaged and self.unsigned is None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutBack:
    """Who puts a part back, why, when, on which node, and where that node has the file of a name.

    `opens` opens a model file where it can do no harm, and says what it holds, or raises DamagedError.
    """

    by: str
    reason: str
    at: datetime
    instance: str
    kept_file: Callable[[str], Path | None]
    opens: Callable[[str, bytes], str]


def snapshots(ledger: LineLedger) -> Sequence[FleetSnapshot]:
    """Return all snapshots, the newest first."""
    with ledger.transaction() as tx:
        return tx[SnapshotStore].all()


def snapshot(ledger: LineLedger, wanted: str) -> FleetSnapshot:
    """Return one snapshot. Raises as `named` does."""
    with ledger.transaction() as tx:
        return named(tx, wanted)


def named(tx: LineTransaction, wanted: str) -> FleetSnapshot:
    """Return the snapshot whose id begins so, or the `newest`. Raises NotFoundError, and ConflictError for several."""
    kept = tx[SnapshotStore].all()
    if wanted == "newest" and kept:
        return kept[0]
    found = [one for one in kept if len(wanted) >= _SHORTEST and one.id.startswith(wanted)]
    if len(found) > 1:
        raise ConflictError(f"{len(found)} snapshots begin with {wanted[:64]!r}; give more of the id")
    if not found:
        raise NotFoundError(f"no snapshot begins with {wanted[:64]!r}; see `grace snapshot list`")
    return found[0]


def shown(ledger: LineLedger, wanted: str, part: str) -> bytes:
    """Return the content of a part. Raises NotFoundError, DamagedError."""
    with _mending(ledger), ledger.transaction() as tx:
        return _checked(tx, _part(named(tx, wanted), part))


def verify(ledger: LineLedger, archive: AuditArchive, wanted: str) -> SnapshotCheck:
    """Check every part, and that the audit log has a signed entry of the snapshot. Raises NotFoundError.

    If a part is damaged, the cycle that puts it right is started.
    """
    with ledger.transaction() as tx:
        snapshot = named(tx, wanted)
        damaged = [] if snapshot.sound else ["its parts are not those that its id names"]
        for part in snapshot.parts:
            try:
                _checked(tx, part)
            except DamagedError as error:
                damaged.append(str(error))
        if damaged:
            run_in(tx, CYCLE, by=BY)
    return SnapshotCheck(snapshot=snapshot, damaged=damaged, unsigned=_unsigned(archive, snapshot))


def _unsigned(archive: AuditArchive, snapshot: FleetSnapshot) -> str | None:
    entry = EntryId(parse_uuid(snapshot.entry, "entry"))
    try:
        archive.proof(entry)
        said = str(archive.entry(entry).envelope.get("subject"))
    except GraceError as error:
        return str(error)
    return None if said == f"snapshot:{snapshot.id}" else f"entry {entry} of the audit log records {said}"


def restore(ledger: LineLedger, archive: AuditArchive, wanted: str, part: str, order: PutBack) -> str:
    """Put one part of a sound snapshot back, and say in a sentence what was done.

    Raises:
        NotFoundError: there is no such snapshot or part.
        DamagedError: the audit log has no signed entry of it, or the part is damaged or cannot be read as what it is.
        PermanentError: it is a model file, and no sandbox works here in which it could be opened.
        InputError: this kind of part cannot be put back, or not here.
    """
    if not order.reason.strip():
        raise InputError("putting a part back needs a reason; give one that others understand")
    # The log is asked first, because its own connection must not wait for this transaction.
    taken = _vouched(archive, snapshot(ledger, wanted))
    with _mending(ledger), ledger.transaction() as tx:
        found = _part(taken, part)
        content = _checked(tx, found)
        if found.path is None:
            told = _put_back(tx, found, content, order)
            _record(tx, taken, found, order, "restored", told)
            return told
        _refuse_file(found, content, order)
    # Opening a model takes seconds, so no transaction waits for it.
    opened = f"; {order.opens(part, content)}" if _is_model(found) else ""
    with ledger.transaction() as tx:
        # A file is not part of the transaction, so the log has what is about to happen to it first.
        _record(tx, taken, found, order, "restoring", f"{found.path} is about to be written{opened}")
    try:
        told = f"{_put_back_file(found, content)}{opened}"
    except InputError as error:
        with ledger.transaction() as tx:
            _record(tx, taken, found, order, "restore_failed", str(error))
        raise
    with ledger.transaction() as tx:
        _record(tx, taken, found, order, "restored", told)
    return told


@contextmanager
def _mending(ledger: LineLedger) -> Iterator[None]:
    """Have the cycle look at once if a part is damaged, in a transaction of its own, because the first one ends."""
    try:
        yield
    except DamagedError as error:
        with ledger.transaction() as tx:
            run_in(tx, CYCLE, by=BY)
        raise DamagedError(f"{error}; {_WHAT_TO_DO}") from error


def _vouched(archive: AuditArchive, snapshot: FleetSnapshot) -> FleetSnapshot:
    """Return a snapshot that is what the audit log signed. Raises DamagedError."""
    if not snapshot.sound:
        raise DamagedError(
            f"snapshot {snapshot.id[:12]} is damaged: its parts are not those that its id names; {_OTHER}"
        )
    unsigned = _unsigned(archive, snapshot)
    if unsigned is not None:
        raise DamagedError(f"snapshot {snapshot.id[:12]} is not what the audit log signed: {unsigned}; {_OTHER}")
    return snapshot


def _record(
    tx: LineTransaction, snapshot: FleetSnapshot, part: SnapshotPart, order: PutBack, what: str, done: str
) -> None:
    data = {"part": part.name, "sha256": part.sha256, "reason": order.reason, "done": done}
    subject = f"snapshot:{snapshot.id}"
    tx.audit.append(Entry(at=order.at, actor=order.by, action=f"snapshot.{what}", subject=subject, data=data))


def _part(snapshot: FleetSnapshot, name: str) -> SnapshotPart:
    found = {one.name: one for one in snapshot.parts}
    if name not in found:
        raise NotFoundError(f"snapshot {snapshot.id[:12]} has no part {name[:200]!r}; see `grace snapshot show`")
    return found[name]


def _checked(tx: LineTransaction, part: SnapshotPart) -> bytes:
    """Return the content of a part that is what its hash says and can be read. Raises DamagedError."""
    content = tx[SnapshotStore].content(part.sha256)
    if content is None or hash_of(content) != part.sha256:
        raise DamagedError(f"part {part.name} is {'missing' if content is None else 'not what its hash says'}")
    try:
        if part.name.startswith(MODELS):
            READERS[part.name.removeprefix(MODELS)](content)
        elif part.name == KNOWLEDGE:
            ENTRIES.validate_json(content)
        elif part.name == SCHEDULE:
            PAUSES.validate_python(json.loads(content)["paused"])
        elif part.path is None:
            parse_source(content, part.name)
    except (SourceError, ValidationError, ValueError, KeyError, TypeError) as error:
        raise DamagedError(f"part {part.name} cannot be read by this release: {str(error)[:200]}") from error
    return content


def _put_back(tx: LineTransaction, part: SnapshotPart, content: bytes, order: PutBack) -> str:
    if part.name.startswith(MODELS):
        return _put_back_model(tx, part, content, order.at)
    if part.name == KNOWLEDGE:
        entries = ENTRIES.validate_json(content)
        tx.records.lock()
        for one in entries:
            tx.records.save_knowledge(one)
        return f"{len(entries)} entries of knowledge are as they were; later ones stay"
    if part.name.startswith(LEARNED):
        raise InputError("a learned cause comes into force by a plan: grace learn accept --file")
    return _put_back_pauses(tx, content)


def _refuse_file(part: SnapshotPart, content: bytes, order: PutBack) -> None:
    if part.starred:
        raise InputError(f"{part.name} held secrets, which are stars in the snapshot; show it, and write it by hand")
    if part.instance != order.instance:
        raise InputError(f"{part.name} is a file of node {part.instance}; put it back there")
    path, place = Path(part.path or ""), order.kept_file(part.name)
    # The audit log signs names and hashes, not paths, so a changed path must not lead out of the team's folders.
    if place is None or place.absolute() != path:
        raise InputError(f"{part.name} was {path}, which is not its place in this node's settings; write it by hand")
    # What a folder's playbooks are checked against may have changed, so the file's own syntax is all that counts here.
    if path.suffix in {".yaml", ".yml"}:
        try:
            parse_source(content, path.name)
        except SourceError as error:
            raise DamagedError(f"part {part.name} is no YAML that this release reads: {error}") from error


def _put_back_file(part: SnapshotPart, content: bytes) -> str:
    path = Path(part.path or "")
    try:
        if path.exists():
            # A copy, so that the file is there also when the new one cannot be written, and never as open as the umask
            # would let it be, because it may hold secrets.
            before = path.with_name(f"{path.name}.before")
            before.unlink(missing_ok=True)
            replace_file(before, path.read_bytes(), mode=stat.S_IMODE(path.stat().st_mode))
        if _is_model(part):
            replace_file(path, content)
        else:
            write_own(path, content.decode(), durable=True)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot write {path}: {error}") from error
    return f"{path} is as it was; the file that it replaced is {path.name}.before"


def _is_model(part: SnapshotPart) -> bool:
    return part.path is not None and Path(part.path).suffix in MODEL_FILES


def _put_back_model(tx: LineTransaction, part: SnapshotPart, content: bytes, now: datetime) -> str:
    tx.records.lock()
    name, store = part.name.removeprefix(MODELS), tx[ModelStore]
    known = {one.sha256: one for one in store.versions(name)}.get(part.sha256)
    about = {key: int(str(part.about.get(key, 0))) for key in ("version", "revision", "outcomes")}
    fresh = ModelVersion(
        name=name,
        version=store.newest(name) + 1,
        sha256=part.sha256,
        at=now,
        revision=about["revision"],
        outcomes=about["outcomes"],
        restored=about["version"],
    )
    fresh = fresh if known is None else replace(fresh, score=known.score)
    store.put(fresh, content, keep=KEPT)
    return f"version {fresh.version} of the model {name} is version {about['version']} again"


def _put_back_pauses(tx: LineTransaction, content: bytes) -> str:
    wanted = PAUSES.validate_python(json.loads(content)["paused"])
    store = tx[CycleStore]
    for name in store.paused().keys() - wanted.keys():
        store.resume(name)
    for name, pause in wanted.items():
        store.pause(name, pause)
    return f"the same cycles are paused as then: {', '.join(sorted(wanted)) or 'none'}; the cadences are settings"
