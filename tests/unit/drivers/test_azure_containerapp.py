from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, RevisionTraffic, Roles, ServiceLimits, ServiceParts, TrafficShare
from grace_workers.drivers.azure_containerapp import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.azure_cloud import SUBSCRIPTION, AzureCloud, azure, refusal
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Bounded, Parts

NEEDS_SERVERS = True
LIMITS = {"max_replicas": {"lowest": 10, "highest": 100}}
SOON = timedelta(seconds=10)
SAID = {"subscription": SUBSCRIPTION, "resource_group": "shop", "app": "checkout"}


@contextmanager
def checkout(folder: Path, **more: Any) -> Iterator[tuple[AzureCloud, str, Roles]]:
    with azure() as found:
        name = found.apps.app(maxReplicas=20)
        said = found.said(**{"app": name, "limits": LIMITS, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with checkout(place.folder) as (found, name, roles):

        def fail(revision: str) -> None:
            found.apps.apps[name]["revisions"][revision]["told"]["properties"]["healthState"] = "Unhealthy"

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def revision_traffic(place: Place) -> Iterator[RevisionTraffic]:
    with checkout(place.folder) as (_, _, roles):
        yield roles[RevisionTraffic]


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    with checkout(place.folder) as (_, _, roles):
        yield Bounded(role=roles[ServiceLimits], name="max_replicas")


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with azure() as found:
        yield lambda: place.open(DEFINITION, **found.said(app="checkout"))[EnvironmentProof]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(({"app": name}, "app") for name in ("", "--help", "-a", "a\n", "{{x}}", "a/b", "a b", "a?x=y")),
        ({"limits": {"cpu": {"lowest": 1, "highest": 2}}}, "limits"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, **{**SAID, **said})


@pytest.mark.servers
def test_an_app_of_one_revision_at_a_time_shares_nothing(tmp_path: Path) -> None:
    with azure() as found:
        name = found.apps.app(mode="Single")
        role: Any = Place(tmp_path, str).open(DEFINITION, **found.said(app=name))[RevisionTraffic]
        with pytest.raises(ConflictError, match="set its revision mode to multiple"):
            role.route([TrafficShare(revision=f"{name}--0", percent=100)])


@pytest.mark.servers
def test_a_restart_is_awaited_while_the_cloud_shows_what_was_before(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, _, roles):
        first = roles[ServiceParts].parts()[0]
        found.api.stale = 3
        assert roles[ServiceParts].restart_part(first.name, SOON).incarnation != first.incarnation
        assert found.api.stale == 0


@pytest.mark.servers
def test_what_azure_refuses_is_said_in_our_words(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, _, roles):
        found.api.refused = refusal(409, "ContainerAppOperationInProgress", "An operation is in progress.")
        with pytest.raises(ConflictError, match="ContainerAppOperationInProgress"):
            roles[ServiceLimits].set_limit("max_replicas", 30)
        found.api.throttled = 1
        with pytest.raises(TransientError, match="Azure answers 429"):
            roles[ServiceLimits].set_limit("max_replicas", 30)
        assert roles[ServiceLimits].set_limit("max_replicas", 30).value == 30


@pytest.mark.servers
def test_a_change_that_fails_is_said(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, _, roles), pytest.MonkeyPatch.context() as patched:
        patched.setattr(found.apps, "failing", True)
        with pytest.raises(PermanentError, match="failed to change: Azure says Failed"):
            roles[ServiceLimits].set_limit("max_replicas", 30)


@pytest.mark.servers
def test_an_app_that_is_deleted_between_plan_and_act_is_said(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, name, roles):
        first = roles[ServiceParts].parts()[0]
        del found.apps.apps[name]
        with pytest.raises(NotFoundError, match="404: ResourceNotFound"):
            roles[ServiceParts].restart_part(first.name, SOON)
