"""A directory tree when the disk is full, when its worker is killed, and for any names and contents."""

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grace_workers.drivers.files.tree import DirectoryTree
from tests.conformance.primitive_cases import shape

ROOT = Path(__file__).parent.parent.parent.parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "tree"
    made.mkdir()
    return made


@pytest.fixture
def tree(root: Path, tmp_path: Path) -> DirectoryTree:
    return DirectoryTree(root, tmp_path / "stash", quota=1_000_000)


def paths(tree: DirectoryTree, *patterns: str) -> list[str]:
    return [entry.path for entry in tree.find(patterns or ("**",))]


def test_a_file_that_a_program_writes_to_is_not_removed_and_one_that_is_only_read_is(
    tree: DirectoryTree, root: Path
) -> None:
    (root / "shop-2026-11-30.log").write_text("a")
    (root / "shop-2026-11-29.log").write_text("b")
    tree.stash(paths(tree), "k")
    with (root / "shop-2026-11-30.log").open("a") as writer, (root / "shop-2026-11-29.log").open():
        assert (tree.remove("k").removed, tree.remove("k").kept) == (1, 1)
        writer.write("later")
    assert (root / "shop-2026-11-30.log").read_text() == "alater"
    (root / "shop-2026-11-29.log").write_text("b")
    assert paths(tree) == ["shop-2026-11-30.log", "shop-2026-11-29.log"]


def test_a_full_stash_keeps_nothing_and_removes_nothing(tmp_path: Path) -> None:
    script = tmp_path / "full.py"
    script.write_text(
        "import os, sys\n"
        "from pathlib import Path\n"
        "from grace_workers.drivers.files.tree import DirectoryTree\n"
        "from grace_workers.foundation.errors import PermanentError\n"
        "top = Path(sys.argv[1])\n"
        "(top / 'tree').mkdir()\n"
        "(top / 'tree' / 'big.log').write_bytes(os.urandom(500_000))\n"
        "tree = DirectoryTree(top / 'tree', top / 'small' / 'stash', quota=1)\n"
        "try:\n"
        "    tree.stash(['big.log'], 'key')\n"
        "except PermanentError as error:\n"
        "    print(error, list((top / 'small' / 'stash').iterdir()), (top / 'tree' / 'big.log').exists())\n"
    )
    (tmp_path / "small").mkdir()
    mount = f"mount -t tmpfs -o size=128k none {tmp_path}/small && exec {sys.executable} {script} {tmp_path}"
    done = subprocess.run(
        ["unshare", "-Urm", "sh", "-c", mount],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip(f"no mount namespace of our own here: {done.stderr.strip()}")
    assert "No space left on device; free space there" in done.stdout, done.stderr
    assert "[] True" in done.stdout


WORK = """
import sys
from pathlib import Path
from grace_workers.drivers.files.tree import DirectoryTree
top = Path(sys.argv[1])
tree = DirectoryTree(top / "tree", top / "stash", quota=1)
print("go", flush=True)
if sys.argv[2] == "stash":
    tree.stash([entry.path for entry in tree.find(["**"])], "key")
else:
    getattr(tree, sys.argv[2])("key")
"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("work", ["stash", "remove", "unstash"])
def test_work_killed_again_and_again_is_finished_by_the_next(
    tree: DirectoryTree, root: Path, tmp_path: Path, work: str
) -> None:
    for number in range(400):
        (root / f"{number % 7}").mkdir(exist_ok=True)
        (root / f"{number % 7}" / f"{number}.log").write_bytes(b"line\n" * number)
    first, all_paths = shape(root), paths(tree)
    if work != "stash":
        tree.stash(all_paths, "key")
    if work == "unstash":
        tree.remove("key")
    for attempt in range(5):
        command = [sys.executable, "-c", WORK, str(tmp_path), work]
        worker = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert worker.stdout is not None
        worker.stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            worker.wait(timeout=0.004 * (attempt + 1))
        worker.kill()
        worker.wait()
        worker.stdout.close()
    assert tree.stash(all_paths, "key").files == 400
    if work != "unstash":
        tree.remove("key")
        assert shape(root) == {}
    tree.unstash("key")
    assert first == shape(root)


NAMES = st.from_regex(r"[a-zäß0-9 ._-]{1,8}", fullmatch=True).filter(lambda name: name not in {".", ".."})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(NAMES, st.binary(max_size=300), max_size=6),
    st.dictionaries(NAMES, st.binary(max_size=300), max_size=6),
)
def test_unstash_undoes_remove_for_any_tree(
    tmp_path_factory: pytest.TempPathFactory, top: dict[str, bytes], deep: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    inner = folder / "tree" / "in ner"
    inner.mkdir(parents=True)
    for place, files in ((folder / "tree", top), (inner, deep)):
        for name, content in files.items():
            if name != "in ner":
                (place / name).write_bytes(content)
                (place / name).chmod(0o600 | len(content) % 64)
    tree = DirectoryTree(folder / "tree", folder / "stash", quota=1)
    first = shape(folder / "tree")
    tree.stash(paths(tree), "key")
    removal = tree.remove("key")
    assert (removal.removed, shape(folder / "tree")) == (len(first), {})
    shutil.rmtree(inner)
    assert tree.unstash("key") == len(first)
    assert first == shape(folder / "tree")
