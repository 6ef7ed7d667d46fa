"""The session: whose form it is, and which site it came from."""

import pytest
from starlette.requests import Request
from starlette.responses import Response

from grace_workers.entrypoints.dashboard.session import (
    carries,
    csrf_of,
    is_own_site,
    open_session,
    token_of,
)


def request(**headers):
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "scheme": "http", "path": "/", "headers": raw, "server": ("here", 80)})


def test_a_form_is_tied_to_its_session_and_tells_nothing_of_the_token():
    mine, other = csrf_of("grace_mine"), csrf_of("grace_other")
    assert carries("grace_mine", mine)
    assert not carries("grace_mine", other)
    assert not carries("grace_mine", "")
    assert not carries("grace_mine", "ü\ud800")
    assert "mine" not in mine


@pytest.mark.parametrize(
    ("headers", "own"),
    [
        ({}, True),
        ({"sec-fetch-site": "same-origin", "origin": "null"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://here"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "http://here", "host": "here"}, True),
        ({"origin": "http://here:81", "host": "here"}, False),
        ({"origin": "null", "host": "here"}, False),
        ({"origin": "http://[", "host": "here"}, False),
    ],
)
def test_a_form_from_another_site_is_detected(headers, own):
    assert is_own_site(headers) is own


@pytest.mark.parametrize("cookie", ["", "grace_session=", f"grace_session={'x' * 513}", "other=grace_x"])
def test_what_cannot_be_a_token_is_no_session(cookie):
    assert token_of(request(cookie=cookie)) is None


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_secure_behind_tls():
    plain, behind = Response(), Response()
    open_session(plain, request(), "grace_x", None)
    open_session(behind, request(x_forwarded_proto="https"), "grace_x", "2020-01-01T00:00:00+00:00")
    told = plain.headers["set-cookie"].lower()
    assert "httponly" in told
    assert "samesite=strict" in told
    assert "path=/dashboard" in told
    assert "max-age" not in told
    assert "secure" not in told
    assert "secure" in behind.headers["set-cookie"].lower()
    assert "max-age=0" in behind.headers["set-cookie"].lower()
