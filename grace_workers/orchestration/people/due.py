"""Which notices are due. Pure: a declared escalation and two moments in, places in the escalation out."""

from collections.abc import Mapping
from datetime import datetime

from grace_workers.orchestration.people.roster import EscalationPolicy


def due(escalation: EscalationPolicy, since: datetime, now: datetime, *, taken: bool) -> Mapping[str, str]:
    """Return for each way the last place in the escalation that is due, when people are needed `since` then.

    Earlier places are not made up for, because after an outage many would be due at once. Once someone has taken the
    incident, only its first notice is due, because all later ones go up to more people.
    """
    found: dict[str, str] = {}
    for number, step in enumerate(escalation.steps[:1] if taken else escalation.steps):
        waited = now - since - step.after
        if waited.total_seconds() < 0:
            continue
        turn = 0 if taken else min(waited // step.every, step.times - 1)
        found.update(dict.fromkeys(step.ways, f"{number:02}.{turn:03}"))
    return found
