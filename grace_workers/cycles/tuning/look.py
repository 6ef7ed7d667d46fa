"""What the optimiser reads, and the step that follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.cycles.lever import Lever, LeverSetting, LeverStep
from grace_workers.cycles.tuning.block import FEWEST_JOBS, BlockFigures
from grace_workers.cycles.tuning.progress import TuningMemory
from grace_workers.cycles.withdrawn import Withdrawn
from grace_workers.foundation.ids import TargetName
from grace_workers.playbooks import ReadyPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolScale:
    """The target that a pool's nodes are, how many instances it should have, and the most that it allows."""

    target: TargetName
    wanted: int
    highest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverLook:
    """What was read. `before` are the blocks before the experiment or, while none runs, before now; oldest first.

    `blocks` are those of the experiment that are over. `work` is what each pool with slots did, and in how long;
    `scales` are the targets that pools run on, where one is declared.
    """

    block: timedelta
    settings: Mapping[str, LeverSetting] = field(default_factory=dict)
    present: Mapping[str, int] = field(default_factory=dict)
    before: Sequence[BlockFigures] = ()
    blocks: Sequence[BlockFigures] = ()
    work: Mapping[str, tuple[BlockFigures, timedelta]] = field(default_factory=dict)
    scales: Mapping[str, PoolScale] = field(default_factory=dict)
    troubles: Sequence[str] = ()

    @property
    def trial(self) -> LeverSetting | None:
        """The lever with a value on trial."""
        return next((one for one in self.settings.values() if one.trial is not None), None)

    def can_compare(self, lever: Lever) -> bool:
        """Whether the pool of a lever has work enough for its blocks to be compared."""
        if lever.pool is None:
            return True
        done, span = self.work.get(lever.pool, (BlockFigures(), timedelta(0)))
        return bool(span) and done.jobs * (self.block / span) >= FEWEST_JOBS


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What follows from a look, in one sentence. `withdrawn` is a plan that must not be carried out any more."""

    progress: TuningMemory
    doing: str
    plan: ReadyPlan | None = None
    lever: LeverStep | None = None
    withdrawn: Withdrawn | None = None
