from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from grace_workers.actions.primitives.save_snapshot import DEFINITION, SaveParams
from grace_workers.adapters.embedded import EmbeddedValkey
from grace_workers.foundation.errors import PermanentError
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemorySnapshots
from tests.conformance.primitive_cases import InMemory, Real


def in_memory() -> InMemory:
    made = MemorySnapshots(failed=True)
    return InMemory(role=made, params={}, look=lambda: made.failed, kept=lambda: None)


@contextmanager
def real(folder: Path) -> Iterator[Real]:
    server = EmbeddedValkey(folder / "valkey", durable=False)
    server.start()
    file = folder / "valkey" / "files" / "dump.rdb"
    try:
        with Redis.from_url(server.url) as client:
            client.set("order", "bread")
            yield Real(
                kind=TargetKind("redis"),
                connection={"url": server.url},
                params={},
                look=file.exists,
                kept=lambda: client.get("order"),
            )
    finally:
        server.stop()


def test_the_preview_says_when_it_was_last_saved() -> None:
    (change,) = DEFINITION.preview(MemorySnapshots(failed=True), SaveParams()).changes
    assert change == "save all data to disk; it was last saved at 2026-01-01 00:00:00 UTC; the last attempt failed"


def test_a_server_that_still_cannot_save_fails_the_step() -> None:
    made = MemorySnapshots(failed=True, full=True)
    with pytest.raises(PermanentError, match="disk is full"):
        DEFINITION.apply(made, SaveParams(), DEFINITION.snapshot(made, SaveParams()))
