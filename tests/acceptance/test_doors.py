"""Each format as its real client sends it, unmodified, to a real API."""

import json
import logging
import subprocess
import sys
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from grace_workers.governance import Role
from grace_workers.orchestration import tokens
from grace_workers.signals import hmac_sha256
from tests.acceptance.api_world import ApiWorld, api_world
from tests.conftest import _database
from tests.unit.signals.sources import test_github, test_gitlab

with warnings.catch_warnings():
    # The package says that it has a successor, but that one speaks only https.
    warnings.simplefilter("ignore")
    import pdpyras

pytestmark = pytest.mark.servers

SIGNALS = "/api/v1/signals"
SECRET = "a-signing-secret"
DATA = Path(__file__).parents[1] / "data"


@pytest.fixture(scope="module")
def world(
    postgres_server: Any, migrated_template: str, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiWorld]:
    folder = tmp_path_factory.mktemp("doors")
    with (
        _database(postgres_server, migrated_template) as url,
        api_world(url, valkey_server.url, folder, signing_secrets={"github": SECRET, "grafana": SECRET}) as found,
    ):
        yield found


def token(world: ApiWorld) -> str:
    return world.secrets[Role.REPORTER]


def at(world: ApiWorld, path: str, *, user: bool = True) -> str:
    """Return the address as a client is given it, with the token before the host."""
    scheme, _, host = world.url.partition("://")
    return f"{scheme}://token:{token(world)}@{host}{path}" if user else f"{world.url}{path}"


def newest(world: ApiWorld, source: str) -> dict[str, Any]:
    found = world.get(SIGNALS, params={"limit": 20}).json()
    return next(one for one in found if one["source"] == source)


