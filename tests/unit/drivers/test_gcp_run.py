from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, RevisionTraffic, Roles, ServiceLimits, TrafficShare
from grace_workers.drivers.gcp_run import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Bounded
from tests.google_cloud import PROJECT, REGION, GoogleCloud, google

NEEDS_SERVERS = True
LIMITS = {"max_instances": {"lowest": 10, "highest": 100}}


@contextmanager
def checkout(folder: Path, **more: Any) -> Iterator[tuple[GoogleCloud, str, Roles]]:
    with google() as found:
        name = found.run.service(maxInstanceCount=20)
        said = found.said(folder, **{"service": name, "region": REGION, "limits": LIMITS, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def revision_traffic(place: Place) -> Iterator[RevisionTraffic]:
    with checkout(place.folder) as (_, _, roles):
        yield roles[RevisionTraffic]


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    with checkout(place.folder) as (_, _, roles):
        yield Bounded(role=roles[ServiceLimits], name="max_instances")


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with google() as found:
        said = found.said(place.folder, service="checkout", region=REGION)
        yield lambda: place.open(DEFINITION, **said)[EnvironmentProof]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(({"service": name}, "service") for name in ("", "--help", "-a", "a\n", "{{x}}", "a/b", "A", "a b", "a?x=y")),
        *(({"region": name}, "region") for name in ("", "../x", "europe-west1-b", "europe-west1/x")),
        ({"limits": {"cpu": {"lowest": 1, "highest": 2}}}, "limits"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, **{"project": PROJECT, "region": REGION, "service": "shop", **said})


@pytest.mark.servers
def test_a_switch_is_awaited_while_the_cloud_shows_what_was_before(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, _, roles):
        role: RevisionTraffic = roles[RevisionTraffic]
        older = role.revisions()[1].name
        found.api.stale = 2
        shares = (TrafficShare(revision=older, percent=100),)
        assert role.route(shares) == shares
        assert found.api.stale == 0


@pytest.mark.servers
def test_a_service_that_another_changes_at_the_same_moment_is_left_alone(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, name, roles):
        assert roles[ServiceLimits].limit("max_instances").value == 20
        found.api.stale = 1
        found.run.named(name)["etag"] = "of another"
        with pytest.raises(ConflictError, match="409: ABORTED"):
            roles[ServiceLimits].set_limit("max_instances", 30)


@pytest.mark.servers
def test_a_change_that_fails_is_said_with_its_reason(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, _, roles), pytest.MonkeyPatch.context() as patched:
        patched.setattr(found.run, "failing", "Quota exceeded for total allowable instances.")
        with pytest.raises(PermanentError, match="failed to change: Quota exceeded"):
            roles[ServiceLimits].set_limit("max_instances", 30)


@pytest.mark.servers
def test_a_change_that_does_not_come_in_time_is_said(tmp_path: Path) -> None:
    with checkout(tmp_path, patience=0.1) as (found, _, roles), pytest.MonkeyPatch.context() as patched:
        patched.setattr(found.run, "takes", 1000)
        with pytest.raises(TransientError, match=r"does not serve its change 0\.1 s after"):
            roles[ServiceLimits].set_limit("max_instances", 30)


@pytest.mark.servers
def test_a_service_without_a_limit_has_none_again(tmp_path: Path) -> None:
    with google() as found:
        said = found.said(tmp_path, service=found.run.service(), region=REGION, limits=LIMITS)
        role: ServiceLimits = Place(tmp_path, str).open(DEFINITION, **said)[ServiceLimits]  # type: ignore[assignment]
        assert role.limit("max_instances").value is None
        assert role.set_limit("max_instances", 30).value == 30
        assert role.put_back_limit("max_instances", None).value is None


@pytest.mark.servers
def test_a_service_that_is_deleted_between_plan_and_act_is_said(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, name, roles):
        shares = roles[RevisionTraffic].traffic()
        del found.run.services[name]
        with pytest.raises(NotFoundError, match="404: NOT_FOUND"):
            roles[RevisionTraffic].route(shares)


@pytest.mark.servers
def test_a_throttled_call_may_be_made_again(tmp_path: Path) -> None:
    with checkout(tmp_path) as (found, _, roles):
        roles[RevisionTraffic].traffic()
        found.api.throttled = 1
        with pytest.raises(TransientError, match="Google answers 429"):
            roles[RevisionTraffic].traffic()
        assert roles[RevisionTraffic].traffic()
