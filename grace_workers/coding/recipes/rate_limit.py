"""`rate_limit`: a FastAPI application refuses a client's requests beyond a rate, and says when to come back."""

from pydantic import Field

from grace_workers.coding.engines.recipe.insertion import extension
from grace_workers.coding.reason import Reason
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""How many requests one client may make: beyond the rate it gets 429, and is told when to come back."""

import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

OPEN = ("/health",)
"""Paths that are never refused, with what is below them, because a balancer would take the process for dead."""


class Rate:
    """Lets `requests` through in a row, and then one each `seconds / requests`. It remembers the last `clients`."""

    def __init__(
        self, requests: int, seconds: float, clients: int = 10_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gap, self._burst = seconds / requests, seconds
        self._clients, self._clock = clients, clock
        self._due: OrderedDict[str, float] = OrderedDict()

    def wait(self, client: str) -> float:
        """Count a request, and return 0; or count nothing, and return the seconds until there is room."""
        now = self._clock()
        due = max(self._due.get(client, now), now) + self._gap
        left = due - now - self._burst
        # Times are sums of fractions, so that a request may seem early by less than a thousandth.
        if left > 0.001:
            return left
        self._due[client] = due
        self._due.move_to_end(client)
        if len(self._due) > self._clients:
            self._due.popitem(last=False)
        return 0.0


class Limited:
    """Refuses requests beyond the rate, by the address of the connection."""

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]], rate: Rate) -> None:
        self.app, self.rate = app, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 429."""
        if scope["type"] != "http" or any(f"{scope['path']}/".startswith(f"{one}/") for one in OPEN):
            await self.app(scope, receive, send)
            return
        client = scope.get("client") or ("unknown", 0)
        left = self.rate.wait(str(client[0]))
        if not left:
            await self.app(scope, receive, send)
            return
        retry = str(math.ceil(left)).encode()
        headers = [(b"content-type", b"application/json"), (b"retry-after", retry)]
        await send({"type": "http.response.start", "status": 429, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"detail":"too many requests; try again later"}'})
'''
_TESTS = """from fastapi import FastAPI
from fastapi.testclient import TestClient

from {limit} import Limited, Rate
from {module} import {app}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def limited(clock, requests=3, seconds=6.0, client="10.0.0.1"):
    app = FastAPI()
    app.add_middleware(Limited, rate=Rate(requests, seconds, clock=clock))
    app.get("/")(lambda: "here")
    app.get("/health/live")(lambda: "alive")
    app.get("/healthcare")(lambda: "a page")
    return TestClient(app, client=(client, 1))


def test_the_application_is_limited():
    assert Limited in [one.cls for one in {app}.user_middleware]


def test_requests_beyond_the_rate_are_refused_and_told_when_to_come_back():
    clock = Clock()
    client = limited(clock)
    assert [client.get("/").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/").headers["retry-after"] == "2"
    clock.now = 2.0
    assert [client.get("/").status_code for _ in range(2)] == [200, 429]
    clock.now = 100.0
    assert [client.get("/").status_code for _ in range(4)] == [200, 200, 200, 429]


def test_a_refused_request_does_not_lengthen_the_wait():
    clock = Clock()
    client = limited(clock)
    for _ in range(30):
        client.get("/")
    clock.now = 2.0
    assert client.get("/").status_code == 200


def test_each_client_has_its_own_rate():
    rate = Rate(1, 60.0, clock=Clock())
    assert rate.wait("10.0.0.1") == 0
    assert rate.wait("10.0.0.1") == 60.0
    assert rate.wait("10.0.0.2") == 0


def test_health_is_never_refused():
    client = limited(Clock(), requests=1)
    assert [client.get("/health/live").status_code for _ in range(5)] == [200] * 5


def test_a_path_that_only_begins_like_health_has_the_rate():
    client = limited(Clock(), requests=1)
    assert [client.get("/healthcare").status_code for _ in range(2)] == [200, 429]


def test_only_the_last_clients_are_remembered():
    rate = Rate(1, 60.0, clients=2, clock=Clock())
    for client in ("a", "b", "c"):
        rate.wait(client)
    assert rate.wait("a") == 0
    assert rate.wait("c") == 60.0
"""


class RateLimitOptions(Document):
    """`requests` in `seconds` for each client; `application` is the file that makes it, where there are several."""

    application: str | None = None
    requests: int = Field(default=60, ge=1, le=1_000_000)
    seconds: int = Field(default=60, ge=1, le=86_400)


def _write(options: RateLimitOptions, site: Site) -> RecipeFiles | Reason:
    made = extension(site, "FastAPI", options.application, "rate_limit")
    if isinstance(made, Reason):
        return made
    line = f"{made.app}.add_middleware(Limited, rate=Rate(requests={options.requests}, seconds={options.seconds}))\n"
    return RecipeFiles(
        new={made.file: _CODE},
        changed=made.known(line, "Limited, Rate"),
        tests={site.test_file("rate_limit"): _TESTS.format(limit=made.name, **made.facts)},
        subject=f"Limit the requests of a client to {made.home.file}",
        story=(
            f"a client may make {options.requests} requests in {options.seconds} s; beyond that it gets 429",
            "each process counts for itself",
            "a client is the address of the connection, so a proxy's server must put the real one there",
        ),
    )


DEFINITION = Recipe(
    name="rate_limit",
    about="429 for a client of a FastAPI application beyond a rate",
    task=TaskType.BUILD_FEATURE,
    options=RateLimitOptions,
    write=_write,
)
