"""What other parts of the fleet do for a proposal: a cause that is kept, and work that is given to the coding agent."""

from dataclasses import dataclass

from grace_workers.foundation.ids import IncidentId, JobId, TargetName


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedCause:
    """A version of a learned cause's file, which may be accepted from now on."""

    name: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CodingOrder:
    """Repair the code behind the error that an incident showed, as a job of this id; restart the service after a merge.

    The patch is a plan that governance judges.
    """

    job: JobId
    code: TargetName
    incident: IncidentId
    reason: str
    service: TargetName | None
