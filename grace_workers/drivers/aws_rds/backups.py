"""Snapshots of one instance: restored into another instance beside it, which then takes its name."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from grace_workers.actions import Backup, Backups, DatabaseStanding
from grace_workers.drivers._shared.aws_api import AwsApi
from grace_workers.drivers.aws_rds.instance import SERVES, RdsInstance
from grace_workers.foundation.errors import ConflictError, NotFoundError

_LONGEST_NAME = 40
_SAME = ("DBInstanceClass", "MultiAZ", "PubliclyAccessible", "StorageType", "CopyTagsToSnapshot", "DeletionProtection")


class RdsBackups(Backups):
    """The snapshots of an instance. An instance is told from others of its name by its resource id.

    RDS renames one instance after the other, so for a minute or two no instance has the name. What is in the tables is
    not looked at, because Grace has no login for the database.
    """

    def __init__(self, cloud: AwsApi, name: str) -> None:
        self._cloud = cloud
        self._name = name

    def backups(self) -> Sequence[Backup]:
        with self._cloud.asked("rds", f"the snapshots of RDS instance {self._name!r}") as client:
            pages = client.get_paginator("describe_db_snapshots").paginate(DBInstanceIdentifier=self._name)
            found = [one for page in pages for one in page["DBSnapshots"] if one["Status"] == "available"]
        now = datetime.now(UTC)
        made = [
            Backup(
                name=str(one["DBSnapshotIdentifier"]),
                age=now - one["SnapshotCreateTime"],
                size=int(one["AllocatedStorage"]) << 30,
            )
            for one in found
        ]
        return sorted(made, key=lambda one: one.age)

    def standing(self, key: str) -> DatabaseStanding:
        """Return which instances there are, once RDS has done the renames that it has accepted."""
        copy, before, served = self._names(key)
        made = self._settled(copy)
        whole = made is not None and made["DBInstanceStatus"] in SERVES
        return DatabaseStanding(
            serving=_id(self._settled(self._name)),
            copy=_id(made) if whole else None,
            before=_id(self._settled(before)),
            copy_name=copy,
            before_name=before,
            served_name=served,
            unfinished=None if whole else _id(made),
        )

    def restore_beside(self, backup: str, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.copy is None:
            if self._read(now.copy_name) is None:
                self._restore(self._snapshot(backup), now.copy_name)
            self._awaited(now.copy_name, "does not serve")
        return self.standing(key)

    def faults(self, key: str) -> Sequence[str]:
        """Compare the copy with the instance that serves, because clients and their networks expect the same."""
        copy, now = self._read(self._names(key)[0]), self._read(self._name)
        if copy is None or now is None:
            return ["it is not there any more"]
        found = [
            f"its {name} is {copy.get(name)!r}, and that of the instance {now.get(name)!r}"
            for name in ("Engine", "DBInstanceClass", "MultiAZ", "PubliclyAccessible")
            if copy.get(name) != now.get(name)
        ]
        groups = [_groups(one) for one in (copy, now)]
        more = [] if groups[0] == groups[1] else [f"its security groups are {groups[0]}, and not {groups[1]}"]
        return [*found, *more]

    def exchange(self, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.before is None:
            if now.copy is None:
                raise ConflictError(f"there is no RDS instance {now.copy_name!r} that serves and could take over")
            self._rename(self._name, now.before_name)
        if self._next(now.before or now.serving) is None:
            self._rename(now.copy_name, self._name)
        return self.standing(key)

    def exchange_back(self, key: str) -> DatabaseStanding:
        now = self.standing(key)
        if now.before is not None:
            if now.serving is not None:
                self._rename(self._name, now.served_name)
                self._next(now.serving)
            self._rename(now.before_name, self._name)
        return self.standing(key)

    def drop_copy(self, key: str) -> None:
        """Delete a copy without a last snapshot, because it holds nothing that its backup does not hold."""
        copy = self._names(key)[0]
        found = self._read(copy)
        if found is None:
            return
        with self._cloud.asked("rds", f"RDS instance {copy!r}") as client:
            if found.get("DeletionProtection"):
                client.modify_db_instance(DBInstanceIdentifier=copy, DeletionProtection=False, ApplyImmediately=True)
            client.delete_db_instance(DBInstanceIdentifier=copy, SkipFinalSnapshot=True)
        self._cloud.awaited(lambda: self._read(copy), lambda one: one is None, f"RDS instance {copy!r} is still there")

    def _names(self, key: str) -> tuple[str, str, str]:
        stem = self._name[:_LONGEST_NAME].rstrip("-")
        return f"{stem}-copy-{key}", f"{stem}-before-{key}", f"{stem}-served-{key}"

    def _read(self, name: str) -> Mapping[str, Any] | None:
        try:
            return RdsInstance(self._cloud, name).read()
        except NotFoundError:
            return None

    def _settled(self, name: str) -> Mapping[str, Any] | None:
        what = f"RDS instance {name!r} is still being renamed"
        return self._cloud.awaited(lambda: self._read(name), lambda one: one is None or not _is_renamed(one), what)

    def _next(self, was: str | None) -> str | None:
        """Return which instance has the target's name after `was`, None if none has; what RDS shows may be old."""
        what = f"the name {self._name!r} still leads to the instance that had it"
        return self._cloud.awaited(lambda: _id(self._read(self._name)), lambda one: one is None or one != was, what)

    def _snapshot(self, name: str) -> str:
        if name not in {one.name for one in self.backups()}:
            raise NotFoundError(f"RDS instance {self._name!r} has no complete snapshot {name[:80]!r}")
        return name

    def _restore(self, snapshot: str, copy: str) -> None:
        like = RdsInstance(self._cloud, self._name).read()
        same = {name: like[name] for name in _SAME if like.get(name) is not None}
        network = {"DBSubnetGroupName": like["DBSubnetGroup"]["DBSubnetGroupName"]} if like.get("DBSubnetGroup") else {}
        settings = [one["DBParameterGroupName"] for one in like.get("DBParameterGroups") or ()][:1]
        with self._cloud.asked("rds", f"RDS instance {copy!r} from snapshot {snapshot}") as client:
            client.restore_db_instance_from_db_snapshot(
                DBInstanceIdentifier=copy,
                DBSnapshotIdentifier=snapshot,
                VpcSecurityGroupIds=_groups(like),
                **same,
                **network,
                **({"DBParameterGroupName": settings[0]} if settings else {}),
            )

    def _rename(self, name: str, to: str) -> None:
        with self._cloud.asked("rds", f"RDS instance {name!r}, renamed {to!r}") as client:
            client.modify_db_instance(DBInstanceIdentifier=name, NewDBInstanceIdentifier=to, ApplyImmediately=True)
        self._awaited(to, f"does not serve under that name, which was {name!r}")

    def _awaited(self, name: str, late: str) -> None:
        def serves() -> bool:
            found = self._read(name)
            return found is not None and found["DBInstanceStatus"] in SERVES

        self._cloud.awaited(serves, bool, f"RDS instance {name!r} {late}")


def _id(found: Mapping[str, Any] | None) -> str | None:
    return None if found is None else str(found["DbiResourceId"])


def _is_renamed(found: Mapping[str, Any]) -> bool:
    pending = found.get("PendingModifiedValues") or {}
    return found["DBInstanceStatus"] == "renaming" or "DBInstanceIdentifier" in pending


def _groups(found: Mapping[str, Any]) -> Sequence[str]:
    return sorted(str(one["VpcSecurityGroupId"]) for one in found.get("VpcSecurityGroups") or ())
