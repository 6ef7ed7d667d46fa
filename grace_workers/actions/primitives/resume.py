"""Let a target that is held begin new work again, such as a rollout or runs of its schedule."""

from grace_workers.actions.suspension import TARGET_ITSELF, Suspension
from grace_workers.actions.target import Aspect


class ResumeTarget(Suspension):
    """Let a target that is held begin new work again, such as a rollout or runs of its schedule."""

    held = False


DEFINITION = ResumeTarget().primitive(
    "resume",
    "Let a target that is held begin new work again, such as a rollout or runs of its schedule.",
    aspect=Aspect.CONFIG,
    risk=0.25,
    worst=TARGET_ITSELF,
)
