"""The packages that are installed somewhere, read from their metadata without running any of their code."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import cast

from packaging.requirements import InvalidRequirement, Requirement

from grace_workers.coding import normal_name
from grace_workers.foundation.errors import InputError, NotFoundError


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """One installed package: its declared licence, and the other packages that it needs."""

    name: str
    version: str
    licence: str | None
    summary: str | None
    needs: Sequence[str]


def packages_of(environment: Path) -> Sequence[InstalledPackage]:
    """Return the packages of a virtual environment, in order of names.

    Raises:
        InputError: it is not a virtual environment.
    """
    folders = sorted(environment.glob("lib/python3*/site-packages"))
    if not folders:
        raise InputError(f"{environment} is no virtual environment: it has no lib/python3*/site-packages")
    return _packages(map(str, folders))


def packages_below(product: str) -> Sequence[InstalledPackage]:
    """Return an installed package, first, and everything that it needs. Raises NotFoundError."""
    installed = {one.name: one for one in _packages(sys.path)}
    if product not in installed:
        raise NotFoundError(f"no package {product!r} is installed here")
    found = [product]
    for name in found:
        found += [need for need in installed[name].needs if need not in found]
    return [installed[name] for name in found]


def _packages(paths: Iterable[str]) -> Sequence[InstalledPackage]:
    # If a package is installed twice, Python imports the first.
    found: dict[str, Distribution] = {}
    for one in distributions(path=list(paths)):
        name = one.metadata["Name"]
        if name:
            found.setdefault(normal_name(name), one)
    return [_package(name, found) for name in sorted(found)]


def _package(name: str, found: Mapping[str, Distribution]) -> InstalledPackage:
    # It is an email message (PEP 566), which its type before Python 3.12 does not say.
    said = cast("Message", found[name].metadata)
    classified = [one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if one.startswith("License ::")]
    stated = said.get("License-Expression") or next(iter(classified), None) or said.get("License")
    return InstalledPackage(
        name=name,
        version=found[name].version,
        licence=stated.splitlines()[0][:200] if stated else None,
        summary=said.get("Summary"),
        needs=sorted({need for text in found[name].requires or () if (need := _need(text)) in found and need}),
    )


def _need(text: str) -> str | None:
    """Return the name of a requirement that applies here without extras."""
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return None
    if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
        return None
    return normal_name(requirement.name)
