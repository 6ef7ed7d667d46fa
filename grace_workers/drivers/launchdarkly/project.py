"""The flags of one environment: read and switched by version, and looked at as a relay serves them."""

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from grace_workers.actions import EnvironmentProof, Flag, FlagStore
from grace_workers.drivers._shared.awaiting import awaited
from grace_workers.drivers._shared.bearer import revealed
from grace_workers.drivers._shared.rest import RestApi, pages
from grace_workers.drivers.launchdarkly import LaunchDarklyConnection
from grace_workers.foundation.errors import InputError, NotFoundError, PermanentError

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,255}")
_PAGE = 50
_VERSION = {"LD-API-Version": "20240415"}
_CONTEXT = urlsafe_b64encode(json.dumps({"kind": "user", "key": "grace"}).encode()).decode()
_SERVED = f"/sdk/evalx/contexts/{_CONTEXT}"


class ProjectFlags(FlagStore, EnvironmentProof):
    """Flags in one environment. Only the fallthrough variation of one flag is ever changed, and only as it was read."""

    def __init__(self, said: LaunchDarklyConnection) -> None:
        self._said = said
        self._manages = RestApi("LaunchDarkly", said.url, self._login)
        self._relay = None if said.relay is None else RestApi("the relay", said.relay.url, self._relay_login)
        self._patience = said.patience.total_seconds()

    def environment(self) -> str:
        """Return the id of the environment, which it keeps for life."""
        path = f"/api/v2/projects/{self._said.project}/environments/{self._said.environment}"
        found = self._manages.ask("GET", path, what="the environment", headers=_VERSION).body
        return f"launchdarkly:{found['_id']}"

    def flags(self) -> Sequence[Flag]:
        """Return all flags with one default variation, by key."""
        found = [_flag(one, self._said.environment) for one in self._listed()]
        return sorted((one for one in found if one is not None and _KEY.fullmatch(one.key)), key=lambda one: one.key)

    def flag(self, key: str) -> Flag:
        return self._known(key, self._read(key))

    def set_variant(self, key: str, variant: str) -> Flag:
        """Make `variant` the default, unless the flag changed since it was read, and wait until it is served."""
        found = self._read(key)
        flag = self._known(key, found)
        if variant not in flag.variants:
            raise InputError(f"flag {key!r} has no variant {variant!r}; it has: {', '.join(flag.variants)}")
        number = flag.variants.index(variant)
        if flag.variant != variant:
            place = f"/environments/{self._said.environment}"
            patch = [
                {"op": "test", "path": f"{place}/version", "value": _placed(found, self._said.environment)["version"]},
                {"op": "replace", "path": f"{place}/fallthrough/variation", "value": number},
            ]
            self._manages.ask("PATCH", self._path(key), patch, what=f"flag {key!r}", headers=_VERSION)
            flag = self.flag(key)
        relay = self._relay
        if relay is not None and flag.enabled and not flag.targeted:
            late = f"flag {key!r} is stored as {variant!r} and was not served so within {self._patience:g} s"
            awaited(lambda: self._served(relay, key), lambda one: one == number, late, within=self._patience)
        return flag

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        def page(offset: int) -> Mapping[str, Any]:
            query = {"env": self._said.environment, "summary": "0", "limit": str(_PAGE), "offset": str(offset)}
            path = f"/api/v2/flags/{self._said.project}"
            told = self._manages.ask("GET", path, what="the flags", query=query, headers=_VERSION).body
            if not isinstance(told, dict) or not isinstance(told.get("items"), list):
                raise PermanentError("LaunchDarkly answers without a list `items`; check `url`")
            return {"offset": offset, "items": told["items"]}

        def following(told: Mapping[str, Any]) -> Mapping[str, Any] | None:
            return page(told["offset"] + _PAGE) if len(told["items"]) == _PAGE else None

        for told in pages(page(0), following, "the flags"):
            yield from told["items"]

    def _read(self, key: str) -> Mapping[str, Any]:
        if not _KEY.fullmatch(key):
            raise NotFoundError(f"no flag {key[:80]!r}: a key is letters, digits, and `._-` after the first of them")
        query = {"env": self._said.environment}
        found = self._manages.ask("GET", self._path(key), what=f"flag {key!r}", query=query, headers=_VERSION).body
        return found if isinstance(found, dict) else {}

    def _known(self, key: str, found: Mapping[str, Any]) -> Flag:
        flag = _flag(found, self._said.environment)
        if flag is None:
            raise PermanentError(f"flag {key!r} has no single default in {self._said.environment!r}; a person decides")
        return flag

    def _served(self, relay: RestApi, key: str) -> int | None:
        """Return the number of the variation that a client of the relay is served; None when there is none."""
        told = relay.ask("GET", _SERVED, what=f"what the relay serves of flag {key!r}").body
        one = told.get(key) if isinstance(told, dict) else None
        number = one.get("variation") if isinstance(one, dict) else None
        return number if isinstance(number, int) else None

    def _path(self, key: str) -> str:
        return f"/api/v2/flags/{self._said.project}/{key}"

    def _login(self) -> Mapping[str, str]:
        return {"Authorization": revealed(self._said.token, "LaunchDarkly")}

    def _relay_login(self) -> Mapping[str, str]:
        return {} if self._said.relay is None else {"Authorization": revealed(self._said.relay.sdk_key, "the relay")}


def _placed(found: Mapping[str, Any], environment: str) -> Mapping[str, Any]:
    placed = (found.get("environments") or {}).get(environment)
    return placed if isinstance(placed, dict) else {}


def _flag(found: Mapping[str, Any], environment: str) -> Flag | None:
    """Return a flag; None if it has no single default here, or is not what the API documents."""
    placed, variations = _placed(found, environment), found.get("variations")
    number = (placed.get("fallthrough") or {}).get("variation")
    if not isinstance(variations, list) or not isinstance(number, int) or not 0 <= number < len(variations):
        return None
    if placed.get("archived") or not isinstance(placed.get("version"), int):
        return None
    variants = _names(variations)
    rules = ("rules", "targets", "contextTargets", "prerequisites")
    return Flag(
        key=str(found.get("key")),
        enabled=placed.get("on") is True,
        variant=variants[number],
        variants=variants,
        targeted=any(placed.get(one) for one in rules),
    )


def _names(variations: Sequence[Any]) -> tuple[str, ...]:
    """Return a name for each variation: its own, else its value, and its id where that would not tell them apart."""
    named = [str(one.get("name") or json.dumps(one.get("value"))) for one in variations]
    return tuple(
        name if named.count(name) == 1 else str(one.get("_id")) for name, one in zip(named, variations, strict=True)
    )
