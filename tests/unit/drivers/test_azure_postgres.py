from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Failover, Roles, ServiceParts
from grace_workers.drivers.azure_postgres import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, TransientError
from tests.azure_cloud import SUBSCRIPTION, AzureCloud, azure, refusal
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Parts

NEEDS_SERVERS = True
SOON = timedelta(seconds=10)
SAID = {"subscription": SUBSCRIPTION, "resource_group": "shop", "server": "shop"}


@contextmanager
def shop(folder: Path, **more: Any) -> Iterator[tuple[AzureCloud, str, Roles]]:
    with azure() as found:
        name = found.databases.server()
        said = found.said(**{"server": name, "failover": True, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with shop(place.folder) as (found, _, roles):

        def fail(name: str) -> None:
            found.databases.servers[name]["properties"]["state"] = "Inaccessible"

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def failover(place: Place) -> Iterator[Failover]:
    with shop(place.folder) as (_, _, roles):
        yield roles[Failover]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with azure() as found:
        yield lambda: place.open(DEFINITION, **found.said(server="shop"))[EnvironmentProof]


@pytest.mark.parametrize("name", ["", "--help", "-a", "a\n", "{{x}}", "a/b", "a b", "a?x=y", "a'b"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="server"):
        Place(tmp_path, str).open(DEFINITION, **{**SAID, "server": name})


@pytest.mark.servers
def test_a_restart_that_the_log_does_not_tell_yet_is_said(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles), pytest.MonkeyPatch.context() as patched:
        patched.setattr(found.databases, "events", {})
        patched.setattr(found.databases, "_restart", lambda *_, **__: None)
        with pytest.raises(TransientError, match="the activity log does not tell of the restart"):
            roles[ServiceParts].restart_part(name, timedelta(seconds=0.2))


@pytest.mark.servers
def test_a_server_whose_standby_is_not_healthy_has_none(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        found.databases.servers[name]["properties"]["highAvailability"]["state"] = "ReplicatingData"
        assert roles[Failover].members().standbys == ()
        with pytest.raises(NotFoundError, match="no healthy standby in zone '2'"):
            roles[Failover].promote("2")


@pytest.mark.servers
def test_what_azure_refuses_is_said_in_our_words(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, _, roles):
        found.api.refused = refusal(409, "ServerIsBusy", "Another operation is in progress.")
        with pytest.raises(ConflictError, match="ServerIsBusy"):
            roles[Failover].promote("2")
        found.api.throttled = 1
        with pytest.raises(TransientError, match="Azure answers 429"):
            roles[Failover].promote("2")
        found.api.stale = 2
        assert roles[Failover].promote("2").primary == "2"


@pytest.mark.servers
def test_a_server_that_is_deleted_between_plan_and_act_is_said(tmp_path: Path) -> None:
    with shop(tmp_path) as (found, name, roles):
        del found.databases.servers[name]
        with pytest.raises(NotFoundError, match="404: ResourceNotFound"):
            roles[ServiceParts].restart_part(name, SOON)
