"""The dashboard in a real Chromium: first paint and bytes of each page, a change on the screen, streams, long lists.

Run it by `make bench`, after `make browser-test` has installed the browser; without one it is skipped.
"""

import asyncio
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx
import psutil
import pytest

from grace_workers.foundation.ids import IncidentId, uuid7
from grace_workers.governance import Role
from grace_workers.orchestration.dossier import Closing
from grace_workers.signals import IncidentState
from tests.benchmarks.figures import quantiles
from tests.browser.conftest import chromium, tab, world
from tests.waiting import let_pass, until

__all__ = ["chromium", "tab", "world"]

pytestmark = [pytest.mark.bench, pytest.mark.servers]

PAGES = [
    "overview",
    "incidents",
    "approvals",
    "fleet",
    "jobs",
    "playbooks",
    "learning",
    "verification",
    "cycles",
    "goals",
    "coding",
    "audit",
    "settings",
    "stop",
]
LOADS = 5
CHANGES = 40
LETTERS = "abcdefghijklmnopqrstuvwxyz"
INCIDENTS = 10_000
STREAMS, SESSIONS = 200, 8
SECONDS = 20
_TIMES = """() => {
    const page = performance.getEntriesByType("navigation")[0];
    const files = performance.getEntriesByType("resource").filter((one) => !one.name.includes("stream"));
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const size = [page, ...files].reduce((sum, one) => sum + one.transferSize, 0);
    return [paint ? paint.startTime : 0, size, page.requestStart, page.responseEnd];
}"""


def word_of(number: int) -> str:
    """Return a word for a number, which a signature would leave out: all signals would be one incident."""
    return f"{LETTERS[number // 26]}{LETTERS[number % 26]}"


def cold(chromium: Any, world: Any, page: str) -> tuple[float, int, float, float]:
    """Return when a page was painted first, its bytes, and when it was asked for and was there; times in milliseconds.

    The browser has kept nothing.
    """
    context = chromium.new_context(base_url=world.api.url)
    cookie = {"name": "grace_session", "value": world.api.secrets[Role.ADMIN], "url": f"{world.api.url}/dashboard"}
    context.add_cookies([cookie])
    opened = context.new_page()
    opened.goto(f"/dashboard/{page}")
    # The policy of the page lets no condition be evaluated in it.
    paint, size, asked, there = until(lambda: _painted(opened), within=10)
    context.close()
    return paint, size, asked, there


def _painted(page: Any) -> Any:
    found = page.evaluate(_TIMES)
    return found if found[0] else None


def test_first_paint_and_bytes_of_each_page(chromium, world):
    cold(chromium, world, "overview")
    for page in PAGES:
        found = [cold(chromium, world, page) for _ in range(LOADS)]
        paint, _, asked, there = sorted(found)[LOADS // 2]
        size = max(size for _, size, _, _ in found)
        parts = f"of those {asked:3.0f} before it was asked for, {there - asked:3.0f} until it was there"
        print(f"{page:<12} first paint {paint:4.0f} ms (bar 150), {parts}; {size / 1000:4.1f} KB cold (bar 60)")


def test_a_change_on_the_screen(world, tab):
    one = tab(Role.VIEWER)
    one.look("incidents")
    seconds = []
    for number in range(CHANGES):
        # A page is refreshed at most every 1.5 s, so that a storm costs little; one change is shown at once.
        let_pass(1.6)
        word = word_of(number)
        began = time.perf_counter()
        world.signal(f"Bench{word}", summary=f"change {word} happened")
        one.page.get_by_text(f"change {word} happened").first.wait_for()
        seconds.append(time.perf_counter() - began)
    p95 = sorted(seconds)[int(CHANGES * 0.95)]
    print(f"signal sent to on the screen: {quantiles(seconds)}; p95 {p95:.3f} s (bar 0.5 s)")


def test_a_page_among_ten_thousand_incidents(world):
    ledger = world.api.runtime.ledger
    with ledger.transaction() as tx:
        known = tx.incidents.find(limit=1)[0]
        for _ in range(10):
            tx.incidents.add_all([_another(known) for _ in range(INCIDENTS // 10)])
    client = world.client(Role.VIEWER)
    for path in ("incidents", "incidents?state=closed&severity=error&target=nowhere", "overview"):
        seconds = []
        for _ in range(20):
            began = time.perf_counter()
            assert client.get(f"/dashboard/{path}").status_code == 200
            seconds.append(time.perf_counter() - began)
        print(f"{path} among {INCIDENTS} incidents: {quantiles(seconds)} (bar 300 ms)")
    page, pages, began = "/dashboard/incidents", 0, time.perf_counter()
    while page and pages < 50:
        text = client.get(page).text
        page = text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        page = page if 'rel="next"' in text else ""
        pages += 1
    print(f"{pages} pages leafed through: {(time.perf_counter() - began) / pages * 1000:.0f} ms each")


def _another(known: Any) -> Any:
    changed = replace(known.incident, id=IncidentId(uuid7()), state=IncidentState.CLOSED, parked=False)
    return replace(known, incident=changed, closing=Closing.HEALED)


def test_two_hundred_streams(world, tmp_path):
    secrets = [world.token(Role.VIEWER, name=f"reader-{number}") for number in range(SESSIONS)]
    settings = world.api.runtime.settings
    environment = os.environ | {
        "GRACE_DATABASE__URL": settings.database.url.get_secret_value(),
        "GRACE_BROKER__URL": settings.broker.url.get_secret_value(),
        "GRACE_API__PORT": "8653",
        "GRACE_INSTANCE": "bench",
        "GRACE_DATA_DIR": str(tmp_path),
    }
    api = subprocess.Popen([sys.executable, "-m", "grace_workers.entrypoints.api"], env=environment, cwd=tmp_path)
    try:
        url = "http://127.0.0.1:8653"
        until(lambda: _answers(url), within=30)
        # Playwright's loop runs in this thread.
        with ThreadPoolExecutor(1) as pool:
            scenario = _streams(url, secrets, psutil.Process(api.pid), world)
            share, told = pool.submit(asyncio.run, scenario).result()
    finally:
        api.terminate()
        api.wait(10)
    print(f"{STREAMS} open streams, one change a second: {share:.1%} of a core (bar 10%), {told} messages read")


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


async def _streams(url: str, secrets: list[str], api: psutil.Process, world: Any) -> tuple[float, int]:
    told = 0

    async def read(lines: Any) -> None:
        nonlocal told
        async for line in lines:
            told += line.startswith("event: change")

    async with AsyncExitStack() as stack:
        limits = httpx.Limits(max_connections=None)
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=None, limits=limits))
        readers = []
        for number in range(STREAMS):
            cookie = {"Cookie": f"grace_session={secrets[number % SESSIONS]}"}
            opened = await stack.enter_async_context(client.stream("GET", "/dashboard/stream", headers=cookie))
            assert opened.status_code == 200
            readers.append(asyncio.create_task(read(opened.aiter_lines())))
        await asyncio.sleep(3)
        told, before, began = 0, api.cpu_times(), time.perf_counter()
        for number in range(SECONDS):
            await asyncio.to_thread(world.signal, f"Stream{word_of(number)}")
            await asyncio.sleep(1)
        after, took = api.cpu_times(), time.perf_counter() - began
        for reader in readers:
            reader.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    return (after.user + after.system - before.user - before.system) / took, told
