from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers.compose import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Parts
from tests.docker_engine import FakeEngine, compose_service

NEEDS_SERVERS = True
WELL = timedelta(seconds=5)


@contextmanager
def workers(folder: Path, **more: Any) -> Iterator[tuple[FakeEngine, Roles]]:
    with compose_service() as (engine, said):
        yield engine, Place(folder, str).open(DEFINITION, **{**said, **more})


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with workers(place.folder) as (engine, roles):

        def fail(name: str) -> None:
            found = engine.find(name)
            assert found is not None
            found.status = "exited"

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def scalable(place: Place) -> Iterator[Scalable]:
    with workers(place.folder) as (_, roles):
        yield roles[Scalable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with workers(place.folder) as (_, roles):
        yield lambda: roles[EnvironmentProof]


@pytest.mark.parametrize("field", ["project", "service"])
@pytest.mark.parametrize("value", ["", "--help", "-a", "a/b", "a b", "a\n", "{{x}}", "a=b", "a,b", '"'])
def test_a_hostile_name_is_refused(tmp_path: Path, field: str, value: str) -> None:
    with pytest.raises(InputError, match=field):
        Place(tmp_path, str).open(DEFINITION, **{"project": "shop", "service": "worker", field: value})


@pytest.mark.parametrize(("lowest", "highest"), [(0, 2), (3, 2)])
def test_bounds_that_cannot_be_are_refused(tmp_path: Path, lowest: int, highest: int) -> None:
    said = {"project": "shop", "service": "worker", "scale": {"lowest": lowest, "highest": highest}}
    with pytest.raises(InputError, match="lowest"):
        Place(tmp_path, str).open(DEFINITION, **said)


@pytest.mark.servers
def test_a_further_container_is_a_copy_under_the_next_number(tmp_path: Path) -> None:
    with workers(tmp_path) as (engine, roles):
        roles[Scalable].scale_to(4)
        model, made = engine.find("shop-worker-1"), engine.find("shop-worker-4")
        assert model is not None
        assert made is not None
        assert made.config["Labels"] == model.config["Labels"] | {"com.docker.compose.container-number": "4"}
        assert (made.config["Env"], made.host["Binds"]) == (["A=1"], ["data:/data"])
        assert made.config["Image"] == model.told()["Image"]
        assert "Hostname" not in made.config
        assert {name: one["Aliases"] for name, one in made.networks.items()} == {
            "shop_default": ["worker"],
            "back": ["worker"],
        }


@pytest.mark.servers
def test_the_highest_numbers_go_first_and_no_other_service_is_touched(tmp_path: Path) -> None:
    with workers(tmp_path) as (engine, roles):
        roles[Scalable].scale_to(1)
        assert {one.name for one in engine.containers.values()} == {"shop-worker-1", "shop-web-1", "shop-worker-run-7"}


@pytest.mark.servers
def test_a_container_that_does_not_start_is_removed_again(tmp_path: Path) -> None:
    with workers(tmp_path) as (engine, roles):
        for one in engine.containers.values():
            one.config["port"] = 80
        with pytest.raises(TransientError, match="port is already allocated"):
            roles[Scalable].scale_to(5)
        assert roles[Scalable].scale().wanted == 3


@pytest.mark.servers
def test_without_a_container_there_is_nothing_to_copy(tmp_path: Path) -> None:
    with workers(tmp_path, service="ghost") as (_, roles):
        assert list(roles[ServiceParts].parts()) == []
        with pytest.raises(ConflictError, match="docker compose up"):
            roles[Scalable].scale_to(1)


@pytest.mark.servers
def test_a_container_that_stays_unhealthy_after_a_restart_is_said(tmp_path: Path) -> None:
    with workers(tmp_path) as (engine, roles):
        found = engine.find("shop-worker-2")
        assert found is not None
        found.health_after_start = "unhealthy"
        with pytest.raises(TransientError, match=r"not healthy 0\.2 s after a restart"):
            roles[ServiceParts].restart_part("shop-worker-2", timedelta(seconds=0.2))
        with pytest.raises(NotFoundError, match="shop-web-1"):
            roles[ServiceParts].restart_part("shop-web-1", WELL)


@pytest.mark.servers
def test_a_container_that_the_engine_restarts_again_and_again_crashes(tmp_path: Path) -> None:
    with workers(tmp_path) as (engine, roles):
        first = engine.find("shop-worker-1")
        assert first is not None
        for restarts, finished, crashes in (
            (2, datetime.now(UTC), True),
            (1, datetime.now(UTC), False),
            (9, datetime(2026, 1, 1, tzinfo=UTC), False),
        ):
            first.restarts, first.finished = restarts, finished.isoformat()
            found = {one.name: one.crashing for one in roles[ServiceParts].parts()}
            assert found.pop(first.name) is crashes
            assert not any(found.values())
