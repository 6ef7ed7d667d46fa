"""Signing in through a real identity provider, in a browser without scripts: what opens a session and what not."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from grace_workers.governance import Role
from tests.acceptance.dashboard_world import SIGN_IN, DashboardWorld, csrf_of, dashboard_world
from tests.conftest import _database
from tests.oidc_provider import RunningProvider, provider

pytestmark = pytest.mark.servers

GO, BACK = f"{SIGN_IN}/provider", f"{SIGN_IN}/back"


@pytest.fixture(scope="module")
def running() -> Iterator[RunningProvider]:
    with provider() as found:
        yield found


@pytest.fixture(scope="module")
def world(running, postgres_server, migrated_template, valkey_server, tmp_path_factory) -> Iterator[DashboardWorld]:
    folder = tmp_path_factory.mktemp("sign-in")
    with (
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, folder, sign_in=running.settings) as found,
    ):
        yield found


def sent_back(client: httpx.Client, person: str, **asked: str) -> str:
    """Go to the provider and sign in there; return the address that it sends the browser back to."""
    begun = client.get(GO, params=asked)
    assert begun.status_code == 303, begun.text
    return httpx.get(f"{begun.headers['location']}&person={person}").headers["location"]


def told(answer: Any) -> str:
    return str(answer.text.partition('role="alert">')[2].partition("<")[0])


def test_a_person_signs_in_where_the_organisation_does_and_comes_to_the_page_that_was_asked_for(world):
    client = world.client(None)
    asked = client.get("/dashboard/incidents?state=stuck")
    page = client.get(asked.headers["location"]).text
    assert f'href="{world.api.url}{GO}?next=/dashboard/incidents%3Fstate%3Dstuck">Sign in with Example SSO' in page
    back = sent_back(client, "anna", next="/dashboard/incidents?state=stuck")
    answer = client.get(back)
    assert answer.status_code == 200
    assert 'content="0; url=/dashboard/incidents?state=stuck"' in answer.text
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("grace_session")).lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert 28_700 < int(cookie.partition("max-age=")[2].partition(";")[0]) <= 28_800
    home = client.get("/dashboard/overview")
    assert home.status_code == 200
    mine = [one for one in world.api.get("/api/v1/tokens", Role.ADMIN).json() if one["name"].startswith("session-")]
    assert {(one["role"], one["person"].rpartition("-")[0]) for one in mine} == {("admin", "anna.meier")}


def test_what_a_person_does_is_recorded_under_their_name_and_signing_out_ends_the_token(world):
    client = world.client(None)
    client.get(sent_back(client, "ben"))
    page = client.get("/dashboard/cycles/foresight").text
    sent = {"csrf": csrf_of(page), "reason": "a load test"}
    assert client.post("/dashboard/cycles/foresight/pause", data=sent).status_code == 303
    (paused,) = [one for one in world.api.get("/api/v1/cycles").json() if one["pause"]]
    assert paused["pause"]["by"].startswith("ben-")
    secret = client.cookies["grace_session"]
    admin, headers = world.client(Role.ADMIN), {"Authorization": f"Bearer {secret}"}
    mine = world.api.ask("GET", "/api/v1/me", None, headers=headers).json()["name"]
    assert mine in admin.get("/dashboard/settings").text
    assert client.post("/dashboard/sign-out", data=sent).headers["location"] == f"{SIGN_IN}?why=left"
    assert world.api.ask("GET", "/api/v1/me", None, headers=headers).status_code == 401
    assert mine not in admin.get("/dashboard/settings").text


def test_a_pasted_token_stays_in_force_when_its_holder_signs_out(world):
    client = world.client(Role.VIEWER)
    page = client.get("/dashboard/overview").text
    assert client.post("/dashboard/sign-out", data={"csrf": csrf_of(page)}).status_code == 303
    assert world.api.get("/api/v1/me").status_code == 200


def test_whoever_has_no_group_with_a_role_is_told_so_and_gets_no_session(world):
    client = world.client(None)
    answer = client.get(sent_back(client, "cleo"))
    assert answer.status_code == 403
    assert "&#39;cleo&#39; has no role here: none of the values of &#39;groups&#39; gives one" in answer.text
    assert "grace_session" not in client.cookies


def test_a_name_from_outside_is_harmless(world):
    client = world.client(None)
    client.get(sent_back(client, "dora"))
    assert "<script>dora" not in client.get("/dashboard/settings").text
    assert client.get("/dashboard/settings").status_code == 200


def test_an_answer_that_this_browser_did_not_ask_for_signs_no_one_in(world):
    victim, attacker = world.client(None), world.client(None)
    foreign = sent_back(attacker, "anna")
    for address in (foreign, BACK, f"{BACK}?code=x&state={'y' * 43}", f"{BACK}?code=x&state=%3Cb%3E"):
        answer = victim.get(address)
        assert (answer.status_code, told(answer)[:43]) == (400, "This sign-in was not begun in this browser,")
    assert not victim.cookies


def test_an_answer_works_once(world):
    client = world.client(None)
    back = sent_back(client, "anna")
    kept = dict(client.cookies)
    assert client.get(back).status_code == 200
    again = world.client(None)
    again.cookies.update(kept)
    assert "refuses the code: invalid_grant; sign in again" in told(again.get(back))
    assert "grace_session" not in again.cookies


def test_a_forged_cookie_of_an_attempt_is_no_attempt(world):
    client = world.client(None)
    state = parse_qs(urlsplit(sent_back(client, "anna")).query)["state"][0]
    forged = world.client(None)
    nested = base64.urlsafe_b64encode(b"[" * 5_000).decode()
    for value in ("", "AAAA", "bnVsbA==", "WzEsMiwzLDRd", "%00", nested):
        forged.cookies.set(f"grace_sign_in_{state[:12]}", value, domain="127.0.0.1", path=SIGN_IN)
        assert forged.get(f"{BACK}?code=x&state={state}").status_code == 400
        forged.cookies.clear()


def test_a_person_who_gives_up_at_the_provider_is_told_and_may_try_again(world):
    client = world.client(None)
    answer = client.get(sent_back(client, "no one"))
    assert answer.status_code == 403
    assert told(answer) == "The identity provider did not sign you in: access_denied."


@pytest.mark.parametrize("elsewhere", ["https://evil.example", "//evil.example", "/dashboard/../x", "/dashboard/a\\b"])
def test_signing_in_there_leads_nowhere_else(world, elsewhere):
    client = world.client(None)
    answer = client.get(sent_back(client, "anna", next=elsewhere))
    assert 'content="0; url=/dashboard/overview"' in answer.text


def test_a_provider_that_is_down_says_so_on_the_page_and_tokens_still_work(world, running):
    client = world.client(None)
    back = sent_back(client, "anna")
    with running.lying("down"):
        answer = client.get(back)
    assert (answer.status_code, told(answer)) == (
        503,
        "Not signed in: the identity provider answers 503; try again.",
    )
    assert client.post(SIGN_IN, data={"token": world.api.secrets[Role.VIEWER]}).status_code == 303


def test_a_token_that_proves_nothing_opens_no_session_and_is_noted(world, running):
    client = world.client(None)
    back = sent_back(client, "anna")
    with running.lying("shared secret"):
        answer = client.get(back)
    assert (answer.status_code, "does not prove who signed in" in answer.text) == (422, True)
    assert "grace_session" not in client.cookies


def test_the_session_ends_when_the_settings_say(world):
    client = world.client(None)
    client.get(sent_back(client, "ben"))
    headers = {"Authorization": f"Bearer {client.cookies['grace_session']}"}
    me = world.api.ask("GET", "/api/v1/me", None, headers=headers).json()
    left = datetime.fromisoformat(me["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=7, minutes=59) < left <= timedelta(hours=8)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{}", 422),
        (b"nothing", 400),
        (b'{"code": "x", "nonce": "' + b"n" * 43 + b'", "verifier": "' + b"v" * 43 + b'", "role": "admin"}', 422),
        (b'{"code": "' + b"x" * 20_000 + b'"}', 413),
    ],
)
def test_bad_input_of_a_stranger_is_refused_and_changes_nothing(world, body, status):
    before = world.api.rows()
    assert world.api.send("/api/v1/sign-in", body, role=None).status_code == status
    assert world.api.rows() == before
