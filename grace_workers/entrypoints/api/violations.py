"""`AccessWatch`: notices that someone keeps asking for what they may not have, and raises a signal on arrival (S4)."""

import time
from collections import deque
from collections.abc import Callable

import structlog
from anyio import to_thread

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.foundation.errors import GraceError
from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.work.intake import accept
from grace_workers.signals import Severity, Signal, SignalStatus, sign

log = structlog.get_logger()

SPAN = 300.0
_TOLD_EVERY = 60.0
_MOST = 1_000
_NAME = "AccessViolation"


class AccessWatch:
    """Counts the refusals of this API process. Only the event loop calls it.

    The incident that a signal opens has no end of its own: a person looks at it and closes it.
    """

    def __init__(self, runtime: Runtime, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self._refused: deque[float] = deque(maxlen=_MOST)
        self._told = float("-inf")

    async def note(self, who: str, why: str) -> None:
        """Count a refusal; beyond the limit, raise a signal at most once a minute."""
        now = self._clock()
        self._refused.append(now)
        while self._refused and now - self._refused[0] > SPAN:
            self._refused.popleft()
        count = len(self._refused)
        if count < self._runtime.settings.api.refusals_until_signal or now - self._told < _TOLD_EVERY:
            return
        self._told = now
        try:
            await to_thread.run_sync(self._raise, count, who, why)
        except GraceError as error:
            # The refusal itself must not depend on the database.
            log.warning("access_violation_not_stored", error=str(error))

    def _raise(self, count: int, who: str, why: str) -> None:
        runtime = self._runtime
        at = runtime.clock.now()
        told = f"{count} requests were refused at the API within {SPAN / 60:g} min, the last of {who[:100]}: {why}"
        signal = Signal(
            source="fleet",
            name=_NAME,
            target=TargetName(f"grace.{runtime.instance}.api"),
            severity=Severity.ERROR,
            status=SignalStatus.FIRING,
            summary=told,
            signature=sign(_NAME),
            delivery_key=f"access:{runtime.instance}:{at.isoformat()}",
            observed_at=at,
        )
        accept(runtime.intake, [signal], by=f"instance:{runtime.instance}")
