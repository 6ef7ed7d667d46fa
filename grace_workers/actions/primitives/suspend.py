"""Let a target begin nothing new, such as a rollout or a run of its schedule; what has begun goes on."""

from grace_workers.actions.suspension import TARGET_ITSELF, Suspension
from grace_workers.actions.target import Aspect


class SuspendTarget(Suspension):
    """Let a target begin nothing new, such as a rollout or a run of its schedule; what has begun goes on."""

    held = True


DEFINITION = SuspendTarget().primitive(
    "suspend",
    "Let a target begin nothing new, such as a rollout or a run of its schedule; what has begun goes on.",
    aspect=Aspect.CONFIG,
    risk=0.25,
    worst=TARGET_ITSELF,
)
