from pathlib import Path

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.release_stale_lock import DEFINITION, ReleaseLockParams
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTree
from tests.conformance.primitive_cases import InMemory, Real, shape
from tests.sight import need_every_process

ENDED = b"4194303999"


def in_memory() -> InMemory:
    tree = MemoryTree()
    tree.put("run.lock", ENDED)
    return InMemory(role=tree, params={"patterns": ["*.lock"]}, look=lambda: dict(tree.files))


def real(folder: Path) -> Real:
    need_every_process()
    root = folder / "run"
    root.mkdir()
    (root / "run.lock").write_bytes(ENDED)
    return Real(
        kind=TargetKind("files"),
        connection={"root": str(root)},
        params={"patterns": ["*.lock"]},
        look=lambda: shape(root),
    )


def test_a_lock_that_was_taken_again_since_the_snapshot_stays() -> None:
    tree = MemoryTree()
    tree.put("run.lock", ENDED)
    params = ReleaseLockParams(patterns=("*.lock",))
    kept = DEFINITION.snapshot(tree, params)
    tree.put("run.lock", b"1")
    assert DEFINITION.apply(tree, params, kept).status is OutcomeStatus.UNCHANGED
    assert tree.files["run.lock"][0] == b"1"
