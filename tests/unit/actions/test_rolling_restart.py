from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import Effect
from grace_workers.actions.primitives.rolling_restart import DEFINITION, RollingParams
from grace_workers.foundation.errors import PermanentError, TransientError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryParts
from tests.aws_cloud import cloud, database_cluster, group, stored_database
from tests.azure_cloud import azure
from tests.conformance.primitive_cases import InMemory, Real
from tests.docker_engine import compose_service
from tests.google_cloud import ZONE, google
from tests.kubernetes_cluster import cluster, connection
from tests.systemd import user_systemd

PARAMS = RollingParams()


def in_memory() -> InMemory:
    service = MemoryParts()
    return InMemory(
        role=service,
        params={},
        look=lambda: dict(service.starts),
        kept=lambda: [one.healthy for one in service.parts()],
    )


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with user_systemd() as manager:
        manager.write("part@.service", "[Service]\nExecStart=/bin/sleep 600\n")
        manager.ctl("start", "part@a", "part@b")

        def states() -> object:
            return manager.ctl("show", "-p", "Id,ActiveState", "part@*.service")

        yield Real(
            kind=TargetKind("systemd"),
            connection={
                "unit": "shop.service",
                "manager": "user",
                "runtime_dir": str(manager.runtime_dir),
                "instances_of": "part@",
            },
            params={"patience": 20},
            look=lambda: manager.ctl("show", "-p", "Id,InvocationID", "part@*.service"),
            kept=states,
        )


@contextmanager
def real_aws_asg(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = group(found, 2), found.client("autoscaling")

        def seen() -> Any:
            told = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])
            return told["AutoScalingGroups"][0]["Instances"]

        yield Real(
            kind=TargetKind("aws_asg"),
            connection=found.said(folder, group=name),
            params={"patience": 20},
            look=lambda: sorted(one["InstanceId"] for one in seen()),
            kept=lambda: [one["HealthStatus"] for one in seen()],
        )


