"""`copies.sweep`: removes the copies of what targets held that a node still keeps long after they were declared last.

It sees one node's data directory, that of the worker that runs it, so it says which other nodes heal targets, too.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from grace_workers.audit import Entry
from grace_workers.fleet import Instance
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.copies import (
    ABSENT_FOR,
    CopyFolder,
    CopyLook,
    MissingTarget,
    copy_folders,
    judge,
    remove,
    settled,
)
from grace_workers.orchestration.job import Claim, Ending, Pool, Succeeded
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.stores import LineTransaction
from grace_workers.orchestration.stores.fleet import FleetStore
from grace_workers.orchestration.stores.storm import LoadQuery, StormStore
from grace_workers.orchestration.work.definition import JobDefinition, JobParts
from grace_workers.signals import IncidentState

_Memory = dict[str, dict[str, MissingTarget]]
_MEMORY: TypeAdapter[_Memory] = TypeAdapter(_Memory)
_OPEN = frozenset(IncidentState) - {IncidentState.CLOSED}


def run(parts: JobParts, claim: Claim) -> Ending:
    """Look once. A second look finds what the first one left, and removes the rest."""
    line, data_dir = parts.line, parts.settings.data_dir
    found, now = copy_folders(data_dir), parts.line.clock.now()
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        memory = _MEMORY.validate_python(tx.cycle_states.read(claim.job.name) or {})
        look = _judged(tx, line, found, memory.get(line.instance, {}), now)
        instances = tx[FleetStore].instances()
        # A node in a container has a new name each time, so what is known of those that are gone would grow for ever.
        there = {str(one.name) for one in instances if _is_known(one, now)}
        known = {name: one for name, one in memory.items() if name in there}
        _remember(tx, claim, {**known, line.instance: dict(look.missing)}, now)
        others = [one.name for one in instances if one.in_fleet and Pool.HEALING in one.pools]
        # A file is not part of a transaction, so the log has what is about to happen to it first.
        for folder in look.due:
            if look.missing[folder.name].why is None:
                _record(tx, line, now, "removing", folder, {})
    removed = [remove(data_dir, folder) for folder in look.due]
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        memory = _MEMORY.validate_python(tx.cycle_states.read(claim.job.name) or {})
        left, news = settled(look.missing, removed)
        for one in news:
            what, data = ("removed", {"bytes": one.size}) if one.why is None else ("kept", {"reason": one.why})
            _record(tx, line, now, what, one.folder, data)
        _remember(tx, claim, {**memory, line.instance: dict(left)}, now)
    waits: list[JsonValue] = list(left)
    failed: dict[str, JsonValue] = {name: one.why for name, one in left.items() if one.why is not None}
    elsewhere: list[JsonValue] = [str(name) for name in others if name != line.instance]
    return Succeeded(
        result={
            "instance": line.instance,
            "removed": sum(one.why is None for one in removed),
            "bytes": sum(one.size for one in removed if one.why is None),
            "without_target": waits,
            "failed": failed,
            "not_reached": elsewhere,
        }
    )


def _is_known(one: Instance, now: datetime) -> bool:
    gone = one.left_at or one.died_at
    return gone is None or now - gone < ABSENT_FOR


def _judged(
    tx: LineTransaction, line: Line, found: Sequence[CopyFolder], before: Mapping[str, MissingTarget], now: datetime
) -> CopyLook:
    held = tx[StormStore].load(LoadQuery(), now).held

    def needed(target: TargetName) -> bool:
        return target in held or bool(tx.incidents.find(states=_OPEN, target=target, limit=1))

    return judge(found, line.targets, before, now, needed=needed)


def _remember(tx: LineTransaction, claim: Claim, memory: _Memory, now: datetime) -> None:
    tx.cycle_states.write(claim.job.name, _MEMORY.dump_python(memory, mode="json"), now)


def _record(
    tx: LineTransaction, line: Line, now: datetime, what: str, folder: CopyFolder, data: Mapping[str, JsonValue]
) -> None:
    tx.audit.append(
        Entry(
            at=now,
            actor=f"instance:{line.instance}",
            action=f"copies.{what}",
            subject=f"target:{folder.target}",
            outcome=what,
            data={"folder": folder.name, **data},
        )
    )


DEFINITION = JobDefinition(
    name="copies_sweep",
    summary="Removes what a node still keeps of targets that have not been declared for a month.",
    pools=(Pool.HEALING,),
    run=run,
    time_limit=timedelta(minutes=10),
    audited=False,
    cadence=timedelta(hours=6),
    orderable=True,
)
