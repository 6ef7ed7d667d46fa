"""A secret leaked by a sender, a watched log or a person is stored nowhere: in no row, answer or event."""

import json
import os
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from grace_workers.governance import Role
from tests.acceptance.api_world import ApiWorld

pytestmark = pytest.mark.servers

PLANTED = "hunter2Zq"
TOKEN = "grace_" + "aB3-_" * 8 + "xyz"
AWS = "AKIAIOSFODNN7EXAMPLE"
SECRETS = (PLANTED, TOKEN, AWS)
SLIPS = (
    f"login failed password={PLANTED}",
    f"passphrase: {PLANTED}",
    f'{{"body": "{{\\"password\\":\\"{PLANTED}\\"}}"}}',
    f"dial postgres://bob:p@{PLANTED}@db/shop",
    f"Cookie: sid={PLANTED}; x=1",
    f"sent {TOKEN} and {AWS}",
)
READS = (
    *("/api/v1/signals", "/api/v1/incidents", "/api/v1/jobs", "/api/v1/events", "/api/v1/approvals", "/api/v1/fleet"),
    *("/api/v1/switches", "/api/v1/kernels", "/elite/status", "/metrics", "/readyz"),
)


def stored(database: str) -> Iterator[tuple[str, str]]:
    """Every row of every table as text."""
    with psycopg.connect(database) as session:
        tables = session.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            for (row,) in session.execute(f'SELECT t::text FROM "{table}" t'):
                yield table, row
            # A byte string's text is hexadecimal.
            columns = session.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND data_type = 'bytea'",
                (table,),
            ).fetchall()
            for (column,) in columns:
                for (value,) in session.execute(f'SELECT "{column}" FROM "{table}" WHERE "{column}" IS NOT NULL'):
                    yield table, bytes(value).decode("latin-1")


def leaks(found: Iterator[tuple[str, str]]) -> set[str]:
    """Return where a secret is stored."""
    return {place for place, text in found if any(secret in text for secret in SECRETS)}


def answers(api: ApiWorld) -> Iterator[tuple[str, str]]:
    """What a viewer can read."""
    for path in READS:
        answer = api.get(path, Role.ADMIN)
        yield path, answer.text
        if path in {"/api/v1/incidents", "/api/v1/jobs"} and answer.status_code == 200:
            for one in answer.json():
                yield f"{path}/…", api.get(f"{path}/{one['id']}", Role.ADMIN).text


def test_what_a_sender_lets_slip_is_kept_nowhere(api):
    for number, slip in enumerate(SLIPS):
        signal: dict[str, Any] = {
            "name": f"Slip {slip}",
            "target": "shop-web",
            "severity": "error",
            "summary": slip,
            "text": f'Traceback (most recent call last):\n  File "/srv/a.py", line 1, in b\nValueError: {slip}',
            "labels": {"number": str(number), "note": slip, "password": PLANTED, "api_key": TOKEN, "instance": slip},
            "attributes": {"nested": [{"token": TOKEN, "value": slip}], "env": {"DB_PASS": PLANTED}},
            "key": f"key-{number} password={PLANTED}",
        }
        assert api.post("/api/v1/signals", signal).status_code == 202, slip
        alert = {
            "status": "firing",
            "labels": {"alertname": "Slip", "grace_target": "shop-web", "number": str(number), "note": slip},
            "annotations": {"summary": slip, "db_password": PLANTED},
            "startsAt": "2026-01-01T00:00:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": f"http://bob:{PLANTED}@prometheus/graph?token={PLANTED}",
            "fingerprint": f"{number:016x} {slip}",
        }
        body = {"version": "4", "groupKey": slip, "externalURL": f"http://x:{PLANTED}@am", "alerts": [alert]}
        assert api.post("/api/v1/signals/alertmanager", body).status_code == 202, slip

    assert leaks(stored(api.database)) == set()
    assert leaks(answers(api)) == set()


def test_what_a_person_lets_slip_is_kept_nowhere(api):
    for slip in SLIPS[:2]:
        reason = {"reason": slip}
        heal = {
            "target": "shop-web",
            "playbook": "restart_dead_service",
            "dedupe_key": slip,
            "params": {"password": PLANTED},
        }
        assert api.post("/elite/healing/task", {**heal, **reason}).status_code == 202
        order = {"name": "grace.signal", "payload": {"name": "X", "target": "shop-web", "summary": slip}}
        assert api.post("/elite/orchestration/task", order, Role.ADMIN).status_code in {202, 403, 404, 422}
        for on in (True, False):
            assert api.post("/api/v1/switches/freeze", {"on": on, **reason}, Role.ADMIN).status_code == 200
    assert leaks(stored(api.database)) == set()
    assert leaks(answers(api)) == set()


def test_a_secret_is_no_part_of_a_problems_signature(api):
    """Two deliveries of one problem that differ only in the secret are one incident."""
    found = set()
    for secret in (PLANTED, os.urandom(8).hex()):
        signal = {
            "name": "LoginFailed",
            "target": "shop-web",
            "summary": "x",
            "text": f"ERROR password={secret} refused",
        }
        answer = api.post("/api/v1/signals", signal)
        assert answer.status_code == 202
        found.add(answer.json()["receipts"][0]["incident"])
    assert len(found) == 1
    shown = api.get(f"/api/v1/incidents/{found.pop()}").json()
    assert "***" in json.dumps(shown)
