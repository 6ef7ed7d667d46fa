"""What every `DeclaredElsewhere` promises. A stand is declared elsewhere with what holds it, without its scale."""

from collections.abc import Iterator

import pytest

from grace_workers.actions import DeclaredElsewhere, Scalable, ServiceParts, Suspendable
from grace_workers.testing import MemoryDeclared
from tests.conformance.roles.implementations import implementations, stand


@pytest.fixture(params=implementations(DeclaredElsewhere))
def target(request: pytest.FixtureRequest) -> Iterator[DeclaredElsewhere]:
    if request.param == "memory":
        yield MemoryDeclared({Suspendable: "Argo CD application web"})
        return
    with stand(request.param, DeclaredElsewhere, request) as made:
        yield made


def test_only_what_is_declared_there_is_put_back(target: DeclaredElsewhere) -> None:
    said = target.put_back_by(Suspendable)
    assert said is not None
    assert "application web" in said
    assert target.put_back_by(Scalable) is None
    assert target.put_back_by(ServiceParts) is None
