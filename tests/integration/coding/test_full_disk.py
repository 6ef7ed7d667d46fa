"""A disk without room: every command of the coding agent ends with one sentence, and leaves nothing behind."""

import os
import shlex
import subprocess
import sys

import pytest

from tests.integration.coding.repositories import git, repository, state

FILES = {
    "shelf.py": "def last(items):\n    return items[len(items)]\n",
    "test_shelf.py": "from shelf import last\n\n\ndef test_last():\n    assert last([3, 4]) == 4\n",
}
PROGRAM = "import sys; from grace_workers.entrypoints.cli.program import main; sys.argv[0] = 'grace'; main()"
FIX = ("fix", ".", "--python", sys.executable, "--budget", "30", "--", "-p", "no:kmock")
WORK = [
    FIX,
    ("build", "http_endpoint", "--option", "function=shelf.py::last", "--python", sys.executable),
]


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = repository(tmp_path_factory.mktemp("large") / "repo", FILES)
    (folder / "large.bin").write_bytes(os.urandom(2 << 20))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "large")
    return folder


def ended(shell, folder, scratch):
    """Return how a shell's script ended, in which `$GRACE` is the command and `$SCRATCH` an empty folder."""
    scratch.mkdir()
    known = {name: value for name, value in os.environ.items() if not name.startswith("GRACE_")}
    environment = {**known, "GRACE": shlex.join([sys.executable, "-c", PROGRAM]), "SCRATCH": str(scratch)}
    environment |= {
        "TMPDIR": str(scratch),
        "GRACE_DATA_DIR": str(scratch.parent / "data"),
        "XDG_CACHE_HOME": str(scratch),
    }
    done = subprocess.run(["sh", "-c", shell], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def one_sentence(code, words):
    assert code == 1, words
    assert "Traceback" not in words
    assert len(words.strip().splitlines()) == 1, words
    assert "; free space there, or name another folder with TMPDIR" in words


@pytest.mark.parametrize("words", WORK, ids=lambda one: one[0])
def test_a_file_that_is_larger_than_the_limit_ends_the_work_with_a_sentence(large, tmp_path, words):
    before = state(large)
    code, _, said = ended(f"ulimit -f 1024; eval exec $GRACE code {shlex.join(words)}", large, tmp_path / "scratch")
    one_sentence(code, said)
    assert "File too large" in said
    assert [*(tmp_path / "scratch").iterdir()] == []
    assert state(large) == before


def test_a_full_disk_ends_the_work_with_a_sentence(large, tmp_path):
    able = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False)
    if able.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {able.stderr.decode().strip()}")
    before = state(large)
    mounted = 'mount -t tmpfs -o size=600k tmpfs "$SCRATCH" && '
    shell = f'{mounted}eval $GRACE code {shlex.join(FIX)}; code=$?; ls -A "$SCRATCH"; exit $code'
    code, left, said = ended(f"exec unshare -rm sh -c {shlex.quote(shell)}", large, tmp_path / "scratch")
    one_sentence(code, said)
    assert "No space left on device" in said
    assert left == ""
    assert state(large) == before
