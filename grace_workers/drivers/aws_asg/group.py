"""One Auto Scaling group: its instances, which are replaced, and their number."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Scalable, Scale, ServicePart, ServiceParts
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.foundation.errors import NotFoundError


class Group(ServiceParts):
    """The instances of one group. A successor has another id, so the id is the incarnation too."""

    def __init__(self, cloud: AwsApi, name: str) -> None:
        self.cloud = cloud
        self.name = name

    @property
    def words(self) -> str:
        """The group as sentences name it."""
        return f"Auto Scaling group {self.name!r}"

    def read(self) -> Mapping[str, Any]:
        """Return what AWS tells about the group. Raises NotFoundError."""
        with self.cloud.asked("autoscaling", self.words) as client:
            found = client.describe_auto_scaling_groups(AutoScalingGroupNames=[self.name])["AutoScalingGroups"]
        if not found:
            raise NotFoundError(f"there is no {self.words} in this account and region; correct the target")
        return found[0]  # type: ignore[no-any-return]

    def parts(self) -> Sequence[ServicePart]:
        return sorted(map(_part, self.read()["Instances"]), key=lambda one: one.name)

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Terminate one instance, and wait for a healthy one that was not there before."""
        before = {one.name for one in self.parts()}
        if name not in before:
            raise NotFoundError(f"{self.words} has no instance {name[:80]!r} any more")
        with self.cloud.asked("autoscaling", f"instance {name}") as client:
            client.terminate_instance_in_auto_scaling_group(InstanceId=name, ShouldDecrementDesiredCapacity=False)
        seconds = patience.total_seconds()
        late = f"{self.words} has no healthy successor {seconds:g} s after instance {name} was terminated"
        found = awaited(
            lambda: [one for one in self.parts() if one.healthy and one.name not in before],
            bool,
            f"{late}; look at its activities",
            within=seconds,
        )
        return found[0]


class GroupScale(Scalable):
    """The desired capacity of a group, within bounds."""

    def __init__(self, group: Group, lowest: int, highest: int) -> None:
        self._group = group
        self._lowest, self._highest = lowest, highest

    def scale(self) -> Scale:
        found = self._group.read()
        ready = sum(_part(one).healthy for one in found["Instances"])
        wanted = int(found["DesiredCapacity"])
        return Scale(wanted=wanted, ready=ready, lowest=self._lowest, highest=self._highest)

    def scale_to(self, count: int) -> Scale:
        if self.scale().wanted != count:
            with self._group.cloud.asked("autoscaling", self._group.words) as client:
                client.set_desired_capacity(
                    AutoScalingGroupName=self._group.name, DesiredCapacity=count, HonorCooldown=False
                )
        late = f"{self._group.words} does not show {count} as desired"
        return self._group.cloud.awaited(self.scale, lambda one: one.wanted == count, late)


def _part(found: Mapping[str, Any]) -> ServicePart:
    healthy = found["LifecycleState"] == "InService" and found["HealthStatus"].lower() == "healthy"
    return ServicePart(name=found["InstanceId"], incarnation=found["InstanceId"], healthy=healthy)
