"""Playbooks that never ran."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.cycles.finding import ChangeKind, Finding, ProposedChange
from grace_workers.cycles.weak_spot import PastMonth, WeakSpot

LONG, SHOWN = timedelta(days=90), 10


def find(month: PastMonth) -> Sequence[Finding]:
    """List the enabled playbooks that never ran, once there was time enough for them."""
    never = sorted(set(month.enabled) - month.ran)
    if month.since is None or month.now - month.since < LONG or not never:
        return ()
    named = ", ".join(never[:SHOWN]) + (f" and {len(never) - SHOWN} more" if len(never) > SHOWN else "")
    return [
        Finding(
            key="never_fired",
            title=f"{len(never)} of {len(month.enabled)} enabled playbooks never ran: {named}",
            figures={"never": len(never), "enabled": len(month.enabled)},
            proposal=ProposedChange(
                change=ChangeKind.PLAYBOOK,
                what="check that targets carry what these playbooks look for, or disable them: grace playbook explain",
                expected={"never": 0.0},
            ),
        )
    ]


DEFINITION = WeakSpot(
    name="never_fired",
    summary="Enabled playbooks that never ran in a fleet that has healed for three months.",
    weight="never",
    find=find,
)
