"""Reading targets: checks for evidence and for verification. It only reads; it decides nothing and changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import isfinite

from grace_workers.diagnosis import Evidence, EvidenceRequest
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError, InputError, PermanentError
from grace_workers.foundation.ids import TargetName
from grace_workers.foundation.redaction import starred, without_secrets
from grace_workers.orchestration.line.boundary import calling
from grace_workers.orchestration.line.parts import Line
from grace_workers.playbooks import Expectation
from grace_workers.signals import storable
from grace_workers.verification import Observation

_LONGEST_TEXT = 4_000


def read_check(line: Line, check: str, target: TargetName, params: Mapping[str, JsonValue]) -> float:
    """Return the number that a check reads.

    Raises:
        GraceError: no such check or target, the target lacks the role, or the probe failed or did not return a number.
    """
    value = _probe(line, check, target, params)
    if not isinstance(value, int | float) or not isfinite(value):
        raise PermanentError(f"check {check!r} on {target!r} read {value}, which is not a usable number")
    return float(value)


def read_facts(line: Line, check: str, target: TargetName, params: Mapping[str, JsonValue]) -> list[JsonValue]:
    """Return the facts that a check reads, ready to be stored, with secrets starred.

    Raises:
        GraceError: no such check or target, the target lacks the role, or the probe failed or did not return facts.
    """
    value = _probe(line, check, target, params)
    if not isinstance(value, list):
        raise PermanentError(f"check {check!r} on {target!r} read {type(value).__name__}, which is not a list of facts")
    # All at once, because a key or a quoted secret may span several lines.
    return [_shortened(item) for item in without_secrets([_fit(item) for item in value])]


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
    """A reading that failed although the target has the role for it: its value is unknown."""

    request: EvidenceRequest
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read, and what could not be read. A request for which a target has no role counts as neither."""

    evidence: tuple[Evidence, ...] = ()
    failed: tuple[Unread, ...] = ()


def read_evidence(line: Line, wanted: Sequence[EvidenceRequest]) -> Seen:
    """Take the requested readings concurrently."""
    able = [request for request in wanted if _has_role(line, request)]
    if not able:
        return Seen()
    found = line.readers.all([partial(_read, line, request) for request in able])
    return Seen(
        evidence=tuple(one for one in found if isinstance(one, Evidence)),
        failed=tuple(one for one in found if isinstance(one, Unread)),
    )


def read_before(line: Line, expectations: Sequence[Expectation]) -> Mapping[str, float]:
    """Return what the checks of expectations read before the first step, by expectation id.

    A failed reading is left out: an expectation without one proves nothing.

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
    if request.kind not in line.checks:
        return False
    try:
        line.world.role(request.subject, line.checks[request.kind].role)
    except InputError:
        return False
    except GraceError:
        return True  # The target is unreachable: its reading fails, and the failure is reported.
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


def _value(line: Line, request: EvidenceRequest) -> JsonValue:
    if line.checks[request.kind].unit is None:
        return read_facts(line, request.kind, request.subject, request.params)
    return read_check(line, request.kind, request.subject, request.params)


def _probe(line: Line, check: str, target: TargetName, params: Mapping[str, JsonValue]) -> JsonValue:
    definition = line.checks[check]
    document = definition.params.read(dict(params), f"check {check!r} on {target!r}")
    with calling(f"check {check!r} on {target!r}"):
        return definition.probe(line.world.role(target, definition.role), document)


def _fit(value: JsonValue) -> JsonValue:
    match value:
        case str():
            return storable(value)
        case list():
            return [_fit(item) for item in value]
        case dict():
            return {storable(key): _fit(item) for key, item in value.items()}
        case _:
            return value


def _shortened(value: JsonValue) -> JsonValue:
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value
