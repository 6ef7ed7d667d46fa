from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from grace_workers.actions import Limit, OutcomeStatus
from grace_workers.actions.primitives.set_limit import DEFINITION, SetLimitParams
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryLimits
from tests.aws_cloud import cloud, function
from tests.azure_cloud import azure
from tests.conformance.primitive_cases import InMemory, Real
from tests.docker_engine import fake_engine
from tests.google_cloud import REGION, google
from tests.kubernetes_cluster import cluster, connection
from tests.kubernetes_rollouts import Rolling, in_force, template
from tests.systemd import user_systemd

PARAMS = SetLimitParams(limit="connections", value=50)


def role(value: int | None = 20) -> MemoryLimits:
    return MemoryLimits({"connections": Limit(name="connections", value=value, lowest=10, highest=100)})


def in_memory() -> InMemory:
    limits = role()
    return InMemory(role=limits, params={"limit": "connections", "value": 50}, look=lambda: dict(limits.declared))


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with user_systemd() as manager:
        manager.write("shop.service", "[Service]\nExecStart=/bin/sleep 600\nTasksMax=20\n")
        manager.ctl("start", "shop.service")
        yield Real(
            kind=TargetKind("systemd"),
            connection={
                "unit": "shop.service",
                "manager": "user",
                "runtime_dir": str(manager.runtime_dir),
                "limits": {"TasksMax": {"lowest": 30, "highest": 100}},
            },
            params={"limit": "TasksMax", "value": 64},
            look=lambda: manager.ctl("show", "-p", "TasksMax", "shop.service"),
        )


@contextmanager
def real_postgres(folder: Path, database_url: Callable[[], str]) -> Iterator[Real]:
    url, role = database_url(), f"app_{uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN CONNECTION LIMIT 20")
        yield Real(
            kind=TargetKind("postgres"),
            connection={"url": url, "limits": {role: {"lowest": 1, "highest": 20}}},
            params={"limit": role, "value": 5},
            look=lambda: admin.execute("SELECT rolconnlimit FROM pg_roles WHERE rolname = %s", [role]).fetchall(),
        )
        admin.execute(f"DROP ROLE {role}")


@contextmanager
def real_aws_lambda(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = function(found, reserved=20), found.client("lambda")
        yield Real(
            kind=TargetKind("aws_lambda"),
            connection=found.said(folder, function=name, reserved_concurrency={"lowest": 30, "highest": 100}),
            params={"limit": "reserved_concurrency", "value": 64},
            look=lambda: client.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"],
        )


@contextmanager
def real_azure_containerapp(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        name = found.apps.app(maxReplicas=20)
        scale = found.apps.apps[name]["properties"]["template"]["scale"]
        yield Real(
            kind=TargetKind("azure_containerapp"),
            connection=found.said(app=name, limits={"max_replicas": {"lowest": 30, "highest": 100}}),
            params={"limit": "max_replicas", "value": 64},
            look=lambda: dict(scale),
        )


@contextmanager
def real_docker(folder: Path) -> Iterator[Real]:
    with fake_engine() as engine:
        made = engine.add("shop", host={"PidsLimit": 20})
        yield Real(
            kind=TargetKind("docker"),
            connection={
                "engine": engine.url,
                "container": "shop",
                "limits": {"pids": {"lowest": 30, "highest": 100}},
            },
            params={"limit": "pids", "value": 64},
            look=lambda: made.host["PidsLimit"],
        )


@contextmanager
def real_gcp_run(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.run.service(maxInstanceCount=20)
        limits = {"max_instances": {"lowest": 30, "highest": 100}}
        yield Real(
            kind=TargetKind("gcp_run"),
            connection=found.said(folder, region=REGION, service=name, limits=limits),
            params={"limit": "max_instances", "value": 64},
            look=lambda: found.run.named(name)["scaling"],
        )


@contextmanager
def real_kubernetes(folder: Path) -> Iterator[Real]:
    with cluster(folder, controller=Rolling(template(memory="256Mi"))) as found:
        limits = {"memory": {"lowest": 1, "highest": 1 << 40}}
        yield Real(
            kind=TargetKind("kubernetes"),
            connection=connection(found, workload="deployment", limits=limits),
            params={"limit": "memory", "value": 512 << 20},
            look=lambda: in_force(found)["resources"]["limits"],
        )


def test_a_limit_that_has_the_value_is_left_alone() -> None:
    limits = role(50)
    assert DEFINITION.apply(limits, PARAMS, DEFINITION.snapshot(limits, PARAMS)).status is OutcomeStatus.UNCHANGED


@pytest.mark.parametrize("value", [9, 101])
def test_a_value_that_the_target_does_not_allow_is_refused_before_anything_is_touched(value: int) -> None:
    with pytest.raises(InputError, match=r"may be 10 to 100, not .*the target's connection"):
        DEFINITION.preview(role(), SetLimitParams(limit="connections", value=value))


def test_a_limit_that_is_not_declared_is_named() -> None:
    with pytest.raises(NotFoundError, match="ghost"):
        DEFINITION.preview(role(), SetLimitParams(limit="ghost", value=50))


def test_a_limit_that_someone_else_set_is_neither_overwritten_nor_restored() -> None:
    limits = role()
    kept = DEFINITION.snapshot(limits, PARAMS)
    limits.set_limit("connections", 77)
    for act in (DEFINITION.apply, DEFINITION.restore):
        with pytest.raises(ConflictError, match="77"):
            act(limits, PARAMS, kept)


def test_a_step_that_may_only_replace_one_value_refuses_every_other() -> None:
    params = SetLimitParams(limit="connections", value=50, instead_of=20)
    assert DEFINITION.preview(role(), params).changes == ("change limit connections from 20 to 50",)
    assert DEFINITION.snapshot(role(50), params).content["value"] == 50
    for act in (DEFINITION.preview, DEFINITION.snapshot):
        with pytest.raises(ConflictError, match="is 77 now, and this step may only replace 20; plan it again"):
            act(role(77), params)


def test_what_had_no_limit_has_none_again() -> None:
    limits = role(None)
    kept = DEFINITION.snapshot(limits, PARAMS)
    assert DEFINITION.apply(limits, PARAMS, kept).detail == "limit connections is now 50 (was nothing)"
    DEFINITION.restore(limits, PARAMS, kept)
    assert limits.limit("connections").value is None


@pytest.mark.parametrize("value", [77, None])
def test_a_step_that_may_only_raise_a_limit_lowers_none_and_sets_none_where_there_is_none(value: int | None) -> None:
    params = SetLimitParams(limit="connections", value=50, only_up=True)
    assert DEFINITION.preview(role(20), params).changes == ("change limit connections from 20 to 50",)
    assert DEFINITION.snapshot(role(50), params).content["value"] == 50
    for act in (DEFINITION.preview, DEFINITION.snapshot):
        with pytest.raises(ConflictError, match="this step may only raise it, to 50"):
            act(role(value), params)
