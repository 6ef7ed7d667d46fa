import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from grace_workers.actions import (
    DeclaredElsewhere,
    EnvironmentProof,
    Roles,
    Rollouts,
    Scalable,
    ServiceLimits,
    ServiceParts,
    Suspendable,
)
from grace_workers.actions.primitives.set_limit import DEFINITION as SET_LIMIT
from grace_workers.actions.primitives.set_limit import SetLimitParams
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
from tests.conformance.roles.stands import Bounded, Parts
from tests.kubernetes_cluster import PODS, REPLICA_SETS, SPACE, Cluster, cluster, connection, needed
from tests.kubernetes_deliveries import TRACKED, managed, noted
from tests.kubernetes_rollouts import Rolling, in_force, release, serve, template
from tests.waiting import until

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
def rollouts(place: Place) -> Iterator[Rollouts]:
    with cluster(place.folder, controller=Rolling(template())) as found:
        release(found, template("web:2"))
        release(found, template("web:3"))
        yield opened(place.folder, found, workload="deployment", rollouts=True)[Rollouts]


@contextmanager
def suspendable(place: Place) -> Iterator[Suspendable]:
    with cluster(place.folder, controller=Rolling(template())) as found:
        yield opened(place.folder, found, workload="deployment", rollouts=True)[Suspendable]


@contextmanager
def declared_elsewhere(place: Place) -> Iterator[DeclaredElsewhere]:
    with cluster(place.folder, controller=Rolling(template(), scaled=False)) as found:
        noted(found, {"annotations": TRACKED, "managedFields": [managed("argocd-controller", "paused")]})
        yield opened(place.folder, found, workload="deployment")[DeclaredElsewhere]


BOUNDS = {"max_replicas": {"lowest": 10, "highest": 100}, "memory": {"lowest": 1, "highest": 1 << 40}}


@contextmanager
def service_limits(place: Place) -> Iterator[Bounded]:
    with cluster(place.folder, controller=Rolling(template())) as found:
        role = opened(place.folder, found, workload="deployment", limits=BOUNDS)[ServiceLimits]
        yield Bounded(role=role, name="max_replicas", unlimited="memory")


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


@pytest.mark.slow
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


@pytest.mark.servers
def test_a_limit_is_written_as_the_cluster_reads_it_and_the_rest_of_the_container_stays(tmp_path: Path) -> None:
    bounds = {"memory": {"lowest": 1, "highest": 1 << 40}, "millicpus": {"lowest": 1, "highest": 9000}}
    with cluster(tmp_path, controller=Rolling(template(memory="256Mi", cpu="1.5", pods="7"))) as found:
        limits = opened(tmp_path, found, workload="deployment", limits=bounds)[ServiceLimits]
        assert [one.value for one in limits.limits()] == [256 << 20, 1500]
        limits.set_limit("memory", 512 << 20)
        limits.set_limit("millicpus", 2500)
        assert in_force(found)["resources"]["limits"]["cpu"] == "2500m"
        limits.put_back_limit("millicpus", None)
        assert in_force(found)["resources"] == {"limits": {"memory": "512Mi", "pods": "7"}}
        assert in_force(found)["image"] == "web:1"


@pytest.mark.servers
@pytest.mark.parametrize("text", ["1024Mi", "1Gi", "1073741824", "1048576Ki"])
def test_a_limit_is_put_back_as_it_was_written(tmp_path: Path, text: str) -> None:
    bounds = {"memory": {"lowest": 1, "highest": 1 << 40}}
    with cluster(tmp_path, controller=Rolling(template(memory=text))) as found:
        limits = opened(tmp_path, found, workload="deployment", limits=bounds)[ServiceLimits]
        params = SetLimitParams(limit="memory", value=2 << 30)
        kept = SET_LIMIT.snapshot(limits, params)
        SET_LIMIT.apply(limits, params, kept)
        assert in_force(found)["resources"]["limits"]["memory"] == "2Gi"
        SET_LIMIT.restore(limits, params, kept)
        assert in_force(found)["resources"]["limits"]["memory"] == text


@pytest.mark.servers
def test_of_several_containers_one_must_be_named(tmp_path: Path) -> None:
    two = template()
    two["spec"]["containers"].append({"name": "proxy", "image": "proxy", "resources": {"limits": {"memory": "1Gi"}}})
    said: dict[str, Any] = {"workload": "deployment", "limits": {"memory": {"lowest": 1, "highest": 1 << 40}}}
    with cluster(tmp_path, controller=Rolling(two)) as found:
        with pytest.raises(NotFoundError, match="has several containers; set `container` to one of: web, proxy"):
            opened(tmp_path, found, **said)[ServiceLimits].limit("memory")
        with pytest.raises(NotFoundError, match="has no container 'ghost'"):
            opened(tmp_path, found, container="ghost", **said)[ServiceLimits].limit("memory")
        proxy = opened(tmp_path, found, container="proxy", **said)[ServiceLimits]
        assert proxy.limit("memory").value == 1 << 30
        assert proxy.set_limit("memory", 2 << 30).value == 2 << 30
        assert "resources" not in in_force(found)


