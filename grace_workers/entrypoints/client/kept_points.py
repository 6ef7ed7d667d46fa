"""`KeptPoints`: safe points, as Python keeps them, puts them back and drops them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grace_workers.entrypoints.client.handle import Handle
from grace_workers.foundation.document import JsonValue

if TYPE_CHECKING:
    from grace_workers.entrypoints.client.handle import Way

_POINTS = "/api/v1/safe-points"


class KeptPoints:
    """Safe points, over HTTP with the token of an operator. A point looks as the API shows it.

        kept = grace.safe_points.keep("release-42", reason="before the release", targets=["shop-db", "shop-cache"])
        if kept.wait(timeout=60) == "succeeded":
            release()
        ...
        grace.safe_points.restore("release-42", reason="the release is bad")

    Each method raises InputError for an order that does not fit or a client without `url`, and GraceError when the
    fleet refuses or is unreachable.
    """

    def __init__(self, way: "Way") -> None:
        self._way = way

    def keep(self, name: str, *, reason: str, targets: Sequence[str] = ()) -> Handle:
        """Submit the plan that keeps what the targets hold; without targets, of all that can give a part."""
        order: Mapping[str, JsonValue] = {"name": name, "targets": list(targets), "reason": reason}
        return self._handle(self._way.submit(_POINTS, order))

    def restore(self, name: str, *, reason: str) -> Handle:
        """Submit the plan that makes every target of the point what it was."""
        return self._handle(self._way.submit(f"{_place(name)}/restore", {"reason": reason}))

    def drop(self, name: str, *, reason: str) -> Handle:
        """Submit the plan that drops every part of the point. No part comes back."""
        return self._handle(self._way.submit(f"{_place(name)}/drop", {"reason": reason}))

    def get(self, name: str) -> Mapping[str, Any]:
        """Return a point with its parts. Raises NotFoundError when none of that name is kept."""
        found: Mapping[str, Any] = self._way.call(_place(name))
        return found

    def all(self) -> Sequence[Mapping[str, Any]]:
        """Return the newest points, newest first."""
        found: Sequence[Mapping[str, Any]] = self._way.call(_POINTS)
        return found

    def _handle(self, task: Mapping[str, Any]) -> Handle:
        return Handle(self._way, str(task["id"]))


def _place(name: str) -> str:
    return f"{_POINTS}/{quote(name, safe='')}"
