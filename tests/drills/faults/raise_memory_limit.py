"""The pods of a new version need more memory than they may use, and are killed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from tests.drills.grounds.rollouts import BOUNDS, RolledDeployment
from tests.kubernetes_rollouts import Template, in_force, template
from tests.waiting import until

LESS, MORE = "256Mi", "512Mi"


class TooLittleMemory(RolledDeployment):
    """The red herring is a new version that needs no more than it may use."""

    signal = "KubernetesContainerOomKiller"
    cause = "memory_limit"
    first = template(memory=LESS)
    labels: ClassVar[Mapping[str, str]] = {"memory_limit_raised": str(512 << 20)}
    more: ClassVar[Mapping[str, Any]] = {"limits": {"memory": BOUNDS}}

    def fails(self, of: Template) -> str | None:
        (container,) = of["spec"]["containers"]
        enough = {MORE} if "hungry" in container["image"] else {LESS, MORE}
        return None if container["resources"]["limits"]["memory"] in enough else "OOMKilled"

    def break_it(self) -> None:
        self.roll_out(template("hungry:2", memory=LESS))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2", memory=LESS))
        until(self.well, within=20)

    def well(self) -> bool:
        return super().well() and self.fails({"spec": {"containers": [in_force(self.cluster)]}}) is None


DRILL = TooLittleMemory
