"""How outcomes add up: `update` counts an episode, `confidence` says how sure the counts make us."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning.episode import Ending, Episode, TrackRecord


def update(record: TrackRecord, episode: Episode) -> TrackRecord:
    """Return the record with the episode counted.

    A success that changed nothing is `ineffective` and counts as a failure. `streak` is the number of newest runs in a
    row that were ineffective or failed; a verified run ends it, an inconclusive one leaves it.

    Raises:
        InputError: the episode is of another playbook or signature.
    """
    if (record.playbook, record.signature) != (episode.playbook, episode.signature):
        raise InputError(
            f"an episode of {episode.playbook!r} on {episode.signature!r} does not belong to the record of "
            f"{record.playbook!r} on {record.signature!r}"
        )
    newest = episode.at if record.last_at is None else max(record.last_at, episode.at)
    record = replace(record, last_at=newest)
    match episode.ending:
        case Ending.VERIFIED:
            return replace(record, verified=record.verified + 1, streak=0)
        case Ending.INEFFECTIVE:
            return replace(record, ineffective=record.ineffective + 1, streak=record.streak + 1)
        case Ending.FAILED:
            return replace(record, failed=record.failed + 1, streak=record.streak + 1)
        case Ending.INCONCLUSIVE:
            return replace(record, inconclusive=record.inconclusive + 1)


def confidence(record: TrackRecord) -> float:
    """Return the lower bound of the success rate: verified runs against ineffective and failed ones.

    Inconclusive runs say nothing either way and are left out.
    """
    return beta_lower_bound(record.verified, record.ineffective + record.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a period brought. `median_seconds` is over verified runs; None without one."""

    since: datetime
    until: datetime
    runs: int
    verified: int
    ineffective: int
    failed: int
    inconclusive: int
    restored: int
    median_seconds: float | None
    worst: tuple[str, ...]

    @property
    def success_rate(self) -> float | None:
        """Verified over all runs that had a clear ending; None without one."""
        clear = self.verified + self.ineffective + self.failed
        return self.verified / clear if clear else None


def summarise(episodes: Iterable[Episode], *, until: datetime, period: timedelta) -> Summary:
    """Return the summary of the episodes in `(until - period, until]`; `worst` names at most five playbooks."""
    chosen = [one for one in episodes if until - period < one.at <= until]
    count = {ending: sum(one.ending is ending for one in chosen) for ending in Ending}
    return Summary(
        since=until - period,
        until=until,
        runs=len(chosen),
        verified=count[Ending.VERIFIED],
        ineffective=count[Ending.INEFFECTIVE],
        failed=count[Ending.FAILED],
        inconclusive=count[Ending.INCONCLUSIVE],
        restored=sum(one.restored is True for one in chosen),
        median_seconds=_median([one.seconds for one in chosen if one.ending is Ending.VERIFIED]),
        worst=_worst(chosen),
    )


def _worst(episodes: Sequence[Episode]) -> tuple[str, ...]:
    """Return the playbooks with the most ineffective and failed runs, most first."""
    bad: dict[str, int] = {}
    for one in episodes:
        if one.ending in {Ending.INEFFECTIVE, Ending.FAILED}:
            bad[one.playbook] = bad.get(one.playbook, 0) + 1
    return tuple(sorted(bad, key=lambda name: (-bad[name], name))[:5])


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
