"""How the fleet did: outcomes by day, and how runs ended by cause and by playbook. Nothing here changes anything."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil

from grace_workers.cycles import OutcomeCount
from grace_workers.foundation.clock import Clock
from grace_workers.learning import Ending, Episode, Reliability, reliability
from grace_workers.orchestration.stores import LineLedger
from grace_workers.orchestration.stores.outcome_counts import OutcomeStore
from grace_workers.orchestration.stores.precedents import PrecedentStore

MOST_RUNS = 5_000
_PRECEDENTS, _NEWEST = 2_000, 15
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
class DayOfRuns:
    """How the runs of one playbook that ended on a day (UTC) came out; `missed` failed or did not help."""

    at: datetime
    verified: int
    missed: int
    inconclusive: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookCourse:
    """One playbook over time: its days with runs, its newest runs, and whether its diagnoses were right as stated.

    Not `complete` beyond `MOST_RUNS` runs.
    """

    since: datetime
    complete: bool
    days: Sequence[DayOfRuns]
    newest: Sequence[Episode]
    reliability: Reliability


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


def playbook_course(ledger: LineLedger, clock: Clock, playbook: str, span: timedelta) -> PlaybookCourse:
    """Return how a playbook did in the last `span`. Its diagnoses are judged over the newest `_PRECEDENTS` of all."""
    since = clock.now() - span
    with ledger.transaction() as tx:
        found = tx.records.episodes(since=since, playbook=playbook, limit=MOST_RUNS)
        known = [one for _, one in tx[PrecedentStore].before(limit=_PRECEDENTS)]
    mine = [one for one in known if one.playbook == playbook and one.at >= since]
    return PlaybookCourse(
        since=since,
        complete=len(found) < MOST_RUNS,
        days=days_of_runs(found),
        newest=found[:_NEWEST],
        reliability=reliability((one.confidence, one.right) for one in mine if one.right is not None),
    )


def days_of_runs(found: Sequence[Episode]) -> Sequence[DayOfRuns]:
    """Return the days on which something ended, oldest first."""
    days: dict[datetime, Counter[Ending]] = {}
    for one in found:
        at = one.at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        days.setdefault(at, Counter())[one.ending] += 1
    return [
        DayOfRuns(
            at=at,
            verified=ended[Ending.VERIFIED],
            missed=ended[Ending.INEFFECTIVE] + ended[Ending.FAILED],
            inconclusive=ended[Ending.INCONCLUSIVE],
        )
        for at, ended in sorted(days.items())
    ]


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
