from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    Suspendable,
)
from grace_workers.actions.primitives.resume import DEFINITION as RESUME
from grace_workers.actions.suspension import SuspensionParams
from grace_workers.drivers.kubernetes import DEFINITION as KUBERNETES
from grace_workers.drivers.kubernetes_delivery import DEFINITION
from grace_workers.foundation.errors import ConflictError, InputError, NotFoundError
from tests.conformance.roles.implementations import Place
from tests.kubernetes_cluster import SPACE, Cluster, cluster, connection
from tests.kubernetes_deliveries import AUTOMATIC, PLACES, TRACKED, Deliveries, managed, noted
from tests.kubernetes_rollouts import SCALERS, Rolling, template

NEEDS_SERVERS = True


@contextmanager
def opened(folder: Path, kept: Deliveries) -> Iterator[tuple[Cluster, Roles]]:
    with cluster(folder, controller=kept) as found:
        yield found, Place(folder, str).open(DEFINITION, **kept.connection(found))


@contextmanager
def suspendable(place: Place) -> Iterator[Suspendable]:
    with opened(place.folder, Deliveries()) as (_, roles):
        yield roles[Suspendable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with opened(place.folder, Deliveries()) as (_, roles):
        yield lambda: roles[EnvironmentProof]


@contextmanager
def declared_elsewhere(place: Place) -> Iterator[DeclaredElsewhere]:
    with opened(place.folder, Deliveries()) as (found, roles):
        meta = {"annotations": TRACKED, "managedFields": [managed("argocd-controller", "syncPolicy")]}
        noted(found, meta, PLACES["application"])
        yield roles[DeclaredElsewhere]


@pytest.mark.parametrize("name", ["", "../x", "A", "--help", "a\n", "{{x}}"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        Place(tmp_path, str).open(DEFINITION, namespace="argocd", resource="application", name=name)


@pytest.mark.servers
@pytest.mark.parametrize(("resource", "words"), [("kustomization", "Flux kustomization"), ("helmrelease", "Flux Helm")])
def test_an_object_of_flux_is_held_by_its_own_field(tmp_path: Path, resource: str, words: str) -> None:
    kept = Deliveries(resource, {"interval": "10m"})
    with opened(tmp_path, kept) as (found, roles):
        delivery = roles[Suspendable]
        assert words in delivery.begins()
        delivery.suspend()
        assert kept.now(found)["spec"] == {"interval": "10m", "suspend": True}
        delivery.resume()
        assert not kept.now(found)["spec"].get("suspend")


@pytest.mark.servers
def test_an_application_is_synced_again_as_it_was(tmp_path: Path) -> None:
    kept = Deliveries()
    with opened(tmp_path, kept) as (found, roles):
        roles[Suspendable].suspend()
        assert not kept.now(found)["spec"]["syncPolicy"].get("automated")
        assert kept.now(found)["spec"]["syncPolicy"]["retry"] == {"limit": 3}
        roles[Suspendable].resume()
        automated = kept.now(found)["spec"]["syncPolicy"]["automated"]
        assert {key: one for key, one in automated.items() if one is not None} == AUTOMATIC["syncPolicy"]["automated"]


@pytest.mark.servers
@pytest.mark.parametrize("policy", [{"automated": {"prune": True, "enabled": False}}, {"automated": {"prune": True}}])
def test_an_undone_resumption_leaves_an_application_held_as_it_was_held(tmp_path: Path, policy: dict[str, Any]) -> None:
    kept = Deliveries(spec={"syncPolicy": policy})
    with opened(tmp_path, kept) as (found, roles):
        roles[Suspendable].suspend()
        before = kept.now(found)
        undone = RESUME.snapshot(roles[Suspendable], SuspensionParams())
        RESUME.apply(roles[Suspendable], SuspensionParams(), undone)
        assert not roles[Suspendable].is_suspended()
        RESUME.restore(roles[Suspendable], SuspensionParams(), undone)
        assert said(kept.now(found)) == said(before)


def said(found: dict[str, Any]) -> tuple[object, object]:
    """Return policy and annotations, without what is empty."""
    return found["spec"]["syncPolicy"].get("automated"), found["metadata"].get("annotations") or {}


@pytest.mark.servers
def test_what_someone_else_switched_off_is_not_guessed(tmp_path: Path) -> None:
    switched_off: dict[str, Any] = {"syncPolicy": {"automated": {"prune": True, "enabled": False}}}
    with opened(tmp_path, Deliveries(spec=switched_off)) as (_, roles):
        assert roles[Suspendable].is_suspended()
        roles[Suspendable].resume()
        assert not roles[Suspendable].is_suspended()
    with (
        opened(tmp_path, Deliveries(spec={})) as (_, roles),
        pytest.raises(ConflictError, match="switch them on by hand"),
    ):
        roles[Suspendable].resume()


@pytest.mark.servers
def test_an_object_that_is_gone_is_said(tmp_path: Path) -> None:
    with opened(tmp_path, Deliveries()) as (found, roles):
        found.do(lambda it: it.objects[PLACES["application"], SPACE, "web"].delete())
        with pytest.raises(NotFoundError, match="Argo CD application shop/web"):
            roles[Suspendable].is_suspended()


@pytest.mark.servers
@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ({}, None),
        ({"managedFields": [managed("kubectl", "template")]}, None),
        ({"annotations": TRACKED}, "Argo CD application web"),
        ({"managedFields": [managed("argocd-controller", "template")]}, "Argo CD application of unknown name"),
        (
            {"labels": {"helm.toolkit.fluxcd.io/name": "shop", "helm.toolkit.fluxcd.io/namespace": "apps"}},
            "Flux Helm release apps/shop",
        ),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "shop"}}, "Flux kustomization shop"),
        (
            {"ownerReferences": [{"kind": "Prometheus", "name": "main", "controller": True}]},
            "Prometheus main, which controls it",
        ),
    ],
)
def test_what_puts_a_change_back_is_known_by_its_marks(tmp_path: Path, meta: dict[str, Any], words: str | None) -> None:
    with cluster(tmp_path, controller=Rolling(template())) as found:
        noted(found, meta)
        role = Place(tmp_path, str).open(KUBERNETES, **connection(found, workload="deployment"))[DeclaredElsewhere]
        assert role.put_back_by(Rollouts) == words


