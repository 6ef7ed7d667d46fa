"""Google Cloud over HTTP, as far as its published REST shapes go: the login of a service account, and the services.

No real Google is behind it. Reads that are POSTs (`listManagedInstances`) may be stale as well.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.emulated import Asked, Emulated, Told, served
from tests.google_run import CloudRun
from tests.google_sql import CloudSql

PROJECT, NUMBER, ZONE, REGION = "shop-production", "415104041262", "europe-west1-b", "europe-west1"
_ACCESS = "ya29.access-of-grace"
_IDS = count(7_000_000_000_000_000_000)


def error(status: int, reason: str, message: str) -> Told:
    """Return a refusal as Google words it."""
    return Told(status, {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}})


class ComputeEngine:
    """Managed instance groups, each by the path of its manager."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[str, Any]] = {}

    def group(self, size: int = 3, place: str = f"zones/{ZONE}") -> str:
        """Make a group of so many instances and return its name."""
        name = f"web-{uuid4().hex[:8]}"
        path = f"/compute/v1/projects/{PROJECT}/{place}/instanceGroupManagers/{name}"
        self.groups[path] = {"name": name, "targetSize": size, "status": {"isStable": True}, "instances": {}}
        self._fill(self.groups[path])
        return name

    def named(self, name: str) -> dict[str, Any]:
        """Return the group of that name."""
        return next(one for one in self.groups.values() if one["name"] == name)

    def answer(self, asked: Asked) -> Told | None:
        """Answer a request to a group; None for any other."""
        path, _, verb = asked.path.partition("/instanceGroupManagers/")
        name, _, verb = verb.partition("/")
        if not name:
            return None
        if (found := self.groups.get(f"{path}/instanceGroupManagers/{name}")) is None:
            return error(404, "notFound", f"The resource '{name}' was not found")
        return self._told(found, verb, asked)

    def _told(self, found: dict[str, Any], verb: str, asked: Asked) -> Told:
        match asked.method, verb:
            case "GET", "":
                return Told(200, {key: value for key, value in found.items() if key != "instances"})
            case "POST", "listManagedInstances":
                return self._page(list(found["instances"].values()), asked.query)
            case "POST", "resize":
                found["targetSize"] = int(asked.query["size"])
                self._fill(found)
            case "POST", "recreateInstances":
                wanted = [one["instance"] for one in found["instances"].values()]
                if not set(asked.body["instances"]) <= set(wanted):
                    return error(400, "invalid", "Instance is not a member of the group")
                for one in asked.body["instances"]:
                    found["instances"][one.rpartition("/")[2]] = self._instance(one.rpartition("/")[2])
            case _:
                return error(400, "invalid", "unknown")
        return Told(200, {"kind": "compute#operation", "status": "RUNNING"})

    def _page(self, listed: list[Any], query: Mapping[str, str]) -> Told:
        # Two to a page, because whoever reads only the first must be found out.
        at = int(query.get("pageToken", 0))
        more = {"nextPageToken": str(at + 2)} if at + 2 < len(listed) else {}
        return Told(200, {"managedInstances": listed[at : at + 2], **more})

    def _fill(self, found: dict[str, Any]) -> None:
        names = [f"{found['name']}-{at}" for at in range(found["targetSize"])]
        kept = {name: found["instances"].get(name) or self._instance(name) for name in names}
        found["instances"] = kept

    def _instance(self, name: str) -> dict[str, Any]:
        return {
            "instance": f"https://www.googleapis.com/compute/v1/projects/{PROJECT}/zones/{ZONE}/instances/{name}",
            "id": str(next(_IDS)),
            "instanceStatus": "RUNNING",
            "currentAction": "NONE",
            "instanceHealth": [{"detailedHealthState": "HEALTHY"}],
        }


class GoogleCloud:
    """The services of one project, and its address."""

    def __init__(self) -> None:
        self.compute = ComputeEngine()
        self.run, self.sql = CloudRun(), CloudSql()
        self._sides: list[Callable[[Asked], Told | None]] = [
            self.compute.answer,
            self.run.answer,
            self.sql.answer,
        ]
        self.api = served(Emulated(self._answer, reads=_reads))

    def said(self, folder: Path, **more: Any) -> dict[str, Any]:
        """Return the connection of a target."""
        file = folder / "account.json"
        file.write_text(_account(self.api.url))
        return {
            "project": PROJECT,
            "endpoint": self.api.url,
            "credentials_file": str(file),
            "patience": 10,
            **more,
        }

    def _answer(self, asked: Asked) -> Told:
        if asked.path == "/token":
            proof = (asked.body or {}).get("assertion", "")
            fine = proof.count(".") == 2
            return Told(200, {"access_token": _ACCESS, "expires_in": 3600}) if fine else Told(400, {"error": "no"})
        if asked.headers.get("Authorization") != f"Bearer {_ACCESS}":
            return error(401, "authError", "Invalid Credentials")
        if asked.path == f"/v1/projects/{PROJECT}":
            return Told(200, {"projectNumber": NUMBER, "projectId": PROJECT})
        found = (side(asked) for side in self._sides)
        return next((told for told in found if told is not None), error(404, "notFound", "no such path"))


@contextmanager
def google() -> Iterator[GoogleCloud]:
    """Yield the cloud of this process; skip the test where the login's library is not installed."""
    pytest.importorskip("google.auth", reason="the extra `gcp` is not installed")
    found = _running()
    try:
        yield found
    finally:
        found.api.well()


def _reads(asked: Asked) -> bool:
    return asked.method == "GET" or asked.path.endswith("/listManagedInstances") or asked.path == "/token"


@cache
def _running() -> GoogleCloud:
    return GoogleCloud()


@cache
def _account(url: str) -> str:
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return json.dumps(
        {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "1",
            "private_key": pem,
            "client_email": f"grace@{PROJECT}.iam.gserviceaccount.com",
            "token_uri": f"{url}/token",
        }
    )
