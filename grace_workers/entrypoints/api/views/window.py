"""Maintenance windows."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from grace_workers.entrypoints.api.views.view import Moment, Seconds, View
from grace_workers.governance import MaintenanceWindow
from grace_workers.orchestration.windows import WindowPreview


class ScopeView(View):
    """What a window is about; everything where nothing is given."""

    targets: list[str]
    labels: dict[str, str]
    alerts: list[str]
    causes: list[str]


class WindowView(View):
    """A window, and when it comes into force next."""

    id: UUID
    name: str
    effect: str = Field(description="mute: its signals open no incident; freeze: no run begins")
    scope: ScopeView
    starts_at: Moment
    lasts: Seconds
    rule: str
    zone: str
    ends_at: Moment
    reason: str
    by: str
    made_at: Moment
    in_force_until: Moment | None
    upcoming: list[Moment]

    @classmethod
    def at(cls, window: MaintenanceWindow, now: datetime) -> Self:
        """Return the view of a window at a moment."""
        return cls.of(window, in_force_until=window.in_force(now), upcoming=list(window.upcoming(now)))


class HiddenView(View):
    """Signals of one name on one target that a window would have hidden."""

    target: str
    name: str
    count: int


class WindowPreviewView(View):
    """What a window would do: the targets that it covers, and the newest signals that it would have hidden."""

    window: WindowView
    covers: list[str]
    looked_at: int
    hidden: list[HiddenView]

    @classmethod
    def at(cls, preview: WindowPreview, now: datetime) -> Self:
        """Return the view of a preview at a moment."""
        hidden = [HiddenView.of(one) for one in preview.hidden]
        return cls.of(preview, window=WindowView.at(preview.window, now), hidden=hidden)
