"""What the store of models promises, in memory and PostgreSQL."""

from datetime import UTC, datetime

from grace_workers.orchestration.stores.models import ModelStore, ModelVersion
from tests.conformance.line_worlds import World, clock, world

__all__ = ["clock", "world"]


def model(version: int, name: str = "diagnosis") -> ModelVersion:
    return ModelVersion(
        name=name,
        version=version,
        sha256="0" * 64,
        at=datetime(2026, 11, 21, 8, tzinfo=UTC),
        revision=7,
        outcomes=5,
        score={"brier": 0.5},
    )


def test_there_is_none_at_first(world: World) -> None:
    with world.ledger.transaction() as tx:
        store = tx[ModelStore]
        assert (store.newest("diagnosis"), list(store.versions("diagnosis"))) == (0, [])
        assert store.content("diagnosis", 1) is None


def test_the_newest_versions_of_a_name_are_kept_byte_for_byte(world: World) -> None:
    for version in (1, 2, 3):
        with world.ledger.transaction() as tx:
            tx[ModelStore].put(model(version), bytes([version, 0, 255]), keep=2)
            tx[ModelStore].put(model(version, "other"), b"x", keep=9)
    with world.ledger.transaction() as tx:
        store = tx[ModelStore]
        assert store.newest("diagnosis") == 3
        assert list(store.versions("diagnosis")) == [model(3), model(2)]
        assert [store.content("diagnosis", version) for version in (1, 2, 3)] == [None, b"\x02\0\xff", b"\x03\0\xff"]
        assert len(store.versions("other")) == 3
