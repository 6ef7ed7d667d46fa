"""`FleetChange`: something that a cycle proposes to change of how the fleet works, which a plan puts into force."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

from grace_workers.foundation.document import Document, JsonValue

D = TypeVar("D", bound=Document)


@dataclass(frozen=True, kw_only=True)
class FleetChange:
    """A change of one `kind` of proposal, about one `subject`; of each at most one version is in force, since a time.

    Each version is a limit of the fleet, which is 1 while it is in force. The version is the SHA-256 of the content, so
    a plan names exactly what it puts into force.
    """

    kind: str
    subject: str
    content: Mapping[str, JsonValue]
    proposed_at: datetime
    in_force_at: datetime | None = None

    @property
    def key(self) -> str:
        """Its kind and subject."""
        return f"{self.kind}:{self.subject}"

    @property
    def limit(self) -> str:
        """Its name as a limit of the fleet; the names of the other limits have no colon."""
        return limit_of(self.key, self.version)

    @cached_property
    def version(self) -> str:
        """What names its content."""
        return version_of(self.content)


def contents(changes: Iterable[FleetChange], of: type[D]) -> Sequence[D]:
    """Return what the changes say.

    Raises:
        InputError: one cannot be read; the stores are read through `changes_in_force`, which leaves such ones out.
    """
    return [of.read(dict(one.content), f"change {one.key}") for one in changes]


def version_of(content: Mapping[str, JsonValue]) -> str:
    """Return the version that a content is."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def limit_of(key: str, version: str) -> str:
    """Return the name of a version of a change as a limit of the fleet."""
    return f"{key}:{version}"
