"""`Packages`: the installed packages of one environment, those that the target declares."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A package: its installed version, None where it is missing, and whether every file of it is as installed."""

    name: str
    version: str | None
    intact: bool
    damaged: int = 0


class Packages(Protocol):
    """The declared packages of one environment; no other is seen or touched."""

    def packages(self) -> Sequence[Package]:
        """Return all of them, by name."""

    def package(self, name: str) -> Package:
        """Return one. Raises NotFoundError for a name that is not declared."""

    def available(self, name: str) -> Sequence[str]:
        """Return the versions that can be installed, oldest first. Raises NotFoundError as above."""

    def install(self, name: str, version: str) -> Package:
        """Install that very version anew, over whatever is there, without what it depends on. Idempotent.

        It is installed beside the environment first, and only goes into it when all of its files are as published.

        Raises:
            NotFoundError: the name is not declared, or the version cannot be had.
            PermanentError: the installer refuses, or what it would install is damaged itself; nothing has changed then.
        """

    def remove(self, name: str) -> Package:
        """Uninstall it. Idempotent. Raises as `install`."""
