"""The how-to's example, followed to the letter in a copy of the repository."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.copied import copied

ROOT = Path(__file__).parent.parent.parent.parent
PAGE = ROOT / "docs" / "how-to" / "add-a-primitive.md"
STEP = re.compile(r"into\s+`([^`]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)


@pytest.mark.timeout(180)
def test_one_file_and_one_test_make_a_primitive(tmp_path: Path) -> None:
    copied(tmp_path, "grace_workers", "tests")
    steps = STEP.findall(PAGE.read_text(encoding="utf-8"))
    assert len(steps) == 2
    for path, code in steps:
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code, encoding="utf-8")
    suites = ["tests/unit/actions/test_remove_empty_files.py", "tests/conformance/test_primitives.py"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *suites, "-k", "remove_empty_files"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=150,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"2\d passed", done.stdout), done.stdout
