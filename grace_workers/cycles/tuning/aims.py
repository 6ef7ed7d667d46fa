"""What the fleet's jobs should achieve, and which pools miss it. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from grace_workers.cycles.finding import Finding
from grace_workers.cycles.tuning.block import BlockFigures
from grace_workers.cycles.tuning.look import LeverLook
from grace_workers.foundation.document import JsonValue

LONGEST_RUN = timedelta(seconds=3)
LONGEST_WAIT = timedelta(seconds=1)
LEAST_SUCCESS = 0.85
UNHURRIED = frozenset({"coding"})
"""Pools whose jobs run as long as their search takes."""


def achieved(look: LeverLook) -> JsonValue:
    """Return by pool: seconds that jobs ran and waited on average, jobs an hour, and the share that succeeded."""
    return {pool: dict(_figures(done, span)) for pool, (done, span) in look.work.items() if done.jobs}


def missed(look: LeverLook) -> Sequence[Finding]:
    """Return a finding for each aim that a pool misses."""
    return [
        one
        for pool, (done, span) in look.work.items()
        if done.tells
        for one in _missed(pool, done, _figures(done, span))
    ]


def _missed(pool: str, done: BlockFigures, figures: Mapping[str, float]) -> Sequence[Finding]:
    found = []
    if done.service > LONGEST_RUN and pool not in UNHURRIED:
        title = f"jobs of the pool {pool} run {_seconds(done.service):.1f} s, more than {_seconds(LONGEST_RUN):.0f} s"
        found.append(Finding(key=f"slow:{pool}", title=title, figures=figures))
    if done.waited > LONGEST_WAIT:
        title = f"jobs of the pool {pool} wait {_seconds(done.waited):.1f} s, more than {_seconds(LONGEST_WAIT):.0f} s"
        found.append(Finding(key=f"waiting:{pool}", title=title, figures=figures))
    if figures["succeeded"] < LEAST_SUCCESS:
        title = f"{1 - figures['succeeded']:.0%} of the jobs of the pool {pool} fail, more than {1 - LEAST_SUCCESS:.0%}"
        found.append(Finding(key=f"failing:{pool}", title=title, figures=figures))
    return found


def _figures(done: BlockFigures, span: timedelta) -> Mapping[str, float]:
    return {
        "run_seconds": round(_seconds(done.service), 2),
        "wait_seconds": round(_seconds(done.waited), 2),
        "jobs_per_hour": round(done.jobs / (_seconds(span) / 3_600), 1),
        "succeeded": round(1 - done.failed / done.jobs, 4),
    }


def _seconds(span: timedelta) -> float:
    return span.total_seconds()
