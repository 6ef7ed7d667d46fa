"""Whether the API lives and the fleet is ready; and what is wrong with a request."""

from typing import Literal

from pydantic import Field

from grace_workers.entrypoints.api.views.view import View


class Problem(View):
    """RFC 9457: what is wrong, with which value, and what to do."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str


class Health(View):
    """The API process is alive."""

    status: Literal["ok"] = "ok"
    message: str = "Grace API is running"


class FindingView(View):
    """One check: its subject, its result and the reason."""

    check: str
    ok: bool
    reason: str
    degraded: bool = Field(description="able to serve, but incomplete")


class ReadinessView(View):
    """Whether the fleet is able to work."""

    status: str = Field(description="ready, degraded or not ready")
    checks: list[FindingView]