@pytest.mark.servers
def test_a_version_that_does_not_come_up_is_stuck_until_it_is_taken_back(tmp_path: Path) -> None:
    broken = Rolling(template(), fails=lambda one: "Error" if "bad" in str(one) else None)
    with cluster(tmp_path, controller=broken) as found:
        roles = opened(tmp_path, found, workload="deployment", rollouts=True)
        release(found, template("bad:2"))
        service = roles[Rollouts]
        until(lambda: service.rollout().stuck, within=20)
        assert [one.shows for one in service.versions()] == ["bad:2", "web:1"]
        assert any(not one.healthy for one in roles[ServiceParts].parts())
        service.roll_out(service.versions()[1].name)
        until(lambda: service.rollout().stuck is None and serve(found), within=20)
        assert in_force(found)["image"] == "web:1"


@pytest.mark.servers
def test_a_version_of_which_pods_still_serve_is_known(tmp_path: Path) -> None:
    with cluster(tmp_path, controller=Rolling(template())) as found:
        release(found, template("web:2"))
        service = opened(tmp_path, found, workload="deployment", rollouts=True)[Rollouts]
        _, before = service.versions()
        serving = {"status": {"availableReplicas": 2}}
        found.do(lambda it: it.objects[REPLICA_SETS, SPACE, before.name].patch(serving))
        assert [one.serves for one in service.versions()] == [False, True]


@pytest.mark.servers
def test_while_rollouts_are_suspended_none_is_taken_back(tmp_path: Path) -> None:
    with cluster(tmp_path, controller=Rolling(template())) as found:
        release(found, template("web:2"))
        roles = opened(tmp_path, found, workload="deployment", rollouts=True)
        service = roles[Rollouts]
        roles[Suspendable].suspend()
        with pytest.raises(ConflictError, match="are suspended; resume them first"):
            service.roll_out(service.versions()[1].name)
        assert in_force(found)["image"] == "web:2"
        roles[Suspendable].resume()
        before = service.versions()[1].name
        assert service.roll_out(before).version == before


@pytest.mark.servers
def test_a_part_that_was_killed_for_memory_is_told_from_one_that_failed(tmp_path: Path) -> None:
    ends = {"bad:2": "Error", "fat:2": "OOMKilled"}
    rolling = Rolling(template(), fails=lambda one: ends.get(one["spec"]["containers"][0]["image"]))
    with cluster(tmp_path, controller=rolling) as found:
        service = opened(tmp_path, found, workload="deployment")[ServiceParts]
        for image, killed in (("bad:2", 0), ("fat:2", 3)):
            release(found, template(image))
            until(lambda count=killed: sum(one.out_of_memory for one in service.parts()) == count, within=20)


@pytest.mark.servers
@pytest.mark.parametrize(
    ("restarts", "ended", "state", "crashes"),
    [
        (5, None, {"waiting": {"reason": "CrashLoopBackOff"}}, True),
        (2, timedelta(), {}, True),
        (1, timedelta(), {}, False),
        (9, timedelta(hours=1), {}, False),
        (0, None, {}, False),
    ],
)
def test_a_part_that_ends_again_and_again_crashes_even_while_it_seems_well(
    tmp_path: Path, restarts: int, ended: timedelta | None, state: dict[str, Any], crashes: bool
) -> None:
    at = f"{datetime.now(UTC) - (ended or timedelta()):%Y-%m-%dT%H:%M:%SZ}"
    last = {} if ended is None else {"terminated": {"exitCode": 1, "finishedAt": at}}
    container = {"name": "web", "restartCount": restarts, "state": state, "lastState": last}
    with cluster(tmp_path) as found:
        service = opened(tmp_path, found)[ServiceParts]
        found.do(lambda it: it.objects[PODS, SPACE, "web-0"].patch({"status": {"containerStatuses": [container]}}))
        assert [one.crashing for one in service.parts()] == [crashes, False, False]


@pytest.mark.parametrize("workload", ["statefulset", "daemonset"])
def test_a_rollout_of_another_workload_is_refused(tmp_path: Path, workload: str) -> None:
    with pytest.raises(InputError, match=f"a rollout of a {workload} cannot be taken back here"):
        Place(tmp_path, str).open(DEFINITION, namespace="shop", workload=workload, name="web", rollouts=True)
