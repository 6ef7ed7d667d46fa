"""The optimiser's step while a value is on trial: begin, go on, give up or promote. Pure."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite, sqrt

from grace_workers.cycles.experiments import Arm, BlockResult, Experiment, MeanBounds, Turn, arm_of, next_step
from grace_workers.cycles.experiments.limit import TOLERANCE, likely_passed, surely_passed
from grace_workers.cycles.lever import LeverSetting, LeverStep, Schedule, declared_levers
from grace_workers.cycles.tuning.look import LeverLook, Next
from grace_workers.cycles.tuning.progress import (
    MOST_BLOCKS,
    Asked,
    SeenBlock,
    SeenBlocks,
    Tried,
    TuningMemory,
    UnderTest,
)
from grace_workers.cycles.tuning.waiting import setting_plan

PATIENCE = 2.5
"""For how many blocks an experiment goes on without a look. Then the present value holds again by itself."""
SURELY = 3


def next_block(look: LeverLook, trial: LeverSetting, progress: TuningMemory, now: datetime) -> Next:
    """Return what to do while a value is on trial."""
    running = progress.running
    if trial.name not in declared_levers().names:
        return _retired(trial, progress, now)
    if trial.schedule is None or running is None:
        return _begin(look, trial, progress, now)
    why = _broken(look, trial, running, now)
    return _end(running, progress, now, why) if why else _go_on(look, trial.schedule, running, progress, now)


def _begin(look: LeverLook, trial: LeverSetting, progress: TuningMemory, now: datetime) -> Next:
    """Begin with what a plan has put on trial, the optimiser's own or a person's."""
    asked, name, other = progress.asked, trial.name, trial.trial
    ours = asked is not None and (asked.lever, asked.other) == (name, other)
    why = asked.why if asked is not None and ours else "a person put it on trial"
    running = UnderTest(lever=name, present=look.present[name], other=other or 0, why=why, began=now)
    if look.troubles:
        return _end(running, progress, now, look.troubles[0])
    times = Schedule(seed=int(now.timestamp()), began=now, block=look.block, until=now + look.block * PATIENCE)
    reason = f"begin to compare {running.present} with {running.other}: {why}"
    step = LeverStep(lever=name, schedule=times, reason=reason)
    return Next(progress=TuningMemory(running=running, tried=progress.tried), doing=f"{name}: {reason}", lever=step)


def _retired(trial: LeverSetting, progress: TuningMemory, now: datetime) -> Next:
    """End the trial of a lever that an earlier release had."""
    why, running = f"this release has no lever {trial.name}", progress.running
    if running is not None and running.lever == trial.name:
        return _end(running, progress, now, why)
    step = LeverStep(lever=trial.name, schedule=None, reason=why)
    return Next(progress=progress, doing=f"the trial of {trial.name} has ended: {why}", lever=step)


def _broken(look: LeverLook, trial: LeverSetting, running: UnderTest, now: datetime) -> str | None:
    """Return why an experiment proves nothing any more."""
    lever, present = running.lever, look.present.get(running.lever)
    if trial.name != lever or trial.trial != running.other or present != running.present:
        found = present if trial.name == lever and trial.trial == running.other else trial.trial
        return f"{trial.name} was set to {found} by hand meanwhile"
    if look.troubles:
        return look.troubles[0]
    if trial.schedule is not None and now >= trial.schedule.until:
        return "no look was taken for two blocks, so its blocks no longer took turns"
    if not all(one.tells for one in look.before) or not all(one.tells for one in look.blocks):
        return "a block had too little work to be compared"
    return None


def _go_on(look: LeverLook, times: Schedule, running: UnderTest, progress: TuningMemory, now: datetime) -> Next:
    results = [
        BlockResult(arm=arm_of(times.seed, at), value=one.seconds, load=float(one.jobs))
        for at, one in enumerate(look.blocks)
    ]
    broken = _passed(look, results, running)
    if broken is not None:
        return _end(running, progress, now, broken)
    asked = Experiment(
        before=tuple(one.seconds for one in look.before),
        loads=tuple(float(one.jobs) for one in look.before),
        seed=times.seed,
    )
    step = next_step(asked, results)
    gain = step.effect.mean
    running = running.model_copy(update={"seen": _seen(results, step.effect)})
    if step.turn is Turn.PROMOTE and likely_passed(*_slowest(look, results)):
        return _end(running, progress, now, f"the slowest jobs likely take longer with {running.other}", gain)
    if step.turn is Turn.PROMOTE:
        return _promote(running, progress, now, gain)
    if step.turn.ends:
        return _end(running, progress, now, step.reason, gain)
    longer = Schedule(seed=times.seed, began=times.began, block=times.block, until=now + times.block * PATIENCE)
    doing = f"{running.lever} {running.present} against {running.other}: {step.reason}, gain so far {gain:+.1%}"
    kept = progress.model_copy(update={"running": running})
    return Next(progress=kept, doing=doing, lever=LeverStep(lever=running.lever, schedule=longer))


def _seen(results: Sequence[BlockResult], bounds: MeanBounds) -> SeenBlocks:
    """Return what is remembered to be shown; a bound that is not there yet is left out."""
    blocks = [SeenBlock(other=one.arm is Arm.OTHER, seconds=float(f"{one.value:.4g}")) for one in results]
    low, high = (round(one, 4) if isfinite(one) else None for one in (bounds.low, bounds.high))
    return SeenBlocks(blocks=tuple(blocks[-MOST_BLOCKS:]), gain=round(bounds.mean, 4), low=low, high=high)


def _passed(look: LeverLook, results: Sequence[BlockResult], running: UnderTest) -> str | None:
    """Return which limit the other value surely passes. The one on memory is among the troubles of the fleet."""
    if _fails_more(look, results):
        return f"more jobs fail with {running.other}"
    if surely_passed(*_slowest(look, results)):
        return f"the slowest jobs (p99) surely take more than {TOLERANCE:.0%} longer with {running.other}"
    return None


def _slowest(look: LeverLook, results: Sequence[BlockResult]) -> tuple[Sequence[float], Sequence[tuple[bool, float]]]:
    """Return the 99th percentiles of the blocks before and since; the mean stands for what no release measured."""
    since = [
        (result.arm is Arm.OTHER, block.slowest or block.seconds)
        for result, block in zip(results, look.blocks, strict=True)
    ]
    return [one.slowest or one.seconds for one in look.before], since


def _fails_more(look: LeverLook, results: Sequence[BlockResult]) -> bool:
    """Whether the other value surely lets more jobs fail: by three standard errors of the difference."""
    jobs, failed = dict.fromkeys(Arm, 0), dict.fromkeys(Arm, 0)
    for result, block in zip(results, look.blocks, strict=True):
        jobs[result.arm] += block.jobs
        failed[result.arm] += block.failed
    if not all(jobs.values()):
        return False
    share = sum(failed.values()) / sum(jobs.values())
    spread = sqrt(share * (1 - share) * sum(1 / one for one in jobs.values()))
    return failed[Arm.OTHER] / jobs[Arm.OTHER] - failed[Arm.PRESENT] / jobs[Arm.PRESENT] > SURELY * spread > 0


def _promote(running: UnderTest, progress: TuningMemory, now: datetime, gain: float) -> Next:
    lever, other = running.lever, running.other
    why = f"set {lever} to {other} instead of {running.present}: fresh blocks confirm {gain:.1%} less time for a job"
    asked = Asked(
        **running.pair,
        why=running.why,
        at=now,
        promotes=True,
        gain=gain,
        began=running.began,
        seen=running.seen,
    )
    step = LeverStep(lever=lever, schedule=None, reason="confirmed; the plan that sets it is submitted")
    plan = setting_plan(asked.plan, lever, other, why, instead_of=running.present)
    return Next(progress=TuningMemory(asked=asked, tried=progress.tried), doing=why, plan=plan, lever=step)


def _end(running: UnderTest, progress: TuningMemory, now: datetime, why: str, gain: float = 0.0) -> Next:
    ended = Tried(**running.pair, at=now, end=why, gain=gain, began=running.began, seen=running.seen)
    step = LeverStep(lever=running.lever, schedule=None, reason=why)
    return Next(progress=progress.after(ended), doing=ended.sentence, lever=step)
