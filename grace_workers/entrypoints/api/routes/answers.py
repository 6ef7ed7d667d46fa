"""Answers by a signed link, and by a button of Slack. Neither needs a token; each proves who answers."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from jinja2 import Environment
from starlette.responses import JSONResponse

from grace_workers.bootstrap.runtime import Runtime
from grace_workers.foundation.errors import ConflictError, GraceError, InputError, NotFoundError
from grace_workers.governance import ApprovalRequest
from grace_workers.orchestration.people import links
from grace_workers.orchestration.people.links import BUTTON, LINK

router = APIRouter(include_in_schema=False)

_MOST = 64_000
_SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
}


@router.get("/answer/{token}")
def asked(token: str, request: Request) -> Response:
    """Show the question. Programs that open links in messages must change nothing, so only the form answers."""
    runtime: Runtime = request.app.state.runtime
    try:
        found = links.invitation(runtime.line.people, token, runtime.clock.now())
        question = links.asked_of(runtime.line, found)
    except (InputError, NotFoundError, ConflictError) as error:
        return _page("This question cannot be answered", [str(error)], status=410)
    return _page(f"{found.person.name}, do you agree?", _told(question), open_=True)


@router.post("/answer/{token}")
async def answered(token: str, request: Request) -> Response:
    """Record the answer."""
    form = parse_qs((await _body(request)).decode(errors="replace"), max_num_fields=10)
    given = {key: values[0] for key, values in form.items()}
    return await to_thread.run_sync(_answered, request.app.state.runtime, token, given)


@router.post("/api/v1/slack/actions")
async def pressed(request: Request) -> Response:
    """Record the press of a button."""
    raw = await _body(request)
    stamp = request.headers.get("x-slack-request-timestamp", "")
    seal = request.headers.get("x-slack-signature", "")
    return await to_thread.run_sync(_pressed, request.app.state.runtime, raw, stamp, seal)


def _answered(runtime: Runtime, token: str, given: Mapping[str, str]) -> Response:
    try:
        found = links.invitation(runtime.line.people, token, runtime.clock.now())
        approves = given.get("answer") == "approve"
        if not approves and given.get("answer") != "reject":
            return _page("The answer was not accepted", ["Press either Approve or Reject."], status=422)
        links.answered(runtime.line, found, approved=approves, reason=given.get("reason", ""), by=LINK)
    except (InputError, NotFoundError, ConflictError) as error:
        return _page("The answer was not accepted", [str(error)], status=409)
    return _page("Approved" if approves else "Rejected", ["Your answer is recorded."])


def _pressed(runtime: Runtime, raw: bytes, stamp: str, seal: str) -> Response:
    try:
        found, approves = links.pressed(runtime.line.people, stamp=stamp, seal=seal, raw=raw, now=runtime.clock.now())
    except InputError as error:
        return JSONResponse({"text": str(error)}, status_code=401)
    try:
        links.answered(runtime.line, found, approved=approves, reason="pressed the button in the chat", by=BUTTON)
    except GraceError as error:
        # Slack shows this text to the person alone.
        return JSONResponse({"response_type": "ephemeral", "replace_original": False, "text": str(error)})
    return JSONResponse({"response_type": "ephemeral", "replace_original": False, "text": "Your answer is recorded."})


async def _body(request: Request) -> bytes:
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk
        if len(kept) > _MOST:
            raise InputError(f"the body is larger than {_MOST} bytes; an answer never is")
    return bytes(kept)


def _told(question: ApprovalRequest) -> Sequence[str]:
    return (
        f"{question.playbook or 'A plan'} on {question.target or 'its targets'}",
        *question.reasons,
        f"Plan digest: {question.plan_digest}",
        f"{question.quorum} of role {question.role} or above must agree until {question.expires_at:%H:%M} UTC.",
    )


@cache
def _template() -> Any:
    text = Path(__file__).parents[1].joinpath("answer_page.html").read_text(encoding="utf-8")
    return Environment(autoescape=True).from_string(text)


def _page(title: str, lines: Sequence[str], *, open_: bool = False, status: int = 200) -> Response:
    content = _template().render(title=title, lines=lines, open=open_)
    return Response(content, status_code=status, media_type="text/html", headers=_SAFE)
