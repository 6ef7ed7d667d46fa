"""Looking at targets: checks for evidence and for verification. Looks only; decides nothing, changes nothing."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from math import isfinite

from grace_workers.actions import ErrorLog, FlagStore
from grace_workers.diagnosis import Evidence, EvidenceRequest
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, InputError, PermanentError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.orchestration.parts import Line
from grace_workers.playbooks import Expectation
from grace_workers.signals import storable
from grace_workers.verification import Observation

_SIDE_BY_SIDE = 8
_LINES = 50
_LONGEST_LINE = 4_000
_OTHER_ROLES: Mapping[str, type] = {"recent_errors": ErrorLog, "flags": FlagStore}


def read_check(line: Line, check: str, target: TargetName, params: Mapping[str, JsonValue]) -> float:
    """Return one reading of a check.

    Raises:
        GraceError: no such check or target, the target lacks the role, or the probe failed.
    """
    definition = line.checks[check]
    document = definition.params.read(dict(params), f"check {check!r} on {target!r}")
    value = float(definition.probe(line.world.role(target, definition.role), document))
    if not isfinite(value):
        raise PermanentError(f"check {check!r} on {target!r} read {value}, which is no number to go by")
    return value


def observe(line: Line, expectation: Expectation, since: datetime) -> Observation:
    """Return one observation of an expectation; a probe that fails is an observation too."""
    value: float | None = None
    error: str | None = None
    try:
        value = read_check(line, expectation.check, expectation.target, expectation.params)
    except GraceError as failure:
        error = storable(starred(str(failure)[:2000])[:500])
    now = line.clock.now()
    return Observation(
        expectation=expectation.id, value=value, at=now, elapsed=(now - since).total_seconds(), error=error
    )


@dataclass(frozen=True, slots=True)
class Unread:
    """A reading that failed although the target has the role for it: what it would have said is not known."""

    request: EvidenceRequest
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read, and what could not be. A request for which a target has no role is neither."""

    evidence: tuple[Evidence, ...] = ()
    failed: tuple[Unread, ...] = ()


def read_evidence(line: Line, wanted: Sequence[EvidenceRequest]) -> Seen:
    """Take the readings that are wanted, side by side."""
    able = [request for request in wanted if _has_role(line, request)]
    if not able:
        return Seen()
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="evidence") as pool:
        found = list(pool.map(lambda request: _read(line, request), able))
    return Seen(
        evidence=tuple(one for one in found if isinstance(one, Evidence)),
        failed=tuple(one for one in found if isinstance(one, Unread)),
    )


def read_before(line: Line, expectations: Sequence[Expectation]) -> Mapping[str, float]:
    """Return what the checks of expectations read before the first step, by expectation id.

    A reading that fails is left out: an expectation without one proves nothing.

    Raises:
        GraceError: the reading of a regression failed, so that there is nothing to compare with.
    """
    found: dict[str, float] = {}
    for item in expectations:
        try:
            found[item.id] = read_check(line, item.check, item.target, item.params)
        except GraceError:
            if item.regression:
                raise
    return found


def _has_role(line: Line, request: EvidenceRequest) -> bool:
    known = line.checks[request.kind].role if request.kind in line.checks else None
    role = _OTHER_ROLES.get(request.kind, known)
    if role is None:
        return False
    try:
        line.world.role(request.subject, role)
    except InputError:
        return False
    except GraceError:
        return True  # The target cannot be reached: its reading fails, and that is told.
    return True


def _read(line: Line, request: EvidenceRequest) -> Evidence | Unread:
    try:
        value = _value(line, request)
    except GraceError as error:
        return Unread(request, storable(str(error)[:500]))
    return Evidence(
        kind=request.kind,
        subject=request.subject,
        value=value,
        observed_at=line.clock.now(),
        source="reading",
        params=request.params,
    )


def error_lines(line: Line, target: TargetName) -> list[str]:
    """Return the newest error lines of a target's log, made fit to be stored, with stars for secrets.

    Raises:
        GraceError: the target has no log, or it cannot be read.
    """
    found = [storable(text) for text in line.world.role(target, ErrorLog).recent(_LINES)]
    # Read together, because a key or a quoted secret may go over several lines.
    return [text[:_LONGEST_LINE] for text in without_secrets(found)]


def _value(line: Line, request: EvidenceRequest) -> JsonValue:
    if request.kind == "recent_errors":
        return list(error_lines(line, request.subject))
    if request.kind == "flags":
        flags = line.world.role(request.subject, FlagStore).flags()
        found: list[JsonValue] = [
            {
                "key": storable(one.key),
                "enabled": one.enabled,
                "variant": storable(one.variant),
                "variants": [storable(variant) for variant in one.variants],
            }
            for one in flags
        ]
        return without_secrets(found)
    return read_check(line, request.kind, request.subject, request.params)
