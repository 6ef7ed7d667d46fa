"""Signing in through a provider on another site, in a real browser: its cookies are sent by the browser's own rules."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.dashboard_world import dashboard_world
from tests.browser.conftest import Tab
from tests.browser.test_pages import problems_of
from tests.conftest import _database
from tests.oidc_provider import provider

pytestmark = pytest.mark.servers


@pytest.fixture
def there(chromium, postgres_server, migrated_template, valkey_server, tmp_path) -> Iterator[Any]:
    with (
        provider() as running,
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, tmp_path, sign_in=running.settings) as world,
    ):
        context = chromium.new_context(base_url=world.api.url)
        yield Tab(context.new_page())
        context.close()


def test_a_person_comes_back_from_the_provider_signed_in_and_signs_out(there):
    page = there.page
    page.goto("/dashboard/goals")
    assert problems_of(there) == []
    page.get_by_role("link", name="Sign in with Example SSO").click()
    page.get_by_role("link", name="anna").click()
    page.wait_for_url("**/dashboard/goals")
    there.live()
    page.reload()
    assert page.get_by_role("heading", level=1).inner_text() != "Sign in"
    page.get_by_role("button", name="Sign out").click()
    page.get_by_text("You are signed out.").wait_for()
    page.goto("/dashboard/goals")
    page.get_by_role("link", name="Sign in with Example SSO").click()
    page.get_by_role("link", name="cleo").click()
    page.get_by_role("alert").wait_for()
    assert "'cleo' has no role here" in page.get_by_role("alert").inner_text()
    assert problems_of(there) == []
