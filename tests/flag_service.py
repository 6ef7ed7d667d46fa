"""A service of feature flags over HTTP: an API that manages them by version, and one that evaluates them (OFREP)."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from tests.emulated import Asked, Emulated, Told, served

TOKEN = "flags-token-of-the-shop"


class FlagService:
    """The flags and their versions; `lags` evaluations still serve what was before the latest switch."""

    def __init__(self) -> None:
        self.flags: dict[str, dict[str, Any]] = {}
        self.versions: dict[str, int] = {}
        self.served: dict[str, str] = {}
        self.lags = 0
        self.etags = True
        self.between = lambda: None

    def start(self, *keys: str) -> None:
        """Have these flags and no others: enabled, `on` by default."""
        made = {"state": "ENABLED", "variants": {"on": True, "off": False}, "defaultVariant": "on"}
        self.flags = {key: {**made} for key in keys}
        self.versions = dict.fromkeys(keys, 1)
        self.served = dict.fromkeys(keys, "on")
        self.lags, self.etags, self.between = 0, True, lambda: None

    def answer(self, asked: Asked) -> Told:
        """Answer one request."""
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return Told(401, {"message": "unknown token"})
        *_, kind, key = ["", *asked.path.strip("/").split("/")]
        if (asked.method, key) == ("GET", "flags"):
            return Told(200, {"flags": self.flags})
        if kind != "flags" or key not in self.flags:
            return Told(404, {"key": key, "errorCode": "FLAG_NOT_FOUND", "errorDetails": f"no flag {key}"})
        if asked.path.startswith("/ofrep/v1/evaluate/"):
            return self._evaluated(key)
        return self._patched(key, asked) if asked.method == "PATCH" else self._told(key)

    def _told(self, key: str) -> Told:
        return Told(200, self.flags[key], {"ETag": f'"{self.versions[key]}"'} if self.etags else {})

    def _patched(self, key: str, asked: Asked) -> Told:
        self.between()
        if asked.headers.get("Content-Type") != "application/merge-patch+json":
            return Told(415)
        if asked.headers.get("If-Match") != f'"{self.versions[key]}"':
            return Told(412, {"message": "the flag has changed"})
        self.switch(key, asked.body["defaultVariant"])
        return self._told(key)

    def switch(self, key: str, variant: str) -> None:
        """Switch a flag, as any user of the API may."""
        self.flags[key] = {**self.flags[key], "defaultVariant": variant}
        self.versions[key] += 1

    def _evaluated(self, key: str) -> Told:
        if self.lags:
            self.lags -= 1
        else:
            self.served[key] = self.flags[key]["defaultVariant"]
        variant = self.served[key]
        return Told(200, {"key": key, "variant": variant, "reason": "STATIC", "value": variant == "on"})


@contextmanager
def flag_service(*keys: str) -> Iterator[tuple[FlagService, Emulated]]:
    """Yield the service of this process with these flags, and the address that it is served at."""
    service, api = _running()
    service.start(*keys)
    try:
        yield service, api
    finally:
        api.well()


@cache
def _running() -> tuple[FlagService, Emulated]:
    service = FlagService()
    return service, served(Emulated(service.answer))
