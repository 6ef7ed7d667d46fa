"""What earlier runs say about the next one. Pure, so that every journal counts alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from grace_workers.governance import History
from grace_workers.learning import Ending

LOOK_BACK = 200
_HOUR = timedelta(hours=1)
_MISSED = frozenset({Ending.INEFFECTIVE, Ending.FAILED})


@dataclass(frozen=True, slots=True)
class Run:
    """When a run began and how it ended; None while it is in progress."""

    started_at: datetime
    ending: Ending | None


def history_of(newest_first: Sequence[Run], now: datetime) -> History:
    """Return what the newest `LOOK_BACK` runs say.

    As in a track record, an inconclusive run neither extends the streak nor ends it.
    """
    runs = newest_first[:LOOK_BACK]
    clear = [run.ending for run in runs if run.ending is not None and run.ending is not Ending.INCONCLUSIVE]
    streak = next((n for n, ending in enumerate(clear) if ending not in _MISSED), len(clear))
    return History(
        runs=len(runs),
        verified=sum(ending is Ending.VERIFIED for ending in clear),
        runs_last_hour=sum(now - run.started_at < _HOUR for run in runs),
        last_run_at=runs[0].started_at if runs else None,
        ineffective_streak=streak,
    )
