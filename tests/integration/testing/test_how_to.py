"""The page on testing in memory, followed to the letter."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from grace_workers import testing
from tests.architecture.house import ROOT

PAGE = (ROOT / "docs" / "how-to" / "test-in-memory.md").read_text(encoding="utf-8")
FILE = re.compile(r"`([\w/]+\.(?:py|yaml))`:\n\n```\w+\n(.*?)```", re.DOTALL)
TIME = re.compile(r"## Time\n\n```python\n(.*?)```", re.DOTALL)


def test_the_example_of_the_page_passes(tmp_path: Path) -> None:
    for name, text in FILE.findall(PAGE):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:kmock",
            "--rootdir",
            str(tmp_path),
            "tests",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_the_clock_of_the_page_does_what_it_says() -> None:
    [code] = TIME.findall(PAGE)
    names: dict[str, Any] = {}
    exec(compile(code, "test-in-memory.md", "exec"), names)
    assert names["clock"].monotonic() == 300


def test_every_role_in_memory_is_on_the_page() -> None:
    named = set(re.findall(r"`(Memory\w+)\(", PAGE))
    offered = {name for name in testing.__all__ if name.startswith("Memory")} - {"MemoryWorld"}
    assert named >= offered
