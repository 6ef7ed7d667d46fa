"""Far more is asked for than usual, and the instances cannot keep up."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.drills.grounds.rollouts import LoadedDeployment


class BusyService(LoadedDeployment):
    """The load is in instances."""

    signal = "HostUnusualNetworkThroughputIn"
    labels: ClassVar[Mapping[str, str]] = {"service": "shop", "scale_out_to": "6"}
    more: ClassVar[Mapping[str, Any]] = {"scale": {"lowest": 1, "highest": 10}}


DRILL = BusyService
