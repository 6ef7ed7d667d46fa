"""Builders for tests of recall."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from grace_workers.foundation.ids import IncidentId, PlanId, TargetName
from grace_workers.learning import Ending, Precedent

NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


def outcome(number: int = 1, **changes: Any) -> Precedent:
    given: dict[str, Any] = {
        "plan": PlanId(UUID(int=number)),
        "incident": IncidentId(UUID(int=number)),
        "at": NOW + timedelta(minutes=number),
        "signature": "down~1",
        "cause": "process_down",
        "target": TargetName("web"),
        "complaining": TargetName("web"),
        "playbook": "restart",
        "engine": "rules",
        "measured": True,
        "confidence": 0.5,
        "ending": Ending.VERIFIED,
        "features": {"signal Down": 1.0, "reading own alive": 0.0, "kind process": 1.0},
    }
    return Precedent(**{**given, **changes})
