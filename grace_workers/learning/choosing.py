"""Track records as experience: what they say about each playbook, and what one more episode changes in them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from grace_workers.learning.choice import Experience, Past, Prior
from grace_workers.learning.episode import Ending, Episode, TrackRecord
from grace_workers.learning.record import update


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a playbook helped with one signature, and how often it did not."""

    playbook: str
    won: int
    lost: int


def experience(
    records: Iterable[TrackRecord], tallies: Iterable[Tally], family: Iterable[TrackRecord] = ()
) -> Experience:
    """Return what the records of one signature say; `tallies` are those of the same playbooks on all signatures.

    `family` are the records of the family of faults that the signature belongs to: its members are more alike than
    signatures in general, so a playbook that is new to this one is expected to do as it did for them.
    """
    prior = Prior({one.playbook: _past(one).counts for one in family})
    for tally in tallies:
        prior.add(tally.playbook, tally.won, tally.lost)
    return Experience(prior, {record.playbook: _past(record) for record in records})


def learn(records: Sequence[TrackRecord], tallies: Iterable[Tally], episode: Episode) -> Sequence[TrackRecord]:
    """Return the records of the episode's signature that it changes; the first is that of its playbook.

    If the outcome is a surprise, what is known about the other playbooks fades, so their records change too.
    """
    fresh = TrackRecord(playbook=episode.playbook, signature=episode.signature)
    track = update(next((one for one in records if one.playbook == episode.playbook), fresh), episode)
    if episode.ending is Ending.INCONCLUSIVE:
        return [track]
    known = experience(records, tallies)
    surprised = known.learn(episode.playbook, helped=episode.ending is Ending.VERIFIED)
    track = replace(track, past=known.pasts[episode.playbook])
    others = [one for one in records if surprised and one.playbook != episode.playbook]
    return [track, *(replace(one, past=known.pasts[one.playbook]) for one in others)]


def _past(record: TrackRecord) -> Past:
    """Return the outcomes of a record that count; all of them if it predates storing outcomes one by one."""
    return record.past or Past(record.verified, record.ineffective + record.failed)
