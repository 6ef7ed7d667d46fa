"""`Windows`: maintenance windows, as Python makes and ends them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from grace_workers.foundation.document import JsonValue

if TYPE_CHECKING:
    from grace_workers.entrypoints.client.handle import Way

_WINDOWS = "/api/v1/windows"


class Windows:
    """Maintenance windows, over HTTP with the token of an operator. A window looks as the API shows it.

    `scope` says what a window is about: `targets`, `labels`, and `alerts` of a mute or `causes` of a freeze; without
    any of them it is about everything. `starts_at`, `ends_at`, `rule`, `zone` and `name` are those of the API.

        window = grace.windows.mute(timedelta(hours=2), reason="the nightly copy", targets=["shop-db"])
        ...
        grace.windows.end(window["id"], reason="the copy is done")

    Each method raises InputError for an order that does not fit or a client without `url`, and GraceError when the
    fleet refuses or is unreachable.
    """

    def __init__(self, way: "Way") -> None:
        self._way = way

    def mute(self, lasts: timedelta, *, reason: str, **scope: JsonValue) -> Mapping[str, Any]:
        """Let signals open no incident for a while; return the window."""
        return self._make("mute", lasts, reason, scope)

    def freeze(self, lasts: timedelta, *, reason: str, **scope: JsonValue) -> Mapping[str, Any]:
        """Let nothing act for a while; return the window."""
        return self._make("freeze", lasts, reason, scope)

    def preview(self, effect: str, lasts: timedelta, *, reason: str, **scope: JsonValue) -> Mapping[str, Any]:
        """Return what a window would hide and cover; make nothing."""
        found: Mapping[str, Any] = self._way.call(f"{_WINDOWS}/preview", _order(effect, lasts, reason, scope))
        return found

    def end(self, window_id: str, *, reason: str) -> Mapping[str, Any]:
        """End a window at once; return it."""
        found: Mapping[str, Any] = self._way.call(f"{_WINDOWS}/{quote(window_id, safe='')}/end", {"reason": reason})
        return found

    def open(self) -> Sequence[Mapping[str, Any]]:
        """Return the windows that are in force or still to come, oldest first."""
        found: Sequence[Mapping[str, Any]] = self._way.call(_WINDOWS)
        return found

    def _make(self, effect: str, lasts: timedelta, reason: str, scope: Mapping[str, JsonValue]) -> Mapping[str, Any]:
        made: Mapping[str, Any] = self._way.call(_WINDOWS, _order(effect, lasts, reason, scope))
        return made


def _order(effect: str, lasts: timedelta, reason: str, scope: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    return {"name": effect, **scope, "effect": effect, "lasts": f"{lasts.total_seconds():g}s", "reason": reason}
