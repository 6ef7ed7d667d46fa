"""A new version does not come up."""

from tests.drills.grounds.rollouts import BadVersion


class StuckRollout(BadVersion):
    signal = "KubeDeploymentRolloutStuck"
    cause = "rollout_stuck"


DRILL = StuckRollout
