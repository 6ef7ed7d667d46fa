"""Guards of outside calls: a circuit breaker and a rate limit for each technology that one of our processes calls.

Every role of every target is called through its guard (`world.py`), and so is the broker (`celery/doorbell.py`).
Grace's own database has none, because there is no work without it and its callers retry within limits; a breaker would
keep a node from its lease and heartbeat at the very moment the database is back.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from math import ceil
from typing import Any, Protocol, TypeVar

import structlog

from grace_workers.foundation.breaker import (
    Blocked,
    Breaker,
    BreakerPolicy,
    BreakerState,
    Bucket,
    Rate,
    ask,
    failed,
    succeeded,
    take,
)
from grace_workers.foundation.clock import Clock, SystemClock
from grace_workers.foundation.errors import ThrottledError, TransientError

log = structlog.get_logger()

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardStatus:
    """The state of one breaker. `openings` counts since the process began."""

    name: str
    state: BreakerState
    failures: int
    openings: int


class Board(Protocol):
    """Where the processes of a fleet show their breakers."""

    def note(self, status: GuardStatus) -> None:
        """Publish the current state of one breaker; returns at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one guard allows. A call that is blocked for no longer than `patience` waits instead of being refused."""

    policy: BreakerPolicy = field(default_factory=BreakerPolicy)
    rate: Rate | None = None
    patience: timedelta = timedelta(0)


class Guard:
    """The guard of one outside technology; safe to share between threads."""

    def __init__(self, name: str, limits: Limits, parts: "Parts") -> None:
        self.name = name
        self._policy = limits.policy
        self._rate = rate = limits.rate
        self._patience = limits.patience.total_seconds()
        self._parts = parts
        self._lock = threading.Lock()
        self._breaker = Breaker()
        self._bucket = Bucket(float(rate.burst) if rate else 0.0, parts.clock.monotonic())
        self._openings = 0

    @property
    def status(self) -> GuardStatus:
        """The state of the breaker."""
        with self._lock:
            return self._status()

    @contextmanager
    def call(self) -> Iterator[None]:
        """Make one outside call in the block; a TransientError in it counts as a failure, anything else as an answer.

        Raises:
            ThrottledError: no call was made, because the rate is used up; `retry_after` says when one may be.
            TransientError: no call was made, because the last ones failed; `retry_after` says when one may be.
        """
        self._admit()
        well = True
        try:
            yield
        except TransientError:
            well = False
            raise
        finally:
            self._told(well=well)

    def run(self, act: Callable[[], T], unwell: Callable[[T], bool]) -> T:
        """Make one outside call whose return value may mean "no answer". Raises as `call` does."""
        self._admit()
        well = True
        try:
            answer = act()
            well = not unwell(answer)
        except TransientError:
            well = False
            raise
        finally:
            self._told(well=well)
        return answer

    def _told(self, *, well: bool) -> None:
        """Record how a call ended."""
        with self._lock:
            before = self._breaker.state
            now = self._parts.clock.monotonic()
            if well:
                self._breaker = succeeded(self._breaker)
            else:
                self._breaker = failed(self._breaker, self._policy, now, self._parts.chance.random())
            self._openings += self._breaker.state is BreakerState.OPEN and before is not BreakerState.OPEN
            changed = self._status() if self._breaker.state is not before else None
        if changed is not None:
            _tell(self._parts, changed)

    def _admit(self) -> None:
        waited = 0.0
        while (refusal := self._refusal()) is not None:
            wait = refusal.retry_after.total_seconds() if refusal.retry_after else 0.0
            if waited + wait > self._patience:
                raise refusal
            waited += wait
            self._parts.pause(wait)

    def _refusal(self) -> TransientError | None:
        """Let one call out, or return why it may not go."""
        with self._lock:
            now = self._parts.clock.monotonic()
            answer = ask(self._breaker, self._policy, now)
            if isinstance(answer, Blocked):
                said = f"{self.name} failed {self._breaker.failed} times in a row; no calls are made for a while"
                return TransientError(said, retry_after=_span(answer.wait))
            if self._rate is not None:
                self._bucket, wait = take(self._bucket, self._rate, now)
                if wait:
                    said = f"{self.name} is called more than {self._rate.per_second:g} times a second"
                    return ThrottledError(said, retry_after=_span(wait))
            self._breaker = answer.after
            return None

    def _status(self) -> GuardStatus:
        found = self._breaker
        return GuardStatus(name=self.name, state=found.state, failures=found.failed, openings=self._openings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the guards of a process work with. `pause` waits that many seconds."""

    clock: Clock
    chance: random.Random
    pause: Callable[[float], None]
    board: Board | None


class BreakerRegistry:
    """The guards of one process, each made when first asked for."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        board: Board | None = None,
        chance: random.Random | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._parts = Parts(
            clock=clock or SystemClock(),
            chance=chance or random.Random(),  # noqa: S311 - jitter, not a secret
            pause=pause,
            board=board,
        )
        self._lock = threading.Lock()
        self._made: dict[str, Guard] = {}

    def of(self, name: str, limits: Limits) -> Guard:
        """Return the guard of that name; the first to ask decides its limits."""
        with self._lock:
            if name not in self._made:
                self._made[name] = Guard(name, limits, self._parts)
            return self._made[name]

    def statuses(self) -> list[GuardStatus]:
        """Return the state of each, by name."""
        with self._lock:
            made = sorted(self._made.items())
        return [guard.status for _, guard in made]


def _span(seconds: float) -> timedelta:
    """Return a span that is certainly over after `seconds`: rounded up, because a wait of zero would spin."""
    return timedelta(milliseconds=ceil(seconds * 1000) + 1)


def _tell(parts: Parts, status: GuardStatus) -> None:
    note = log.info if status.state is BreakerState.CLOSED else log.warning
    note("breaker_changed", breaker=status.name, state=status.state.value, failures=status.failures)
    if parts.board is not None:
        parts.board.note(status)


class Guarded:
    """A role of a target, whose every method is one guarded call.

    `unwell` judges the return values of methods that report "no answer" by their value.
    """

    def __init__(self, role: object, guard: Guard, unwell: Mapping[str, Callable[[Any], bool]] | None = None) -> None:
        self._role = role
        self._guard = guard
        self._unwell = unwell or {}

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._role, name)
        return self._guarded(method, self._unwell.get(name)) if callable(method) else method

    def _guarded(self, method: Callable[..., Any], unwell: Callable[[Any], bool] | None) -> Callable[..., Any]:
        @wraps(method)
        def asked(*args: Any, **options: Any) -> Any:
            return self._guard.run(lambda: method(*args, **options), unwell or (lambda _answer: False))

        return asked
