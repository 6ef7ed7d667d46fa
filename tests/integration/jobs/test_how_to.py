"""The pages' example cycle and job, followed to the letter."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.copied import copied

ROOT = Path(__file__).parent.parent.parent.parent
PAGES = (ROOT / "docs" / "how-to" / "add-a-cycle.md", ROOT / "docs" / "contributing" / "add-a-job.md")
STEP = re.compile(r"into\s+`([^`]+\.py)`:\n\n```python\n(.*?)```", re.DOTALL)
STEPS = {path: code for page in PAGES for path, code in STEP.findall(page.read_text(encoding="utf-8"))}
ASKED = """
from datetime import timedelta
from grace_workers.entrypoints.tasks.catalog import job_functions
from grace_workers.entrypoints.tasks.submission import submittable
from grace_workers.orchestration.work.catalog import scheduled
from grace_workers.orchestration.work.tasks import orderable
from grace_workers.settings import Settings

settings = Settings(cycles={"disk_growth": timedelta(hours=1)})
print({one.name: one.every for one in scheduled(settings.cycles)}["disk_growth"])
for name in ("cycle.disk_growth", "system.echo"):
    print(name in job_functions(), name in orderable(), name in submittable())
"""


@pytest.mark.fleet
@pytest.mark.timeout(300)
def test_one_file_and_one_test_make_a_cycle_and_so_they_make_a_job(tmp_path: Path) -> None:
    copied(tmp_path, "grace_workers", "tests", "docs", "playbooks")
    assert len(STEPS) == 4
    for path, code in STEPS.items():
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(code, encoding="utf-8")
    files = [path for path in STEPS if path.startswith("tests/")]
    suites = ["tests/conformance/test_jobs.py", "tests/architecture/test_definitions.py"]
    wanted = "disk_growth or system_echo or cycle or job"
    told = _run(["-m", "pytest", "-q", "-p", "no:cacheprovider", *files, *suites, "-k", wanted], tmp_path)
    assert re.search(r"(?:[2-9]\d|\d{3}) passed", told), told
    assert _run(["-c", ASKED], tmp_path).splitlines() == ["1:00:00", "True True False", "True True False"]
    _run(["-m", "tests.architecture.generate_reference"], tmp_path)
    page = (tmp_path / "docs" / "reference" / "jobs.md").read_text(encoding="utf-8")
    assert "| `cycle.disk_growth` | Raises a signal where a file tree grew fast since the last look. |" in page
    assert "| `system.echo` | Returns its words. |" in page


def _run(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("GRACE_")},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
