"""`Withdrawn`: a plan that its cycle takes back before it is carried out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """The name of a plan that this cycle submitted, and why it is not wanted any more."""

    plan: str
    reason: str
