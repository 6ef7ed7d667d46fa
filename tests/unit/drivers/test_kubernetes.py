import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import EnvironmentProof, Roles, Scalable, ServiceParts
from grace_workers.drivers.kubernetes import DEFINITION
from grace_workers.foundation.errors import (
    ConflictError,
    GraceError,
    InputError,
    NotFoundError,
    PermanentError,
    TransientError,
)
from tests.conformance.roles.implementations import Place
from tests.conformance.roles.stands import Parts
from tests.kubernetes_cluster import PODS, SPACE, Cluster, cluster, connection, needed

NEEDS_SERVERS = True
WELL = timedelta(seconds=20)


def opened(folder: Path, found: Cluster, **more: Any) -> Roles:
    return Place(folder, str).open(DEFINITION, **connection(found, **more))


@contextmanager
def service_parts(place: Place) -> Iterator[Parts]:
    with cluster(place.folder) as found:
        yield Parts(role=opened(place.folder, found)[ServiceParts], fail=found.fail)


@contextmanager
def scalable(place: Place) -> Iterator[Scalable]:
    with cluster(place.folder) as found:
        yield opened(place.folder, found)[Scalable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with cluster(place.folder) as found:
        yield lambda: opened(place.folder, found)[EnvironmentProof]


@pytest.mark.parametrize("field", ["namespace", "name"])
@pytest.mark.parametrize("value", ["", "../x", "a/b", "A", "--help", "a b", "a\n", "%7b", "{{x}}", "-a"])
def test_a_hostile_name_is_refused(tmp_path: Path, field: str, value: str) -> None:
    said = {"namespace": "shop", "workload": "deployment", "name": "web", field: value}
    with pytest.raises(InputError, match=field):
        Place(tmp_path, str).open(DEFINITION, **said)


@pytest.mark.parametrize(
    ("workload", "scale", "words"),
    [
        ("daemonset", {"lowest": 1, "highest": 2}, "one pod on each node"),
        ("deployment", {"lowest": 3, "highest": 2}, "lowest 3 is above highest 2"),
    ],
)
def test_a_scale_that_cannot_be_is_refused(tmp_path: Path, workload: str, scale: dict[str, int], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Place(tmp_path, str).open(DEFINITION, namespace="shop", workload=workload, name="web", scale=scale)


@pytest.mark.parametrize("content", ["", "hunter2", "[hunter2", "current-context: hunter2"])
def test_a_kubeconfig_that_cannot_be_used_is_named_and_not_quoted(tmp_path: Path, content: str) -> None:
    needed()
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    said = {"kubeconfig": str(path), "namespace": "shop", "workload": "deployment", "name": "web"}
    with pytest.raises(PermanentError, match="kubeconfig") as caught:
        Place(tmp_path, str).open(DEFINITION, **said)[ServiceParts].parts()
    assert "hunter2" not in str(caught.value)


def test_outside_a_cluster_there_is_no_service_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    needed()
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    said = {"namespace": "shop", "workload": "deployment", "name": "web"}
    with pytest.raises(PermanentError, match="service account"):
        Place(tmp_path, str).open(DEFINITION, **said)[ServiceParts].parts()


@pytest.mark.servers
def test_a_pod_of_a_deployment_is_replaced_by_one_of_another_name(tmp_path: Path) -> None:
    with cluster(tmp_path, deployment=True) as found:
        service = opened(tmp_path, found, workload="deployment")[ServiceParts]
        first, *others = service.parts()
        now = service.restart_part(first.name, WELL)
        assert now.healthy
        assert now.name != first.name
        assert {one.name for one in service.parts()} == {now.name, *(one.name for one in others)}
        assert "stranger" in found.pods()


@pytest.mark.servers
@pytest.mark.parametrize(
    "change", [{"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}, {"status": {"phase": "Failed"}}]
)
def test_a_pod_that_is_being_deleted_or_has_ended_is_no_part(tmp_path: Path, change: dict[str, Any]) -> None:
    with cluster(tmp_path) as found:
        service = opened(tmp_path, found)[ServiceParts]
        first, *others = service.parts()
        found.do(lambda it: it.objects[PODS, SPACE, first.name].patch(change))
        assert [one.name for one in service.parts()] == [one.name for one in others]
        with pytest.raises(NotFoundError, match="has no pod"):
            service.restart_part(first.name, WELL)


@pytest.mark.servers
def test_only_the_very_pod_that_was_looked_at_is_deleted(tmp_path: Path) -> None:
    with cluster(tmp_path) as found:
        service = opened(tmp_path, found)[ServiceParts]
        uid = found.pods()["web-0"]["metadata"]["uid"]
        service.restart_part("web-0", WELL)
        asked = found.do(lambda it: [one.data for one in it["delete"]])
        assert [one["preconditions"] for one in asked] == [{"uid": uid}]


@pytest.mark.servers
def test_a_pod_without_a_healthy_successor_is_said(tmp_path: Path) -> None:
    with cluster(tmp_path, ready=False) as found, pytest.raises(TransientError, match="no healthy successor"):
        opened(tmp_path, found)[ServiceParts].restart_part("web-0", timedelta(seconds=0.3))


@pytest.mark.servers
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, PermanentError, "correct the login"),
        (403, PermanentError, "grant Grace's user that right"),
        (404, NotFoundError, "answers 404"),
        (409, ConflictError, "answers 409"),
        (422, PermanentError, "answers 422"),
        (429, TransientError, "answers 429"),
        (500, TransientError, "answers 500"),
        (504, TransientError, "answers 504"),
    ],
)
def test_what_a_cluster_refuses_is_said_with_what_to_do(
    tmp_path: Path, status: int, kind: type[GraceError], words: str
) -> None:
    with cluster(tmp_path) as found:
        body = json.dumps({"kind": "Status", "message": "no, because"}).encode()
        answer = needed().Response(payload=body, status=status)
        found.do(lambda it: it[f"/apis/apps/v1/namespaces/{SPACE}/statefulsets/web"] << answer)
        with pytest.raises(kind, match=words) as caught:
            opened(tmp_path, found)[ServiceParts].parts()
        assert "no, because" in str(caught.value)
        assert "hunter2" not in str(caught.value)


@pytest.mark.servers
def test_a_cluster_that_is_not_there_may_be_there_later(tmp_path: Path) -> None:
    with cluster(tmp_path) as found:
        role = opened(tmp_path, found, patience=2)[ServiceParts]
    with pytest.raises(TransientError, match="cannot be reached"):
        role.parts()


@pytest.mark.servers
def test_a_container_that_was_restarted_in_place_is_another_incarnation(tmp_path: Path) -> None:
    with cluster(tmp_path) as found:
        service = opened(tmp_path, found)[ServiceParts]
        before = service.parts()[0]
        restarted = {"status": {"containerStatuses": [{"name": "web", "restartCount": 1}]}}
        found.do(lambda it: it.objects[PODS, SPACE, before.name].patch(restarted))
        assert service.parts()[0].incarnation != before.incarnation
