"""Questions to people and their answers, switches, tokens."""

from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, View


class AnswerView(View):
    """A person's answer. `revoked` when the token is no longer trusted."""

    by: str
    role: str
    approved: bool
    reason: str
    at: Moment
    plan_digest: str
    token: str
    revoked: bool
    breaks_glass: bool
    stands_in_for: list[str] = Field(description="those with whom its author counts as one person")


class ApprovalView(View):
    """A question to people, with its answers so far."""

    id: UUID
    incident: UUID
    plan: UUID
    plan_digest: str
    proposer: str
    mode: str
    role: str = Field(description="the lowest role that may answer")
    quorum: int
    requested_at: Moment
    expires_at: Moment
    playbook: str
    target: str
    signature: str
    reasons: list[str]
    answers: list[AnswerView]


class SwitchView(View):
    """A global switch."""

    on: bool
    reason: str
    by: str


class SwitchesView(View):
    """`kill`: no further step is taken, and finished steps are restored. `freeze`: no new plan starts."""

    kill: SwitchView
    freeze: SwitchView


class HoldView(View):
    """One thing that holds the fleet back at the moment."""

    kind: str = Field(description="kill, freeze, brake or window (a maintenance window that freezes)")
    scope: str = Field(description="`fleet`, a label and its value, or the targets and causes of a window")
    reason: str
    by: str | None = Field(description="null: the fleet itself")
    since: Moment | None
    until: Moment | None


class TokenView(View):
    """A token, without its hash."""

    name: str
    role: str
    created_at: Moment
    expires_at: Moment | None
    revoked_at: Moment | None
    rate_per_minute: int
    person: str
    targets: list[str] | None


class NewTokenView(TokenView):
    """A token with its secret, which only this answer contains."""

    secret: str

    @classmethod
    def of_both(cls, token: object, secret: str) -> Self:
        """Return the view of a token that was just made."""
        return cls.of(token, secret=secret)
