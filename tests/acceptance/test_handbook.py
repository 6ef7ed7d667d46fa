"""The page at /docs: everything the API can do, served by this server alone."""

import re

import pytest

from tests.acceptance.api_world import api_world

pytestmark = pytest.mark.servers


@pytest.fixture
def page(database_url, broker_url, tmp_path):
    with api_world(database_url, broker_url, tmp_path) as world:
        yield (
            world.get("/docs", role=None),
            world.get("/openapi.json", role=None),
            world.get("/docs/style.css", role=None),
        )


def test_the_page_shows_every_operation_and_loads_nothing_from_elsewhere(page):
    shown, document, style = page

    assert (shown.status_code, style.status_code) == (200, 200)
    for path in document.json()["paths"]:
        assert f"<code>{path}</code>" in shown.text
    loaded = re.findall(r'(?:src|href)="([^"#]*)"', shown.text)
    assert set(loaded) - {""} == {"/docs/style.css", "/openapi.json"}
    assert "url(" not in style.text
    assert "default-src 'none'" in shown.headers["content-security-policy"]
    assert "<script" not in shown.text
