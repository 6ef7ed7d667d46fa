"""How long ago the version of a service that is in force was rolled out for the first time."""

from grace_workers.actions import Rollouts
from grace_workers.checks.check import Check
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError


class VersionAgeParams(Document):
    """There is nothing to choose."""


def probe(service: Rollouts, params: VersionAgeParams) -> float:
    """Return the seconds.

    Raises:
        PermanentError: the target cannot report since when there is the version.
    """
    del params
    age = service.rollout().age
    if age is None:
        raise PermanentError("the target does not report since when there is its version; look at its history by hand")
    return age.total_seconds()


DEFINITION = Check(
    name="version_age_seconds",
    summary="How many seconds ago the version in force was rolled out for the first time.",
    unit="s",
    role=Rollouts,
    params=VersionAgeParams,
    probe=probe,
)
