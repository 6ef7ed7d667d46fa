"""The page on adding a store, followed to the letter in a copy of the repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.copied import copied

pytestmark = pytest.mark.servers

ROOT = Path(__file__).parent.parent.parent.parent
PAGE = ROOT / "docs" / "contributing" / "add-a-store.md"
STEP = re.compile(r"into\s+`([^`]+\.py)`[^`]*:\n\n```python\n(.*?)```", re.DOTALL)
SUITES = ["tests/conformance/test_notes.py", "tests/migrations/test_migrations.py"]


@pytest.mark.fleet
@pytest.mark.timeout(240)
def test_a_port_and_two_files_of_its_name_make_a_store(tmp_path: Path) -> None:
    copied(tmp_path, "grace_workers", "tests", "migrations", "docs/reference")
    newest = max((ROOT / "migrations" / "versions").glob("*.py")).stem
    steps = STEP.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) == 5
    for path, code in steps:
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code.replace("<the newest before it>", newest), encoding="utf-8")
    assert "wrote docs/reference/tables.md" in run(tmp_path, "tests.migrations.tables_page")
    told = run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *SUITES, "-k", "notes or empty_database")
    assert re.search(r"[456] passed", told), told


def run(folder: Path, *module: str) -> str:
    """Run a module of the copy, and return its output."""
    command = [sys.executable, "-m", *module]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=220)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
