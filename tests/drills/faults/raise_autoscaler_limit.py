"""A service needs more replicas than its autoscaler may start."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.drills.grounds.rollouts import BOUNDS, LoadedDeployment


class AutoscalerAtLimit(LoadedDeployment):
    """The load is in replicas."""

    signal = "KubeHpaMaxedOut"
    allows = "max_replicas"
    labels: ClassVar[Mapping[str, str]] = {"service": "shop", "replica_limit_raised": "8"}
    more: ClassVar[Mapping[str, Any]] = {"limits": {"max_replicas": BOUNDS}}


DRILL = AutoscalerAtLimit
