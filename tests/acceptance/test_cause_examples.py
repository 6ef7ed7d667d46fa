"""What the causes are recognised by, posted to the real API as their senders post it: all of it is taken and stored."""

from collections.abc import Iterator
from typing import Any

import pytest

from grace_workers.diagnosis import ExampleDelivery
from grace_workers.governance import Role
from grace_workers.signals import Source
from tests.acceptance.api_world import ApiWorld, api_world
from tests.conftest import _database
from tests.shipped_causes import CAUSES

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def world(
    postgres_server: Any, migrated_template: str, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiWorld]:
    folder = tmp_path_factory.mktemp("causes")
    with _database(postgres_server, migrated_template) as url, api_world(url, valkey_server.url, folder) as found:
        yield found


def post(world: ApiWorld, delivery: ExampleDelivery, source: Source) -> Any:
    below = f"/{source.example.path}" if source.example.path else ""
    headers = {**source.example.headers, "Content-Type": source.example.content_type}
    path = f"/api/v1/signals/{source.name}{below}"
    return world.ask("POST", path, Role.REPORTER, content=delivery.raw, headers=headers)


def test_every_delivery_of_the_examples_is_taken_and_its_signals_point_to_the_cause(world: ApiWorld) -> None:
    posted = 0
    for cause in CAUSES:
        for delivery in (one.delivery for one in cause.examples if one.delivery is not None):
            answer = post(world, delivery, world.runtime.catalogs.sources[delivery.source])
            assert answer.status_code in {200, 202}, (cause.name, answer.text)
            with world.runtime.ledger.transaction() as tx:
                [(stored, _)] = tx.signals.find(limit=1)
            assert cause.name in {found.name for found, _ in CAUSES.seen_in([stored])}, stored
            posted += 1
    assert posted > len(CAUSES) / 2