@contextmanager
def real_aws_rds(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = database_cluster(found, 2), found.client("rds")
        told = client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["DBClusterMembers"]
        names = sorted(one["DBInstanceIdentifier"] for one in told)

        def restarts() -> object:
            events = client.describe_events(SourceType="db-instance")["Events"]
            return [one["SourceIdentifier"] for one in events if one["Message"] == "DB instance restarted"]

        yield Real(
            kind=TargetKind("aws_rds"),
            connection=found.said(folder, cluster=name),
            params={"patience": 20},
            look=restarts,
            kept=lambda: [stored_database(one).status for one in names],
        )


@contextmanager
def real_azure_containerapp(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        name = found.apps.app(2)
        revisions = found.apps.apps[name]["revisions"]
        yield Real(
            kind=TargetKind("azure_containerapp"),
            connection=found.said(app=name),
            params={"patience": 20},
            look=lambda: {key: one["replicas"] for key, one in revisions.items()},
            kept=lambda: sorted(revisions),
        )


@contextmanager
def real_azure_postgres(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        servers = found.databases.servers
        name = found.databases.server()
        names = [name, *servers[name]["replicas"]]

        def restarts() -> object:
            told = {place.rpartition("/")[2]: len(events) for place, events in found.databases.events.items()}
            return {one: told.get(one, 0) for one in names}

        yield Real(
            kind=TargetKind("azure_postgres"),
            connection=found.said(server=name),
            params={"patience": 20},
            look=restarts,
            kept=lambda: [servers[one]["properties"]["state"] for one in names],
        )


@contextmanager
def real_azure_vmss(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        name = found.compute.scale_set(2)
        machines = found.compute.machines[name]
        yield Real(
            kind=TargetKind("azure_vmss"),
            connection=found.said(scale_set=name),
            params={"patience": 20},
            look=lambda: {key: str(one["properties"]["instanceView"]) for key, one in machines.items()},
            kept=lambda: sorted(machines),
        )


@contextmanager
def real_compose(folder: Path) -> Iterator[Real]:
    with compose_service() as (engine, said):
        yield Real(
            kind=TargetKind("compose"),
            connection=said,
            params={"patience": 20},
            look=engine.parts,
            kept=lambda: sorted(engine.parts()),
        )


@contextmanager
def real_gcp_mig(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.compute.group(2)
        group = found.compute.named(name)
        yield Real(
            kind=TargetKind("gcp_mig"),
            connection=found.said(folder, group=name, zone=ZONE),
            params={"patience": 20},
            look=lambda: {key: one["id"] for key, one in group["instances"].items()},
            kept=lambda: sorted(group["instances"]),
        )


@contextmanager
def real_gcp_sql(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.sql.database()
        names = [name, *found.sql.instances[name]["replicaNames"]]

        def restarts() -> object:
            ended = [one for one in found.sql.operations.values() if one["status"] == "DONE"]
            return [one["targetId"] for one in ended if one["targetId"] in names]

        yield Real(
            kind=TargetKind("gcp_sql"),
            connection=found.said(folder, instance=name),
            params={"patience": 20},
            look=restarts,
            kept=lambda: [found.sql.instances[one]["state"] for one in names],
        )


@contextmanager
def real_kubernetes(folder: Path) -> Iterator[Real]:
    with cluster(folder, replicas=2) as found:

        def uids() -> object:
            return {name: pod["metadata"]["uid"] for name, pod in found.pods().items()}

        yield Real(
            kind=TargetKind("kubernetes"),
            connection=connection(found),
            params={"patience": 20},
            look=uids,
            kept=lambda: sorted(found.pods()),
        )


def test_no_healthy_member_is_restarted_while_too_few_others_are_healthy() -> None:
    service = MemoryParts(unhealthy={"a"})
    kept = DEFINITION.snapshot(service, RollingParams(min_healthy=3))
    with pytest.raises(PermanentError, match=r"b was not restarted: 2 others are healthy, and 3 must be"):
        DEFINITION.apply(service, RollingParams(min_healthy=3), kept)
    assert service.starts == {"a": 2, "b": 1, "c": 1}


def test_those_that_are_healthy_are_left_alone_on_request_however_many_have_failed() -> None:
    service, params = MemoryParts(unhealthy={"a", "c"}), RollingParams(only_unhealthy=True)
    kept = DEFINITION.snapshot(service, params)
    assert DEFINITION.preview(service, params).changes == ("restart a", "restart c")
    DEFINITION.apply(service, params, kept)
    assert service.starts == {"a": 2, "b": 1, "c": 2}
    assert DEFINITION.effect is not None
    assert DEFINITION.effect(service, params, kept) is Effect.PRESENT


def test_those_that_are_not_healthy_go_first() -> None:
    service = MemoryParts(unhealthy={"c"})
    DEFINITION.apply(service, PARAMS, DEFINITION.snapshot(service, PARAMS))
    assert DEFINITION.preview(service, PARAMS).changes[0].startswith("restart a while at least 2")
    assert service.starts == {"a": 2, "b": 2, "c": 2}


def test_it_stops_at_the_first_that_does_not_become_healthy() -> None:
    service = MemoryParts(broken={"b"})
    kept = DEFINITION.snapshot(service, PARAMS)
    with pytest.raises(TransientError, match="'b' is not healthy"):
        DEFINITION.apply(service, PARAMS, kept)
    assert service.starts == {"a": 2, "b": 2, "c": 1}
    assert DEFINITION.effect is not None
    assert DEFINITION.effect(service, PARAMS, kept) is Effect.ABSENT
    service.broken.clear()
    DEFINITION.restore(service, PARAMS, kept)
    assert DEFINITION.restored(service, PARAMS, kept)


def test_a_member_that_was_replaced_meanwhile_is_left_alone() -> None:
    service = MemoryParts()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.starts["a"] = 9
    DEFINITION.apply(service, PARAMS, kept)
    assert service.starts == {"a": 9, "b": 2, "c": 2}
