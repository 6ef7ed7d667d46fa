"""Every 5 min: raises a signal for each cycle whose newest run failed for good, and ends it once one succeeds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, CycleRun, Found, Readers
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Severity, Signal, SignalStatus, sign

_NAME = "CycleFailing"


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleLook:
    """The newest run of each cycle, and the kernel that a failing one is reported of."""

    runs: Sequence[CycleRun]
    scheduler: TargetName


def read(readers: Readers) -> CycleLook:
    """Read how the newest run of each cycle ended."""
    return CycleLook(runs=readers.runs(), scheduler=readers.kernel("scheduler"))


def judge(seen: CycleLook, before: JsonValue, now: datetime) -> Found:
    """Return a signal for each that began to fail or works again.

    The memory holds the target under which each was raised, because another node may be the one that sees its end.
    """
    raised = {name: str(at) for name, at in before.items()} if isinstance(before, Mapping) else {}
    memory: dict[str, JsonValue] = dict(raised)
    signals = []
    for run in seen.runs:
        target = TargetName(raised.get(run.cycle, seen.scheduler))
        if run.error is not None:
            memory[run.cycle] = target
            signals.append(_signal(run, target, SignalStatus.FIRING, now))
        elif memory.pop(run.cycle, None) is not None:
            signals.append(_signal(run, target, SignalStatus.RESOLVED, now))
    return Found(memory=memory, signals=signals, result={"cycles": len(seen.runs), "failing": len(memory)})


def _signal(run: CycleRun, target: TargetName, status: SignalStatus, now: datetime) -> Signal:
    told = f"failed for good: {run.error[:300]}" if run.error is not None else "works again"
    return Signal(
        source="fleet",
        name=_NAME,
        target=target,
        severity=Severity.ERROR,
        status=status,
        summary=f"cycle {run.cycle} {told}",
        labels={"cycle": run.cycle},
        signature=sign(_NAME, labels={"cycle": run.cycle}),
        delivery_key=f"cycle:{run.cycle}:{status}:{run.ended_at.isoformat()}",
        observed_at=now,
    )


DEFINITION = Cycle(
    name="failures",
    summary="Raises a signal for each cycle whose newest run failed for good, and ends it once one succeeds.",
    cadence=timedelta(minutes=5),
    read=read,
    judge=judge,
)
