"""One cluster: its instances, one of which writes."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from grace_workers.actions import Failover, FailoverMembers, ServicePart, ServiceParts
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.drivers.aws_rds.instance import RdsInstance, part_of, restarts
from grace_workers.foundation.errors import NotFoundError, TransientError


class RdsCluster(ServiceParts, Failover):
    """The instances of one cluster; its writer is the primary, and its readers stand by."""

    def __init__(self, cloud: AwsApi, name: str) -> None:
        self._cloud = cloud
        self._name = name

    def parts(self) -> Sequence[ServicePart]:
        """Return the instances, by two questions for all of them together."""
        names, begun = sorted(self._names()), restarts(self._cloud, f"the events of {self._words}")
        asked = [{"Name": "db-cluster-id", "Values": [self._name]}]
        with self._cloud.asked("rds", f"the instances of {self._words}") as client:
            pages = client.get_paginator("describe_db_instances").paginate(Filters=asked)
            found = {str(one["DBInstanceIdentifier"]): one for page in pages for one in page["DBInstances"]}
        return [part_of(found[name], begun.get(name, "")) for name in names if name in found]

    def restart_part(self, name: str, patience: timedelta) -> ServicePart:
        if name not in self._names():
            raise NotFoundError(f"{self._words} has no instance {name[:80]!r} any more")
        return RdsInstance(self._cloud, name).restart_part(name, patience)

    def members(self) -> FailoverMembers:
        """Return the writer and the readers, first those that RDS would promote first."""
        cluster = self._read()
        if cluster["Status"] == "failing-over":
            raise TransientError(f"{self._words} is failing over; look again when it has a writer")
        found = cluster["DBClusterMembers"]
        writer = _writer(found)
        if writer is None:
            raise TransientError(f"{self._words} has no writer at this moment; look at its events")
        readers = [one for one in found if not one["IsClusterWriter"]]
        ordered = sorted(readers, key=lambda one: (one.get("PromotionTier") or 0, one["DBInstanceIdentifier"]))
        return FailoverMembers(primary=writer, standbys=tuple(str(one["DBInstanceIdentifier"]) for one in ordered))

    def promote(self, standby: str) -> FailoverMembers:
        found = self.members()
        if found.primary == standby:
            return found
        if standby not in found.standbys:
            raise NotFoundError(f"{self._words} has no reader {standby[:80]!r}")
        with self._cloud.asked("rds", self._words) as client:
            client.failover_db_cluster(DBClusterIdentifier=self._name, TargetDBInstanceIdentifier=standby)
        late = f"{self._words} does not show {standby} as its writer"
        self._cloud.awaited(lambda: _writer(self._members()), lambda one: one == standby, late)
        return self.members()

    @property
    def _words(self) -> str:
        return f"RDS cluster {self._name!r}"

    def _names(self) -> Sequence[str]:
        return [str(one["DBInstanceIdentifier"]) for one in self._members()]

    def _members(self) -> Sequence[Mapping[str, Any]]:
        return self._read()["DBClusterMembers"]  # type: ignore[no-any-return]

    def _read(self) -> Mapping[str, Any]:
        with self._cloud.asked("rds", self._words) as client:
            found = client.describe_db_clusters(DBClusterIdentifier=self._name)["DBClusters"]
        if not found or found[0]["Status"] == "deleting":
            raise NotFoundError(f"there is no {self._words} in this account and region any more; correct the target")
        return found[0]  # type: ignore[no-any-return]


def _writer(members: Sequence[Mapping[str, Any]]) -> str | None:
    # While a cluster fails over, none of them may write.
    return next((str(one["DBInstanceIdentifier"]) for one in members if one["IsClusterWriter"]), None)
