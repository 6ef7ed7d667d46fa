"""Known vulnerabilities of packages, and three answers about a dependency: vulnerable, clean, not checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never

from packaging.version import InvalidVersion, Version

from grace_workers.coding.hunter.dependency import Dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class AffectedRange:
    """Versions from `introduced`, up to and excluding `fixed`, or up to and including `last`. None: without an end."""

    introduced: str
    fixed: str | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One vulnerability of one package, as OSV says it."""

    id: str
    summary: str
    package: str
    versions: frozenset[str] = frozenset()
    ranges: Sequence[AffectedRange] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisories:
    """The known vulnerabilities, by package; `as_of` is the date of the newest entry."""

    by_package: Mapping[str, Sequence[Advisory]] = field(repr=False)
    as_of: date


@dataclass(frozen=True, slots=True)
class Vulnerable:
    """Advisories name this version."""

    by: Sequence[Advisory]


@dataclass(frozen=True, slots=True)
class NotAffected:
    """No advisory named this version, as of that date."""

    as_of: date


@dataclass(frozen=True, slots=True)
class NotChecked:
    """No answer is possible, and why."""

    why: str


DependencyAnswer = Vulnerable | NotAffected | NotChecked


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDependency:
    """A dependency, and what the advisories say of it."""

    dependency: Dependency
    answer: DependencyAnswer


def check_dependency(dependency: Dependency, advisories: Advisories | None) -> DependencyAnswer:
    """Return what the advisories say of a dependency."""
    if advisories is None:
        return NotChecked("no folder of advisories was given")
    if dependency.version is None:
        return NotChecked("its file leaves the version open")
    try:
        version = Version(dependency.version)
    except InvalidVersion:
        return NotChecked(f"{dependency.version!r} is no version that can be compared")
    known = advisories.by_package.get(dependency.name, ())
    found = [one for one in known if _affects(one, dependency.version, version)]
    return Vulnerable(found) if found else NotAffected(advisories.as_of)


def spelled_answer(answer: DependencyAnswer) -> str:
    """Return an answer in words."""
    match answer:
        case Vulnerable(by=by):
            return f"vulnerable: {'; '.join(f'{one.id} {one.summary}'.strip() for one in by)}"
        case NotAffected(as_of=as_of):
            return f"clean, as known on {as_of}"
        case NotChecked(why=why):
            return f"not checked: {why}"
        case _:
            assert_never(answer)


def _affects(advisory: Advisory, spelled: str, version: Version) -> bool:
    if spelled in advisory.versions:
        return True
    return any(_is_within(one, version) for one in advisory.ranges)


def _is_within(affected: AffectedRange, version: Version) -> bool:
    try:
        if affected.introduced != "0" and version < Version(affected.introduced):
            return False
        if affected.fixed is not None and version >= Version(affected.fixed):
            return False
        return affected.last is None or version <= Version(affected.last)
    except InvalidVersion:
        # If an advisory's own bound cannot be compared, only the versions that it lists count.
        return False
