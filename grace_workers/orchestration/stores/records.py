"""Track records, knowledge and episodes."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from grace_workers.diagnosis import KnowledgeEntry
from grace_workers.foundation.ids import PlanId, TargetName
from grace_workers.learning import Episode, Tally, TrackRecord

EXACT, FAMILY = "exact:", "family:"
"""How the signatures begin under which a run counts besides its own: of the very path through the code, of a family."""


class RecordStore(Protocol):
    """What was learnt: track records and knowledge."""

    def lock(self) -> None:
        """Let one transaction at a time learn, so that no outcome overwrites another."""

    def track(self, playbook: str, signature: str) -> TrackRecord:
        """Return the record; it is empty if there is none."""

    def tracks(self, signature: str | None = None) -> Sequence[TrackRecord]:
        """Return the records of a signature, or all, by playbook."""

    def played(self) -> frozenset[str]:
        """Return the names of the playbooks that have a record."""
        ...

    def tracks_of(self, signatures: Collection[str]) -> Mapping[str, Sequence[TrackRecord]]:
        """Return the records of each of these signatures, by playbook; one that has none is left out."""
        ...

    def tallies(self, playbooks: Collection[str], *, most: int = 300) -> Sequence[Tally]:
        """Return how often each of these playbooks helped, per signature, at most `most` signatures per playbook.

        Records of paths and families repeat the same runs, so they are left out.
        """
        ...

    def save_track(self, record: TrackRecord) -> None:
        """Insert or replace a record."""

    def knowledge(self, signature: str | None = None) -> Sequence[KnowledgeEntry]:
        """Return what was learnt about a signature, or everything that was learnt."""

    def save_knowledge(self, entry: KnowledgeEntry) -> None:
        """Insert or replace an entry."""

    def episodes(
        self,
        *,
        since: datetime | None = None,
        targets: Collection[TargetName] | None = None,
        playbook: str | None = None,
        limit: int = 1000,
    ) -> Sequence[Episode]:
        """Return the newest episodes, newest first; with `targets` or a `playbook`, only those of runs on or of them.

        A run is on its subject and on every target that a step of it may have changed.
        """

    def runs_with(
        self, primitive: str, key: str, value: str | None = None, *, limit: int
    ) -> Sequence[tuple[PlanId, Episode]]:
        """Return the newest runs that ended with such a step done, newest first.

        With a value, it is what the data of the step's outcome says under `key`.
        """

    def iter_episodes(self, *, since: datetime | None = None) -> Iterator[Episode]:
        """Yield all episodes, oldest first, without holding them in memory; read them inside the transaction."""
