"""A container gets more work than it can do with the processors that it may use."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.drills.grounds.rollouts import BOUNDS, LoadedDeployment
from tests.kubernetes_rollouts import template


class SlowedContainer(LoadedDeployment):
    """The load is in thousandths of a processor."""

    signal = "CPUThrottlingHigh"
    allows = "cpu"
    usual, bearable, too_much = 100, 500, 900
    first = template(cpu="500m")
    labels: ClassVar[Mapping[str, str]] = {"service": "shop", "processor_limit_raised": "1000"}
    more: ClassVar[Mapping[str, Any]] = {"limits": {"millicpus": BOUNDS}}


DRILL = SlowedContainer
