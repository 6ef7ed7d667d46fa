"""The knowledge base: symptoms lead to causes, and what was learnt can be read."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from grace_workers.diagnosis import SHIPPED, Cause, Knowledge
from grace_workers.fleet.kernel import Kernel, Readiness, Ready, Tier, Unready
from grace_workers.fleet.probe import Probe
from grace_workers.signals import Severity, Signal, sign

_AT = datetime(2026, 1, 7, 12, tzinfo=UTC)
_SAMPLES = {
    "ModuleNotFoundError: No module named 'requests'": "missing_module",
    "IndentationError: unexpected indent": "syntax_error",
    "sqlite3.OperationalError: database is locked": "database_locked",
    "ERROR: invalid page in block 7 of relation base/1": "database_corrupt",
    "checkout answers slowly: high latency at p95": "high_latency",
    "worker was oom-killed: out of memory": "memory_leak",
    "OSError: [Errno 28] No space left on device": "disk_full",
}
"""What people see, and the cause it stands for."""


def _readiness(probe: Probe) -> Readiness:
    learnt = probe.knowledge()
    base = Knowledge((*SHIPPED, *learnt))
    faults = [*_blind(base), *_doubled(base)]
    if faults:
        return Unready("; ".join(faults))
    proven = sum(entry.proven for entry in learnt)
    lost = [one.id for one in learnt if one.proven and one.signature and not base.known(one.signature, one.target)]
    if lost:
        return Unready(f"proven entries are not found by their signature: {', '.join(lost[:5])}")
    return Ready(f"{len(_SAMPLES)} symptoms lead to their causes; {len(learnt)} entries learnt, {proven} proven")


def _blind(base: Knowledge) -> Iterator[str]:
    for text, cause in _SAMPLES.items():
        seen = {entry.cause for entry in base.shipped() if entry.symptom and entry.symptom.seen_in(_signal(text))}
        if Cause(cause) not in seen:
            yield f"nothing known leads from {text!r} to {cause}"


def _doubled(base: Knowledge) -> Iterator[str]:
    for name, count in Counter(entry.id for entry in base.entries).items():
        if count > 1:
            yield f"entry {name!r} is there {count} times"


def _signal(text: str) -> Signal:
    return Signal(
        source="self_test",
        name="ERROR sample",
        target=None,
        severity=Severity.ERROR,
        summary=text,
        signature=sign("ERROR sample", text=text),
        delivery_key="self-test",
        observed_at=_AT,
    )


DEFINITION = Kernel(
    name="knowledge_base",
    tier=Tier.KNOWLEDGE,
    needs=("database",),
    critical=False,
    host="orchestration",
    readiness=_readiness,
)