def incident(world: ApiWorld, signal: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = world.get(f"/api/v1/incidents/{signal['incident']}").json()
    return found


def event(**attributes: Any) -> CloudEvent:
    data = {"service": "shop-web", "error": "no space left on device"}
    return CloudEvent({"type": "com.example.backup.failed", "source": "/backups/shop", **attributes}, data)


def test_cloudevents_come_structured_binary_and_in_batches(world: ApiWorld) -> None:
    bearer = {"Authorization": f"Bearer {token(world)}"}
    address = at(world, f"{SIGNALS}/cloudevents", user=False)
    first = event(id="1")
    for made in (to_structured_event(first), to_binary_event(first)):
        answer = requests.post(address, data=made.body, headers={**made.headers, **bearer}, timeout=10)
        assert answer.status_code == 202, answer.text
    [repeat] = answer.json()["receipts"]
    assert (repeat["fate"], newest(world, "cloudevents")["fate"]) == ("repeated", "opened")
    batch = [json.loads(to_structured_event(event(id=number)).body) for number in "23"] + [{"specversion": "9"}]
    kind = {"Content-Type": "application/cloudevents-batch+json"}
    told = requests.post(address, json=batch, headers={**kind, **bearer}, timeout=10).json()
    assert [one["fate"] for one in told["receipts"]] == ["joined", "joined"]
    assert [one["position"] for one in told["left_out"]] == [3]
    ended = to_structured_event(event(id="4", type="com.example.backup.recovered"))
    answer = requests.post(address, data=ended.body, headers={**ended.headers, **bearer}, timeout=10)
    assert [one["fate"] for one in answer.json()["receipts"]] == ["resolved"]


@pytest.mark.parametrize("base", ["", f"{SIGNALS}/pagerduty"])
def test_pagerduty_triggers_acknowledges_and_resolves_by_its_key(world: ApiWorld, base: str) -> None:
    session = pdpyras.EventsAPISession("grace")
    session.url = at(world, base)
    what = f"Disk of {'the root' if base == '' else 'the shop'} is full"
    key = session.trigger(what, "shop-web", dedup_key=f"disk{len(base)}", severity="critical")
    opened = newest(world, "pagerduty")
    assert (key, opened["fate"], opened["target"]) == (f"disk{len(base)}", "opened", "shop-web")
    session.acknowledge(key)
    assert incident(world, opened)["state"] == "open"
    session.trigger(what, "shop-web", dedup_key=key, severity="critical")
    # An incident shows the signals of those that it leads, too.
    assert [one["name"] for one in incident(world, opened)["signals"]].count(what) == 1
    session.resolve(key)
    assert newest(world, "pagerduty")["fate"] == "resolved"
    assert incident(world, opened)["state"] == "closed"


def test_a_bound_token_cannot_resolve_by_key_what_it_may_not_report_on(world: ApiWorld) -> None:
    session = pdpyras.EventsAPISession("grace")
    session.url = at(world, "")
    session.trigger("Partner is down", "partner", dedup_key="p", severity="error")
    opened = newest(world, "pagerduty")
    wanted = tokens.NewToken(name="web-only", role=Role.REPORTER, rate_per_minute=1000, targets=("shop-web",))
    _, secret = tokens.create(world.runtime.ledger, world.runtime.clock, wanted, by="test")
    body = {"event_action": "resolve", "dedup_key": "p", "routing_key": "r"}
    answer = httpx.post(f"{world.url}/v2/enqueue", json=body, headers={"Authorization": f"Bearer {secret}"}, timeout=10)
    assert answer.status_code == 202
    assert incident(world, opened)["state"] == "open"
    session.resolve("p")


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/enqueue/"])
def test_a_path_at_the_root_asks_for_a_token_as_any_other(world: ApiWorld, path: str) -> None:
    assert httpx.post(f"{world.url}{path}", json={}, timeout=10).status_code == 401
    assert world.post(path, {"event_action": "x"}).status_code == 422


SHOP = """
import logging, sentry_sdk, sys

sentry_sdk.init(
    dsn=sys.argv[1], release="shop-web@1.4.2", server_name="web-01", auto_session_tracking=True, traces_sample_rate=1,
    _experiments={"transport_compression_algo": sys.argv[2]},
)

def charge(n):
    return 10 / n

with sentry_sdk.start_transaction(op="task", name="checkout"):
    try:
        charge(0)
    except ZeroDivisionError as error:
        try:
            raise RuntimeError("no payment") from error
        except RuntimeError:
            sentry_sdk.capture_exception()
logging.getLogger("shop").error("payment gateway timeout after %d ms", int(sys.argv[3]))
sentry_sdk.flush(10)
"""


@pytest.mark.parametrize(("base", "packed"), [("", "gzip"), (f"{SIGNALS}/sentry", "br")])
def test_sentrys_sdk_reports_by_dsn_alone(world: ApiWorld, tmp_path: Path, base: str, packed: str) -> None:
    dsn = at(world, f"{base}/42").replace("token:", "")
    before = {one["id"] for one in world.get(SIGNALS, params={"limit": 50}).json()}
    program = tmp_path / "shop_pay.py"
    program.write_text(SHOP)
    subprocess.run([sys.executable, program, dsn, packed, "3000"], cwd=tmp_path, timeout=60, check=True)
    found = [one for one in world.get(SIGNALS, params={"limit": 50}).json() if one["id"] not in before]
    line, error = sorted(found, key=lambda one: "RuntimeError" in one["name"])
    assert line["text"] == "payment gateway timeout after 3000 ms"
    assert (error["target"], error["member"], error["severity"]) == ("shop-web", "web-01", "error")
    assert "shop_pay:charge~" in error["signature"]
    assert error["signature"].startswith("ZeroDivisionError@")
    inner, outer = error["attributes"]["exceptions"]
    assert (inner["type"], outer["type"]) == ("ZeroDivisionError", "RuntimeError")
    assert (inner["frames"][-1]["function"], inner["frames"][-1]["own"]) == ("charge", True)


def test_opentelemetrys_exporter_sends_logs_by_its_endpoint_alone(world: ApiWorld) -> None:
    exporter = OTLPLogExporter(
        endpoint=at(world, "/v1/logs", user=False), headers={"Authorization": f"Bearer {token(world)}"}
    )
    provider = LoggerProvider(Resource.create({"service.name": "shop-web", "service.instance.id": "1"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = logging.getLogger("shop.orders")
    with warnings.catch_warnings():
        # Its successor instruments the whole program; both make the same records.
        warnings.simplefilter("ignore")
        handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    logger.info("all is well")
    try:
        dict[str, int]()["cart"]
    except KeyError:
        logger.exception("order %d failed", 77)
    assert provider.force_flush()
    provider.shutdown()
    logger.removeHandler(handler)
    signal = newest(world, "otlp")
    assert (signal["name"], signal["target"], signal["member"]) == ("ERROR shop.orders", "shop-web", "1")
    assert signal["signature"].startswith("KeyError@")
    assert sum(one["source"] == "otlp" for one in world.get(SIGNALS, params={"limit": 50}).json()) == 1


def hook(world: ApiWorld, event: str, body: Any, *, secret: str = SECRET) -> httpx.Response:
    """Deliver as GitHub does: the token in the address, the signature over the body."""
    raw = json.dumps(body).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": event,
        "X-Hub-Signature-256": f"sha256={hmac_sha256(secret, raw).hex()}",
    }
    address = f"{world.url}{SIGNALS}/github"
    return httpx.post(address, params={"token": token(world)}, content=raw, headers=headers, timeout=10)


def test_githubs_pipelines_are_signals_and_its_deployments_facts(world: ApiWorld) -> None:
    assert hook(world, "workflow_run", test_github.RUN, secret="another").status_code == 401
    assert hook(world, "workflow_run", test_github.RUN).json()["receipts"][0]["fate"] == "opened"
    assert hook(world, "workflow_run", test_github.RUN).json()["receipts"][0]["fate"] == "repeated"
    for _ in range(2):
        answer = hook(world, "deployment_status", test_github.DEPLOYMENT).json()
        assert (answer["receipts"], answer["deployments"]) == ([], 1)
    found = world.get("/api/v1/deployments", params={"target": "shop-web"}).json()
    assert [(one["revision"], one["state"], one["by"]) for one in found] == [("8f1c2d3", "succeeded", "ann")]


def test_gitlabs_secret_token_is_accepted(world: ApiWorld) -> None:
    address = f"{world.url}{SIGNALS}/gitlab"
    headers = {"X-Gitlab-Event": "Deployment Hook", "X-Gitlab-Token": token(world)}
    answer = httpx.post(address, json=test_gitlab.DEPLOYMENT, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["deployments"]) == (202, 1)
    assert httpx.post(address, json=test_gitlab.DEPLOYMENT, timeout=10).status_code == 401
    assert "gitlab" in {one["source"] for one in world.get("/api/v1/deployments").json()}


def test_a_secret_of_an_address_holds_for_every_shape_of_its_family(world: ApiWorld) -> None:
    body = (DATA / "grafana-12.json").read_bytes()
    stamp = str(int(datetime.now(UTC).timestamp()))
    signature = hmac_sha256(SECRET, f"{stamp}:".encode(), body).hex()
    right = {"X-Grafana-Alerting-Signature": signature, "X-Grafana-Alerting-Timestamp": stamp}
    assert world.send(f"{SIGNALS}/grafana", body, **right).status_code == 202
    assert world.send(f"{SIGNALS}/grafana", body).status_code == 401
    assert world.send(f"{SIGNALS}/grafana", body + b" ", **right).status_code == 401
    assert world.send(f"{SIGNALS}/alertmanager", (DATA / "alertmanager-firing.json").read_bytes()).status_code == 202


def test_a_heartbeat_from_a_permitted_sender_is_recorded_and_listed(world: ApiWorld) -> None:
    address = "/api/v1/heartbeats"
    assert world.get(address).json()[0]["heard_at"] is None
    heard = world.post(f"{address}/backup", role=Role.REPORTER)
    assert (heard.status_code, heard.json()["target"]) == (200, "shop-web")
    assert world.get(address).json()[0]["heard_at"] == heard.json()["heard_at"]
    assert "declared: backup" in world.post(f"{address}/mail", role=Role.REPORTER).json()["detail"]
    assert world.post(f"{address}/backup", role=Role.VIEWER).status_code == 403
    assert world.post(f"{address}/backup", role=None).status_code == 401


def test_what_names_no_declared_target_is_kept_with_the_name_that_it_gave(world: ApiWorld) -> None:
    dsn_like = {"X-Sentry-Auth": f"Sentry sentry_key={token(world)}, sentry_version=7"}
    body = b'{"message": "boom", "release": "billing@2"}'
    answer = httpx.post(
        f"{world.url}/api/7/store/", content=body, headers={**dsn_like, "Content-Type": "application/json"}, timeout=10
    )
    assert answer.status_code == 200
    [signal] = world.get(SIGNALS, params={"unmatched": True, "limit": 1}).json()
    assert (signal["target"], signal["labels"]["target"], signal["fate"]) == (None, "billing", "ignored")
