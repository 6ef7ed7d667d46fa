"""The API, called in this process as over the network."""

import asyncio
import json

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from grace_workers.entrypoints.dashboard.inside import ApiRefusal, InsideApi

APP = FastAPI()


@APP.get("/echo")
def echo(request: Request):
    return {"query": str(request.query_params), "by": request.headers["authorization"], "from": request.client.host}


@APP.post("/echo/{name}")
async def take(name: str, request: Request):
    return {"name": name, "body": await request.json()}


@APP.get("/no")
def no():
    return JSONResponse({"detail": "not now"}, status_code=503, headers={"Retry-After": "7"})


@APP.get("/bad")
def bad():
    return StreamingResponse(iter([b"<html>"]), status_code=500)


@APP.get("/stream")
def stream():
    return StreamingResponse(iter(["id: 1\nda", "ta: {}\n\n", ": beat\n"]))


INSIDE = InsideApi(APP, "grace_x", ("192.0.2.7", 5000))


def test_a_request_carries_the_token_the_query_and_the_address():
    found = asyncio.run(INSIDE.get("/echo", state=["a", "b"], target="ü/&", nothing=None))
    assert found == {"query": "state=a&state=b&target=%C3%BC%2F%26", "by": "Bearer grace_x", "from": "192.0.2.7"}


def test_an_order_is_sent_as_json_to_any_name():
    found = asyncio.run(INSIDE.post("/echo/ä b", {"reason": "\u202e<b>"}))
    assert found == {"name": "ä b", "body": {"reason": "\u202e<b>"}}


def test_a_problem_is_a_refusal_with_its_sentence():
    with pytest.raises(ApiRefusal, match="not now") as refusal:
        asyncio.run(INSIDE.get("/no"))
    assert (refusal.value.status, refusal.value.retry_after) == (503, "7")
    with pytest.raises(ApiRefusal, match="no reason"):
        asyncio.run(INSIDE.get("/bad"))


def test_a_stream_is_read_line_by_line_regardless_of_its_chunks():
    async def lines():
        return [line async for line in INSIDE.lines("/stream")]

    assert asyncio.run(lines()) == ["id: 1", "data: {}", "", ": beat"]


def test_a_refused_stream_is_a_refusal():
    async def lines():
        return [line async for line in INSIDE.lines("/no")]

    with pytest.raises(ApiRefusal, match="not now"):
        asyncio.run(lines())


def test_readiness_returns_its_answer_with_any_status():
    app = FastAPI()
    app.add_api_route("/readyz", lambda: JSONResponse({"status": "not ready"}, status_code=503))
    assert asyncio.run(InsideApi(app, None, None).readiness()) == json.loads('{"status": "not ready"}')
