from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from grace_workers.actions import OutcomeStatus, TrafficShare
from grace_workers.actions.primitives.route_to_revision import DEFINITION, RouteParams
from grace_workers.foundation.errors import ConflictError, NotFoundError, PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTraffic
from tests.azure_cloud import azure
from tests.conformance.primitive_cases import InMemory, Real
from tests.google_cloud import REGION, google

PARAMS = RouteParams()


def in_memory() -> InMemory:
    service = MemoryTraffic()
    return InMemory(role=service, params={}, look=lambda: service.shares)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    with google() as found:
        name = found.run.service()
        connection = found.said(folder, region=REGION, service=name)
        yield Real(
            kind=TargetKind("gcp_run"), connection=connection, params={}, look=lambda: found.run.named(name)["traffic"]
        )


@contextmanager
def real_azure_containerapp(folder: Path) -> Iterator[Real]:
    del folder
    with azure() as found:
        name = found.apps.app()
        ingress = found.apps.apps[name]["properties"]["configuration"]["ingress"]
        yield Real(
            kind=TargetKind("azure_containerapp"),
            connection=found.said(app=name),
            params={},
            look=lambda: list(ingress["traffic"]),
        )


def test_the_traffic_goes_to_the_newest_ready_revision_before_the_one_that_serves() -> None:
    words = "give all traffic to shop-2 instead of the newest (100 %)"
    assert DEFINITION.preview(MemoryTraffic(), PARAMS).changes == (words,)
    assert DEFINITION.snapshot(MemoryTraffic(broken={"shop-2"}), PARAMS).content["to"] == "shop-1"


def test_the_one_that_serves_is_no_revision_that_never_became_ready() -> None:
    service = MemoryTraffic(names=("shop-1", "shop-2", "shop-3"), failed={"shop-3"})
    assert DEFINITION.snapshot(service, PARAMS).content["to"] == "shop-1"
    assert DEFINITION.snapshot(MemoryTraffic(broken={"shop-3"}), PARAMS).content["to"] == "shop-2"


def test_what_gets_a_part_already_counts_for_the_blast() -> None:
    shares = (TrafficShare(revision="shop-3", percent=90), TrafficShare(revision="shop-2", percent=10))
    preview = DEFINITION.preview(MemoryTraffic(shares=shares), PARAMS)
    assert preview.blast.share == 0.9


def test_an_address_by_label_stays() -> None:
    labelled = TrafficShare(revision="shop-3", percent=0, label="next")
    service = MemoryTraffic(shares=(TrafficShare(revision=None, percent=100), labelled))
    DEFINITION.apply(service, PARAMS, DEFINITION.snapshot(service, PARAMS))
    assert service.shares == (TrafficShare(revision="shop-2", percent=100), labelled)


def test_a_revision_that_has_all_traffic_is_left_alone() -> None:
    service = MemoryTraffic(shares=(TrafficShare(revision="shop-1", percent=100),))
    params = RouteParams(to="shop-1")
    assert DEFINITION.preview(service, params).changes == ("leave all traffic with shop-1",)
    assert DEFINITION.apply(service, params, DEFINITION.snapshot(service, params)).status is OutcomeStatus.UNCHANGED


def test_a_service_of_one_revision_cannot_go_back() -> None:
    with pytest.raises(ConflictError, match="no ready revision is older than shop-1"):
        DEFINITION.snapshot(MemoryTraffic(names=("shop-1",)), PARAMS)


def test_a_revision_that_cannot_serve_is_refused() -> None:
    with pytest.raises(NotFoundError, match="these may: shop-3, shop-2, shop-1"):
        DEFINITION.snapshot(MemoryTraffic(), RouteParams(to="shop-9"))
    with pytest.raises(PermanentError, match="'shop-1' is not ready"):
        DEFINITION.snapshot(MemoryTraffic(broken={"shop-1"}), RouteParams(to="shop-1"))


def test_shares_that_someone_else_has_changed_stay() -> None:
    service = MemoryTraffic()
    kept = DEFINITION.snapshot(service, PARAMS)
    service.route([TrafficShare(revision="shop-1", percent=100)])
    with pytest.raises(ConflictError, match=r"went to shop-1 \(100 %\) since the snapshot"):
        DEFINITION.apply(service, PARAMS, kept)
    with pytest.raises(ConflictError, match="decide by hand"):
        DEFINITION.restore(service, PARAMS, kept)
