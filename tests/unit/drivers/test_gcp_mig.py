from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers.gcp_mig import DEFINITION
from grace_workers.foundation.errors import InputError, PermanentError, TransientError
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import CloudGroup, Parts
from tests.google_cloud import NUMBER, PROJECT, REGION, ZONE, GoogleCloud, error, google

NEEDS_SERVERS = True
SCALE = {"lowest": 1, "highest": 5}
SOON = timedelta(seconds=10)


@contextmanager
def web(folder: Path, **more: Any) -> Iterator[tuple[GoogleCloud, str, Roles]]:
    with google() as found:
        name = found.compute.group()
        said = found.said(folder, **{"group": name, "zone": ZONE, "scale": SCALE, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with web(place.folder) as (found, group, roles):

        def fail(name: str) -> None:
            found.compute.named(group)["instances"][name]["instanceHealth"] = [{"detailedHealthState": "TIMEOUT"}]

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def cloud_group(place: Place) -> Iterator[CloudGroup]:
    with web(place.folder) as (found, name, roles):

        def refuse(status: int, reason: str) -> None:
            found.api.refused = error(status, reason, "Refused.")

        def autoscale() -> None:
            found.compute.named(name)["status"]["autoscaler"] = "https://www.googleapis.com/compute/v1/autoscalers/web"

        yield CloudGroup(
            api=found.api,
            roles=roles,
            refuse=refuse,
            autoscale=autoscale,
            delete=found.compute.groups.clear,
            shown_late=4,
        )


@contextmanager
def scalable(place: Place) -> Iterator[Scalable]:
    with web(place.folder) as (_, _, roles):
        yield roles[Scalable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with google() as found:
        said = found.said(place.folder, group="web", zone=ZONE)
        yield lambda: place.open(DEFINITION, **said)[EnvironmentProof]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(({"group": name}, "group") for name in ("", "--help", "-a", "a\n", "{{x}}", "a/b", "A", "a b", "a?x=y")),
        *(({"zone": zone}, "zone") for zone in ("", "../x", "europe-west1", "europe-west1-b/x")),
        *(({"project": name}, "project") for name in ("", "a/b", "-shop-", "shop production")),
        ({"region": REGION}, "give either `zone` or `region`"),
        ({"zone": None}, "give either `zone` or `region`"),
        ({"endpoint": "ftp://x"}, "endpoint"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, **{"project": PROJECT, "zone": ZONE, "group": "web", **said})


def test_a_login_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path) -> None:
    pytest.importorskip("google.auth", reason="the extra `gcp` is not installed")
    file = tmp_path / "account.json"
    file.write_text('{"type": "service_account", "private_key": "hunter2", "client_email": "a", "token_uri": "b"}')
    said = {"project": PROJECT, "zone": ZONE, "group": "web", "credentials_file": str(file)}
    with pytest.raises(PermanentError, match="no login for Google can be used") as caught:
        Place(tmp_path, str).open(DEFINITION, **said)[ServiceParts].parts()
    assert "hunter2" not in str(caught.value)


@pytest.mark.servers
def test_the_environment_is_the_number_of_the_project(tmp_path: Path) -> None:
    with web(tmp_path) as (_, _, roles):
        assert roles[EnvironmentProof].environment() == f"gcp:{NUMBER}"


@pytest.mark.servers
def test_a_group_of_a_region_is_reached_too(tmp_path: Path) -> None:
    with google() as found:
        said = found.said(tmp_path, group=found.compute.group(place=f"regions/{REGION}"), region=REGION)
        assert len(Place(tmp_path, str).open(DEFINITION, **said)[ServiceParts].parts()) == 3


@pytest.mark.servers
def test_an_instance_that_does_not_come_back_is_said(tmp_path: Path) -> None:
    with web(tmp_path) as (found, _, roles):
        first = roles[ServiceParts].parts()[0]
        found.api.stale = 1000
        with pytest.raises(TransientError, match=rf"no healthy {first.name} 0\.2 s after it was to be recreated"):
            roles[ServiceParts].restart_part(first.name, timedelta(seconds=0.2))


@pytest.mark.servers
def test_a_group_that_replaced_another_of_its_name_has_other_instances(tmp_path: Path) -> None:
    with web(tmp_path) as (found, name, roles):
        before = {one.incarnation for one in roles[ServiceParts].parts()}
        group = found.compute.named(name)
        group["instances"] = {}
        found.compute._fill(group)
        assert before.isdisjoint(one.incarnation for one in roles[ServiceParts].parts())