@pytest.mark.servers
def test_an_application_set_puts_back_that_its_application_is_held(tmp_path: Path) -> None:
    with opened(tmp_path, Deliveries()) as (found, roles):
        assert roles[DeclaredElsewhere].put_back_by(Suspendable) is None
        owner = {"kind": "ApplicationSet", "name": "shops", "controller": True}
        noted(found, {"ownerReferences": [owner]}, PLACES["application"])
        assert roles[DeclaredElsewhere].put_back_by(Suspendable) == "ApplicationSet shops, which controls it"


@pytest.mark.servers
def test_a_limit_of_an_autoscaler_is_put_back_by_what_declares_the_autoscaler(tmp_path: Path) -> None:
    with cluster(tmp_path, controller=Rolling(template())) as found:
        noted(found, {"managedFields": [managed("kustomize-controller", "maxReplicas")]}, SCALERS)
        said = connection(found, workload="deployment", limits={"max_replicas": {"lowest": 1, "highest": 9}})
        role = Place(tmp_path, str).open(KUBERNETES, **said)[DeclaredElsewhere]
        assert role.put_back_by(ServiceLimits) == "Flux kustomization of unknown name"
        assert role.put_back_by(Rollouts) is None


@pytest.mark.servers
@pytest.mark.parametrize(
    ("scaled", "words"),
    [
        ({"kind": "Deployment", "name": "web"}, "HorizontalPodAutoscaler web, which sets the replicas"),
        ({"kind": "Deployment", "name": "other"}, None),
        ({"kind": "StatefulSet", "name": "web"}, None),
    ],
)
def test_replicas_are_put_back_by_the_autoscaler_of_the_workload(
    tmp_path: Path, scaled: dict[str, str], words: str | None
) -> None:
    with cluster(tmp_path, controller=Rolling(template())) as found:
        spec = {"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", **scaled}}}
        found.do(lambda it: it.objects[SCALERS, SPACE, "web"].patch(spec))
        said = connection(found, workload="deployment", scale={"lowest": 1, "highest": 9})
        role = Place(tmp_path, str).open(KUBERNETES, **said)[DeclaredElsewhere]
        assert role.put_back_by(Scalable) == words
        assert role.put_back_by(Rollouts) is None
        noted(found, {"annotations": TRACKED})
        assert role.put_back_by(Scalable) == "Argo CD application web"


@pytest.mark.servers
@pytest.mark.parametrize(("status", "words"), [(403, "an autoscaler, if there is one (autoscalers of"), (404, None)])
def test_replicas_of_which_nobody_knows_who_sets_them_are_for_a_person(
    tmp_path: Path, status: int, words: str | None
) -> None:
    with cluster(tmp_path, controller=Rolling(template())) as found:
        found.do(lambda it: it[f"/apis/autoscaling/v2/namespaces/{SPACE}/horizontalpodautoscalers"] << status)
        said = connection(found, workload="deployment", scale={"lowest": 1, "highest": 9})
        by = Place(tmp_path, str).open(KUBERNETES, **said)[DeclaredElsewhere].put_back_by(Scalable)
        assert by == words if words is None or by is None else by.startswith(words)
