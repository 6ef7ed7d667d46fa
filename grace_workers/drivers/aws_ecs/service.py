"""The tasks of one ECS service, counted."""

from collections.abc import Mapping
from typing import Any

from grace_workers.actions import Scalable, Scale
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.drivers._shared.scale_bounds import ScaleBounds
from grace_workers.foundation.errors import NotFoundError


class EcsService(Scalable):
    """The desired count of a service, within bounds."""

    def __init__(self, cloud: AwsApi, cluster: str, service: str, bounds: ScaleBounds) -> None:
        self._cloud = cloud
        self._place = {"cluster": cluster, "service": service}
        self._bounds = bounds

    def scale(self) -> Scale:
        found = self._read()
        return Scale(
            wanted=int(found["desiredCount"]),
            ready=int(found["runningCount"]),
            lowest=self._bounds.lowest,
            highest=self._bounds.highest,
        )

    def scale_to(self, count: int) -> Scale:
        if self.scale().wanted != count:
            with self._cloud.asked("ecs", self._words) as client:
                client.update_service(**self._place, desiredCount=count)
        late = f"{self._words} does not show {count} as desired"
        return self._cloud.awaited(self.scale, lambda one: one.wanted == count, late)

    @property
    def _words(self) -> str:
        return f"ECS service {self._place['cluster']}/{self._place['service']}"

    def _read(self) -> Mapping[str, Any]:
        with self._cloud.asked("ecs", self._words) as client:
            told = client.describe_services(cluster=self._place["cluster"], services=[self._place["service"]])
        found = [one for one in told["services"] if one["status"] != "INACTIVE"]
        if not found:
            raise NotFoundError(f"there is no {self._words} in this account and region; correct the target")
        return found[0]  # type: ignore[no-any-return]
