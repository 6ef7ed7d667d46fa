from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers.azure_vmss import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, PermanentError
from tests.azure_cloud import SUBSCRIPTION, TENANT, AzureCloud, azure, refusal
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import CloudGroup, Parts
from tests.emulated import Told

NEEDS_SERVERS = True
SCALE = {"lowest": 1, "highest": 5}
SOON = timedelta(seconds=10)
SAID = {"subscription": SUBSCRIPTION, "resource_group": "shop", "scale_set": "web"}


@contextmanager
def web(folder: Path, **more: Any) -> Iterator[tuple[AzureCloud, str, Roles]]:
    with azure() as found:
        name = found.compute.scale_set()
        said = found.said(**{"scale_set": name, "scale": SCALE, **more})
        yield found, name, Place(folder, str).open(DEFINITION, **said)


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with web(place.folder, restart="reimage") as (found, name, roles):

        def fail(part: str) -> None:
            view = found.compute.machines[name][part.rpartition("_")[2]]["properties"]["instanceView"]
            view["vmHealth"]["status"]["code"] = "HealthState/unhealthy"

        yield Parts(role=roles[ServiceParts], fail=fail)


@contextmanager
def cloud_group(place: Place) -> Iterator[CloudGroup]:
    with web(place.folder) as (found, name, roles):

        def refuse(status: int, code: str) -> None:
            found.api.refused = refusal(status, code, "Refused.")

        yield CloudGroup(
            api=found.api,
            roles=roles,
            refuse=refuse,
            autoscale=lambda: found.compute.autoscale(name),
            delete=found.compute.sets.clear,
            shown_late=6,
        )


@contextmanager
def scalable(place: Place) -> Iterator[Scalable]:
    with web(place.folder) as (_, _, roles):
        yield roles[Scalable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with azure() as found:
        yield lambda: place.open(DEFINITION, **found.said(scale_set="web"))[EnvironmentProof]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        *(
            ({"scale_set": name}, "scale_set")
            for name in ("", "--help", "-a", "a\n", "{{x}}", "a/b", "a b", "a?x=y", "a-")
        ),
        *(({"resource_group": name}, "resource_group") for name in ("", "..", "a/b", "a.", "a b")),
        *(({"subscription": name}, "subscription") for name in ("", "a/b", f"{SUBSCRIPTION}/x")),
        ({"endpoint": "ftp://x"}, "endpoint"),
        ({"restart": "delete"}, "restart"),
    ],
)
def test_a_connection_that_cannot_be_meant_is_refused(tmp_path: Path, said: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, **{**SAID, **said})


@pytest.mark.servers
def test_a_machine_without_an_identity_is_told_what_to_correct(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with web(tmp_path) as (_, _, roles):
        monkeypatch.setenv("IDENTITY_HEADER", "of another machine")
        with pytest.raises(PermanentError, match="no login for Azure can be used"):
            roles[ServiceParts].parts()


@pytest.mark.servers
def test_the_environment_is_the_tenant_and_the_subscription(tmp_path: Path) -> None:
    with web(tmp_path) as (_, _, roles):
        assert roles[EnvironmentProof].environment() == f"azure:{TENANT}/{SUBSCRIPTION}"


@pytest.mark.servers
def test_a_scale_set_that_another_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    with web(tmp_path) as (found, name, roles):
        assert roles[Scalable].scale().wanted == 3
        found.api.stale = 1
        found.compute.sets[name]["etag"] = '"of another"'
        with pytest.raises(ConflictError, match="412: PreconditionFailed"):
            roles[Scalable].scale_to(4)


@pytest.mark.servers
def test_a_scale_set_without_a_version_is_not_changed(tmp_path: Path) -> None:
    with web(tmp_path) as (found, name, roles):
        del found.compute.sets[name]["etag"]
        with pytest.raises(PermanentError, match="comes without an etag"):
            roles[Scalable].scale_to(4)
        assert roles[Scalable].scale().wanted == 3


@pytest.mark.servers
def test_a_restart_that_fails_is_said_with_its_reason(tmp_path: Path) -> None:
    with web(tmp_path) as (found, _, roles):
        first = roles[ServiceParts].parts()[0]
        found.failing = Told(200, {"status": "Failed", "error": {"code": "AllocationFailed", "message": "No room."}})
        with pytest.raises(PermanentError, match=r"Azure says Failed: AllocationFailed No room"):
            roles[ServiceParts].restart_part(first.name, SOON)


@pytest.mark.servers
def test_a_list_that_goes_on_at_another_host_is_not_followed(tmp_path: Path) -> None:
    with web(tmp_path) as (found, _, roles), pytest.MonkeyPatch.context() as patched:
        patched.setattr(found, "page", lambda *_: Told(200, {"value": [], "nextLink": "https://evil.example/"}))
        with pytest.raises(PermanentError, match="points to another host than its own"):
            roles[ServiceParts].parts()
