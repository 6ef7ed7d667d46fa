"""How many of the inodes of a file system are in use."""

from collections.abc import Mapping, Sequence

from grace_workers.actions import HostFigures
from grace_workers.checks.check import EVERY_KIND, Check, Labels, below
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.field_types import OneLine
from grace_workers.signals import Factor


class HostInodesParams(Document):
    """`path` is any path on the file system."""

    path: OneLine = "/"


def probe(host: HostFigures, params: HostInodesParams) -> float:
    """Return used over total."""
    return host.inodes(params.path)


def _disks(labels: Labels) -> Sequence[Mapping[str, JsonValue]]:
    """Return a reading of each path in the label `disks`, separated by commas; of `/` without it."""
    return [{"path": path.strip()} for path in labels.get("disks", "/").split(",") if path.strip()]


DEFINITION = Check(
    name="host_inodes_ratio",
    summary="Inodes used over inodes there are in a file system of a machine.",
    unit="",
    role=HostFigures,
    params=HostInodesParams,
    probe=probe,
    evidence_for=EVERY_KIND,
    from_labels=_disks,
    tolerates=below("host_inodes_ratio", 0.9),
    exhausted_at=1.0,
    factor=Factor.DISK,
)
