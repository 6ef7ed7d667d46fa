"""What the API refuses, and how it says so."""

import pytest

from grace_workers.governance import Role
from tests.acceptance.shared_api import HEAL, ORDER, SIGNALS, check_problem, shared, world

__all__ = ["shared", "world"]

pytestmark = pytest.mark.servers

DEEP = b"[" * 40 + b"]" * 40


VERY_DEEP = b"[" * 400_000 + b"]" * 400_000


BAD_BODIES = {
    "no body": (b"", 400),
    "malformed": (b'{"name": ', 400),
    "not UTF-8": (b'{"name": "\xff"}', 400),
    "not a number": (b'{"name": "x", "attributes": {"a": NaN}}', 400),
    "infinite": (b'{"name": "x", "attributes": {"a": 1e999}}', 400),
    "huge integer": (b'{"name": "x", "attributes": {"a": ' + b"9" * 5000 + b"}}", 400),
    "doubled key": (b'{"name": "x", "name": "y"}', 400),
    "NUL": (b'{"name": "a\\u0000b"}', 400),
    "lone surrogate": (b'{"name": "\\ud800"}', 400),
    "deep": (DEEP, 400),
    "very deep": (VERY_DEEP, 400),
    "a list of numbers": (b"[1, 2]", 422),
    "a string": (b'"signal"', 422),
    "null": (b"null", 422),
    "unknown field": (b'{"name": "x", "target": "shop-web", "colour": "red"}', 422),
    "wrong type": (b'{"name": 7}', 422),
    "unknown severity": (b'{"name": "x", "severity": "awful"}', 422),
    "unknown target": (b'{"name": "x", "target": "nowhere"}', 422),
    "too large": (b'{"name": "' + b"x" * 10_000_000 + b'"}', 413),
}


@pytest.mark.parametrize("case", BAD_BODIES)
def test_a_bad_signal_gets_a_clear_answer_and_changes_nothing(shared, case):
    content, status = BAD_BODIES[case]
    before = shared.rows()
    check_problem(shared.send(SIGNALS, content), status)
    assert shared.rows() == before


def test_a_chunked_body_without_an_end_in_sight_is_refused(shared):
    def chunks():
        for _ in range(900):
            yield b"x" * 10_000

    before = shared.rows()
    response = shared.ask("POST", SIGNALS, content=chunks(), headers={"Content-Type": "application/json"})
    check_problem(response, 413)
    assert shared.rows() == before


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_another_content_type_is_refused(shared, kind):
    before = shared.rows()
    check_problem(shared.ask("POST", SIGNALS, content=b'{"name":"x"}', headers={"Content-Type": kind}), 415)
    assert shared.rows() == before


@pytest.mark.parametrize(
    ("order", "word"),
    [
        ({**ORDER, "target": "nowhere"}, "shop-web"),
        ({**ORDER, "playbook": "no_such_playbook"}, "restart_dead_service"),
        ({**ORDER, "priority": 11}, "priority"),
        ({**ORDER, "priority": "high"}, "priority"),
        ({**ORDER, "colour": "red"}, "colour"),
        ({**ORDER, "reason": ""}, "reason"),
        ({"target": "shop-web"}, "reason"),
        ({"target": "shop-web", "reason": "x", "params": {"a": 1}}, "params"),
    ],
)
def test_a_bad_healing_order_names_what_is_wrong_and_changes_nothing(shared, order, word):
    before = shared.rows()
    assert word in check_problem(shared.post(HEAL, order), 422)
    assert shared.rows() == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/incidents/not-an-id", 422),
        ("/api/v1/incidents/018f0000-0000-7000-8000-000000000000", 404),
        ("/api/v1/jobs/018f0000-0000-7000-8000-000000000000", 404),
        ("/elite/tasks/018f0000-0000-7000-8000-000000000000", 404),
        ("/elite/tasks/..%2f..%2fetc%2fpasswd", 404),
        ("/api/v1/playbooks/nothing", 404),
        ("/api/v1/playbooks/a%00b", 400),
        ("/api/v1/incidents?target=a%00b", 400),
        ("/api/v1/incidents?limit=0", 422),
        ("/api/v1/incidents?state=odd", 422),
        ("/api/v1/audit/entries/99999999999999999999999/proof", 422),
        ("/nowhere", 404),
    ],
)
def test_a_bad_address_is_a_problem(shared, path, status):
    check_problem(shared.get(path), status)


def test_the_same_idempotency_key_for_another_order_is_refused(world):
    world.post(HEAL, ORDER, headers={"Idempotency-Key": "night-8"})
    other = world.post(HEAL, {**ORDER, "reason": "another wish"}, headers={"Idempotency-Key": "night-8"})
    assert "new key" in check_problem(other, 409)


@pytest.mark.parametrize("path", [SIGNALS, f"{SIGNALS}/alertmanager", HEAL, "/api/v1/tokens", "/elite/coding/task"])
def test_nothing_is_read_of_a_stranger(shared, path):
    for content in (b"{", b"[" * 500_000, b" " * 2_000_000):
        response = shared.post(path, role=None, content=content, headers={"Content-Type": "application/json"})
        assert check_problem(response, 401)


def test_a_token_for_ages_is_refused(shared):
    wish = {"name": "ages", "role": "viewer", "expires_in": 86_399_999_999_000}
    response = shared.post("/api/v1/tokens", wish, role=Role.ADMIN)
    assert "ten years" in check_problem(response, 422)


def test_a_fleet_without_an_identity_provider_offers_none(shared):
    assert shared.get("/api/v1/sign-in", None).json() == {"label": None, "home": None}
    assert shared.post("/api/v1/sign-in", {}, None).status_code == 404
    assert "/dashboard/sign-in/provider" not in shared.get("/dashboard/sign-in", None).text
    answer = shared.get("/dashboard/sign-in/provider", None)
    assert answer.status_code == 404
    assert "this fleet has no identity provider; sign in with a token" in answer.text
