"""`InForce`: what of a subject of proposals is in force now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from grace_workers.foundation.document import JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The versions in force of a subject, with the times since when they are.

    `base` names what proposals for it are about now, such as the content of a playbook's file. `made` is what was
    made by putting it into force, such as a commit. `ended` says why what was proposed cannot come into force any more.
    """

    in_force: Mapping[str, datetime] = field(default_factory=dict)
    base: str = ""
    made: Mapping[str, JsonValue] = field(default_factory=dict)
    ended: str = ""


NOTHING = InForce()
"""The standing of a subject of which nothing is in force."""
