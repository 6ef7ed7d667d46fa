"""One instance: rebooted, moved to its other zone, and given another class."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Failover, FailoverMembers, MachineSize, Resizable, ServicePart, ServiceParts
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.foundation.errors import NotFoundError, TransientError

# RDS keeps events for fourteen days.
_MINUTES_OF_EVENTS = 14 * 24 * 60
SERVES = frozenset(
    {
        *("available", "backing-up", "storage-optimization", "storage-config-upgrade", "configuring-log-exports"),
        *("configuring-enhanced-monitoring", "configuring-iam-database-auth"),
    }
)


class RdsInstance(ServiceParts, Failover):
    """An instance by its name, which is its only part. Its incarnation is its resource id and its last restart."""

    def __init__(self, cloud: AwsApi, name: str) -> None:
        self.cloud = cloud
        self.name = name

    @property
    def words(self) -> str:
        """The instance as sentences name it."""
        return f"RDS instance {self.name!r}"

    def read(self) -> Mapping[str, Any]:
        """Return what RDS tells about the instance. Raises NotFoundError."""
        with self.cloud.asked("rds", self.words) as client:
            found = client.describe_db_instances(DBInstanceIdentifier=self.name)["DBInstances"]
        if not found or found[0]["DBInstanceStatus"] == "deleting":
            raise NotFoundError(f"there is no {self.words} in this account and region any more; correct the target")
        return found[0]  # type: ignore[no-any-return]

    def parts(self) -> Sequence[ServicePart]:
        return [self.part()]

    def part(self) -> ServicePart:
        """Return the instance as a part of a service."""
        found = self.read()
        begun = restarts(self.cloud, f"the events of {self.words}", SourceIdentifier=self.name)
        return part_of(found, begun.get(self.name, ""))

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        """Reboot the instance, and wait until RDS has noted its restart and it serves."""
        if name != self.name:
            raise NotFoundError(f"{self.words} has no part {name[:80]!r}")
        before = self.part().incarnation
        with self.cloud.asked("rds", self.words) as client:
            client.reboot_db_instance(DBInstanceIdentifier=self.name)
        seconds = patience.total_seconds()
        late = f"{self.words} does not serve {seconds:g} s after its reboot was asked for; look at its events"
        return awaited(self.part, lambda one: one.healthy and one.incarnation != before, late, within=seconds)

    def members(self) -> FailoverMembers:
        """Return the zone that the instance serves from, and the one that its standby is in.

        Raises TransientError while it reboots, because its zone may be about to change.
        """
        found = self.read()
        if found["DBInstanceStatus"] == "rebooting":
            raise TransientError(f"{self.words} is rebooting, and may change its zone; look again when it serves")
        standby = found.get("SecondaryAvailabilityZone") if found.get("MultiAZ") else None
        return FailoverMembers(primary=str(found["AvailabilityZone"]), standbys=(str(standby),) if standby else ())

    def promote(self, standby: str) -> FailoverMembers:
        """Reboot the instance into the other zone."""
        found = self.members()
        if found.primary == standby:
            return found
        if standby not in found.standbys:
            raise NotFoundError(f"{self.words} has no standby in zone {standby[:80]!r}")
        with self.cloud.asked("rds", self.words) as client:
            client.reboot_db_instance(DBInstanceIdentifier=self.name, ForceFailover=True)
        late = f"{self.words} does not serve from {standby}"
        self.cloud.awaited(self._zone, lambda one: one == standby, late)
        return self.members()

    def _zone(self) -> str | None:
        found = self.read()
        return str(found["AvailabilityZone"]) if found["DBInstanceStatus"] in SERVES else None


def restarts(cloud: AwsApi, what: str, **one: str) -> Mapping[str, str]:
    """Return when RDS last noted the restart of each instance, or of one, by its name."""
    with cloud.asked("rds", what) as client:
        pages = client.get_paginator("describe_events").paginate(
            SourceType="db-instance", EventCategories=["availability"], Duration=_MINUTES_OF_EVENTS, **one
        )
        noted = [event for page in pages for event in page["Events"] if "restarted" in event["Message"]]
    last: dict[str, str] = {}
    for event in noted:
        name, at = str(event["SourceIdentifier"]), f"{event['Date']:%Y-%m-%dT%H:%M:%S.%fZ}"
        last[name] = max(at, last.get(name, ""))
    return last


def part_of(found: Mapping[str, Any], restarted: str) -> ServicePart:
    """Return an instance as RDS tells it as a part of a service."""
    begun = f"{found['DbiResourceId']}/{restarted or 'not restarted lately'}"
    name = str(found["DBInstanceIdentifier"])
    return ServicePart(name=name, incarnation=begun, healthy=found["DBInstanceStatus"] in SERVES)


class RdsInstanceSize(Resizable):
    """The class of one instance, among those that the connection declares."""

    def __init__(self, instance: RdsInstance, allowed: tuple[str, ...]) -> None:
        self._instance = instance
        self._allowed = allowed

    def size(self) -> MachineSize:
        """Return the class. Raises TransientError while RDS is still to change it, because it is not the last word."""
        found = self._instance.read()
        if waits := _pending(found):
            raise TransientError(f"{self._instance.words} is about to get class {waits}; look again when it has")
        return MachineSize(name=str(found["DBInstanceClass"]), allowed=self._allowed)

    def resize_to(self, size: str) -> MachineSize:
        cloud, words = self._instance.cloud, self._instance.words
        found = self._instance.read()
        if (_pending(found) or found["DBInstanceClass"]) != size:
            with cloud.asked("rds", words) as client:
                client.modify_db_instance(
                    DBInstanceIdentifier=self._instance.name, DBInstanceClass=size, ApplyImmediately=True
                )
        cloud.awaited(self._settled, lambda one: one == size, f"{words} does not serve as {size}")
        return self.size()

    def _settled(self) -> str | None:
        """Return the class, None while the instance does not serve or RDS is still to change it."""
        found = self._instance.read()
        return None if _pending(found) or found["DBInstanceStatus"] not in SERVES else str(found["DBInstanceClass"])


def _pending(found: Mapping[str, Any]) -> str | None:
    """Return the class that RDS has accepted and not given yet."""
    return (found.get("PendingModifiedValues") or {}).get("DBInstanceClass")
