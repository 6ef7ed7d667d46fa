"""A real Chromium on a real API. Without one these tests are skipped, and say how to get one."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from grace_workers.governance import Role
from tests.acceptance.dashboard_history import remember
from tests.acceptance.dashboard_world import HOSTILE, DashboardWorld, dashboard_world
from tests.browser.screens import keep
from tests.conftest import _database

HOW = "`make browser-test` installs both"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A browser, shared by all tests; each opens contexts of its own."""
    api = pytest.importorskip("playwright.sync_api", reason=f"playwright is not installed; {HOW}")
    pytest.importorskip("axe_playwright_python", reason=f"axe-playwright-python is not installed; {HOW}")
    with api.sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or playwright.chromium.executable_path
        if not os.path.exists(path):  # noqa: PTH110 - Playwright gives a string
            pytest.skip(f"no Chromium is installed; {HOW}")
        # As root, Chromium starts only without its own sandbox; it sees nothing but this test's pages.
        flags = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def world(
    chromium: Any,
    postgres_server: Any,
    migrated_template: str,
    valkey_server: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DashboardWorld]:
    """A fleet with something of everything: healed, given up, waiting, rejected, and hostile."""
    folder = tmp_path_factory.mktemp("browser")
    with (
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, folder) as found,
    ):
        found.give_up("Odd", summary="answers take 802 ms; usual: 108 ms")
        found.signal("Hostile", summary=HOSTILE, name="Hostile", text=HOSTILE, labels={"<b>": HOSTILE})
        found.work()
        found.ask_for_approval("Down")
        remember(found)
        keep(found)
        found.signal("Moving", summary="2 heartbeats missed in a row", severity="warning")
        yield found


@dataclass
class Tab:
    """One page of a signed-in browser, and whatever it complained of or asked elsewhere for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def watch(self, url: str) -> None:
        """Note what the page does."""
        self.page.on("console", lambda message: self.complaints.append(message.text) if _matters(message) else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda one: None if one.url.startswith(url) else self.elsewhere.append(one.url))

    def look(self, path: str) -> None:
        """Open a page of the dashboard and wait until it is updated live."""
        self.page.goto(f"/dashboard/{path}")
        self.live()

    def live(self) -> None:
        """Wait until the page is updated live."""
        self.page.get_by_text("Updated live.").wait_for(timeout=60_000)


def _matters(message: Any) -> bool:
    return message.type in {"error", "warning"}


@pytest.fixture
def tab(chromium: Any, world: DashboardWorld) -> Iterator[Any]:
    """Make tabs, each in a context of its own unless one is given."""
    contexts = []

    def make(role: Role | None = Role.ADMIN, *, context: Any = None, secret: str | None = None, **options: Any) -> Tab:
        if context is None:
            context = chromium.new_context(base_url=world.api.url, **options)
            contexts.append(context)
        made = Tab(context.new_page())
        made.watch(world.api.url)
        if role is not None:
            made.page.goto("/dashboard/sign-in")
            made.page.get_by_label("Token").fill(secret or world.api.secrets[role])
            made.page.get_by_role("button", name="Sign in").click()
            made.page.wait_for_url("**/overview")
        return made

    yield make
    for context in contexts:
        context.close()
