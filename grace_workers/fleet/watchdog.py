"""The watchdog's judgement: from the signs of life of one process to what must be done. Touches no process.

A process hangs when it had a processor and did not use it. A process that gets no processor is slow because the machine
is, and one that works is given long to finish: ending either would only make the machine slower.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from grace_workers.fleet.kernel import RestartPolicy
from grace_workers.foundation.backoff import backoff

_MAKES_GOOD = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchdogTimeouts:
    """How long each sign of trouble is tolerated. With the interval between looks, a hang is noticed within 3 s.

    `stopped`: the operating system has stopped it. `silent`: no pulse; `silent_at_start` before it has been ready,
    because loading a program can block all of its threads. `unanswered`: self-tests without an answer. `busy`: it
    works, but sends no pulse and does not answer. `failing`: self-tests that answer no. `starting`: not ready yet.
    """

    stopped: timedelta = timedelta(seconds=1)
    silent: timedelta = timedelta(seconds=2)
    silent_at_start: timedelta = timedelta(seconds=15)
    unanswered: timedelta = timedelta(seconds=2)
    busy: timedelta = timedelta(seconds=30)
    failing: timedelta = timedelta(seconds=10)
    starting: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeSigns:
    """What was seen of a running process, in spans during which the observer was awake.

    `ready` once it has been ready. `silent`, None until the first pulse, and `unanswered`, counted once it has been
    ready, are time in which it could have run and did not; what it ran meanwhile is `busy`. `failing` and
    `starting` leave out the time that it waited for a processor or a disk, and the time for which it had an excuse:
    something it needs was unreachable.
    """

    ready: bool = True
    stopped: timedelta = timedelta()
    silent: timedelta | None = None
    unanswered: timedelta = timedelta()
    busy: timedelta = timedelta()
    failing: timedelta = timedelta()
    starting: timedelta = timedelta()

    @classmethod
    def of_seconds(cls, *, ready: bool, silent: float | None, **spans: float) -> "LifeSigns":
        """Return the signs whose spans are given in seconds."""
        found = {name: timedelta(seconds=span) for name, span in spans.items()}
        return cls(ready=ready, silent=None if silent is None else timedelta(seconds=silent), **found)


@dataclass(frozen=True, slots=True)
class Leave:
    """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Kill:
    """It hangs, and would not notice a polite signal."""

    why: str


@dataclass(frozen=True, slots=True)
class Replace:
    """It lives but does not work: end it politely and restart it."""

    why: str


Judgement = Leave | Kill | Replace


def judge(signs: LifeSigns, timeouts: WatchdogTimeouts) -> Judgement:
    """Decide about one running process."""
    silent = signs.silent or timedelta()
    may_be_silent = timeouts.silent if signs.ready else timeouts.silent_at_start
    hangs = (
        (signs.stopped, timeouts.stopped, "stopped for {}"),
        (silent, may_be_silent, "no pulse for {}"),
        (signs.unanswered, timeouts.unanswered, "self-test unanswered for {}"),
        (signs.busy, timeouts.busy, "busy for {} without a pulse or an answer"),
    )
    for seen, borne, words in hangs:
        if seen > borne:
            return Kill(f"hung: {words.format(_seconds(seen))}")
    if signs.failing > timeouts.failing:
        return Replace(f"self-test failing for {_seconds(signs.failing)}")
    if signs.starting > timeouts.starting:
        return Replace(f"not ready {_seconds(signs.starting)} after its start")
    return Leave()


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Restart it after `wait`; `escalate` when its failures are an incident of the fleet."""

    wait: timedelta
    escalate: bool


def again(streak: int, ages: Sequence[timedelta], policy: RestartPolicy) -> Again:
    """Decide how a process that has just failed is restarted.

    `streak` counts its failures, this one included, less those that its uptime has made good; `ages` are those of
    all its failures. So a process that works well between rare failures comes back at once, however often it is
    killed; and one that never works is an incident however far apart its failures lie.
    """
    recent = sum(1 for age in ages if age <= policy.within)
    wait = backoff(streak, base=policy.first, cap=policy.longest)
    return Again(wait=wait, escalate=streak >= policy.escalate_after or recent >= policy.often)


def made_good(streak: int, lived: timedelta) -> int:
    """Return what is left of a streak of failures after an uptime that long."""
    return max(0, streak - int(lived / _MAKES_GOOD))


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f} s"
