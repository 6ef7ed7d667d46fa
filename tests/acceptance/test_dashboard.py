"""The dashboard as a browser without scripts has it: sessions, roles, forms, and pages that stay harmless."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from tests.acceptance.dashboard_world import HOSTILE, SIGN_IN, csrf_of, dashboard_world
from tests.conftest import _database

pytestmark = pytest.mark.servers

HOME = "/dashboard/overview"
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
    "experiments",
    "practice",
    "snapshots",
    "safepoints",
    "coding",
    "audit",
    "settings",
    "funnel",
    "stop",
]


@pytest.fixture(scope="module")
def world(postgres_server, migrated_template, valkey_server, tmp_path_factory):
    folder = tmp_path_factory.mktemp("dashboard")
    with (
        _database(postgres_server, migrated_template) as url,
        dashboard_world(url, valkey_server.url, folder) as found,
    ):
        yield found


def test_a_stranger_is_led_to_the_sign_in_page_and_back_to_what_was_asked_for(world):
    stranger = world.client(None)
    assert stranger.get("/").headers["location"] == stranger.get("/dashboard").headers["location"] == HOME
    asked = stranger.get("/dashboard/incidents?state=stuck")
    assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (303, SIGN_IN)
    form = stranger.get(asked.headers["location"]).text
    back = re.search(r'name="next" value="([^"]*)"', form).group(1)
    answer = stranger.post(SIGN_IN, data={"token": world.api.secrets[Role.VIEWER], "next": back})
    assert (answer.status_code, answer.headers["location"]) == (303, "/dashboard/incidents?state=stuck")
    cookie = answer.headers["set-cookie"].lower()
    assert all(part in cookie for part in ("httponly", "samesite=strict", "path=/dashboard"))
    assert stranger.get(back).status_code == 200


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/dashboard/../x", "/dashboard/\\evil", "//[evil"]
)
def test_signing_in_leads_nowhere_else(world, elsewhere):
    answer = world.client(None).post(SIGN_IN, data={"token": world.api.secrets[Role.VIEWER], "next": elsewhere})
    assert answer.headers["location"] == HOME


@pytest.mark.parametrize(("token", "told"), [("grace_wrong", "unknown, expired"), ("ü", "no token"), ("", "no bearer")])
def test_a_wrong_token_opens_nothing_and_says_why(world, token, told):
    answer = world.client(None).post(SIGN_IN, data={"token": token})
    assert answer.status_code == 401
    assert told in answer.text
    assert "set-cookie" not in answer.headers


def test_a_reporter_has_nothing_to_see_here(world):
    answer = world.client(None).post(SIGN_IN, data={"token": world.api.secrets[Role.REPORTER]})
    assert answer.status_code == 403
    assert "reporter" in answer.text


def test_a_form_of_another_site_signs_no_one_in_and_does_nothing(world):
    foreign = {"Origin": "https://evil.example"}
    token = world.api.secrets[Role.ADMIN]
    assert world.client(None).post(SIGN_IN, data={"token": token}, headers=foreign).status_code == 403
    admin = world.client()
    csrf = csrf_of(admin.get(HOME).text)
    sent = {"csrf": csrf, "reason": "test"}
    assert admin.post("/dashboard/stop/freeze/on", data=sent, headers=foreign).status_code == 403
    for forged in ("", "0" * 64, csrf_of(world.client(Role.VIEWER).get(HOME).text)):
        assert admin.post("/dashboard/stop/freeze/on", data={**sent, "csrf": forged}).status_code == 403
    assert world.api.get("/api/v1/switches").json()["freeze"]["on"] is False


def test_a_forged_cookie_is_no_session_and_is_forgotten(world):
    client = world.client(None)
    client.cookies.set("grace_session", "grace_" + "x" * 43, path="/dashboard")
    answer = client.get(HOME)
    assert answer.headers["location"].startswith(f"{SIGN_IN}?why=ended")
    assert "max-age=0" in answer.headers["set-cookie"].lower()
    assert "ended because the token" in client.get(answer.headers["location"]).text
    assert client.get("/dashboard/session", headers={"X-Refresh": "1"}).status_code == 401


def test_a_session_ends_with_its_token_and_by_signing_out(world):
    client = world.client(Role.VIEWER, name="leaver", expires_in=timedelta(hours=1))
    assert "max-age=3" in str(client.post(SIGN_IN, data={"token": client.cookies["grace_session"]}).headers).lower()
    page = client.get(HOME).text
    left = client.post("/dashboard/sign-out", data={"csrf": csrf_of(page)})
    assert left.headers["location"] == f"{SIGN_IN}?why=left"
    assert client.get(HOME).status_code == 303
    revoked = world.client(Role.VIEWER, name="fired")
    tokens.revoke(world.api.runtime.ledger, world.api.runtime.clock, "fired", by="test")
    assert revoked.get(HOME).headers["location"].startswith(f"{SIGN_IN}?why=ended")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_strict_small_and_complete_without_scripts(world, page):
    client = world.client(Role.VIEWER)
    answer = client.get(f"/dashboard/{page}")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'; script-src 'self'; style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?! src=)|\sstyle=|\son[a-z]+=|javascript:", answer.text)
    loaded = set(re.findall(r'(?:src|href)="(/dashboard/assets/[^"]+)"', answer.text))
    files = [client.get(one) for one in loaded]
    assert {one.headers["cache-control"] for one in files} == {"public, max-age=31536000, immutable"}
    assert len(answer.content) + sum(len(one.content) for one in files) <= 60_000
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', answer.text)


def test_what_a_role_may_not_do_is_not_shown_and_is_refused(world):
    world.ask_for_approval("Roles")
    viewer = world.client(Role.VIEWER)
    for page in PAGES:
        forms = re.findall(r'<form[^>]*method="post"[^>]*', viewer.get(f"/dashboard/{page}").text)
        assert [one for one in forms if "sign-out" not in one] == []
    csrf = csrf_of(viewer.get(HOME).text)
    (asked, *_) = world.api.get("/api/v1/approvals").json()
    for deed in (f"approvals/{asked['id']}/approve", "stop/kill/on", "stop/kill/off"):
        answer = viewer.post(f"/dashboard/{deed}", data={"csrf": csrf, "reason": "let me"})
        assert answer.status_code == 403, deed
    operator = world.client(Role.OPERATOR)
    assert "Answering needs the role approver" in operator.get("/dashboard/approvals").text
    csrf = csrf_of(operator.get(HOME).text)
    answer = operator.post(f"/dashboard/approvals/{asked['id']}/approve", data={"csrf": csrf, "reason": "let me"})
    assert (answer.status_code, "approver" in answer.text) == (403, True)


def test_a_plan_is_rejected_with_a_reason(world):
    incident = world.ask_for_approval("Rejected")
    asked = next(one for one in world.api.get("/api/v1/approvals").json() if one["incident"] == incident)
    client = world.client(Role.APPROVER)
    sent = {"csrf": csrf_of(client.get("/dashboard/approvals").text), "reason": "not at this hour"}
    assert client.post(f"/dashboard/approvals/{asked['id']}/reject", data=sent).status_code == 303
    world.work()
    told = client.get(f"/dashboard/incidents/{incident}").text
    assert "not at this hour" in told
    assert "refused" in told
    # Facts are taken once for a group.
    leader = world.api.get(f"/api/v1/incidents/{incident}").json()["part_of"] or incident
    told = client.get(f"/dashboard/incidents/{leader}").text
    assert "Facts of partner" in told
    assert "outside what is normal" in told


def test_a_plan_is_approved_by_a_plain_form_and_a_second_person_learns_of_it(world):
    incident = world.ask_for_approval("Approved")
    first, second = world.client(Role.APPROVER), world.client(Role.ADMIN)
    page = first.get("/dashboard/approvals").text
    assert "restart_dead_service on partner" in page
    asked = next(one for one in world.api.get("/api/v1/approvals").json() if one["incident"] == incident)
    stale = csrf_of(second.get("/dashboard/approvals").text)
    deed = f"/dashboard/approvals/{asked['id']}"
    without = first.post(f"{deed}/approve", data={"csrf": csrf_of(page), "reason": " "})
    assert (without.status_code, "reason" in without.text) == (422, True)
    answer = first.post(f"{deed}/approve", data={"csrf": csrf_of(page), "reason": "seen & <b>safe</b>"})
    assert answer.status_code == 303
    assert "Approved." in first.get(answer.headers["location"]).text
    late = second.post(f"{deed}/reject", data={"csrf": stale, "reason": "too late"})
    assert late.status_code == 409
    world.work()
    told = first.get(f"/dashboard/incidents/{incident}").text
    assert "seen &amp; &lt;b&gt;safe&lt;/b&gt;" in told
    assert "healed" in told


def test_an_incident_that_the_line_gave_up_is_tried_again_and_closed(world):
    incident = world.give_up("Strange", summary="a strange thing")
    client = world.client(Role.OPERATOR)
    page = client.get(f"/dashboard/incidents/{incident}").text
    assert "Grace has given up; a person must act" in page
    assert "a strange thing" in client.get("/dashboard/overview").text
    sent = {"csrf": csrf_of(page), "reason": "solved by hand"}
    answer = client.post(f"/dashboard/incidents/{incident}/close", data=sent)
    assert "The incident is closed." in client.get(answer.headers["location"]).text
    again = client.post(f"/dashboard/incidents/{incident}/close", data=sent)
    assert again.status_code == 409


def test_a_cause_that_no_playbook_acts_on_says_what_a_person_does(world):
    incident = world.signal(
        "Broken", name="ERROR shop", summary="IndentationError: unexpected indent", target="shop-web"
    )
    world.work()
    page = world.client(Role.VIEWER).get(f"/dashboard/incidents/{incident}").text
    assert "What to do by hand" in page
    assert "No playbook acts: What a half-finished change was meant to be" in page
    assert "python -m compileall -q PATH" in page


def test_an_incident_that_waits_for_a_person_is_taken_once(world):
    incident = world.give_up("Taken", summary="someone must look")
    client = world.client(Role.OPERATOR)
    page = client.get(f"/dashboard/incidents/{incident}").text
    sent = {"csrf": csrf_of(page), "reason": "looking at the disk"}
    taken = client.post(f"/dashboard/incidents/{incident}/take", data=sent)
    assert "looks after it: looking at the disk" in client.get(taken.headers["location"]).text
    assert client.post(f"/dashboard/incidents/{incident}/take", data=sent).status_code == 409


def test_hostile_text_from_outside_is_harmless_in_every_place_where_it_is_shown(world):
    incident = world.signal("Hostile", summary=HOSTILE, name="Odd", text=HOSTILE * 50, labels={"<b>": HOSTILE})
    world.work()
    client = world.client()
    for page in ("overview", "incidents", f"incidents/{incident}", "approvals"):
        text = client.get(f"/dashboard/{page}").text
        assert "<script>document" not in text
        assert "<img src=x" not in text
        assert not {"\u202e", "\x1b"} & set(text)
    assert "&lt;script&gt;" in client.get(f"/dashboard/incidents/{incident}").text
    asked = client.get("/dashboard/incidents", params={"target": HOSTILE, "state": ""})
    assert "<script>document" not in asked.text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/dashboard/nowhere", 404),
        ("/dashboard/incidents/not-an-id", 422),
        ("/dashboard/incidents/018f0000-0000-7000-8000-000000000001", 404),
        ("/dashboard/incidents/hours", 422),
        ("/dashboard/jobs/unreadable", 422),
        ("/dashboard/incidents/", 404),
        ("/dashboard/incidents?severity=terrible", 422),
        ("/dashboard/incidents?before=yesterday", 422),
        ("/dashboard/assets/dashboard.000000000000.css", 404),
    ],
)
def test_what_is_not_there_is_said_in_a_page(world, path, status):
    answer = world.client().get(path)
    assert answer.status_code == status
    assert "To the overview" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_form_is_bounded_and_of_one_kind(world):
    client = world.client()
    csrf = csrf_of(client.get(HOME).text)
    deed = "/dashboard/stop/freeze/on"
    assert client.post(deed, data={"csrf": csrf, "reason": "x" * 70_000}).status_code == 413
    assert client.post(deed, json={"csrf": csrf, "reason": "x"}).status_code == 415
    assert client.post(deed, data={"csrf": csrf, **{f"f{at}": "1" for at in range(60)}}).status_code == 400
    assert client.get(deed).status_code == 405
    stranger = world.client(None)
    assert stranger.post(SIGN_IN, data={"token": "x" * 5000}).status_code == 413
    assert stranger.post(deed, data={"csrf": csrf, "reason": "x" * 5000}).headers["location"].startswith(SIGN_IN)


def test_the_fleet_is_stopped_and_goes_on_with_a_reason_each(world):
    operator, admin = world.client(Role.OPERATOR), world.client()
    sent = {"csrf": csrf_of(operator.get("/dashboard/stop").text), "reason": "the <b>wrong</b> plan runs"}
    assert operator.post("/dashboard/stop/kill/on", data=sent).status_code == 303
    try:
        for page in PAGES:
            assert "Everything is stopped" in world.client(Role.VIEWER).get(f"/dashboard/{page}").text
        assert operator.post("/dashboard/stop/kill/off", data=sent).status_code == 403
    finally:
        sent = {"csrf": csrf_of(admin.get("/dashboard/stop").text), "reason": "found it"}
        assert admin.post("/dashboard/stop/kill/off", data=sent).status_code == 303
    assert "Everything is stopped" not in admin.get(HOME).text


def first_with(lines: Iterator[str], wanted: str) -> str:
    for line in lines:
        if wanted in line:
            return line
    raise AssertionError("the stream ended")


def test_a_page_is_told_of_a_change_and_of_what_it_missed(world):
    client = world.client(Role.VIEWER)
    with client.stream("GET", "/dashboard/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.iter_lines()
        assert first_with(lines, "data:") == 'data: {"topics": ["*"]}'
        world.signal("Told")
        assert "incident.moved" in first_with(lines, "data:")
        position = re.search(r'data-position="(\d+)"', client.get(HOME).text).group(1)
        assert int(position) > 0
    with client.stream("GET", "/dashboard/stream", headers={"Last-Event-ID": "1"}) as response:
        assert "*" in first_with(response.iter_lines(), "data:")


def test_an_open_page_does_not_keep_the_server_from_stopping(database_url, broker_url, tmp_path):
    with ExitStack() as stack:
        served = stack.enter_context(dashboard_world(database_url, broker_url, tmp_path))
        client = served.client(Role.VIEWER)
        response = client.send(client.build_request("GET", "/dashboard/stream"), stream=True)
        assert response.status_code == 200
        began = time.monotonic()
        stack.close()
        assert time.monotonic() - began < 8
        response.close()


def test_a_question_that_is_answered_asks_no_one_else(world):
    incident = world.ask_for_approval("Answered")
    asked = next(one for one in world.api.get("/api/v1/approvals").json() if one["incident"] == incident)
    client, second = world.client(Role.APPROVER), world.client(Role.ADMIN)
    before = second.get("/dashboard/approvals").text
    sent = {"csrf": csrf_of(client.get("/dashboard/approvals").text), "reason": "no"}
    client.post(f"/dashboard/approvals/{asked['id']}/reject", data=sent)
    after = second.get("/dashboard/approvals").text
    assert before.count("/reject") == after.count("/reject") + 1
    assert "Enough people have answered" in after
    world.work()
    assert "Enough people have answered" not in second.get("/dashboard/approvals").text


def test_a_stream_without_a_session_is_refused_for_good(world):
    stranger = world.client(None)
    headers = {"Accept": "text/event-stream"}
    assert stranger.get("/dashboard/stream", headers=headers).status_code == 401
