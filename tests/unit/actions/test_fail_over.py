from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.fail_over import DEFINITION, FailOverParams
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryFailover
from tests.aws_cloud import cloud, database_cluster
from tests.azure_cloud import azure
from tests.conformance.primitive_cases import InMemory, Real
from tests.google_cloud import google

PARAMS = FailOverParams()


def in_memory() -> InMemory:
    service = MemoryFailover()
    return InMemory(role=service, params={}, look=lambda: service.primary)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = database_cluster(found, 2), found.client("rds")

        def writer() -> Any:
            told = client.describe_db_clusters(DBClusterIdentifier=name)["DBClusters"][0]["DBClusterMembers"]
            return next(one["DBInstanceIdentifier"] for one in told if one["IsClusterWriter"])

        connection = found.said(folder, cluster=name, failover=True)
        yield Real(kind=TargetKind("aws_rds"), connection=connection, params={}, look=writer)


@contextmanager
def real_gcp_sql(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.sql.database()
        yield Real(
            kind=TargetKind("gcp_sql"),
            connection=found.said(folder, instance=name, failover=True),
            params={},
            look=lambda: found.sql.instances[name]["gceZone"],
        )


@contextmanager
def real_azure_postgres(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        name = found.databases.server()
        properties = found.databases.servers[name]["properties"]
        yield Real(
            kind=TargetKind("azure_postgres"),
            connection=found.said(server=name, failover=True),
            params={},
            look=lambda: properties["availabilityZone"],
        )


def test_the_first_standby_takes_over_unless_another_is_named() -> None:
    assert DEFINITION.preview(MemoryFailover(), PARAMS).changes == ("let b take over from a",)
    assert DEFINITION.preview(MemoryFailover(), FailOverParams(to="c")).changes == ("let c take over from a",)


def test_a_primary_that_is_to_lead_is_left_alone() -> None:
    service, params = MemoryFailover(), FailOverParams(to="a")
    assert DEFINITION.preview(service, params).changes == ("leave a as the primary",)
    assert DEFINITION.apply(service, params, DEFINITION.snapshot(service, params)).status is OutcomeStatus.UNCHANGED


def test_a_service_without_a_standby_is_refused() -> None:
    with pytest.raises(ConflictError, match="nothing stands by to take over from a; add a standby first"):
        DEFINITION.snapshot(MemoryFailover(standbys=()), PARAMS)


def test_what_does_not_stand_by_is_refused_with_what_does() -> None:
    with pytest.raises(InputError, match="'x' does not stand by; standbys: b, c"):
        DEFINITION.snapshot(MemoryFailover(), FailOverParams(to="x"))


def test_a_third_member_that_leads_meanwhile_is_left_alone() -> None:
    service = MemoryFailover()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.promote("c")
    for act in (DEFINITION.apply, DEFINITION.restore):
        with pytest.raises(ConflictError, match="c became the primary meanwhile"):
            act(service, PARAMS, kept)
    assert service.primary == "c"
