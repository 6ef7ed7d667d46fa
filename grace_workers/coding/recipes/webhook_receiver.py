"""`webhook_receiver`: a route of a FastAPI application that takes signed messages, and a function that gets them."""

from typing import Annotated

from pydantic import Field, StringConstraints

from grace_workers.coding.engines.recipe.insertion import extension, module_name, plain_function
from grace_workers.coding.reason import Reason, ReasonCode
from grace_workers.coding.recipes.recipe import Recipe, RecipeFiles, Site
from grace_workers.coding.task import TaskType
from grace_workers.foundation.document import Document

_CODE = '''"""Signed messages from outside: refused without the right signature, handled once if they come twice."""

import hashlib
import hmac
import json
import os
import threading
from collections import OrderedDict

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool

from {source} import {function}

SECRET, HEADER, LARGEST, REMEMBERED = "{secret}", "{header}", {largest}, 10_000
router = APIRouter()


class Seen:
    """The last messages, so that one which is sent again is not handled again."""

    def __init__(self, most: int) -> None:
        self._most, self._known = most, OrderedDict[str, None]()
        self._lock = threading.Lock()

    def add(self, message: str) -> bool:
        """Remember a message; return whether it is new."""
        with self._lock:
            if message in self._known:
                return False
            self._known[message] = None
            if len(self._known) > self._most:
                self._known.popitem(last=False)
            return True

    def forget(self, message: str) -> None:
        """Let a message come again."""
        with self._lock:
            self._known.pop(message, None)


SEEN = Seen(REMEMBERED)


@router.post("{path}", status_code=204)
async def receive(request: Request) -> Response:
    """Hand a message on, once; an exception answers 500, so that the sender sends it again."""
    secret = os.environ.get(SECRET, "")
    if not secret:
        raise HTTPException(503, f"{{SECRET}} is not set")
    body = await _body(request)
    given = request.headers.get(HEADER, "").removeprefix("sha256=")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise HTTPException(401, "the signature is wrong")
    message = _object(body)
    if SEEN.add(expected):
        try:
            await run_in_threadpool({function}, message)
        except BaseException:
            SEEN.forget(expected)
            raise
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise HTTPException(413, f"a message has at most {{LARGEST}} bytes")
    return body


def _object(body: bytes) -> dict[str, object]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the message is no JSON") from None
    if not isinstance(message, dict):
        raise HTTPException(400, "the message is no JSON object")
    return message
'''
_TESTS = """import hashlib
import hmac
import json

import pytest
from fastapi.testclient import TestClient

import {hook} as hook
from {module} import {app}

SECRET = "a secret of the tests"


@pytest.fixture(autouse=True)
def got(monkeypatch):
    messages = []
    monkeypatch.setenv(hook.SECRET, SECRET)
    monkeypatch.setattr(hook, "{function}", messages.append)
    monkeypatch.setattr(hook, "SEEN", hook.Seen(2))
    return messages


def sent(body, signature=None):
    right = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    headers = {{hook.HEADER: f"sha256={{right}}" if signature is None else signature}}
    client = TestClient({app}, raise_server_exceptions=False)
    return client.post("{path}", content=body, headers=headers).status_code


def test_a_signed_message_is_handed_on(got):
    assert sent(b'{{"event": "paid", "order": 7}}') == 204
    assert got == [{{"event": "paid", "order": 7}}]


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "caf\\xe9".encode("latin-1")])
def test_a_message_without_the_right_signature_is_refused(got, signature):
    assert sent(b"{{}}", signature) == 401
    assert got == []


def test_a_message_that_comes_twice_is_handed_on_once(got):
    assert [sent(b'{{"event": 1}}'), sent(b'{{"event": 1}}'), sent(b'{{"event": 2}}')] == [204, 204, 204]
    assert got == [{{"event": 1}}, {{"event": 2}}]


def test_a_message_that_could_not_be_handled_may_come_again(got, monkeypatch):
    def fails(message):
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(hook, "{function}", fails)
        assert sent(b'{{"event": 1}}') == 500
    assert sent(b'{{"event": 1}}') == 204
    assert got == [{{"event": 1}}]


@pytest.mark.parametrize(("body", "status"), [(b"no json", 400), (b"[1]", 400), (b"x" * (hook.LARGEST + 1), 413)])
def test_what_is_no_message_is_refused(got, body, status):
    assert sent(body) == status
    assert got == []


def test_without_a_secret_nothing_is_taken(got, monkeypatch):
    monkeypatch.delenv(hook.SECRET)
    assert sent(json.dumps({{}}).encode()) == 503
    assert got == []
"""
_WORD = r"[A-Za-z_][A-Za-z0-9_]*"


class WebhookOptions(Document):
    """`function` is `FILE::FUNCTION`, which gets each message as a dictionary.

    `secret` is the environment variable of the shared secret; `header` holds the HMAC-SHA256 of the body, in
    hexadecimal digits, with or without `sha256=` before them.
    """

    function: str = Field(min_length=4, max_length=500, pattern=rf"\.py::{_WORD}$")
    path: Annotated[str, StringConstraints(pattern=r"^(/[A-Za-z0-9._-]+)+$", max_length=200)] = "/webhook"
    secret: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)] = "WEBHOOK_SECRET"  # noqa: S105 - the name of a variable
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9-]*$", max_length=100)] = (
        "X-Hub-Signature-256"
    )
    largest: int = Field(default=1_048_576, ge=1, le=100_000_000, description="bytes of a message")
    application: str | None = None


def _write(options: WebhookOptions, site: Site) -> RecipeFiles | Reason:
    made = extension(site, "FastAPI", options.application, "webhook")
    if isinstance(made, Reason):
        return made
    file, _, function = options.function.partition("::")
    found = plain_function(site, options.function)
    if isinstance(found, Reason):
        return found
    if file == made.home.file:
        words = f"{function} is in the file of the application, which would have to import itself; move it first."
        return Reason(ReasonCode.UNSUPPORTED, words)
    facts = {
        "source": module_name(file), "function": function, "secret": options.secret, "header": options.header,
        "largest": options.largest, "path": options.path, "hook": made.name, **made.facts,
    }  # fmt: skip
    return RecipeFiles(
        new={made.file: _CODE.format(**facts)},
        changed=made.known(f"{made.app}.include_router(webhook_router)\n", "router as webhook_router"),
        tests={site.test_file("webhook"): _TESTS.format(**facts)},
        subject=f"Take signed messages at {options.path} for {function} of {file}",
        story=(
            f"{options.path} takes messages signed with the secret in {options.secret}, by {options.header}",
            f"{function} is called once for each message; that it comes again to another process is not noticed",
        ),
    )


DEFINITION = Recipe(
    name="webhook_receiver",
    about="a route of a FastAPI application for signed messages",
    task=TaskType.BUILD_FEATURE,
    options=WebhookOptions,
    write=_write,
)
