"""How many of the files that it may open a service has open."""

from grace_workers.actions import ProcessUse, RunningProcesses
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import PermanentError

_MOST = 50


class ServiceOpenFilesParams(Document):
    """No params."""


def probe(service: RunningProcesses, params: ServiceOpenFilesParams) -> float:
    """Return the share of the process that is nearest to its limit, 0 where none runs. The 50 largest are looked at.

    Raises:
        PermanentError: none of them tells how many files it has open.
    """
    del params
    found = service.largest(_MOST)
    told = [one for one in found if one.open_files is not None]
    if found and not told:
        raise PermanentError("the processes do not tell which files they have open; look as their user or as root")
    return max((_share(one) for one in told), default=0.0)


def _share(one: ProcessUse) -> float:
    limit = one.open_file_limit or 0
    return (one.open_files or 0) / limit if limit > 0 else 0.0


DEFINITION = Check(
    name="service_open_files_ratio",
    summary="Open files over those allowed, of the process of a service that is nearest to its limit.",
    unit="",
    role=RunningProcesses,
    params=ServiceOpenFilesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("service_open_files_ratio", 0.9),
    exhausted_at=1.0,
)
