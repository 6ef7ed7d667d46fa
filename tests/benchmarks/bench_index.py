"""The index of a repository: all of it against what one changed file costs. The bar: a fifth of the time at most.

The repository is this one, in a clone, with one commit that changes one file.
"""

import subprocess
import time
from pathlib import Path

import pytest

from grace_workers.adapters.files.index_folder import IndexFolder
from grace_workers.adapters.git.checkout import GitCheckout
from grace_workers.coding.engines.index.index import IndexedPlace
from grace_workers.coding.engines.index.keeping import indexed

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

ROOT = Path(__file__).parent.parent.parent
MOST, RUNS = 0.2, 3


def timed(folder: Path, store: IndexFolder) -> tuple[float, int, int]:
    began = time.process_time()
    found = indexed(GitCheckout(folder), store, "1")
    found.index.tests(IndexedPlace("grace_workers/coding/undertaking.py", "undertake"))
    return time.process_time() - began, found.parsed, found.kept


def test_one_changed_file_costs_a_fraction_of_all(tmp_path):
    folder = tmp_path / "code"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, folder], check=True)
    store = IndexFolder(tmp_path / "indexes")
    whole, files, _ = timed(folder, store)
    ratios = []
    for number in range(RUNS):
        with (folder / "grace_workers/coding/undertaking.py").open("a") as file:
            file.write(f"# {number}\n")
        words = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qam", f"change {number}"]
        subprocess.run(words, cwd=folder, check=True)
        again, parsed, kept = timed(folder, store)
        assert (parsed, kept) == (1, files - 1)
        ratios.append(again / whole)
    shares = ", ".join(f"{one:.0%}" for one in ratios)
    print(f"{files} files: {whole:.1f} s of processor time for all; one changed: {shares}")
    assert sorted(ratios)[RUNS // 2] <= MOST
