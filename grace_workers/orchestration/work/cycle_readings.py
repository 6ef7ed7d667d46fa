"""What a cycle reads of targets through the line: single readings, and the worst of each factor."""

from collections import defaultdict
from collections.abc import Mapping

import structlog

from grace_workers.actions import Scalable
from grace_workers.checks import AnyCheck
from grace_workers.cycles import PoolScale
from grace_workers.diagnosis import Subject
from grace_workers.foundation.errors import GraceError, InputError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.readings import read_check, read_facts
from grace_workers.signals import Factor, Reading

POOL_LABEL = "grace_pool"
"""The label of a target that the nodes with a pool are, with the pool's name."""

_MACHINE = "host"

log = structlog.get_logger(__name__)


def serving(line: Line, subject: Subject, read: Mapping[tuple[str, TargetName], float]) -> float | None:
    """Return for how many seconds a target has served; None where that cannot be read."""
    telling = [check.name for check in line.checks if check.factor is Factor.RESTARTS]
    return min((read[name, subject.name] for name in telling if (name, subject.name) in read), default=None)


def worst(line: Line, subject: Subject, read: Mapping[tuple[str, TargetName], float]) -> Mapping[Factor, float]:
    """Return the worst reading of each factor, of the target and of the machines that it depends on."""
    machines = [name for name in subject.depends_on if name in line.subjects and line.subjects[name].kind == _MACHINE]
    found: dict[Factor, float] = {}
    for check in line.checks:
        values = [read[check.name, name] for name in (subject.name, *machines) if (check.name, name) in read]
        if check.factor is not None and check.factor is not Factor.RESTARTS and values:
            found[check.factor] = max([*values, *([found[check.factor]] if check.factor in found else [])])
    return found


def reading(line: Line, check: str, subject: Subject) -> Reading | None:
    """Return one reading; None if the target has no role for the check, or its labels opt out of it."""
    definition = line.checks[check]
    try:
        line.world.role(subject.name, definition.role)
    except InputError:
        return None
    params = next(iter(definition.from_labels(subject.labels)), None)
    if params is None:
        return None
    try:
        value: float | None = read_check(line, check, subject.name, params)
    except GraceError:
        value = None
    lines = _lines(line, definition, subject.name) if value else ()
    return Reading(check=check, target=subject.name, value=value, at=line.clock.now(), lines=lines)


def pool_scales(line: Line) -> Mapping[str, PoolScale]:
    """Return the targets that the nodes of pools are, by pool; one that does not answer is left out.

    A pool that two targets claim to be is left out too, because no one says which of them is to have more instances.
    """
    claimed: dict[str, list[Subject]] = defaultdict(list)
    for subject in line.subjects.values():
        if (pool := subject.labels.get(POOL_LABEL)) is not None:
            claimed[pool].append(subject)
    found: dict[str, PoolScale] = {}
    for pool, (subject, *others) in claimed.items():
        if others:
            names = ", ".join(sorted(one.name for one in (subject, *others)))
            log.warning("pool_has_several_targets", pool=pool, targets=names)
            continue
        try:
            scale = line.world.role(subject.name, Scalable).scale()
        except GraceError as error:
            log.warning("pool_has_no_scale", pool=pool, target=subject.name, error=str(error))
            continue
        found[pool] = PoolScale(target=subject.name, wanted=scale.wanted, highest=scale.highest)
    return found


def _lines(line: Line, check: AnyCheck, target: TargetName) -> tuple[str, ...]:
    """Return the lines that explain a reading; none if they cannot be read."""
    if check.detail is None:
        return ()
    try:
        return tuple(one for one in read_facts(line, check.detail, target, {}) if isinstance(one, str))
    except GraceError:
        return ()
