"""What a stranger or a token holder may send costs a limited amount of work, and costs others nothing."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog

from grace_workers.entrypoints.api.logins import FAILURES_PER_MINUTE
from grace_workers.governance import Role
from tests.acceptance.api_world import ApiWorld, api_world
from tests.conftest import _database
from tests.waiting import until

pytestmark = pytest.mark.servers

SIGNALS, ALERTS = "/api/v1/signals", "/api/v1/signals/alertmanager"
UNKNOWN = "grace_" + "x" * 43


@pytest.fixture(scope="module")
def world(
    postgres_server: Any, migrated_template: str, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiWorld]:
    """One world for all attacks here; each must leave it in service."""
    folder = tmp_path_factory.mktemp("edge")
    with _database(postgres_server, migrated_template) as url, api_world(url, valkey_server.url, folder) as found:
        yield found


def token(world: ApiWorld, name: str, role: str = "operator", rate: int = 100_000) -> dict[str, str]:
    made = world.ask("POST", "/api/v1/tokens", json={"name": name, "role": role, "rate_per_minute": rate}).json()
    return {"Authorization": f"Bearer {made['secret']}"}


def alerts(count: int, *, first: int = 0, **changes: Any) -> dict[str, Any]:
    one = {
        "status": "firing",
        "annotations": {"summary": "a device is down", "description": "d" * 700},
        "startsAt": "2026-01-01T00:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.internal:9090/graph?g0.expr=up&g0.tab=1",
    } | changes
    labels = {"alertname": "DeviceDown", "grace_target": "shop-web", "team": "t" * 100, "region": "r" * 100}
    made = [
        {**one, "labels": labels | {"device": f"d{number}"}, "fingerprint": f"{number:016x}"}
        for number in range(first, first + count)
    ]
    return {"version": "4", "groupKey": "{}:{}", "alerts": made}


def figure(world: ApiWorld, line: str) -> float:
    for found in world.get("/metrics", params={"name[]": line.partition("{")[0]}).text.splitlines():
        if found.startswith(line):
            return float(found.rpartition(" ")[2])
    return 0.0


# The cost of one request

COSTLY = {
    "doubled keys": b"{" + b",".join(b'"k%d":0' % number for number in range(60_000)) + b',"k59999":1}',
    "many values": b"[" + b"0," * 480_000 + b"0]",
    "many objects": b"[" + b"{}," * 320_000 + b"{}]",
    "many keys": b"{" + b",".join(b'"%d":{}' % number for number in range(90_000)) + b"}",
    "long integers": b"[" + b",".join([b"9" * 4299] * 200) + b"]",
    "a long integer": b"[" + b"9" * 900_000 + b"]",
    "a long float": b"[1." + b"1" * 900_000 + b"]",
    "deep lists": b"[" * 450_000 + b"]" * 450_000,
    "deep objects": b'{"a":' * 150_000 + b"1" + b"}" * 150_000,
    "escapes": b'"' + b"\\u00e9" * 150_000 + b'"',
    "open": b"[" * 900_000,
}


@pytest.mark.parametrize("case", COSTLY)
@pytest.mark.parametrize("path", ["/elite/healing/task", ALERTS])
def test_a_costly_body_is_refused_at_little_cost(world: ApiWorld, path: str, case: str) -> None:
    began = time.process_time()
    response = world.send(path, COSTLY[case])
    assert response.status_code in {400, 422}
    # The server works in this very process; searching keys quadratically took minutes.
    assert time.process_time() - began < 5


SIGN_IN = "/api/v1/sign-in"


def bodies(world: ApiWorld) -> list[tuple[str, str]]:
    document = world.client.get("/openapi.json").json()
    given = {"{approval_id}": "x", "{name}": "kill", "{verb}": "restart", "{incident_id}": "x", "{job_id}": "x"}
    found = []
    for path, verbs in document["paths"].items():
        for verb, told in verbs.items():
            if "requestBody" in told:
                for mark, value in given.items():
                    path = path.replace(mark, value)  # noqa: PLW2901 - its own next step
                found.append((verb.upper(), path))
    return found


def head_only(world: ApiWorld, verb: str, path: str, secret: str | None) -> bytes:
    """Return the answer to a request whose announced body never comes."""
    host, port = world.url.removeprefix("http://").split(":")
    bearer = f"Authorization: Bearer {secret}\r\n" if secret else ""
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(
            f"{verb} {path} HTTP/1.1\r\nHost: x\r\n{bearer}Content-Type: application/json\r\n"
            "Content-Length: 900000\r\n\r\n".encode()
        )
        return client.recv(100)


def test_no_route_reads_a_body_before_it_knows_who_asks_and_what_he_may(world: ApiWorld) -> None:
    found = bodies(world)
    assert len(found) > 10
    for verb, path in found:
        if path == SIGN_IN:
            # It takes no token, and there is no provider here to ask.
            assert head_only(world, verb, path, None).startswith(b"HTTP/1.1 404")
            continue
        assert head_only(world, verb, path, None).startswith(b"HTTP/1.1 401"), path
        assert head_only(world, verb, path, world.secrets[Role.VIEWER]).startswith(b"HTTP/1.1 403"), path


@pytest.mark.parametrize(
    "path",
    ["/api/v1/events?" + "topic=a&" * 2_000, "/metrics?" + "name[]=x&" * 2_000, "/api/v1/jobs?limit=" + "9" * 5_000],
)
def test_a_long_query_is_refused(world: ApiWorld, path: str) -> None:
    assert world.get(path).status_code == 422


def test_a_head_without_end_is_refused(world: ApiWorld) -> None:
    host, port = world.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % number for number in range(8_000)))
        assert client.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("length", ["9" * 5_000, "-1", "1e3", "0x10", "\xb2"])
def test_an_odd_length_is_no_fault_of_ours(world: ApiWorld, length: str) -> None:
    host, port = world.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as client:
        head = f"POST {SIGNALS} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
        client.sendall(head.encode("latin-1"))
        # If there is no answer, at least the connection is closed.
        assert client.recv(100)[:12] in {b"HTTP/1.1 400", b"HTTP/1.1 401", b"HTTP/1.1 413", b""}
    assert world.get("/healthz", role=None).status_code == 200


def test_a_body_that_does_not_come_holds_no_place(world: ApiWorld) -> None:
    host, port = world.url.removeprefix("http://").split(":")
    held = []
    for _ in range(40):
        client = socket.create_connection((host, int(port)), timeout=5)
        held.append(client)
        client.sendall(
            f"POST {SIGNALS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.secrets[Role.OPERATOR]}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
    try:
        assert world.get("/api/v1/switches").status_code == 200
        sent = world.post(SIGNALS, {"name": "X", "target": "partner"})
        assert sent.status_code == 202
    finally:
        for client in held:
            client.close()


# One alert that cannot be taken


def test_one_alert_that_cannot_be_taken_costs_no_other_and_is_named_in_receipt_log_and_metric(world: ApiWorld) -> None:
    body = alerts(3, first=10_000)
    body["alerts"][1] |= {"labels": "none"}
    body["alerts"][2] |= {"annotations": {"summary": "s", "description": "x" * 5_000}}
    before = figure(world, 'grace_api_signals_left_out_total{source="alertmanager",what="alert"}')
    with structlog.testing.capture_logs() as logged:
        response = world.post(ALERTS, body)
    assert response.status_code == 202
    told = response.json()
    assert len(told["receipts"]) == 2
    assert [(one["position"], one["whole"]) for one in told["left_out"]] == [(2, True), (3, False)]
    assert "cut from 5000" in told["left_out"][1]["reason"]
    assert figure(world, 'grace_api_signals_left_out_total{source="alertmanager",what="alert"}') == before + 1
    [line] = [one for one in logged if one["event"] == "signals_left_out"]
    assert (line["alerts"], line["parts"], line["log_level"]) == (1, 1, "warning")


ODD = {
    "bytes that are no UTF-8": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"\xff\xfe"}}]}',
    "a NUL": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"a\\u0000b"}}]}',
    "a lone surrogate": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"\\ud800"}}]}',
    "NaN": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"N"},"values":{"A":NaN}}]}',
    "infinite": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"I"},"values":{"A":1e999}}]}',
    "a doubled key": b'{"alerts":[%b,{"status":"firing","status":"firing","labels":{"alertname":"D"}}]}',
    "a large integer": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"L"},"x":99999999999999999999}]}',
    "an integer that Python does not read": b'{"alerts":[%b,{"labels":{"alertname":"V"},"x":' + b"9" * 5_000 + b"}]}",
    "deep": b'{"alerts":[%b,{"status":"firing","labels":{"alertname":"P"},"x":' + b"[" * 60 + b"]" * 60 + b"}]}",
}


@pytest.mark.parametrize("case", ODD)
def test_what_is_odd_in_one_alert_costs_no_other(world: ApiWorld, case: str) -> None:
    good = json.dumps(alerts(1, first=20_000 + list(ODD).index(case))["alerts"][0]).encode()
    response = world.send(ALERTS, ODD[case].replace(b"%b", good))
    assert response.status_code == 202, response.text
    assert response.json()["receipts"][0]["fate"] == "opened"
    assert len(response.json()["receipts"]) == 2


@pytest.mark.parametrize(
    "name", ["grafana-7", "grafana-8", "grafana-9", "grafana-10", "grafana-11", "grafana-12", "prometheus-v2-alerts"]
)
def test_the_bodies_of_grafana_and_of_rulers_are_taken(world: ApiWorld, name: str) -> None:
    body = json.loads((Path(__file__).parent.parent / "data" / f"{name}.json").read_text())
    path = f"{ALERTS}/api/v2/alerts" if isinstance(body, list) else ALERTS
    response = world.post(path, body)
    assert response.status_code == 202, response.text
    assert all(one["fate"] for one in response.json()["receipts"])


# A storm


def test_a_thousand_alerts_in_one_body_are_taken(world: ApiWorld) -> None:
    body = alerts(1_000, first=100_000)
    assert len(json.dumps(body)) > 1_000_000
    response = world.post(ALERTS, body)
    assert response.status_code == 202
    assert len(response.json()["receipts"]) == 1_000


def test_past_its_rate_alertmanager_gets_a_status_on_which_it_retries(world: ApiWorld) -> None:
    mine = token(world, "am", rate=2)
    for _ in range(2):
        assert world.ask("POST", ALERTS, None, json=alerts(1, first=30_000), headers=mine).status_code == 202
    refused = world.ask("POST", ALERTS, None, json=alerts(1, first=30_000), headers=mine)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert world.client.get("/api/v1/switches", headers=mine).status_code == 429


def test_a_large_delivery_costs_more_of_the_rate_than_a_small_one(world: ApiWorld) -> None:
    small, large = token(world, "small", rate=30), token(world, "large", rate=30)
    assert world.ask("POST", ALERTS, None, json=alerts(1, first=40_000), headers=small).status_code == 202
    assert world.ask("POST", ALERTS, None, json=alerts(900, first=40_000), headers=large).status_code == 202
    assert world.client.get("/api/v1/switches", headers=small).status_code == 200
    assert world.client.get("/api/v1/switches", headers=large).status_code == 429


def test_in_a_storm_some_requests_get_a_retry_and_the_nodes_own_test_is_answered(world: ApiWorld) -> None:
    (world.runtime.settings.data_dir / "cli-token").write_text(world.secrets[Role.ADMIN])
    bodies = [alerts(100, first=50_000 + 100 * number) for number in range(16)]
    with psycopg.connect(world.database) as session, ThreadPoolExecutor(16) as senders:
        # All current work now waits for this lock, as it would for a slow disk.
        session.execute("LOCK TABLE incidents IN ACCESS EXCLUSIVE MODE")
        sent = [senders.submit(world.post, ALERTS, body) for body in bodies]
        refused = until(lambda: [one for one in sent if one.done()], within=10)
        assert world.get("/healthz", role=None).status_code == 200
        assert world.get("/api/v1/switches", Role.ADMIN).status_code == 200
        session.rollback()
        answers = [one.result(30) for one in sent]
    assert refused
    assert {one.status_code for one in answers} == {202, 503}
    assert all(int(one.headers["retry-after"]) >= 1 for one in answers if one.status_code == 503)


# Failed logins


def test_guesses_are_counted_logged_once_and_soon_cost_no_database(world: ApiWorld) -> None:
    world.get("/api/v1/switches")
    before = figure(world, 'grace_api_logins_failed_total{why="throttled"}')
    guess = {"Authorization": f"Bearer {UNKNOWN}"}
    with structlog.testing.capture_logs() as logged:
        answers = [
            world.client.get("/elite/status", headers=guess).status_code for _ in range(FAILURES_PER_MINUTE + 20)
        ]
        delivered = [world.client.post(ALERTS, json=alerts(1), headers=guess) for _ in range(10)]
    assert set(answers) == {401, 429}
    # Alertmanager does not resend an alert that got a 429; a guess may be checked every second.
    assert {503} <= {one.status_code for one in delivered} <= {401, 503}
    assert 429 in answers[-3:]
    assert figure(world, 'grace_api_logins_failed_total{why="throttled"}') > before
    lines = [one for one in logged if one["event"] == "login_failed"]
    assert 1 <= len(lines) <= 4
    assert lines[0]["address"] == "127.0.0.1"
    assert UNKNOWN not in str(logged)
    # A token that was in force before is not locked out by them.
    assert world.get("/api/v1/switches").status_code == 200


def test_what_is_no_token_costs_no_transaction(world: ApiWorld) -> None:
    def transactions() -> int:
        with psycopg.connect(world.database, autocommit=True) as session:
            row = session.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%tokens%'"
            ).fetchone()
            return 0 if row is None else int(row[0])

    before = transactions()
    for secret in ("wrong", "grace_" + "x" * 5_000, "Bearer"):
        response = world.client.get("/elite/status", headers={"Authorization": f"Bearer {secret}"})
        assert response.status_code == 401
    assert transactions() <= before


def test_an_address_is_not_what_a_header_says(world: ApiWorld) -> None:
    with structlog.testing.capture_logs() as logged:
        for number in range(5):
            world.client.get(
                "/elite/status",
                headers={"Authorization": f"Bearer {UNKNOWN}", "X-Forwarded-For": f"203.0.113.{number}"},
            )
    assert {one["address"] for one in logged if one["event"] == "login_failed"} <= {"127.0.0.1"}


def test_a_path_in_the_log_is_short(world: ApiWorld) -> None:
    with structlog.testing.capture_logs() as logged:
        world.client.get("/" + "a" * 20_000)
    assert all(len(str(one.get("path", ""))) <= 200 for one in logged)
    [told] = [one for one in logged if one["event"] == "request"]
    assert repr(told["status"]) == "404"


def test_many_at_once_are_all_answered(world: ApiWorld) -> None:
    done = threading.Barrier(60)

    def ask() -> int:
        done.wait(10)
        return int(world.get("/api/v1/switches").status_code)

    with ThreadPoolExecutor(60) as askers:
        assert {one.result(30) for one in [askers.submit(ask) for _ in range(60)]} == {200}
