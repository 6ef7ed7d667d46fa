"""The playbooks that plans were made of, as they were then, because their files change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookVersion:
    """A playbook's content under its digest, and when it was planned with for the first time."""

    digest: str
    playbook: str
    first_at: datetime
    content: Mapping[str, JsonValue]


class PlaybookVersionStore(Protocol):
    """The playbooks that plans were made of."""

    def keep(self, version: PlaybookVersion) -> None:
        """Keep a version; one that is kept already stays as it is."""

    def of(self, playbook: str, *, limit: int = 50) -> Sequence[PlaybookVersion]:
        """Return the kept versions of a playbook, newest first."""
        ...

    def find(self, digest: str) -> PlaybookVersion | None:
        """Return the version of that digest; None when no plan was made of it."""
        ...
