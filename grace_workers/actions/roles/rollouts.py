"""`Rollouts`: a service of which one version after another is rolled out, and earlier ones can be rolled out again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class RolledVersion:
    """A version that was rolled out once. `name` stays the same when it is rolled out again; `shows` is for people.

    `age` is how long ago it was rolled out for the first time, None if that is unknown. `serves` says that healthy
    parts of it run now.
    """

    name: str
    shows: str = ""
    age: timedelta | None = None
    serves: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """The version that is, or is to be, in force. `stuck` says why it does not come up; None while it does.

    `age` is how long ago the version was rolled out for the first time, None if that is unknown.
    """

    version: str
    stuck: str | None = None
    age: timedelta | None = None


class Rollouts(Protocol):
    """The versions of one service."""

    def rollout(self) -> Rollout:
        """Return the newest rollout."""

    def versions(self) -> Sequence[RolledVersion]:
        """Return those that can be rolled out, that of the newest rollout first, then the ones before it."""

    def roll_out(self, version: str) -> Rollout:
        """Begin to roll out a version, and return. Idempotent.

        Raises:
            NotFoundError: there is no such version any more.
            ConflictError: someone else changed the service at the same moment.
        """
