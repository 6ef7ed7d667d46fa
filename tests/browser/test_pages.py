"""Every page in a real browser: light and dark, narrow and wide, for everyone, quiet, and from this host alone."""

import base64
import os
import re
from pathlib import Path
from typing import Any

import pytest

from grace_workers.audit import VerifierKey
from grace_workers.governance import Role
from grace_workers.orchestration.job import Succeeded
from tests.acceptance.dashboard_history import remember
from tests.acceptance.dashboard_world import dashboard_world
from tests.browser.conftest import Tab
from tests.browser.screens import ASKED, address, screens
from tests.conftest import _database

pytestmark = pytest.mark.servers

PAGES = [*screens(), "hostile incident", *ASKED]
LOOKS = [("light", 1440), ("dark", 360), ("light", 360), ("dark", 1440)]
SIDEWAYS = """[...document.querySelectorAll("[role=region]")]
    .filter((one) => one.querySelector("table") && one.scrollWidth > one.clientWidth + 1)
    .map((one) => one.getAttribute("aria-label"))"""
# With this, each page is kept as a picture: those of the docs are made so.
PICTURES = os.environ.get("GRACE_TEST_PICTURES")


def problems_of(tab: Tab) -> list[str]:
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(tab.page).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


@pytest.fixture(scope="module")
def calm(postgres_server, migrated_template, valkey_server, tmp_path_factory):
    """A fleet without hostile texts, for the pictures."""
    if not PICTURES:
        pytest.skip("GRACE_TEST_PICTURES names no folder for the pictures of the docs")
    folder = tmp_path_factory.mktemp("calm")
    with (
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, folder) as found,
    ):
        found.heal()
        remember(found)
        found.give_up("Odd", summary="shop: answers take 802 ms; usual: 108 ms", severity="warning")
        found.ask_for_approval("Down")
        found.signal("Moving", summary="shop: 2 heartbeats missed in a row")
        yield found


@pytest.mark.parametrize(
    ("page", "height"),
    [("overview", 470), ("incidents/{incident}", 640), ("approvals", 625), ("goals", 560), ("learning", 760)],
)
def test_a_picture_for_the_docs(calm, chromium, page, height):
    context = chromium.new_context(base_url=calm.api.url, viewport={"width": 1280, "height": height})
    cookie = {"name": "grace_session", "value": calm.api.secrets[Role.ADMIN], "url": f"{calm.api.url}/dashboard"}
    context.add_cookies([cookie])
    one = Tab(context.new_page())
    one.look(address(calm, page))
    taken = context.new_cdp_session(one.page).send("Page.captureScreenshot", {"format": "webp", "quality": 60})
    picture = base64.b64decode(taken["data"])
    (Path(PICTURES) / f"dashboard-{'incident' if 'incident}' in page else page}.webp").write_bytes(picture)
    context.close()
    assert 5_000 < len(picture) < 60_000


@pytest.mark.parametrize(("scheme", "width"), LOOKS, ids=str)
def test_every_page_is_readable_for_everyone_and_fits_the_screen(world, tab, scheme, width):
    one = tab(color_scheme=scheme, viewport={"width": width, "height": 900})
    found: dict[str, Any] = {}
    # Only what runs has a stack.
    claim = world.begin_job()
    for page in PAGES:
        one.look(address(world, page))
        over = one.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        problems = [*problems_of(one), *one.complaints, *one.elsewhere, *([f"{over} px too wide"] if over > 0 else [])]
        problems += [f"{label!r} scrolls sideways" for label in one.page.evaluate(SIDEWAYS)]
        if problems:
            found[page] = problems
        if PICTURES:
            name = re.sub(r"[^a-z-]+", "-", page.partition("?")[0])
            one.page.screenshot(path=Path(PICTURES) / f"{name}-{scheme}-{width}.png", full_page=True)
        one.complaints.clear()
    world.api.runtime.claims.finish(claim, Succeeded())
    assert found == {}


def test_the_sign_in_page_and_an_error_are_readable_for_everyone(world, tab):
    one = tab(None)
    for path in ("sign-in", "sign-in?why=ended", "nowhere"):
        one.page.goto(f"/dashboard/{path}")
        assert problems_of(one) == []
        if PICTURES:
            one.page.screenshot(path=Path(PICTURES) / f"{path.partition('?')[0]}.png")


def test_nothing_from_outside_runs_in_the_page(world, tab):
    one = tab()
    for page in ("overview", "incidents", "hostile incident"):
        one.look(address(world, page))
        assert one.page.title() != "owned"
        assert one.page.locator("main img").count() == 0


def test_a_viewer_sees_no_button_that_acts(world, tab):
    one = tab(Role.VIEWER)
    for page in (
        "overview",
        "incidents/{incident}",
        "approvals",
        "fleet",
        "jobs",
        "jobs/{job}",
        "cycles/goals",
        "goals/nights",
        "settings",
        "stop",
    ):
        one.look(address(world, page))
        names = [name.strip() for name in one.page.get_by_role("button").all_inner_texts()]
        assert set(names) <= {"Sign out", "Show"}, page


def test_the_whole_way_is_there_without_a_mouse(world, tab):
    one = tab()
    one.look("overview")
    one.page.keyboard.press("Tab")
    assert one.page.evaluate("document.activeElement.textContent") == "Skip to the content"
    seen = []
    for _ in range(20):
        one.page.keyboard.press("Tab")
        seen.append(one.page.evaluate("document.activeElement.textContent.trim()"))
    assert [name for name in ("Overview", "Incidents", "Stop…", "Sign out") if name not in seen] == []


def test_an_entry_of_the_audit_log_is_proved_in_the_browser_and_a_changed_one_is_not(world, tab):
    one = tab()
    world.seal()
    one.look("audit")
    one.page.locator("tbody a[href^='/dashboard/audit/']").first.click()
    check = one.page.get_by_role("button", name="Check it in this browser")
    check.click()
    one.page.get_by_text("Proved: this envelope is entry").wait_for()
    one.page.evaluate("document.getElementById('checking').dataset.envelope += ' '")
    check.click()
    one.page.get_by_text("NOT proved").wait_for()
    assert one.complaints == []


def test_the_entries_that_are_shown_are_verified_at_once_with_the_signature_of_a_known_key(world, tab):
    one = tab(Role.VIEWER)
    world.seal()
    one.look("audit")
    check = one.page.get_by_role("button", name="Verify these entries in this browser")
    check.click()
    one.page.get_by_text("are in the log of").wait_for()
    key = world.verifier_key()
    field = one.page.get_by_label("The log's verifier key")
    one.page.get_by_text("Check the signature too").click()
    field.fill(key)
    check.click()
    one.page.get_by_text("The checkpoint is signed by").wait_for()
    one.page.reload()
    assert field.input_value() == key
    stranger = VerifierKey(key.partition("+")[0], bytes(32))
    one.page.get_by_text("Check the signature too").click()
    field.fill(str(stranger))
    check.click()
    one.page.get_by_text("NOT signed by that key").wait_for()
    field.fill("nonsense")
    check.click()
    one.page.get_by_text("this is no verifier key").wait_for()
    assert one.complaints == []
