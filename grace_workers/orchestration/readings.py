"""Looking at targets: checks for evidence and for verification. Looks only; decides nothing, changes nothing."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from grace_workers.actions import ErrorLog, FlagStore
from grace_workers.diagnosis import Evidence, EvidenceRequest
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.parts import Line
from grace_workers.playbooks import Expectation
from grace_workers.verification import Observation

_SIDE_BY_SIDE = 8
_LINES = 50


def read_check(line: Line, check: str, target: TargetName, params: Mapping[str, JsonValue]) -> float:
    """Return one reading of a check.

    Raises:
        GraceError: no such check or target, the target lacks the role, or the probe failed.
    """
    definition = line.checks[check]
    document = definition.params.read(dict(params), f"check {check!r} on {target!r}")
    return float(definition.probe(line.world.role(target, definition.role), document))


def observe(line: Line, expectation: Expectation, since: datetime) -> Observation:
    """Return one observation of an expectation; a probe that fails is an observation too."""
    value: float | None = None
    error: str | None = None
    try:
        value = read_check(line, expectation.check, expectation.target, expectation.params)
    except GraceError as failure:
        error = str(failure)[:500]
    now = line.clock.now()
    return Observation(
        expectation=expectation.id, value=value, at=now, elapsed=(now - since).total_seconds(), error=error
    )


def read_evidence(line: Line, wanted: Sequence[EvidenceRequest]) -> tuple[Evidence, ...]:
    """Return what could be read of what was wanted, side by side; a reading that fails is no evidence and left out."""
    if not wanted:
        return ()
    with ThreadPoolExecutor(max_workers=_SIDE_BY_SIDE, thread_name_prefix="evidence") as pool:
        found = list(pool.map(lambda request: _read(line, request), wanted))
    return tuple(one for one in found if one is not None)


def _read(line: Line, request: EvidenceRequest) -> Evidence | None:
    try:
        value = _value(line, request)
    except GraceError:
        return None
    return Evidence(
        kind=request.kind,
        subject=request.subject,
        value=value,
        observed_at=line.clock.now(),
        source="reading",
        params=request.params,
    )


def _value(line: Line, request: EvidenceRequest) -> JsonValue:
    if request.kind == "recent_errors":
        return list(line.world.role(request.subject, ErrorLog).recent(_LINES))
    if request.kind == "flags":
        flags = line.world.role(request.subject, FlagStore).flags()
        return [
            {"key": one.key, "enabled": one.enabled, "variant": one.variant, "variants": list(one.variants)}
            for one in flags
        ]
    return read_check(line, request.kind, request.subject, request.params)
