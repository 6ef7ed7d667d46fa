"""How the fleet did: outcomes by day, and how runs ended by cause and by playbook. Nothing here changes anything."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from grace_workers.cycles import OutcomeCount
from grace_workers.foundation.clock import Clock
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.outcome_counts import OutcomeStore

MOST_RUNS = 5_000
_DAY = timedelta(days=1)
_MOSTLY = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTally:
    """How the runs of one cause or playbook ended. The times are from opened to verified; None without a verified run.

    `restored` runs were put back as they were, `stuck` could not be.
    """

    name: str
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    restored: int
    stuck: int
    mean: timedelta | None
    median: timedelta | None
    p95: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """How runs ended since a time, by cause and by playbook, most runs first. Not `complete` beyond `MOST_RUNS`."""

    since: datetime
    complete: bool
    causes: Sequence[RunTally]
    playbooks: Sequence[RunTally]


def outcomes(ledger: LineLedger, clock: Clock, span: timedelta) -> Sequence[OutcomeCount]:
    """Return how incidents and runs came out on each day (UTC) of the last `span`, without the empty days."""
    with ledger.transaction() as tx:
        return tx[OutcomeStore].counted(since=clock.now() - span, every=_DAY)


def run_record(ledger: LineLedger, clock: Clock, span: timedelta) -> RunRecord:
    """Return how the runs of the last `span` ended."""
    since = clock.now() - span
    with ledger.transaction() as tx:
        found = tx.records.episodes(since=since, limit=MOST_RUNS)
    return RunRecord(
        since=since,
        complete=len(found) < MOST_RUNS,
        causes=tallied(found, lambda one: one.cause),
        playbooks=tallied(found, lambda one: one.playbook),
    )


def tallied(episodes: Sequence[Episode], key: Callable[[Episode], str]) -> Sequence[RunTally]:
    """Return a tally for each value of `key`, most runs first."""
    by_name: dict[str, list[Episode]] = {}
    for one in episodes:
        by_name.setdefault(key(one), []).append(one)
    return [_tally(name, mine) for name, mine in sorted(by_name.items(), key=lambda both: (-len(both[1]), both[0]))]


def _tally(name: str, mine: Sequence[Episode]) -> RunTally:
    ended = Counter(one.ending for one in mine)
    seconds = sorted(one.seconds for one in mine if one.ending is Ending.VERIFIED)
    return RunTally(
        name=name,
        verified=ended[Ending.VERIFIED],
        ineffective=ended[Ending.INEFFECTIVE],
        failed=ended[Ending.FAILED],
        inconclusive=ended[Ending.INCONCLUSIVE],
        restored=sum(one.restored is True for one in mine),
        stuck=sum(one.restored is False for one in mine),
        mean=timedelta(seconds=sum(seconds) / len(seconds)) if seconds else None,
        median=_quantile(seconds, 0.5),
        p95=_quantile(seconds, _MOSTLY),
    )


def _quantile(ordered: Sequence[float], share: float) -> timedelta | None:
    if not ordered:
        return None
    return timedelta(seconds=ordered[max(0, ceil(share * len(ordered)) - 1)])
