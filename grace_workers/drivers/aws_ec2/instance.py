"""One instance, which EC2 can stop and start."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from grace_workers.actions import Restartable, ServiceStatus
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.foundation.errors import NotFoundError, PermanentError

_GONE = frozenset({"shutting-down", "terminated"})


class Ec2Instance(Restartable):
    """An instance by its id. Its incarnation is the time of its last launch, which EC2 notes anew at each start."""

    def __init__(self, cloud: AwsApi, name: str) -> None:
        self._cloud = cloud
        self._name = name

    def status(self) -> ServiceStatus:
        found = self._read()
        state, launched = found["State"]["Name"], found["LaunchTime"]
        running = state == "running"
        return ServiceStatus(
            running=running,
            incarnation=f"{self._name}/{launched:%Y-%m-%dT%H:%M:%SZ}" if running else None,
            detail=f"{state}: {found.get('StateTransitionReason') or 'no reason told'}",
            serving=max(datetime.now(UTC) - launched, timedelta()) if running else None,
        )

    def start(self) -> ServiceStatus:
        """Start it unless it runs; return once EC2 says that it runs."""
        # EC2 refuses to start what is still stopping.
        now = self._settled("stopping")
        if now == "stopped":
            with self._cloud.asked("ec2", self._words) as client:
                client.start_instances(InstanceIds=[self._name])
        self._cloud.awaited(self._state, lambda one: one not in ("stopped", "pending"), f"{self._words} does not run")
        found = self.status()
        if not found.running:
            raise PermanentError(f"{self._words} ended while starting: {found.detail}")
        return found

    def stop(self, grace: timedelta) -> ServiceStatus:
        """Let EC2 shut it down, which cuts the power by itself when the system does not end."""
        del grace
        if self._settled("pending") == "running":
            with self._cloud.asked("ec2", self._words) as client:
                client.stop_instances(InstanceIds=[self._name])
        self._cloud.awaited(self._state, lambda one: one == "stopped", f"{self._words} still runs")
        return self.status()

    @property
    def _words(self) -> str:
        return f"instance {self._name}"

    def _settled(self, passing: str) -> str:
        """Return its state once it is not the passing one any more."""
        return self._cloud.awaited(self._state, lambda one: one != passing, f"{self._words} is still {passing}")

    def _state(self) -> str:
        return str(self._read()["State"]["Name"])

    def _read(self) -> Mapping[str, Any]:
        with self._cloud.asked("ec2", self._words) as client:
            told = client.describe_instances(InstanceIds=[self._name])
        found = [one for group in told["Reservations"] for one in group["Instances"]]
        if not found or found[0]["State"]["Name"] in _GONE:
            raise NotFoundError(f"{self._words} was terminated; correct the target")
        return found[0]  # type: ignore[no-any-return]
