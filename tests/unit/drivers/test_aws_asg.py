from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers.aws_asg import DEFINITION
from grace_workers.foundation.errors import InputError, NotFoundError, TransientError
from tests.aws_cloud import REGION, Cloud, cloud, group
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Parts

NEEDS_SERVERS = True
SCALE = {"lowest": 1, "highest": 5}


@contextmanager
def web(folder: Path, **more: Any) -> Iterator[tuple[Cloud, str, Roles]]:
    with cloud() as found:
        name = group(found)
        said = found.said(folder, **{"group": name, "scale": SCALE, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with web(place.folder) as (found, _, roles):

        def fail(name: str) -> None:
            found.client("autoscaling").set_instance_health(InstanceId=name, HealthStatus="Unhealthy")

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def scalable(place: Place) -> Iterator[Scalable]:
    with web(place.folder) as (_, _, roles):
        yield roles[Scalable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with cloud() as found:
        yield lambda: place.open(DEFINITION, **found.said(place.folder, group="web"))[EnvironmentProof]


@pytest.mark.parametrize("name", ["", "--help", "-a", "a\n", "{{x}}", "a*", "a,b", " a", "a?"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="group"):
        Place(tmp_path, str).open(DEFINITION, region=REGION, group=name)


@pytest.mark.servers
def test_a_capacity_is_awaited_while_the_cloud_shows_what_was_before(tmp_path: Path) -> None:
    with web(tmp_path) as (found, _, roles):
        assert roles[Scalable].scale().wanted == 3
        found.stale = 4
        assert roles[Scalable].scale_to(4).wanted == 4


@pytest.mark.servers
def test_an_instance_without_a_successor_is_said(tmp_path: Path) -> None:
    with web(tmp_path) as (found, _, roles):
        first = roles[ServiceParts].parts()[0]
        found.stale = 1000
        with pytest.raises(TransientError, match="no healthy successor"):
            roles[ServiceParts].restart_part(first.name, timedelta(seconds=0.2))


@pytest.mark.servers
def test_a_group_that_is_not_there_is_said(tmp_path: Path) -> None:
    with web(tmp_path, group="ghost") as (_, _, roles), pytest.raises(NotFoundError, match="there is no Auto Scaling"):
        roles[ServiceParts].parts()
