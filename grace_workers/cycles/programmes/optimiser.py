"""Every 30 min: finds better values for the fleet's levers, one experiment at a time (L4).

A value is tried only under a plan that governance granted, in blocks of the cycle's cadence that take turns with the
present value. What is surely better, and was so again in fresh blocks, is set by another plan, and looked at again
after a week. No experiment runs while the fleet itself has an open incident, or a switch is on. Where more slots help
no more, another instance is asked for. A pool whose jobs run over 3 s, wait over 1 s or fail too often is a finding.
"""

from datetime import datetime, timedelta

from grace_workers.cycles.cycle import Cycle, Found, Readers
from grace_workers.cycles.finding import Finding
from grace_workers.cycles.lever import declared_levers
from grace_workers.cycles.tuning import LeverLook, Tried, TuningMemory, achieved, missed, next_block, next_trial
from grace_workers.cycles.tuning.scaling import scaling
from grace_workers.foundation.document import JsonValue

BEFORE = 24
WASH_OUT = 0.1
"""The part at the start of each block that is not counted, because work of the block before still runs."""


def read(readers: Readers) -> LeverLook:
    """Read the levers and the newest block and, only if there is enough work to compare, the rest."""
    block, now, settings = readers.cadence("optimiser"), readers.now(), readers.lever_settings()
    trial = next((one for one in settings.values() if one.trial is not None), None)
    if trial is None and not readers.blocks([(now - block, now)])[0].tells:
        return LeverLook(block=block, settings=settings)
    if trial is not None and trial.name not in declared_levers().names:
        return LeverLook(block=block, settings=settings)
    times = trial.schedule if trial is not None else None
    began, block = (now, block) if times is None else (times.began, times.block)
    pool = None if trial is None else declared_levers()[trial.name].pool
    over = 0 if times is None else int((min(now, times.until) - began) / block)
    # Blocks before the experiment and those of it, all of the same length and with the same wash-out.
    windows = [(began + block * (at + WASH_OUT), began + block * (at + 1)) for at in range(-BEFORE, over)]
    measured = readers.blocks(windows, pool=pool)
    span = block * BEFORE
    pools = {one.pool for one in declared_levers() if one.pool is not None}
    return LeverLook(
        block=block,
        settings=settings,
        present=readers.levers(),
        before=measured[:BEFORE],
        blocks=measured[BEFORE:],
        work={one: (readers.blocks([(now - span, now)], pool=one)[0], span) for one in pools},
        scales=readers.pool_scales(),
        troubles=readers.fleet_troubles(),
    )


def judge(look: LeverLook, before: JsonValue, now: datetime) -> Found:
    """Take the next step: submit a plan, begin, continue or end an experiment, or wait."""
    progress = TuningMemory.of(before)
    trial = look.trial
    following = next_trial(look, progress, now) if trial is None else next_block(look, trial, progress, now)
    scaled = scaling(look, declared_levers(), progress, now)
    kept = following.progress.model_copy(update={"scaled": dict(scaled.asked)})
    holding = [one for one in kept.tried if one.promoted and look.present.get(one.lever, one.other) == one.other]
    return Found(
        memory=kept.model_dump(mode="json"),
        plans=[*([] if following.plan is None else [following.plan]), *scaled.plans],
        lever=following.lever,
        withdrawn=() if following.withdrawn is None else (following.withdrawn,),
        findings=[
            *missed(look),
            *scaled.findings,
            *(_told(one) for one in {one.lever: one for one in holding}.values()),
        ],
        result={"doing": following.doing, "blocks": len(look.blocks), "pools": achieved(look)},
    )


def _told(one: Tried) -> Finding:
    return Finding(
        key=f"tuned:{one.lever}",
        title=f"{one.lever} was changed from {one.present} to {one.other}, which made jobs {one.gain:.1%} faster",
        figures={"before": one.present, "after": one.other, "gain": round(one.gain, 4)},
    )


DEFINITION = Cycle(
    name="optimiser",
    summary="Finds better values for the fleet's levers by experiments, and has plans set what was confirmed.",
    cadence=timedelta(minutes=30),
    read=read,
    judge=judge,
)
