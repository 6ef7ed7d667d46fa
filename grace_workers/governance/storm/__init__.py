"""Storm safety: how much may be done at once and within an hour, and when acting must stop."""

from grace_workers.governance.storm.limits import FLEET_SCOPE, LabelLimit, Quota, StormLimits, quota
from grace_workers.governance.storm.load import HOUR, Attempt, Brake, Load, RunCount
from grace_workers.governance.storm.rules import CROWDED_FOR, braked_by, crowded, named, reached, too_few_healthy
from grace_workers.governance.storm.scope import members_of, scopes_of, service_of, upstream_of

__all__ = [
    "CROWDED_FOR",
    "FLEET_SCOPE",
    "HOUR",
    "Attempt",
    "Brake",
    "LabelLimit",
    "Load",
    "Quota",
    "RunCount",
    "StormLimits",
    "braked_by",
    "crowded",
    "members_of",
    "named",
    "quota",
    "reached",
    "scopes_of",
    "service_of",
    "too_few_healthy",
    "upstream_of",
]
