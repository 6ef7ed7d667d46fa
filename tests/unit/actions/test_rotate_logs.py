from pathlib import Path

from grace_workers.actions import OutcomeStatus
from grace_workers.actions.primitives.rotate_logs import DEFINITION, RotateParams
from grace_workers.foundation.ids import TargetKind
from grace_workers.testing import MemoryTree
from tests.conformance.primitive_cases import InMemory, Real, shape

SAID = {"patterns": ["*.log"], "at_least": 100}
PARAMS = RotateParams(patterns=("*.log",), at_least=100)


def logs() -> MemoryTree:
    tree = MemoryTree()
    tree.put("shop.log", b"x" * 200)
    tree.put("small.log", b"x")
    return tree


def in_memory() -> InMemory:
    tree = logs()
    return InMemory(role=tree, params=SAID, look=lambda: dict(tree.files))


def real(folder: Path) -> Real:
    root = folder / "logs"
    root.mkdir()
    (root / "shop.log").write_bytes(b"x" * 200)
    (root / "small.log").write_bytes(b"x")
    return Real(kind=TargetKind("files"), connection={"root": str(root)}, params=SAID, look=lambda: shape(root))


def test_a_log_that_its_service_has_begun_anew_keeps_its_name_and_the_old_one_its_new() -> None:
    tree = logs()
    kept = DEFINITION.snapshot(tree, PARAMS)
    DEFINITION.apply(tree, PARAMS, kept)
    (rotated,) = set(tree.files) - {"small.log"}
    tree.put("shop.log", b"new")
    assert DEFINITION.restore(tree, PARAMS, kept).status is OutcomeStatus.UNCHANGED
    assert DEFINITION.restored(tree, PARAMS, kept)
    assert tree.files["shop.log"][0] == b"new"
    assert tree.files[rotated][0] == b"x" * 200


def test_small_logs_stay() -> None:
    tree = logs()
    DEFINITION.apply(tree, PARAMS, DEFINITION.snapshot(tree, PARAMS))
    assert "small.log" in tree.files
