"""What the one route for all sources promises, whatever the format: here with a source that signs and answers."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import brotli
import httpx
import pytest

from grace_workers.entrypoints.api.deliveries import check_signing
from grace_workers.foundation.errors import InputError
from grace_workers.governance import Role
from grace_workers.signals import hmac_sha256
from tests.acceptance.api_world import ApiWorld, api_world
from tests.architecture.house import ROOT
from tests.conftest import _database

pytestmark = pytest.mark.servers

PAGE = ROOT / "docs" / "how-to" / "add-a-source.md"
SIGNALS, ALERTS, SLACK = "/api/v1/signals", "/api/v1/signals/alertmanager", "/api/v1/signals/slack"
ONE = b'{"name": "HealthProbeFailed", "target": "shop-web"}'
COMMAND = b"command=%2Fgrace&text=shop-web+is+slow&user_name=ann&trigger_id="
FORM = "application/x-www-form-urlencoded"
SECRET = "a-signing-secret"


def documented() -> ModuleType:
    """The source from the how-to page."""
    found = ModuleType("slack")
    [code] = re.findall(r"sources/slack\.py`:\n\n```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    exec(compile(code, str(PAGE), "exec"), found.__dict__)
    return found


@pytest.fixture(scope="module")
def world(
    postgres_server: Any, migrated_template: str, valkey_server: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ApiWorld]:
    folder = tmp_path_factory.mktemp("sources")
    with (
        _database(postgres_server, migrated_template) as url,
        api_world(
            url, valkey_server.url, folder, signing_secrets={"slack": SECRET}, sources=[documented().DEFINITION]
        ) as found,
    ):
        yield found


def command(number: int, *, at: datetime | None = None, secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    body = COMMAND + str(number).encode()
    stamp = str(int((at or datetime.now(UTC)).timestamp()))
    digest = hmac_sha256(secret, f"v0:{stamp}:".encode(), body).hex()
    return body, {"Content-Type": FORM, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


def commanded(world: ApiWorld, body: bytes, headers: dict[str, str], token: str | None = None) -> httpx.Response:
    params = {"token": token or world.secrets[Role.REPORTER]}
    return world.client.post(SLACK, params=params, content=body, headers=headers)


def detail(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


def test_a_source_joins_by_its_definition_alone(world: ApiWorld) -> None:
    answer = commanded(world, *command(1))
    assert (answer.status_code, answer.json()) == (200, {"text": "Grace looks at shop-web."})
    [signal] = world.get(SIGNALS, params={"limit": 1}).json()
    assert (signal["source"], signal["target"], signal["summary"], signal["fate"]) == (
        "slack", "shop-web", "is slow", "opened",
    )  # fmt: skip
    described = world.client.get("/openapi.json").json()["paths"][SLACK]["post"]
    assert described["requestBody"]["content"].keys() == {FORM}


def test_a_signature_is_checked_after_the_token_and_before_anything_is_stored(world: ApiWorld) -> None:
    before = world.rows()
    body, headers = command(2)
    assert "does not match" in detail(commanded(world, body + b"0", headers), 401)
    assert "does not match" in detail(commanded(world, *command(2, secret="another")), 401)
    assert "within 5 minutes" in detail(commanded(world, *command(2, at=datetime.now(UTC) - timedelta(minutes=6))), 401)
    assert "no time of signing" in detail(commanded(world, body, {"Content-Type": FORM}), 401)
    assert "token" in detail(commanded(world, body, headers, token="grace_" + "x" * 43), 401)
    assert "bearer token" in detail(world.client.post(SLACK, content=body, headers=headers), 401)
    assert world.rows() == before


def test_a_recorded_delivery_sent_again_changes_nothing(world: ApiWorld) -> None:
    sent = command(3)
    commanded(world, *sent)
    before = world.rows()
    assert commanded(world, *sent).status_code == 200
    assert world.rows() == before


def test_a_token_in_the_address_opens_only_what_says_so_and_only_a_reporters(world: ApiWorld) -> None:
    for role in (one for one in Role if one is not Role.REPORTER):
        refused = commanded(world, *command(4), token=world.secrets[role])
        assert "only a reporter's token may be part of an address" in detail(refused, 403)
    params = {"token": world.secrets[Role.ADMIN]}
    for path in (SIGNALS, ALERTS, "/elite/healing/task"):
        response = world.client.post(path, params=params, content=ONE, headers={"Content-Type": "application/json"})
        assert response.status_code == 401


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", lambda raw: zlib.compress(raw)[2:-4]),
        ("br", brotli.compress),
    ],
)
def test_a_packed_delivery_is_read(world: ApiWorld, encoding: str, pack: Any) -> None:
    response = world.send(SIGNALS, pack(ONE), **{"Content-Encoding": encoding})
    assert response.status_code == 202, response.text


def test_the_limit_holds_for_what_comes_out(world: ApiWorld) -> None:
    before = world.rows()
    large = b'{"name": "' + b"x" * 9_000_000 + b'"}'
    for encoding, bomb in (("gzip", gzip.compress(large)), ("br", brotli.compress(large, quality=5))):
        assert len(bomb) < 20_000
        assert "larger than 8000000 bytes" in detail(world.send(SIGNALS, bomb, **{"Content-Encoding": encoding}), 413)
    for cut in (ONE, brotli.compress(ONE)[:-3], brotli.compress(ONE) + b"more"):
        assert "is not valid br" in detail(world.send(SIGNALS, cut, **{"Content-Encoding": "br"}), 400)
    assert "is not valid gzip" in detail(world.send(SIGNALS, ONE, **{"Content-Encoding": "gzip"}), 400)
    assert "send gzip, deflate, br or none" in detail(world.send(SIGNALS, ONE, **{"Content-Encoding": "zstd"}), 415)
    assert world.rows() == before


def test_an_address_that_names_no_source_is_a_404_that_lists_them(world: ApiWorld) -> None:
    assert "known: alertmanager, " in (told := detail(world.post(f"{SIGNALS}/nagios", {}), 404))
    assert "slack" in told
    assert "the source's own address" in detail(world.post(f"{SIGNALS}/plain/api/v2/alerts", {}), 404)
    assert world.post(f"{SIGNALS}/nagios", {}, role=None).status_code == 401
    assert world.post(f"{SIGNALS}/nagios", {}, role=Role.VIEWER).status_code == 403


def test_each_type_goes_to_the_source_that_takes_it(world: ApiWorld) -> None:
    json_type = {"Content-Type": "application/json"}
    assert f"send {FORM}" in detail(commanded(world, b"{}", json_type), 415)
    assert "send application/json" in detail(
        world.ask("POST", SIGNALS, content=ONE, headers={"Content-Type": FORM}), 415
    )


@pytest.mark.parametrize("path", [ALERTS, f"{SIGNALS}/grafana"])
@pytest.mark.parametrize("name", ["grafana-7", "grafana-12", "alertmanager-firing", "mimir-webhook"])
def test_either_address_of_a_family_takes_what_fits_one_of_them(world: ApiWorld, path: str, name: str) -> None:
    body = json.loads((Path(__file__).parent.parent / "data" / f"{name}.json").read_text())
    answer = world.post(path, body)
    assert answer.status_code == 202, answer.text
    assert answer.json().keys() == {"receipts", "left_out", "left_out_in_all", "deployments"}


def test_plain_signals_have_an_address_of_their_own_too(world: ApiWorld) -> None:
    answer = world.send(f"{SIGNALS}/plain", ONE)
    assert answer.status_code == 202
    assert answer.json().keys() == {"receipts"}


def test_a_secret_for_a_source_that_does_not_sign_is_refused_at_the_start() -> None:
    with pytest.raises(InputError, match="source 'plain' does not check signatures; sources that do: slack"):
        check_signing({"plain": SECRET}, [documented().DEFINITION])
