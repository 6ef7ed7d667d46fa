"""What the wheel says of itself, and what the repository must not carry."""

import re
import subprocess
import tomllib

import grace_workers
from tests.architecture.house import PACKAGE, ROOT, everything

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MACHINE = re.compile(r"(?<![\w.])/(?:work|root|home)/\w")


def test_the_version_is_the_same_everywhere():
    assert grace_workers.__version__ == PROJECT["version"]
    assert f"## [{PROJECT['version']}]" in (ROOT / "CHANGELOG.md").read_text()


def test_the_package_is_typed():
    assert (PACKAGE / "py.typed").is_file()


def test_the_public_names_are_there_and_sorted():
    assert grace_workers.__all__ == sorted(grace_workers.__all__)
    assert [name for name in grace_workers.__all__ if not hasattr(grace_workers, name)] == []


def test_what_celery_is_patched_for_is_pinned():
    pinned = {name for name in PROJECT["dependencies"] if "==" in name}
    assert {re.split(r"[\[=]", name)[0] for name in pinned} == {"celery", "kombu"}


def test_every_dependency_is_constrained():
    constrained = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "docker" / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    assert {re.split(r"[\[=~><]", name)[0].lower().replace("_", "-") for name in wanted} - constrained == set()


def test_no_file_names_a_machine():
    assert [source.place for source in everything() if MACHINE.search(source.text)] == []


def test_nothing_is_kept_that_is_made():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    made = re.compile(r"(^|/)(__pycache__|\.venv|\.grace|dist|build)/|\.pyc$|\.egg-info/")
    assert [name for name in done.stdout.splitlines() if made.search(name)] == []
