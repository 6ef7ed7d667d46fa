from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from grace_workers.actions import Drainable, EnvironmentProof
from grace_workers.drivers.kubernetes_node import DEFINITION
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError, TransientError
from tests.cluster_node import NODE, cluster_node
from tests.conformance.roles.implementations import Place
from tests.emulated import Told

NEEDS_SERVERS = True
SOON = timedelta(seconds=5)


@contextmanager
def drainable(place: Place) -> Iterator[Drainable]:
    with cluster_node(place.folder) as (_, _, said):
        yield place.open(DEFINITION, **said)[Drainable]


@contextmanager
def environment_proof(place: Place) -> Iterator[Callable[[], EnvironmentProof]]:
    with cluster_node(place.folder) as (_, _, said):
        yield lambda: place.open(DEFINITION, **said)[EnvironmentProof]


@pytest.mark.parametrize("name", ["", "../x", "a/b", "A", "--help", "a b", "a\n", "%7b", "{{x}}", "-a"])
def test_a_hostile_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        Place(tmp_path, str).open(DEFINITION, name=name)


@pytest.mark.servers
def test_what_belongs_to_the_node_stays_and_the_rest_leaves_when_its_budget_allows(tmp_path: Path) -> None:
    with cluster_node(tmp_path) as (node, api, said):
        role: Drainable = Place(tmp_path, str).open(DEFINITION, **said)[Drainable]  # type: ignore[assignment]
        node.held = {"web-2"}
        with pytest.raises(TransientError, match=r"shop/web-2 is still there after 0\.5 s: .*disruption budget"):
            role.drain(timedelta(seconds=0.5))
        assert sorted(node.pods) == ["logs", "proxy", "web-2"]
        node.held.clear()
        assert role.drain(SOON) == ["shop/web-2"]
        assert sorted(node.pods) == ["logs", "proxy"]
        assert not any("web-1" in one.path for one in api.asked[-4:])


@pytest.mark.servers
def test_a_pod_that_took_the_name_meanwhile_is_not_evicted(tmp_path: Path) -> None:
    with cluster_node(tmp_path) as (node, api, said):
        role: Drainable = Place(tmp_path, str).open(DEFINITION, **said)[Drainable]  # type: ignore[assignment]
        api.refused = Told(409, {"kind": "Status", "message": "the UID in the precondition does not match"})
        role.drain(SOON)
        assert [one.method for one in api.asked].count("POST") == 3
        assert sorted(node.pods) == ["logs", "proxy"]


@pytest.mark.servers
def test_what_is_lost_with_a_pod_is_seen(tmp_path: Path) -> None:
    with cluster_node(tmp_path) as (node, _, said):
        role: Drainable = Place(tmp_path, str).open(DEFINITION, **said)[Drainable]  # type: ignore[assignment]
        node.add("alone", owner=None)
        node.pods["web-1"]["spec"]["volumes"] = [{"name": "cache", "emptyDir": {}}]
        node.pods["web-2"]["status"]["phase"] = "Succeeded"
        seen = {one.name: (one.controlled, one.local) for one in role.state().pods}
        assert seen == {"shop/alone": (False, False), "shop/web-1": (True, True)}


@pytest.mark.servers
def test_what_the_cluster_refuses_is_said_in_our_words(tmp_path: Path) -> None:
    with cluster_node(tmp_path) as (_, api, said):
        role: Drainable = Place(tmp_path, str).open(DEFINITION, **said)[Drainable]  # type: ignore[assignment]
        api.refused = Told(403, {"kind": "Status", "message": "nodes is forbidden"})
        with pytest.raises(PermanentError, match="403: nodes is forbidden; grant Grace's user that right"):
            role.set_schedulable(on=False)
        assert role.state().schedulable
        ghost: Drainable = Place(tmp_path, str).open(DEFINITION, **{**said, "name": "ghost"})[Drainable]  # type: ignore[assignment]
        with pytest.raises(NotFoundError, match="node 'ghost'"):
            ghost.state()
        assert NODE != "ghost"


@pytest.mark.servers
def test_the_conditions_that_are_not_as_they_should_be_are_named(tmp_path: Path) -> None:
    with cluster_node(tmp_path) as (node, _, said):
        role: Drainable = Place(tmp_path, str).open(DEFINITION, **said)[Drainable]  # type: ignore[assignment]
        assert role.state().troubles == ()
        node.pressed = "MemoryPressure"
        assert role.state().troubles == ("MemoryPressure",)
        node.ready = "Unknown"
        assert role.state().troubles == ("MemoryPressure", "Ready")
