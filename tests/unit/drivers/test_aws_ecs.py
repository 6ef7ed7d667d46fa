from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Roles, Scalable
from grace_workers.drivers.aws_ecs import DEFINITION
from grace_workers.foundation.errors import InputError, NotFoundError
from tests.aws_cloud import REGION, Cloud, cloud, service
from tests.conformance.roles.implementations import Place

NEEDS_SERVERS = True
SAID = {"cluster": "shop", "service": "web", "scale": {"lowest": 1, "highest": 5}}


@contextmanager
def tasks(folder: Path, **more: Any) -> Iterator[tuple[Cloud, Roles]]:
    with cloud() as found:
        said = found.said(folder, **{**SAID, "service": service(found), **more})
        yield found, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def scalable(place: Place) -> Iterator[Scalable]:
    with tasks(place.folder) as (_, roles):
        yield roles[Scalable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with tasks(place.folder) as (_, roles):
        yield lambda: roles[EnvironmentProof]


@pytest.mark.parametrize("field", ["cluster", "service"])
@pytest.mark.parametrize("value", ["", "--help", "a/b", "a b", "a\n", "{{x}}", "arn:aws:ecs:x"])
def test_a_hostile_name_is_refused(tmp_path: Path, field: str, value: str) -> None:
    with pytest.raises(InputError, match=field):
        Place(tmp_path, str).open(DEFINITION, **{"region": REGION, **SAID, field: value})


@pytest.mark.servers
def test_a_count_is_awaited_while_the_cloud_shows_what_was_before(tmp_path: Path) -> None:
    with tasks(tmp_path) as (found, roles):
        assert roles[Scalable].scale().wanted == 3
        found.stale = 4
        assert roles[Scalable].scale_to(5).wanted == 5


@pytest.mark.servers
def test_a_service_or_a_cluster_that_is_not_there_is_said(tmp_path: Path) -> None:
    with (
        tasks(tmp_path, service="ghost") as (_, roles),
        pytest.raises(NotFoundError, match="no ECS service shop"),
    ):
        roles[Scalable].scale()
    with tasks(tmp_path, cluster="ghost") as (_, roles), pytest.raises(NotFoundError, match="ClusterNotFound"):
        roles[Scalable].scale()
