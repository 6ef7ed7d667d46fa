"""The how-to's source, followed to the letter in a copy of the repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tests.copied import copied

PAGE = ROOT / "docs" / "how-to" / "add-a-source.md"
STEP = re.compile(r"into\s+`([^`]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)


@pytest.mark.timeout(180)
def test_one_file_and_one_test_make_a_source(tmp_path: Path) -> None:
    copied(tmp_path, "grace_workers", "tests", "docs", "playbooks")
    steps = STEP.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) == 2
    for path, code in steps:
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code, encoding="utf-8")
    suites = ["tests/unit/signals/sources/test_slack.py", "tests/conformance/test_sources.py"]
    done = _run(tmp_path, "pytest", "-q", "-p", "no:cacheprovider", *suites, "-k", "slack")
    assert re.search(r"2\d passed", done), done
    assert "sources.md" in _run(tmp_path, "tests.architecture.generate_reference")
    assert "## `slack`" in (tmp_path / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")


def _run(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=150
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
