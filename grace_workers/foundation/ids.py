"""Identities. Every id we make is a UUIDv7, so ids sort by the time they were made."""

import os
import time
from typing import NewType
from uuid import UUID

from grace_workers.foundation.errors import InputError

JobId = NewType("JobId", UUID)
SignalId = NewType("SignalId", UUID)
IncidentId = NewType("IncidentId", UUID)
PlanId = NewType("PlanId", UUID)
ApprovalId = NewType("ApprovalId", UUID)
EntryId = NewType("EntryId", UUID)
EventId = NewType("EventId", UUID)
InstanceName = NewType("InstanceName", str)
TargetName = NewType("TargetName", str)
TargetKind = NewType("TargetKind", str)


def uuid7() -> UUID:
    """Return a new UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (2**48 - 1)) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def parse_uuid(text: str, what: str) -> UUID:
    """Return the UUID that `text` spells; `what` names it in the error.

    Raises:
        InputError: `text` is not a UUID.
    """
    try:
        return UUID(text)
    except ValueError as error:
        raise InputError(f"{what} {text[:80]!r} is not a UUID; copy the whole id as listed") from error
