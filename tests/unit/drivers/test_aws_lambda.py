from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import EnvironmentProof, ServiceLimits
from grace_workers.drivers.aws_lambda import DEFINITION
from grace_workers.foundation.errors import InputError, NotFoundError
from tests.aws_cloud import REGION, Cloud, cloud, function
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Bounded

NEEDS_SERVERS = True
BOUNDS = {"lowest": 10, "highest": 100}
NAME = "reserved_concurrency"


def limits(folder: Path, found: Cloud, name: str) -> ServiceLimits:
    said = found.said(folder, function=name, reserved_concurrency=BOUNDS)
    role: ServiceLimits = Place(folder, str).open(DEFINITION, **said)[ServiceLimits]  # type: ignore[assignment]
    return role


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    with cloud() as found:
        yield Bounded(role=limits(place.folder, found, function(found, reserved=20)), name=NAME)


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with cloud() as found:
        said = found.said(place.folder, function="checkout", reserved_concurrency=BOUNDS)
        yield lambda: place.open(DEFINITION, **said)[EnvironmentProof]


@pytest.mark.parametrize("name", ["", "--help", "a/b", "a b", "a\n", "{{x}}", "a:1", "../a"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="function"):
        Place(tmp_path, str).open(DEFINITION, region=REGION, function=name, reserved_concurrency=BOUNDS)


@pytest.mark.servers
def test_a_function_that_reserved_nothing_reserves_nothing_again(tmp_path: Path) -> None:
    with cloud() as found:
        role = limits(tmp_path, found, function(found))
        assert role.limit(NAME).value is None
        assert role.set_limit(NAME, 50).value == 50
        assert role.put_back_limit(NAME, None).value is None


@pytest.mark.servers
def test_a_function_that_is_not_there_is_said(tmp_path: Path) -> None:
    with cloud() as found, pytest.raises(NotFoundError, match="Lambda function 'ghost': AWS answers ResourceNotFound"):
        limits(tmp_path, found, "ghost").limit(NAME)
