"""When slots are the limit: more of them help no more, so the fleet needs more nodes. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.lever import Lever
from grace_workers.cycles.tuning.candidate import FORGET_AFTER
from grace_workers.cycles.tuning.look import LeverLook, PoolScale
from grace_workers.cycles.tuning.progress import Tried, TuningMemory
from grace_workers.playbooks import Mode, ReadyPlan

WAITS = 3.0
"""Jobs wait if they take so many times as long as they run."""
ASK_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortPool:
    """A pool that more slots do not help, and why; `wait` is how many times as long as it runs a job takes."""

    pool: str
    why: str
    slots: int
    per_minute: float
    wait: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingStep:
    """What follows: a finding for each short pool, the plans to submit, and when each pool was last asked for."""

    findings: Sequence[Finding]
    plans: Sequence[ReadyPlan]
    asked: Mapping[str, datetime]


def scaling(look: LeverLook, levers: Iterable[Lever], memory: TuningMemory, now: datetime) -> ScalingStep:
    """Return what follows where more slots help no more."""
    short = short_pools(look, levers, memory.tried, now)
    wanted = due(short, look.scales, memory.scaled, now)
    return ScalingStep(
        findings=[told(one, look.scales.get(one.pool)) for one in short],
        plans=[scale_out(one, look.scales[one.pool]) for one in wanted],
        asked={**memory.scaled, **{one.pool: now for one in wanted}},
    )


def short_pools(look: LeverLook, levers: Iterable[Lever], tried: Sequence[Tried], now: datetime) -> Sequence[ShortPool]:
    """Return the pools whose jobs wait although more slots would not help, or cannot be had."""
    found = []
    for lever in levers:
        done, span = look.work.get(lever.pool or "", (None, timedelta(0)))
        if lever.pool is None or lever.name not in look.present or done is None or not (done.tells and done.service):
            continue
        wait = done.seconds / done.service.total_seconds()
        slots, rate = look.present[lever.name], done.jobs / span.total_seconds()
        why = _limit(lever, slots, rate * done.service.total_seconds(), tried, now)
        if wait >= WAITS and why is not None:
            found.append(ShortPool(pool=lever.pool, why=why, slots=slots, per_minute=rate * 60, wait=wait))
    return found


def _limit(lever: Lever, slots: int, load: float, tried: Sequence[Tried], now: datetime) -> str | None:
    """Return why more slots are no way out; None if they may be one."""
    if slots >= lever.highest:
        return f"{slots} slots are the most that a fleet may have"
    if load >= lever.highest:
        return f"even {lever.highest} slots could not do all that arrives"
    more = [one for one in tried if one.lever == lever.name and one.present == slots < one.other]
    newest = more[-1] if more else None
    if newest is None or newest.promoted or newest.seen.gain is None or now - newest.at >= FORGET_AFTER:
        return None
    return f"{newest.other} slots were tried on {newest.at:%Y-%m-%d} and did not help: {newest.end}"


def told(short: ShortPool, scale: PoolScale | None) -> Finding:
    """Return what people are told: the plan that is asked for where the pool's nodes are a target, or what to do."""
    if scale is None:
        what = (
            f"start another node with the pool (grace node {short.pool}), or label the target that its nodes are "
            f"grace_pool: {short.pool}, so that Grace asks to scale it"
        )
    elif scale.wanted >= scale.highest:
        what = f"raise the bounds of {scale.target}, which allow {scale.highest} instances, or start another node"
    else:
        what = f"approve scaling {scale.target} from {scale.wanted} to {scale.wanted + 1} instances"
    return Finding(
        key=f"short:{short.pool}",
        title=f"jobs of the pool {short.pool} take {short.wait:.0f} times as long as they run, and {short.why}",
        figures={
            "wait": round(short.wait, 1),
            "slots": short.slots,
            "jobs_per_minute": round(short.per_minute, 1),
        },
        proposal=ProposedChange(change=ChangeKind.SETTING, what=what, expected={"wait": WAITS}),
    )


def scale_out(short: ShortPool, scale: PoolScale) -> ReadyPlan:
    """Return the plan that adds an instance. A person approves it, because it costs money."""
    count = scale.wanted + 1
    return ReadyPlan.read(
        {
            "name": f"scale_out_{short.pool}",
            "target": scale.target,
            "reason": f"run {count} instead of {scale.wanted} instances for the pool {short.pool}: {short.why}",
            "aspect": "performance",
            "mode": Mode.REVIEW,
            "budget": "10m",
            "steps": [{"id": "scale", "primitive": "scale_to", "params": {"count": count}}],
            "expectations": [
                # A target may tell how many are ready and nothing of each, and a new one is no part before it begins.
                {"id": "all_ready", "check": "missing_instances", "operator": "==", "bound": 0, "within": "5m"}
            ],
        },
        "plan of the optimiser",
    )


def due(
    short: Sequence[ShortPool], scales: Mapping[str, PoolScale], asked: Mapping[str, datetime], now: datetime
) -> Sequence[ShortPool]:
    """Return the pools for which an instance is asked for now: once a day, within the bounds of their target."""
    return [
        one
        for one in short
        if one.pool in scales
        and scales[one.pool].wanted < scales[one.pool].highest
        and (one.pool not in asked or now - asked[one.pool] >= ASK_AGAIN_AFTER)
    ]
