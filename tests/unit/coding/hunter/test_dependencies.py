from datetime import date

import pytest

from grace_workers.coding import (
    Advisories,
    Advisory,
    AffectedRange,
    Dependency,
    NotAffected,
    NotChecked,
    Vulnerable,
    check_dependency,
    is_dependency_file,
    read_dependencies,
    spelled_answer,
)

DAY = date(2026, 11, 1)
JINJA = Advisory(
    id="PYSEC-1",
    summary="sandbox escape",
    package="jinja2",
    versions=frozenset({"3.2.dev0"}),
    ranges=(AffectedRange(introduced="0", fixed="2.11.3"), AffectedRange(introduced="3.0", last="3.1.2")),
)
KNOWN = Advisories(by_package={"jinja2": [JINJA]}, as_of=DAY)


def dependency(version, name="jinja2"):
    return Dependency(name=name, version=version, file="requirements.txt")


@pytest.mark.parametrize("version", ["2.11.2", "3.0", "3.1.2", "3.2.dev0", "2.11.3rc1"])
def test_a_version_that_an_advisory_names_is_vulnerable(version):
    assert check_dependency(dependency(version), KNOWN) == Vulnerable([JINJA])


@pytest.mark.parametrize("version", ["2.11.3", "2.12", "3.1.3", "3.10"])
def test_a_version_outside_every_range_is_clean_as_of_a_day(version):
    answer = check_dependency(dependency(version), KNOWN)
    assert answer == NotAffected(DAY)
    assert spelled_answer(answer) == "clean, as known on 2026-11-01"


@pytest.mark.parametrize(
    ("asked", "known", "why"),
    [
        (dependency("3.1"), None, "no folder of advisories"),
        (dependency(None), KNOWN, "leaves the version open"),
        (dependency("latest"), KNOWN, "'latest' is no version"),
    ],
)
def test_what_is_unknown_is_reported_with_its_reason(asked, known, why):
    answer = check_dependency(asked, known)
    assert isinstance(answer, NotChecked)
    assert why in spelled_answer(answer)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("requirements.txt", "# comment\nJinja2[async] == 3.1.2 ; python_version > '3'\n-r other.txt\n"),
        ("dev-requirements.txt", "jinja2==3.1.2 \\\n    --hash=sha256:00\n"),
        ("uv.lock", '[[package]]\nname = "Jinja2"\nversion = "3.1.2"\n'),
        ("pyproject.toml", '[project]\ndependencies = ["jinja2==3.1.2"]\n'),
        ("Pipfile.lock", '{"default": {"Jinja2": {"version": "==3.1.2"}}}'),
    ],
)
def test_the_files_of_each_tool_are_read(file, text):
    assert is_dependency_file(f"some/{file}")
    assert [(one.name, one.version) for one in read_dependencies(file, text)] == [("jinja2", "3.1.2")]


def test_an_open_version_is_none_and_a_broken_file_is_said():
    assert [one.version for one in read_dependencies("pyproject.toml", '[project]\ndependencies = ["a>=1"]\n')] == [
        None
    ]
    with pytest.raises(ValueError, match="Expected"):
        read_dependencies("uv.lock", "[[package")
    assert not is_dependency_file("notes.txt")
