from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Failover, Resizable, Roles, ServiceParts
from grace_workers.drivers.gcp_sql import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Parts, Sized
from tests.google_cloud import PROJECT, GoogleCloud, google

NEEDS_SERVERS = True
TIERS = ["db-custom-2-7680", "db-custom-4-15360"]
SOON = timedelta(seconds=10)


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[tuple[GoogleCloud, str, Roles]]:
    with google() as found:
        name = found.sql.database()
        said = found.said(folder, **{"instance": name, "failover": True, "tiers": TIERS, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with shop(place.folder) as (found, _, roles):

        def fail(name: str) -> None:
            found.sql.instances[name]["state"] = "FAILED"

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def failover(place: Place) -> Iterator[Failover]:
    with shop(place.folder) as (_, _, roles):
        yield roles[Failover]


@contextmanager
def resizable(place: Place) -> Iterator[Sized]:
    with shop(place.folder) as (_, _, roles):
        yield Sized(role=roles[Resizable], other="db-custom-8-30720")


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with google() as found:
        yield lambda: place.open(DEFINITION, **found.said(place.folder, instance="shop"))[EnvironmentProof]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(
            ({"instance": name}, "instance")
            for name in ("", "--help", "-a", "a\n", "{{x}}", "a/b", "A", "a:b", "a?x=y")
        ),
        ({"tiers": ["--tier"]}, "tiers"),
        ({"failover": False}, "failover"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, **{"project": PROJECT, "instance": "shop", **said})


@pytest.mark.servers
def test_a_restart_that_fails_is_said_with_its_reason(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles), pytest.MonkeyPatch.context() as patched:
        patched.setattr(found.sql, "failing", "An internal error occurred.")
        with pytest.raises(PermanentError, match="could not do it: INTERNAL_ERROR An internal error"):
            roles[ServiceParts].restart_part(name, SOON)


@pytest.mark.servers
def test_a_restart_is_awaited_while_the_cloud_shows_what_was_before(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        before = roles[ServiceParts].parts()
        found.api.stale = 4
        now = roles[ServiceParts].restart_part(name, SOON)
        assert now.incarnation not in {one.incarnation for one in before}


@pytest.mark.servers
def test_settings_that_another_changed_meanwhile_stop_a_failover_and_a_resize(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        roles[Resizable].size()
        for act in (lambda: roles[Resizable].resize_to(TIERS[1]), lambda: roles[Failover].promote("europe-west1-c")):
            found.api.stale = 1
            found.sql.instances[name]["settings"] |= {"settingsVersion": "9"}
            with pytest.raises(ConflictError, match="412: staleData The settings have changed"):
                act()
            found.sql.instances[name]["settings"] |= {"settingsVersion": "1"}


@pytest.mark.servers
def test_an_instance_of_one_zone_has_no_standby(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        found.sql.instances[name]["settings"]["availabilityType"] = "ZONAL"
        assert roles[Failover].members().standbys == ()


@pytest.mark.servers
def test_a_throttled_restart_may_be_asked_for_again(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        roles[ServiceParts].parts()
        found.api.throttled = 1
        with pytest.raises(TransientError, match="Google answers 429"):
            roles[ServiceParts].restart_part(name, SOON)
        assert roles[ServiceParts].restart_part(name, SOON).healthy


@pytest.mark.servers
def test_a_database_that_is_deleted_between_plan_and_act_is_said(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        del found.sql.instances[name]
        with pytest.raises(NotFoundError, match="404: notFound"):
            roles[Failover].promote("europe-west1-c")
