from grace_workers.actions.primitives.checkpoint_database import DEFINITION, CheckpointParams
from grace_workers.testing import MemoryConsole
from tests.conformance.primitive_cases import InMemory


def in_memory() -> InMemory:
    console = MemoryConsole(pending=100)
    return InMemory(role=console, params={}, look=lambda: console.pending, kept=lambda: dict(console.tables))


def test_the_outcome_says_how_much_a_crash_would_have_replayed() -> None:
    console = MemoryConsole(pending=4096)
    kept = DEFINITION.snapshot(console, CheckpointParams())
    outcome = DEFINITION.apply(console, CheckpointParams(), kept)
    assert "(was 4096)" in outcome.detail
    assert outcome.data == {"pending_bytes": 0}


def test_the_preview_loses_nothing() -> None:
    assert DEFINITION.preview(MemoryConsole(pending=1), CheckpointParams()).blast.share == 0
