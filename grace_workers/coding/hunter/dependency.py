"""The dependencies that a project declares in its files."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from grace_workers.coding.foreign_text import read_json, read_toml

_REQUIREMENT = re.compile(
    r"([A-Za-z0-9][A-Za-z0-9._-]{0,200})\s{0,8}(?:\[[^\]]{0,200}\])?\s{0,8}(==\s{0,8}([A-Za-z0-9.!+_-]{1,100}))?"
)
_LOCKS = frozenset({"poetry.lock", "uv.lock", "pdm.lock", "pylock.toml"})
_LARGEST = 8 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A package that is depended on. `version` is None if the file leaves it open."""

    name: str
    version: str | None
    file: str
    line: int = 1


def is_dependency_file(name: str) -> bool:
    """Return whether a file of that name declares a project's dependencies."""
    last = PurePath(name).name.lower()
    return last in _LOCKS or last in {"pyproject.toml", "pipfile.lock"} or _is_requirements(last)


def read_dependencies(file: str, text: str) -> list[Dependency]:
    """Return what a file declares.

    Raises:
        ValueError: it is too large, or not what its name says.
    """
    if len(text) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST >> 20} MiB")
    last = PurePath(file).name.lower()
    if _is_requirements(last):
        return list(_requirements(file, text))
    if last == "pipfile.lock":
        return list(_pipfile(file, read_json(text)))
    read = read_toml(text)
    return list(_project(file, read) if last == "pyproject.toml" else _locked(file, read))


def normal_name(name: str) -> str:
    """Return the canonical spelling of a package's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_requirements(last: str) -> bool:
    return last.endswith(".txt") and ("requirements" in last or "constraints" in last)


def _requirements(file: str, text: str) -> Iterator[Dependency]:
    for number, line in enumerate(text.splitlines(), 1):
        said = line.strip()
        if said and said[0].isalnum():
            yield from _one(file, number, said)


def _one(file: str, line: int, said: str) -> Iterator[Dependency]:
    found = _REQUIREMENT.match(said[:1000])
    if found:
        yield Dependency(name=normal_name(found[1]), version=found[3], file=file, line=line)


def _pipfile(file: str, read: Any) -> Iterator[Dependency]:
    for group in ("default", "develop"):
        for name, said in _mapping(_mapping(read).get(group)).items():
            version = str(_mapping(said).get("version", "")).removeprefix("==") or None
            yield Dependency(name=normal_name(name), version=version, file=file)


def _project(file: str, read: dict[str, Any]) -> Iterator[Dependency]:
    project = _mapping(read.get("project"))
    groups = [project.get("dependencies"), *_mapping(project.get("optional-dependencies")).values()]
    for said in (one for group in groups if isinstance(group, list) for one in group):
        yield from _one(file, 1, str(said))


def _locked(file: str, read: dict[str, Any]) -> Iterator[Dependency]:
    listed = read.get("package", read.get("packages"))
    for said in listed if isinstance(listed, list) else ():
        known = _mapping(said)
        if isinstance(known.get("name"), str):
            version = None if known.get("version") is None else str(known["version"])
            yield Dependency(name=normal_name(known["name"]), version=version, file=file)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
