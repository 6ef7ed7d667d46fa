"""A folder of OSV advisories (https://ossf.github.io/osv-schema), mirrored by its user: nothing is downloaded here."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from grace_workers.coding import Advisories, Advisory, AffectedRange, normal_name
from grace_workers.foundation.errors import InputError

_LARGEST = 4 << 20
_MOST = 200_000


def read_advisories(folder: Path) -> Advisories:
    """Return the advisories for PyPI packages in a folder, including its sub-folders.

    Raises:
        InputError: it holds no advisory, or a file is not one.
    """
    by_package: dict[str, list[Advisory]] = defaultdict(list)
    newest: date | None = None
    for number, path in enumerate(sorted(folder.rglob("*.json"))):
        if number >= _MOST:
            raise InputError(f"{folder} holds more than {_MOST} advisories; name the folder of PyPI alone")
        said = _read(path)
        newest = max(newest or date.min, _day(said, path))
        if said.get("withdrawn"):
            continue
        for one in _advisories(said):
            by_package[one.package].append(one)
    if newest is None:
        raise InputError(f"{folder} holds no advisory; unpack the archive that osv.dev offers of PyPI there")
    return Advisories(by_package=dict(by_package), as_of=newest)


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
        said = json.loads(content) if len(content) <= _LARGEST else None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is no advisory: {error}") from error
    if not isinstance(said, dict) or not isinstance(said.get("id"), str):
        raise InputError(f"{path} is no advisory in the format of OSV; remove it from the folder")
    return said


def _day(said: dict[str, Any], path: Path) -> date:
    try:
        return datetime.fromisoformat(str(said.get("modified"))).date()
    except ValueError as error:
        raise InputError(f"{path} does not say when it was modified; mirror it again") from error


def _advisories(said: dict[str, Any]) -> Iterator[Advisory]:
    for affected in _list(said.get("affected")):
        package = affected.get("package")
        if not isinstance(package, dict) or str(package.get("ecosystem")) != "PyPI":
            continue
        yield Advisory(
            id=said["id"],
            summary=str(said.get("summary", ""))[:200],
            package=normal_name(str(package.get("name"))),
            versions=frozenset(map(str, affected.get("versions") or ())),
            ranges=tuple(_ranges(affected)),
        )


def _ranges(affected: dict[str, Any]) -> Iterator[AffectedRange]:
    for one in _list(affected.get("ranges")):
        if one.get("type") != "ECOSYSTEM":
            continue
        introduced: str | None = None
        for event in _list(one.get("events")):
            if "introduced" in event:
                introduced = str(event["introduced"])
            elif introduced is not None and {"fixed", "last_affected"} & event.keys():
                fixed, last = event.get("fixed"), event.get("last_affected")
                yield AffectedRange(introduced=introduced, fixed=fixed and str(fixed), last=last and str(last))
                introduced = None
        if introduced is not None:
            yield AffectedRange(introduced=introduced)


def _list(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
