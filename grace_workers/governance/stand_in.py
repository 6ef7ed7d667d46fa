"""`StandIn`: someone who may answer in an approver's place for a span. For that span both count as one person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from grace_workers.foundation.errors import InputError
from grace_workers.governance.approval import same_person
from grace_workers.governance.decision import Role

LONGEST_ABSENCE = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """`stand_in` may answer what asks for `role`, while `approver` is absent. It cannot be passed on."""

    id: UUID
    approver: str
    stand_in: str
    role: Role
    starts_at: datetime
    ends_at: datetime
    reason: str


def named(one: StandIn, now: datetime) -> StandIn:
    """Return it as it may be kept.

    Raises:
        InputError: it is for oneself, over, the wrong way round or too long, or has no reason.
    """
    if same_person(one.approver, one.stand_in):
        raise InputError(f"{one.approver} cannot stand in for themselves; name another person")
    if not one.reason.strip():
        raise InputError("naming a stand-in needs a reason; give one that others understand")
    if one.ends_at <= max(one.starts_at, now):
        raise InputError(f"the span ends at {one.ends_at:%Y-%m-%d %H:%M} UTC, before it begins; correct it")
    if one.ends_at - one.starts_at > LONGEST_ABSENCE:
        raise InputError(f"a stand-in is named for at most {LONGEST_ABSENCE.days} days; name them again later")
    return one


def stands_in_for(name: str, known: Iterable[StandIn], now: datetime) -> tuple[StandIn, ...]:
    """Return in whose place this person may answer now."""
    return tuple(one for one in known if one.starts_at <= now < one.ends_at and same_person(one.stand_in, name))


def standing_role(own: Role, places: Iterable[StandIn]) -> Role:
    """Return the highest role that someone has by themselves or through those whose places they take."""
    return max((own, *(one.role for one in places)), key=list(Role).index)
