"""The assets: their addresses are those of their bytes."""

import base64
import gzip
import hashlib

import pytest

from grace_workers.entrypoints.dashboard.assets import assets, at_address
from grace_workers.entrypoints.dashboard.view import html, problem_page, without_opener_policy


def test_an_address_holds_the_hash_of_the_bytes():
    assert assets().keys() == {"dashboard.css", "dashboard.js", "icon.svg", "log.js", "proof.js"}
    for one in assets().values():
        assert hashlib.sha256(one.body).hexdigest()[:12] in one.address
        assert at_address(one.address) == one
        assert gzip.decompress(one.packed) == one.body


def test_the_style_sheet_in_a_page_is_the_one_that_its_policy_allows():
    page = html(problem_page(404, "there is no such page"), 404, {})
    style = bytes(page.body).partition(b"<style>")[2].partition(b"</style>")[0]
    assert style == assets()["dashboard.css"].body
    named = base64.b64encode(hashlib.sha256(style).digest()).decode()
    assert f"style-src 'sha256-{named}';" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("site", "policy"),
    [("none", None), ("same-origin", None), ("same-site", "same-origin"), ("cross-site", "same-origin")],
)
def test_only_a_page_that_another_site_may_have_opened_is_cut_off_from_its_opener(site, policy):
    page = without_opener_policy(html("", 200, {}), {"sec-fetch-site": site})
    assert page.headers.get("cross-origin-opener-policy") == policy


def test_where_a_browser_does_not_say_who_opened_a_page_it_is_cut_off():
    assert without_opener_policy(html("", 200, {}), {}).headers["cross-origin-opener-policy"] == "same-origin"


def test_an_address_of_another_version_is_no_file():
    assert at_address("dashboard.0123456789ab.css") is None
    assert at_address("../page.py") is None
