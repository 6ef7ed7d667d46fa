"""Who heals whom within the fleet, and how often that was needed: mutual repair as people see it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from grace_workers.fleet import LEADER
from grace_workers.foundation.clock import Clock
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.fleet.watch import FleetWatch
from grace_workers.orchestration.outcomes import MOST_RUNS
from grace_workers.orchestration.stores import LineLedger

_YEAR = timedelta(days=366)


class RepairPart(StrEnum):
    """Parts of a fleet that heal others or are healed."""

    STANDBY = "standby"
    LEADER = "leader"
    NODE = "node"
    WATCHDOG = "watchdog"
    KERNEL = "kernel"
    HEALING = "healing"
    CODING = "coding"


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairLink:
    """One part heals another. `times` is how often, or for nodes how many are dead or kept apart now.

    The last two are of the newest run, where the line heals.
    """

    healer: RepairPart
    healed: RepairPart
    how: str
    times: int
    last_at: datetime | None = None
    ending: Ending | None = None


OF_KERNELS = ("kernel_failing",)
OF_CODING = (
    *("agent_crashed", "agent_crashing", "agent_damaged", "agent_leaking", "agent_looping", "agent_stuck"),
    *("agents_deadlocked", "patch_failing"),
)
OF_HEALING = ("definitions_broken",)
"""The causes by which agents and kernels are healed through the line, by what is healed."""


def repairs(ledger: LineLedger, clock: Clock, watch: FleetWatch) -> Sequence[RepairLink]:
    """Return every way in which parts of the fleet heal each other. Runs are counted over the last year."""
    with ledger.transaction() as tx:
        runs = tx.records.episodes(since=clock.now() - _YEAR, limit=MOST_RUNS)
    part, restarts = RepairPart, sum(one.restarts for one in watch.kernels())
    lost = sum(one.health.apart or one.died_at is not None for one in watch.instances())
    return (
        RepairLink(
            healer=part.STANDBY,
            healed=part.LEADER,
            how="takes the lead within a second when the leader's lease runs out",
            times=max(0, watch.lease_epochs().get(LEADER, 1) - 1),
        ),
        RepairLink(
            healer=part.LEADER,
            healed=part.NODE,
            how="gives a silent node's jobs to others; quarantines an unhealthy one, repairs it and tries it out",
            times=lost,
        ),
        RepairLink(
            healer=part.WATCHDOG,
            healed=part.KERNEL,
            how="restarts a kernel that ended, hangs or fails its self-test",
            times=restarts,
        ),
        _by_the_line(runs, part.HEALING, part.KERNEL, OF_KERNELS, "acts when restarts by the watchdog do not help"),
        _by_the_line(runs, part.HEALING, part.CODING, OF_CODING, "acts when the coding agent is stuck, ends or leaks"),
        _by_the_line(runs, part.CODING, part.HEALING, OF_HEALING, "mends playbooks and causes that cannot be loaded"),
    )


def _by_the_line(
    runs: Sequence[Episode], healer: RepairPart, healed: RepairPart, causes: Collection[str], how: str
) -> RepairLink:
    mine = [one for one in runs if one.cause in causes]
    newest = mine[0] if mine else None
    return RepairLink(
        healer=healer,
        healed=healed,
        how=how,
        times=len(mine),
        last_at=None if newest is None else newest.at,
        ending=None if newest is None else newest.ending,
    )
