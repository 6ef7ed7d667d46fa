"""The coding agent killed at any moment of a task: nothing of it lives on, and the next task clears up."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from grace_workers.foundation.live_processes import live_processes
from tests.acceptance.fleet import ROOT
from tests.integration.coding.repositories import git, repository
from tests.integration.coding.test_tasks import CART, TESTS, TRACEBACK
from tests.waiting import until

pytestmark = [pytest.mark.fleet, pytest.mark.timeout(900)]

KILLS, SEED = 8, 7
TASK = f"""
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from grace_workers.actions import CodePlace
from grace_workers.bootstrap.coding import open_workshop
from grace_workers.coding import Bench, patch_of, undertake
from grace_workers.drivers.git.branch import Branch
from grace_workers.drivers.git.program import Git
from grace_workers.drivers.git.proposals import Proposals

folder = Path(sys.argv[1])
workshop = open_workshop()
repository = workshop.open_branch(folder, "main")
command = (sys.executable, "-m", "pytest", "-q", "-p", "no:pytest-socket", "-p", "no:kmock")
print("began", flush=True)
bench = Bench(workshop=workshop, repository=repository, command=command, seconds=300.0, label="task_1")
work = undertake("fix_bug", {{"traceback": {TRACEBACK!r}}}, bench)
assert work.reason is None, work
git = Git(folder, timedelta(seconds=30), ("Grace", "grace@localhost"))
place = CodePlace(repository=folder, branch="main", python=Path(sys.executable))
proposals = Proposals(git, Branch(git, "main", "good-*"), place)
at = datetime(2026, 1, 2, tzinfo=UTC)
proposals.propose("grace/fix-bug-1", patch_of(work), "Fix it\\n", base=repository.head(), at=at)
print("done", flush=True)
"""


def state(repo: Path) -> object:
    """Return what is the user's own, and every lock that Git has left."""
    files = {path: path.read_bytes() for path in repo.rglob("*") if path.is_file() and ".git" not in path.parts}
    locks = list((repo / ".git").rglob("*.lock"))
    return (
        files,
        locks,
        (repo / ".git" / "index").read_bytes(),
        git(repo, "for-each-ref"),
        git(repo, "rev-parse", "HEAD"),
    )


class Agent:
    """A process that does one task. All its files are in a folder of its own, so what belongs to it is known."""

    def __init__(self, repo: Path, home: Path) -> None:
        self._home = home
        environment = {**os.environ, "TMPDIR": str(home), "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", TASK, str(repo)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def wait_for(self, word: str) -> None:
        assert self.process.stdout is not None
        lines = []
        while (line := self.process.stdout.readline()) and line.decode().strip() != word:
            lines.append(line.decode())
        assert line, "".join(lines)

    def kill_after(self, seconds: float) -> None:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        assert self.process.stdout is not None
        self.process.stdout.close()
        return self.process.wait(10)

    def living(self) -> list[str]:
        """Return the processes, its own and those in the sandbox, that work with its folder."""
        return [" ".join(words) for one in live_processes() if (words := self._words(one))]

    def _words(self, process: psutil.Process) -> list[str]:
        try:
            mine = process.environ().get("TMPDIR", "").startswith(str(self._home))
            inside = str(self._home) in process.cwd() or any(str(self._home) in word for word in process.cmdline())
            return process.cmdline() if (mine or inside) and process.status() != psutil.STATUS_ZOMBIE else []
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return []


def test_an_agent_killed_at_any_moment_leaves_no_process_no_branch_and_no_folder(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"shop/__init__.py": "", "shop/cart.py": CART, "tests/test_cart.py": TESTS})
    home = tmp_path / "home"
    home.mkdir()
    before = state(repo)
    first = Agent(repo, home)
    first.wait_for("began")
    began = time.monotonic()
    first.wait_for("done")
    whole = time.monotonic() - began
    assert first.end() == 0
    git(repo, "branch", "--delete", "--force", "grace/fix-bug-1")
    assert state(repo) == before
    chance = random.Random(SEED)
    for number in range(KILLS):
        one = Agent(repo, home)
        one.wait_for("began")
        # Evenly over the task, and a little beyond what it took alone.
        one.kill_after(whole * 1.1 * (number + chance.random()) / KILLS)
        until(lambda one=one: not one.living(), within=10, every=0.05)
        # A task that was complete may have made its branch, whole; no other has made anything.
        if "grace/fix-bug-1" in git(repo, "branch", "--list", "--format=%(refname:short)"):
            assert "if not prices" in git(repo, "show", "grace/fix-bug-1:shop/cart.py")
            git(repo, "branch", "--delete", "--force", "grace/fix-bug-1")
        assert state(repo) == before
        assert git(repo, "fsck", "--no-dangling") == ""
        assert git(repo, "worktree", "list").count("\n") == 1
    for folder in home.iterdir():
        # One that was just made may belong to a task that has not locked it yet, so it is spared for a minute.
        os.utime(folder, (0, 0))
    last = Agent(repo, home)
    last.wait_for("done")
    assert last.end() == 0
    assert [one.name for one in home.iterdir()] == []
    assert last.living() == []
