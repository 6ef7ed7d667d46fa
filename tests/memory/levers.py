"""What was set of the fleet's levers, in memory."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import exp, log
from statistics import fmean

from grace_workers.cycles import BlockFigures, LeverSetting
from grace_workers.orchestration.job import JobState
from grace_workers.orchestration.stores.levers import LeverStore
from grace_workers.orchestration.stores.store import implements
from tests.memory.transaction import MemoryTransaction


class MemoryLeverStore(LeverStore):
    """Implements `stores.LeverStore`."""

    def __init__(self, tx: MemoryTransaction) -> None:
        self._jobs = tx.jobs
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
        ends = {JobState.SUCCEEDED, JobState.FAILED, JobState.DEAD}
        found = [
            (one, one.ended_at - due, one.ended_at - (one.started_at or one.ended_at))
            for one in self._jobs.find(limit=100_000)
            if one.state in ends and one.ended_at is not None and one.audited
            if since <= (due := one.not_before or one.submitted_at) < until
            and one.ended_at < until + (until - since)
            and pool in {None, one.pool.value}
        ]
        if not found:
            return BlockFigures()
        return BlockFigures(
            jobs=len(found),
            failed=sum(one.state is not JobState.SUCCEEDED for one, _, _ in found),
            seconds=exp(fmean(log(max(took.total_seconds(), 0.001)) for _, took, _ in found)),
            service=sum((ran for _, _, ran in found), timedelta(0)) / len(found),
        )


DEFINITION = implements(LeverStore)(MemoryLeverStore)
