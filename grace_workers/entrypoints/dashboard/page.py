"""`DashboardPage`: one entry of the navigation, with its screens and the actions of its forms."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any, TypeAlias
from uuid import UUID

from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi
from grace_workers.governance import Role

Shown: TypeAlias = Mapping[str, Any]
"""What a template is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a signed-in person: the API as that person, and what was requested."""

    api: InsideApi
    name: str
    role: Role
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    now: datetime

    def may(self, role: Role) -> bool:
        """Return whether the person may do what needs `role`."""
        return self.role.includes(role)

    def id_of(self, part: str) -> str:
        """Return the part of the address that is an id, because words there name other things of the API.

        Raises:
            ApiRefusal: 422 for anything but an id.
        """
        given = self.path[part]
        try:
            return str(UUID(given))
        except ValueError as error:
            raise ApiRefusal(HTTPStatus.UNPROCESSABLE_ENTITY, f"{given[:80]!r} is not an id") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardScreen:
    """One address of a page. `read` gets from the API what `template` shows; events of `topics` refresh it."""

    path: str = ""
    template: str
    read: Callable[[Visit], Awaitable[Shown]]
    topics: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageStream:
    """An address that sends the lines of one of the API's streams as they come, from `after` on."""

    path: str
    lines: Callable[[Visit, str | None], AsyncIterator[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOnce:
    """An answer that has no address, because it is given only once."""

    template: str
    shown: Shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """The action of a form. `act` performs it through the API, and returns where the browser goes next, or an answer.

    `said` is shown there: it is always one of our sentences, never text from the request.
    """

    path: str
    act: Callable[[Visit], Awaitable[str | ShownOnce]]
    said: str
    role: Role = Role.OPERATOR


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardPage:
    """An entry of the navigation: shown to people who have `role`, ordered by `place`, and hidden without a place.

    While a hidden page is open, the entry that it is `under` is marked.
    """

    name: str
    title: str
    place: int | None
    under: str | None = None
    role: Role = Role.VIEWER
    screens: Sequence[DashboardScreen]
    deeds: Sequence[Deed] = ()
    streams: Sequence[PageStream] = ()
