"""Safe points."""

from typing import Self
from uuid import UUID

from grace_workers.entrypoints.api.views.view import Moment, View
from grace_workers.orchestration.safe_points import KeptSafePoint


class SafePointPartView(View):
    """What was kept of one target: `items` things in `size` bytes, at least `until` then."""

    target: str
    part: str
    sha256: str
    size: int
    items: int
    until: Moment


class SafePointView(View):
    """What the targets held at `at`, in the order in which it was kept, by the run of an incident."""

    name: str
    incident: UUID
    at: Moment
    parts: list[SafePointPartView]

    @classmethod
    def of_point(cls, point: KeptSafePoint) -> Self:
        """Return the view."""
        return cls.of(point, parts=[SafePointPartView.of(one) for one in point.parts])
