"""The share of its file handles that a machine has in use."""

from grace_workers.actions import HostFigures
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class HostOpenFilesParams(Document):
    """No params."""


def probe(host: HostFigures, params: HostOpenFilesParams) -> float:
    """Return the current figure."""
    del params
    return host.figures().open_files


DEFINITION = Check(
    name="host_open_files_ratio",
    summary="Open file handles over those that the machine allows.",
    unit="",
    role=HostFigures,
    params=HostOpenFilesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("host_open_files_ratio", 0.9),
    exhausted_at=1.0,
)
