"""How outcomes add up: `update` counts an episode, `confidence` says how certain the counts are."""

from dataclasses import replace

from grace_workers.foundation.errors import InputError
from grace_workers.foundation.statistics import beta_lower_bound
from grace_workers.learning.episode import Ending, Episode, TrackRecord


def update(record: TrackRecord, episode: Episode) -> TrackRecord:
    """Return the record with the episode counted.

    A success that changed nothing is `ineffective` and counts as a failure. `streak` is the number of newest runs
    in a row that were ineffective or failed; a verified run ends it, an inconclusive one leaves it.

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
