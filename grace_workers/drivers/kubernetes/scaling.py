"""The autoscaler of a workload, which puts back a number of replicas that anyone else sets."""

import json
from collections.abc import Mapping
from typing import Any

from grace_workers.actions import DeclaredElsewhere, Scalable
from grace_workers.drivers.kubernetes.workload import Workload
from grace_workers.foundation.errors import NotFoundError, PermanentError


class ScaledWorkload(DeclaredElsewhere):
    """What `declared` says, and for the number of replicas the autoscaler too."""

    def __init__(self, workload: Workload, declared: DeclaredElsewhere) -> None:
        self._workload = workload
        self._declared = declared

    def put_back_by(self, role: type) -> str | None:
        found = self._declared.put_back_by(role)
        return self._autoscaler() if found is None and role is Scalable else found

    def _autoscaler(self) -> str | None:
        try:
            names = [one["metadata"]["name"] for one in self._listed() if self._scales(one)]
        except NotFoundError:
            # The cluster has no such API.
            return None
        except PermanentError as error:
            # Without that right nobody knows, and a person has to say.
            return f"an autoscaler, if there is one ({error})"
        return f"HorizontalPodAutoscaler {names[0]}, which sets the replicas" if names else None

    def _listed(self) -> list[Mapping[str, Any]]:
        from kubernetes.client import AutoscalingV2Api

        with self._workload.cluster.reached(f"autoscalers of {self._workload.words}") as client:
            answer = AutoscalingV2Api(client).list_namespaced_horizontal_pod_autoscaler(
                self._workload.namespace, _request_timeout=self._workload.cluster.patience, _preload_content=False
            )
            found: list[Mapping[str, Any]] = json.loads(answer.data)["items"]
        return found

    def _scales(self, autoscaler: Mapping[str, Any]) -> bool:
        asked = autoscaler["spec"]["scaleTargetRef"]
        return self._workload.is_named(asked["kind"], asked["name"])
