"""LaunchDarkly over HTTP as its REST API is published: flags by version, JSON patches with tests, and a relay.

It is ours, so what is shown is that the driver speaks the published shapes, not how the real service behaves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from tests.emulated import Asked, Emulated, Told, served

TOKEN, SDK_KEY = "api-hunter2", "sdk-hunter2"
_FLAGS, _RELAY = "/api/v2/flags/shop", "/sdk/evalx/contexts/"


class LaunchDarkly:
    """One project with one environment; `lags` answers of the relay still serve what was before the latest switch."""

    def __init__(self) -> None:
        self.flags: dict[str, dict[str, Any]] = {}
        self.served: dict[str, int] = {}
        self.lags = 0
        self.between = lambda: None

    def start(self, *keys: str) -> None:
        """Have these flags and no others: on, and `on` by default."""
        self.flags = {key: _flag(key) for key in keys}
        self.served = dict.fromkeys(keys, 0)
        self.lags, self.between = 0, lambda: None

    def place(self, key: str) -> dict[str, Any]:
        """Return what a flag is in the environment."""
        found: dict[str, Any] = self.flags[key]["environments"]["production"]
        return found

    def switch(self, key: str, number: int) -> None:
        """Switch a flag, as any user of the service may."""
        place = self.place(key)
        place["fallthrough"] = {"variation": number}
        place["version"] += 1

    def answer(self, asked: Asked) -> Told:
        """Answer one request."""
        login = asked.headers.get("Authorization")
        if asked.path.startswith(_RELAY):
            return self._evaluated() if login == SDK_KEY else Told(401, {"message": "unknown SDK key"})
        if login != TOKEN or asked.headers.get("LD-API-Version") != "20240415":
            return Told(401, {"code": "unauthorized", "message": "Invalid account ID header"})
        if asked.path == "/api/v2/projects/shop/environments/production":
            return Told(200, {"_id": "57be1db38b75bf0772d11384", "key": "production"})
        if asked.path == _FLAGS:
            begin, limit = int(asked.query.get("offset", 0)), int(asked.query.get("limit", 20))
            return Told(200, {"items": list(self.flags.values())[begin : begin + limit], "totalCount": len(self.flags)})
        key = asked.path.removeprefix(f"{_FLAGS}/")
        if key not in self.flags:
            return Told(404, {"code": "not_found", "message": "Unknown feature flag"})
        return self._patched(key, asked) if asked.method == "PATCH" else Told(200, self.flags[key])

    def _patched(self, key: str, asked: Asked) -> Told:
        self.between()
        place = self.place(key)
        for one in asked.body:
            if one["op"] == "test" and one["path"] == "/environments/production/version":
                if one["value"] != place["version"]:
                    return Told(409, {"code": "optimistic_locking_error", "message": "Conflict"})
            elif one["op"] == "replace" and one["path"] == "/environments/production/fallthrough/variation":
                self.switch(key, one["value"])
            else:
                return Told(400, {"code": "invalid_patch", "message": "unknown path"})
        return Told(200, self.flags[key])

    def _evaluated(self) -> Told:
        if self.lags:
            self.lags -= 1
        else:
            self.served = {key: self.place(key)["fallthrough"].get("variation", 0) for key in self.flags}
        shown = {key: {"value": number == 0, "variation": number, "version": 1} for key, number in self.served.items()}
        return Told(200, shown)


def _flag(key: str) -> dict[str, Any]:
    place = {"on": True, "archived": False, "version": 7, "rules": [], "targets": [], "contextTargets": []}
    variations = [{"_id": "v0", "value": True, "name": "on"}, {"_id": "v1", "value": False, "name": "off"}]
    where = {"production": {**place, "fallthrough": {"variation": 0}, "offVariation": 1, "prerequisites": []}}
    return {"key": key, "kind": "boolean", "variations": variations, "environments": where, "_version": 3}


@contextmanager
def launchdarkly(*keys: str) -> Iterator[tuple[LaunchDarkly, Emulated]]:
    """Yield the service of this process with these flags, and the address that it is served at."""
    service, api = _running()
    service.start(*keys)
    try:
        yield service, api
    finally:
        api.well()


def connection(api: Emulated, folder: Path, **more: Any) -> dict[str, Any]:
    """Return the connection of a target."""
    secrets = {}
    for name, text in (("token", TOKEN), ("sdk_key", SDK_KEY)):
        file = folder / name
        file.write_text(text)
        file.chmod(0o600)
        secrets[name] = {"file": str(file)}
    relay = {"url": api.url, "sdk_key": secrets["sdk_key"]}
    said = {"project": "shop", "environment": "production", "url": api.url, "token": secrets["token"], "relay": relay}
    return {**said, "patience": 5, **more}


@cache
def _running() -> tuple[LaunchDarkly, Emulated]:
    service = LaunchDarkly()
    return service, served(Emulated(service.answer))
