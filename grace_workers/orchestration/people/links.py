"""Answers without a token: by a signed link that one person gets, or by a button of the chat."""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from pydantic import ValidationError

from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import ApprovalId
from grace_workers.governance import ApprovalRequest
from grace_workers.orchestration import approvals
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.people.roster import People, Person

LINK, BUTTON = "link", "button"
_CLOCKS_DIFFER = timedelta(minutes=5)
_LONGEST = 2_000


class _Claim(Document):
    approval: UUID
    digest: str
    person: str
    until: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A question that one person was invited to answer, and the digest of the plan that they were shown."""

    approval: ApprovalId
    digest: str
    person: Person


def link(people: People, asked: ApprovalRequest, person: Person) -> str | None:
    """Return the link by which a person answers a question; None where links are not set up."""
    if not people.address or not people.signing_key:
        return None
    claim = _Claim(approval=asked.id, digest=asked.plan_digest, person=person.name, until=asked.expires_at.timestamp())
    body = urlsafe_b64encode(claim.model_dump_json().encode()).decode().rstrip("=")
    return f"{people.address}/answer/{body}.{_seal(people.signing_key, body)}"


def invitation(people: People, token: str, now: datetime) -> Invitation:
    """Return what a link invites to. Raises InputError for one that is forged, expired or of an unknown person."""
    body, _, seal = token.partition(".")
    ours = _seal(people.signing_key, body).encode()
    if not people.signing_key or len(token) > _LONGEST or not hmac.compare_digest(ours, seal.encode()):
        raise InputError("this link is not one of ours, or is incomplete; open it again from the message")
    try:
        claim = _Claim.model_validate(json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4))))
    except (ValueError, ValidationError) as error:
        raise InputError("this link cannot be read; open it again from the message") from error
    if now.timestamp() >= claim.until:
        raise InputError("this link has expired with its question; the plan is not running")
    return Invitation(
        approval=ApprovalId(claim.approval), digest=claim.digest, person=_person(people, "name", claim.person)
    )


def pressed(people: People, *, stamp: str, seal: str, raw: bytes, now: datetime) -> tuple[Invitation, bool]:
    """Return the invitation and the answer of a Slack button. Raises InputError for what is unsigned, old or unread."""
    wanted = hmac.new(people.slack_secret.encode(), b"v0:" + stamp.encode() + b":" + raw, sha256).hexdigest()
    if not people.slack_secret or not hmac.compare_digest(f"v0={wanted}".encode(), seal.encode()):
        raise InputError("the request is not signed with the Slack application's secret; set people.slack_secret")
    if not stamp.isdecimal() or abs(now.timestamp() - int(stamp)) > _CLOCKS_DIFFER.total_seconds():
        raise InputError("the request is more than five minutes old; press the button again")
    from urllib.parse import parse_qs

    try:
        payload = json.loads(parse_qs(raw.decode(), max_num_fields=10)["payload"][0])
        action, user = payload["actions"][0], str(payload["user"]["id"])
        approval, _, digest = str(action["value"]).partition(" ")
        found = Invitation(approval=ApprovalId(UUID(approval)), digest=digest, person=_person(people, "slack", user))
        approves = {"approve": True, "reject": False}[str(action["action_id"])]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise InputError("the request is no press of one of our buttons; nothing was answered") from error
    return found, approves


def asked_of(line: Line, found: Invitation) -> ApprovalRequest:
    """Return the question of an invitation. Raises ConflictError when its plan is not the one that was shown."""
    with line.ledger.transaction() as tx:
        asked = tx.approvals.get(found.approval)
    if not hmac.compare_digest(asked.plan_digest.encode(), found.digest.encode()):
        raise ConflictError("the plan has changed since the message was sent; answer the newer message")
    return asked


def answered(line: Line, found: Invitation, *, approved: bool, reason: str, by: str) -> ApprovalRequest:
    """Record the answer, which is judged like one with a token. Raises as `approvals.answer`, and ConflictError."""
    asked = asked_of(line, found)
    reply = approvals.Reply(
        by=f"{found.person.name}/{by}", role=found.person.role, approved=approved, reason=reason, token=by
    )
    return approvals.answer(line.ledger, line.clock, asked.id, reply)


def _person(people: People, part: str, value: str) -> Person:
    found = next((one for one in people.persons if value and getattr(one, part) == value), None)
    if found is None:
        raise InputError(f"{value[:80]!r} is not among people.persons; add them, with their role, to the settings")
    return found


def _seal(key: str, body: str) -> str:
    return hmac.new(key.encode(), body.encode(), sha256).hexdigest()
