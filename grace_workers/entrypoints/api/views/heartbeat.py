"""Heartbeats."""

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, Seconds, View


class HeartbeatView(View):
    """A declared heartbeat, and when it was last heard."""

    name: str
    target: str
    every: Seconds
    grace: Seconds
    severity: str = Field(description="info, warning, error or critical")
    heard_at: Moment | None
