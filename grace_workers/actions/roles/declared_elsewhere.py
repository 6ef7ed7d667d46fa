"""`DeclaredElsewhere`: a target that something else keeps as it is declared there, such as a GitOps controller."""

from typing import Protocol


class DeclaredElsewhere(Protocol):
    """Tells what would put back a change, so that people change it there, or suspend that first."""

    def put_back_by(self, role: type) -> str | None:
        """Return in a few words what would put back a change made by way of `role`; None if nothing is known to."""
