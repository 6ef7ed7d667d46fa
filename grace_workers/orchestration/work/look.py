"""The periodic looks that beat starts: what the triggers watch, and the fleet's telemetry. They raise signals only."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from grace_workers.checks import AnyCheck
from grace_workers.diagnosis import Subject
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.job import Claim, Ending, Succeeded
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import read_check, read_facts
from grace_workers.orchestration.queries import figures
from grace_workers.orchestration.work.intake import Intake, accept_in
from grace_workers.signals import Memory, Reading, Trigger, detect

TRIGGERS = "cycle.triggers"
TELEMETRY = "cycle.telemetry"
# Every look that sees a condition says so: repeats join the open incident, and after a cure that did not last they open
# the next one at once.
REPEAT = timedelta(0)
WATCH, UNWATCHED = "watch", "off"
_SIDE_BY_SIDE = 8


def look_at_triggers(line: Line, intake: Intake, triggers: Catalog[Trigger], claim: Claim) -> Ending:
    """Read every target that a trigger watches, raise what they see, and remember it, in one transaction.

    A target labelled `watch: off` is left to whatever else watches it.
    """
    subjects = [one for one in line.subjects.values() if one.labels.get(WATCH) != UNWATCHED]
    watched = [(check, subject) for check in _checks(triggers) for subject in subjects]
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="look") as pool:
        found = list(pool.map(lambda one: _reading(line, *one), watched))
    readings = [reading for reading in found if reading is not None]
    now = line.clock.now()
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        signals, memory = detect(readings, Memory.read(tx.memories.read(TRIGGERS)), triggers, now=now, repeat=REPEAT)
        tx.memories.write(TRIGGERS, memory.to_json(), now)
        receipts = accept_in(intake, tx, signals, by=f"instance:{line.instance}")
    return Succeeded(result={"readings": len(readings), "signals": len(signals), "receipts": len(receipts)})


def keep_telemetry(line: Line, claim: Claim) -> Ending:
    """Keep how the fleet does now, for people and metrics."""
    seen = figures(line.ledger)
    library = line.library()
    now = line.clock.now()
    incidents: dict[str, JsonValue] = dict(seen.incidents)
    document: dict[str, JsonValue] = {
        "at": now.isoformat(),
        "incidents": incidents,
        "pools": {
            pool.value: {"processed": one.processed, "failed": one.failed, "wait_p95": one.wait_p95.total_seconds()}
            for pool, one in seen.pools.items()
        },
        "playbooks": {"known": len(library), "enabled": sum(one.enabled for one in library)},
        "library_digest": library.digest,
    }
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        tx.memories.write(TELEMETRY, document, now)
    return Succeeded(result=document)


def _checks(triggers: Catalog[Trigger]) -> Iterator[str]:
    yield from dict.fromkeys(check for trigger in triggers for check in trigger.checks)


def _reading(line: Line, check: str, subject: Subject) -> Reading | None:
    """Return one reading; None where the target has no role for the check, so that it says nothing of it."""
    if check not in line.checks:
        return None
    definition = line.checks[check]
    try:
        line.world.role(subject.name, definition.role)
    except InputError:
        return None
    params = next(iter(definition.from_labels(subject.labels)), {})
    try:
        value: float | None = read_check(line, check, subject.name, params)
    except GraceError:
        value = None
    lines = _lines(line, definition, subject.name) if value else ()
    return Reading(check=check, target=subject.name, value=value, at=line.clock.now(), lines=lines)


def _lines(line: Line, check: AnyCheck, target: TargetName) -> tuple[str, ...]:
    """Return the lines that explain a reading; none where they cannot be read."""
    if check.detail is None:
        return ()
    try:
        return tuple(one for one in read_facts(line, check.detail, target, {}) if isinstance(one, str))
    except GraceError:
        return ()
