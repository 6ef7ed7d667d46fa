"""Whether a server that holds its data in memory failed to save it."""

from grace_workers.actions import DataSnapshots
from grace_workers.checks.check import EVERY_KIND, Check, below
from grace_workers.foundation.document import Document


class SnapshotFailedParams(Document):
    """No params."""


def probe(server: DataSnapshots, params: SnapshotFailedParams) -> float:
    """Return 1 when the last attempt failed, else 0."""
    del params
    return float(server.state().failed)


DEFINITION = Check(
    name="snapshot_failed",
    summary="1 when the last attempt of a key-value server to save its data to disk failed, else 0.",
    unit="",
    role=DataSnapshots,
    params=SnapshotFailedParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    tolerates=below("snapshot_failed", 1),
)
