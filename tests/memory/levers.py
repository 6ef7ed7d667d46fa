"""What was set of the fleet's levers, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, exp, log
from statistics import fmean

from grace_workers.cycles import BlockFigures, LeverSetting
from grace_workers.orchestration.job import Job, JobState
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryLeverStore(LeverStore):
    """Implements `stores.LeverStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._jobs = tx.jobs
        self._clock = tx.clock
        self._set: dict[str, LeverSetting] = tx.table("levers")

    def lock(self) -> None:
        """Do nothing: transactions take turns."""

    def settings(self) -> Mapping[str, LeverSetting]:
        return dict(sorted(self._set.items()))

    def save(self, setting: LeverSetting, at: datetime) -> None:
        del at
        self._set[setting.name] = setting

    def blocks(
        self, windows: Sequence[tuple[datetime, datetime]], *, pool: str | None = None
    ) -> Sequence[BlockFigures]:
        return [self._block(since, until, pool) for since, until in windows]

    def _block(self, since: datetime, until: datetime, pool: str | None) -> BlockFigures:
        deadline = min(self._clock.now(), until + (until - since))
        found = [
            one
            for one in self._jobs.find(limit=100_000)
            if one.state is not JobState.CANCELLED and one.audited and pool in {None, one.pool.value}
            if since <= _due(one) < until
        ]
        if not found:
            return BlockFigures()
        ended = [one for one in found if one.ended_at is not None and one.ended_at <= deadline]
        ends = {one.id: min(one.ended_at or deadline, deadline) for one in found}
        longest = max((ends[one.id] - _due(one) for one in ended), default=timedelta(0))
        took = [ends[one.id] - _due(one) for one in found]
        counted = [one if job in ended else max(one, longest) for job, one in zip(found, took, strict=True)]
        ran = [ends[one.id] - one.started_at for one in found if one.started_at and one.started_at < ends[one.id]]
        begun = [max(min(one.started_at or ends[one.id], ends[one.id]), _due(one)) for one in found]
        waited = [one - _due(job) for one, job in zip(begun, found, strict=True)]
        return BlockFigures(
            jobs=len(found),
            failed=sum(one.state is not JobState.SUCCEEDED for one in ended),
            seconds=exp(fmean(log(max(one.total_seconds(), 0.001)) for one in counted)),
            service=sum(ran, timedelta(0)) / max(len(ran), 1),
            waited=sum(waited, timedelta(0)) / len(waited),
            slowest=_slowest([max(one.total_seconds(), 0.001) for one in counted]),
        )


def _slowest(seconds: Sequence[float]) -> float:
    """Return the smallest that 99 % do not pass, as PostgreSQL's `percentile_disc` does."""
    return sorted(seconds)[ceil(0.99 * len(seconds)) - 1]


def _due(job: Job) -> datetime:
    return job.not_before or job.submitted_at


DEFINITION = implements(LeverStore)(MemoryLeverStore)
