"""The circuit breaker and the token bucket as pure values: what a caller may do now, and what an answer changes.

closed: calls pass. open: after `failures` in a row no call passes until a jittered wait is over. half-open: one call
tries; its success closes, its failure opens for twice as long. Times are monotonic seconds.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum


class BreakerState(StrEnum):
    """closed -> open -> half_open -> closed or open."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """Opens after `failures` in a row, for `first`, then twice as long each time it opens again, at most `longest`."""

    failures: int = 5
    first: timedelta = timedelta(seconds=1)
    longest: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """One breaker. `failed` counts failures in a row, `opened` openings in a row, `until` ends the current wait."""

    state: BreakerState = BreakerState.CLOSED
    failed: int = 0
    opened: int = 0
    until: float = 0.0


@dataclass(frozen=True, slots=True)
class Pass:
    """The call may go out; `after` is the breaker from now on."""

    after: Breaker


@dataclass(frozen=True, slots=True)
class Blocked:
    """The call may not go out; ask again after `wait` seconds."""

    wait: float


def ask(breaker: Breaker, policy: BreakerPolicy, now: float) -> Pass | Blocked:
    """Decide whether a call may go out at `now`; a half-open breaker lets one call at a time try.

    A try that never reports its end, because its caller was killed, is given up after the longest wait.
    """
    if breaker.state is BreakerState.CLOSED:
        return Pass(breaker)
    if now < breaker.until:
        return Blocked(breaker.until - now)
    given_up = now + policy.longest.total_seconds()
    return Pass(replace(breaker, state=BreakerState.HALF_OPEN, until=given_up))


def succeeded(breaker: Breaker) -> Breaker:
    """Return the breaker after a success; a late one, of a call from before it opened, changes nothing while open."""
    return breaker if breaker.state is BreakerState.OPEN else Breaker()


def failed(breaker: Breaker, policy: BreakerPolicy, now: float, chance: float) -> Breaker:
    """Return the breaker after a failure; `chance` from 0 to 1 spreads the wait over its upper half."""
    count = breaker.failed + 1
    if breaker.state is BreakerState.OPEN:
        return replace(breaker, failed=count)
    if breaker.state is BreakerState.CLOSED and count < policy.failures:
        return replace(breaker, failed=count)
    wait = min(policy.first * (1 << min(breaker.opened, 32)), policy.longest).total_seconds() * (0.5 + chance / 2)
    return Breaker(state=BreakerState.OPEN, failed=count, opened=breaker.opened + 1, until=now + wait)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How often one may call: `per_second` on average, `burst` at once."""

    per_second: float = 50.0
    burst: int = 100


@dataclass(frozen=True, slots=True)
class Bucket:
    """Tokens left, and at what time."""

    tokens: float
    at: float


def take(bucket: Bucket, rate: Rate, now: float) -> tuple[Bucket, float]:
    """Take one token; return the bucket and 0, or the unchanged level and the seconds until there is one."""
    level = min(float(rate.burst), bucket.tokens + max(0.0, now - bucket.at) * rate.per_second)
    at = max(bucket.at, now)
    if level < 1:
        return Bucket(level, at), (1 - level) / rate.per_second
    return Bucket(level - 1, at), 0.0
