from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions.primitives.scale_to import DEFINITION, ScaleParams
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryScale
from tests.aws_cloud import cloud, group, service
from tests.azure_cloud import azure
from tests.conformance.primitive_cases import InMemory, Real
from tests.docker_engine import compose_service
from tests.google_cloud import ZONE, google
from tests.kubernetes_cluster import SETS, cluster, connection


def in_memory() -> InMemory:
    service = MemoryScale()
    return InMemory(role=service, params={"count": 4}, look=lambda: service.wanted)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with cluster(folder) as found:
        yield Real(
            kind=TargetKind("kubernetes"),
            connection=connection(found),
            params={"count": 5},
            look=lambda: found.raw(SETS, "web")["spec"]["replicas"],
        )


@contextmanager
def real_aws_asg(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = group(found), found.client("autoscaling")

        def seen() -> Any:
            return client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"][0]

        yield Real(
            kind=TargetKind("aws_asg"),
            connection=found.said(folder, group=name, scale={"lowest": 1, "highest": 5}),
            params={"count": 5},
            look=lambda: seen()["DesiredCapacity"],
        )


@contextmanager
def real_aws_ecs(folder: Path) -> Iterator[Real]:
    with cloud() as found:
        name, client = service(found), found.client("ecs")
        bounds = {"lowest": 1, "highest": 5}
        yield Real(
            kind=TargetKind("aws_ecs"),
            connection=found.said(folder, cluster="shop", service=name, scale=bounds),
            params={"count": 5},
            look=lambda: client.describe_services(cluster="shop", services=[name])["services"][0]["desiredCount"],
        )


@contextmanager
def real_azure_vmss(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        name = found.compute.scale_set()
        yield Real(
            kind=TargetKind("azure_vmss"),
            connection=found.said(scale_set=name, scale={"lowest": 1, "highest": 5}),
            params={"count": 5},
            look=lambda: found.compute.sets[name]["sku"]["capacity"],
        )


@contextmanager
def real_compose(folder: Path) -> Iterator[Real]:
    with compose_service() as (engine, said):
        yield Real(
            kind=TargetKind("compose"), connection=said, params={"count": 5}, look=lambda: sorted(engine.parts())
        )


@contextmanager
def real_gcp_mig(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.compute.group()
        yield Real(
            kind=TargetKind("gcp_mig"),
            connection=found.said(folder, group=name, zone=ZONE, scale={"lowest": 1, "highest": 5}),
            params={"count": 5},
            look=lambda: found.compute.named(name)["targetSize"],
        )


@pytest.mark.parametrize("count", [0, 6])
def test_a_number_outside_the_bounds_is_refused(count: int) -> None:
    with pytest.raises(InputError, match=f"{count} instances are not within 1 to 5"):
        DEFINITION.snapshot(MemoryScale(), ScaleParams(count=count))


def test_what_an_autoscaler_has_changed_meanwhile_stays() -> None:
    service, params = MemoryScale(), ScaleParams(count=4)
    kept = DEFINITION.snapshot(service, params)
    service.scale_to(3)
    with pytest.raises(ConflictError, match="became 3 since the snapshot"):
        DEFINITION.apply(service, params, kept)


def test_the_blast_is_what_begins_or_ends() -> None:
    blast = DEFINITION.preview(MemoryScale(wanted=4), ScaleParams(count=1)).blast
    assert (blast.count, blast.share) == (3, 0.75)


def test_a_step_that_may_only_add_instances_ends_none() -> None:
    service = MemoryScale()
    more, fewer = (ScaleParams(count=service.wanted + by, only_up=True) for by in (1, -1))
    assert DEFINITION.preview(service, more).changes
    assert DEFINITION.preview(service, ScaleParams(count=service.wanted, only_up=True))
    with pytest.raises(ConflictError, match="this step may only add some"):
        DEFINITION.preview(service, fewer)
