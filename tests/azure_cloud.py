"""Azure Resource Manager over HTTP, as far as its published REST shapes go, and the identity of a machine.

No real Azure is behind it. The library of Azure asks the machine's identity where `IDENTITY_ENDPOINT` says, as it does
in Azure's own services. What is asked for is done when its operation is looked at for the second time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from tests.azure_apps import ContainerApps
from tests.azure_databases import FlexibleServers
from tests.emulated import Asked, Emulated, Told, served

SUBSCRIPTION, TENANT, GROUP = "5f0b2a10-1c9e-4a57-9a3e-0c5d6f6f1b2a", "9d1f6a52-7f0c-4a0e-8a51-6f0b6b1c9e21", "shop"
_ACCESS, _IDENTITY = "access-of-grace", "identity-of-the-machine"
_PLACE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers"
_TIMES = count(1)


def refusal(status: int, code: str, message: str) -> Told:
    """Return a refusal as Azure words it."""
    return Told(status, {"error": {"code": code, "message": message}})


class ScaleSets:
    """Virtual machine scale sets, each by its name, and the autoscalers."""

    def __init__(self, cloud: "AzureCloud") -> None:
        self._cloud = cloud
        self.sets: dict[str, dict[str, Any]] = {}
        self.machines: dict[str, dict[str, dict[str, Any]]] = {}
        self.autoscalers: list[dict[str, Any]] = []

    def scale_set(self, capacity: int = 3) -> str:
        """Make a scale set of so many instances and return its name."""
        name = f"web-{uuid4().hex[:8]}"
        sku = {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": capacity}
        self.sets[name] = {"name": name, "sku": sku, "etag": '"1"', "properties": {"provisioningState": "Succeeded"}}
        self.machines[name] = {}
        self._fill(name)
        return name

    def autoscale(self, name: str) -> None:
        """Let an autoscaler decide how many instances there are."""
        place = f"{_PLACE}/Microsoft.Compute/virtualMachineScaleSets/{name.upper()}"
        self.autoscalers.append({"properties": {"enabled": True, "targetResourceUri": place}})

    def answer(self, asked: Asked) -> Told | None:
        """Answer a request to a scale set or to the autoscalers; None for any other."""
        if asked.path == f"{_PLACE}/Microsoft.Insights/autoscalesettings":
            return Told(200, {"value": self.autoscalers})
        before, found, rest = asked.path.partition("/Microsoft.Compute/virtualMachineScaleSets/")
        if not found or before != _PLACE:
            return None
        name, *steps = rest.split("/")
        known = name in self.sets
        return self._told(name, steps, asked) if known else refusal(404, "ResourceNotFound", f"No {name}.")

    def _told(self, name: str, steps: list[str], asked: Asked) -> Told:
        match asked.method, steps:
            case "GET", []:
                return Told(200, self.sets[name])
            case "PATCH", []:
                return self._patched(name, asked)
            case "GET", ["virtualMachines"]:
                return self._cloud.page(list(self.machines[name].values()), asked)
            case "POST", ["virtualMachines", machine, "restart" | "reimage"] if machine in self.machines[name]:
                return self._cloud.operation(lambda: self._restarted(self.machines[name][machine]))
        return refusal(404, "NotFound", "unknown")

    def _patched(self, name: str, asked: Asked) -> Told:
        if asked.headers.get("If-Match") not in {None, self.sets[name]["etag"]}:
            return refusal(412, "PreconditionFailed", "The condition is not met.")
        self.sets[name]["sku"] = asked.body["sku"]
        self.sets[name]["etag"] = f'"{next(_TIMES)}"'
        self._fill(name)
        return Told(200, self.sets[name])

    def _fill(self, name: str) -> None:
        wanted = [str(at) for at in range(self.sets[name]["sku"]["capacity"])]
        self.machines[name] = {at: self.machines[name].get(at) or self._machine(name, at) for at in wanted}

    def _machine(self, name: str, at: str) -> dict[str, Any]:
        made = {"instanceId": at, "name": f"{name}_{at}", "properties": {"vmId": str(uuid4()), "instanceView": {}}}
        self._restarted(made)
        return made

    def _restarted(self, machine: dict[str, Any]) -> None:
        at = next(_TIMES)
        machine["properties"]["instanceView"] = {
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded",
                    "time": f"2026-01-01T{at // 3600:02}:{at // 60 % 60:02}:{at % 60:02}Z",
                },
                {"code": "PowerState/running"},
            ],
            "vmHealth": {"status": {"code": "HealthState/healthy"}},
        }


class AzureCloud:
    """The services of one resource group, and its address."""

    def __init__(self) -> None:
        self.compute = ScaleSets(self)
        self.apps = ContainerApps(_PLACE, self.operation, self.page)
        self.databases = FlexibleServers(_PLACE, self.operation, self.page)
        self._sides: list[Callable[[Asked], Told | None]] = [
            self.compute.answer,
            self.apps.answer,
            self.databases.answer,
        ]
        self._operations: dict[str, list[Any]] = {}
        self.failing: Told | None = None
        self.api = served(
            Emulated(self._answer, reads=lambda asked: asked.method == "GET" and "/operations/" not in asked.path)
        )

    def said(self, **more: Any) -> dict[str, Any]:
        """Return the connection of a target."""
        place = {"subscription": SUBSCRIPTION, "resource_group": GROUP, "endpoint": self.api.url}
        return {**place, "patience": 10, **more}

    def operation(self, act: Callable[[], object]) -> Told:
        """Accept what takes a while."""
        name = uuid4().hex
        self._operations[name] = [act, 0]
        return Told(202, None, {"Azure-AsyncOperation": f"{self.api.url}/operations/{name}"})

    def page(self, listed: list[Any], asked: Asked) -> Told:
        """Return two of a list, because whoever reads only the first page must be found out."""
        at = int(asked.query.get("$skiptoken", 0))
        following = f"{self.api.url}{asked.path}?api-version=2024-07-01&$skiptoken={at + 2}"
        return Told(200, {"value": listed[at : at + 2], **({"nextLink": following} if at + 2 < len(listed) else {})})

    def _answer(self, asked: Asked) -> Told:
        if asked.path == "/identity":
            known = asked.headers.get("X-IDENTITY-HEADER") == _IDENTITY
            told = {"access_token": _ACCESS, "expires_on": "4102444800", "resource": "arm", "token_type": "Bearer"}
            return Told(200, told) if known else Told(400, {"error": "no"})
        if asked.headers.get("Authorization") != f"Bearer {_ACCESS}":
            return refusal(401, "AuthenticationFailed", "Authentication failed.")
        if asked.path.startswith("/operations/"):
            return self._followed(asked.path.rpartition("/")[2])
        if "api-version" not in asked.query:
            return refusal(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if asked.path == f"/subscriptions/{SUBSCRIPTION}":
            return Told(200, {"subscriptionId": SUBSCRIPTION, "tenantId": TENANT})
        found = (side(asked) for side in self._sides)
        return next((told for told in found if told is not None), refusal(404, "ResourceNotFound", "no such path"))

    def _followed(self, name: str) -> Told:
        operation = self._operations[name]
        operation[1] += 1
        if operation[1] == 1:
            return Told(200, {"status": "InProgress"})
        if self.failing is not None:
            return self.failing
        if operation[1] == 2:
            operation[0]()
        return Told(200, {"status": "Succeeded"})


@contextmanager
def azure() -> Iterator[AzureCloud]:
    """Yield the cloud of this process; skip the test where the login's library is not installed."""
    pytest.importorskip("azure.identity", reason="the extra `azure` is not installed")
    found = _running()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("IDENTITY_ENDPOINT", f"{found.api.url}/identity")
        patched.setenv("IDENTITY_HEADER", _IDENTITY)
        try:
            yield found
        finally:
            found.api.well()
            found.failing = None
            found.compute.autoscalers.clear()


def _reads(asked: Asked) -> bool:
    return asked.method == "GET" and not asked.path.startswith("/operations/")


@cache
def _running() -> AzureCloud:
    return AzureCloud()
