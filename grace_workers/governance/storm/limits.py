"""`StormLimits`: what the policy says about storms."""

import re
from datetime import timedelta
from math import ceil
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from grace_workers.foundation.document import Document
from grace_workers.playbooks import Duration

FLEET_SCOPE = "fleet"
"""The scope of all runs. Other scopes are a label and its value: `service=shop`."""

_QUOTA = re.compile(r"(?P<share>100|[1-9]?[0-9])%|(?P<count>[0-9]{1,6})")

LabelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,62}$")]


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _quota(value: str) -> str:
    if not _QUOTA.fullmatch(value):
        raise ValueError(f"{value[:20]!r} is neither a number of targets, like 3, nor a share of them, like 80%")
    return value


Quota = Annotated[str, BeforeValidator(_text), AfterValidator(_quota)]
"""A number of targets, or a share of them."""


def quota(written: str, of: int) -> int:
    """Return how many of `of` targets a quota means; a share is rounded up."""
    found = _QUOTA.fullmatch(written)
    if found is None:
        raise ValueError(f"{written!r} is no quota")
    return ceil(of * int(found["share"]) / 100) if found["share"] is not None else int(found["count"])


class LabelLimit(Document):
    """Limits on runs that touch targets with one value of a label; without `value`, on each value by itself.

    `per_hour` counts what the fleet does by itself.
    """

    label: LabelName
    value: str | None = None
    at_once: int | None = Field(default=None, ge=1, le=10_000)
    per_hour: int | None = Field(default=None, ge=1, le=1_000_000)


class StormLimits(Document):
    """When the fleet holds back.

    `at_once` and `per_hour` count runs in the whole fleet; `labels` adds limits by label. `service` is the label that
    groups targets into services. `minimum_healthy` of a service must stay untouched and well, with exceptions in
    `services`. When more than `most_down` of a service or of the fleet is down, and at least `most_down_from`
    targets, the fleet does nothing there by itself; a target counts as down until `settle` after its last incident
    was closed. A remedy that missed on `unhelpful_on` targets of a service is not tried on their neighbours, and
    after `unmoved_after` runs that moved no reading nearer to its bound, people must look.
    """

    at_once: int = Field(default=20, ge=1, le=10_000)
    per_hour: int = Field(default=200, ge=1, le=1_000_000)
    labels: tuple[LabelLimit, ...] = Field(default=(), max_length=100)
    service: LabelName = "service"
    minimum_healthy: Quota = "0"
    services: dict[str, Quota] = Field(default_factory=dict, max_length=1000)
    most_down: Quota = "50%"
    most_down_from: int = Field(default=5, ge=1, le=100_000)
    settle: Duration = timedelta(minutes=5)
    unhelpful_on: int = Field(default=2, ge=1, le=1000)
    unmoved_after: int = Field(default=3, ge=1, le=100)

    def allowance(self, scope: str) -> tuple[int | None, int | None]:
        """Return how many runs of a scope may be in progress, and how many may begin by themselves within an hour."""
        if scope == FLEET_SCOPE:
            return self.at_once, self.per_hour
        label, _, value = scope.partition("=")
        fitting = [one for one in self.labels if one.label == label and one.value in {None, value}]
        at_once = [one.at_once for one in fitting if one.at_once is not None]
        per_hour = [one.per_hour for one in fitting if one.per_hour is not None]
        return min(at_once, default=None), min(per_hour, default=None)

    def least_healthy(self, scope: str, members: int) -> int:
        """Return how many of a service's targets must stay healthy."""
        return quota(self.services.get(scope.partition("=")[2], self.minimum_healthy), members)
