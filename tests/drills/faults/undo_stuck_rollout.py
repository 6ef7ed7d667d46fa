"""A new version does not come up."""

from tests.drills.grounds.rollouts import RolledDeployment
from tests.kubernetes_rollouts import template
from tests.waiting import until


class StuckRollout(RolledDeployment):
    """The red herring is a new version that comes up."""

    signal = "KubeDeploymentRolloutStuck"
    cause = "rollout_stuck"

    def break_it(self) -> None:
        self.roll_out(template("bad:2"))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2"))
        until(self.well, within=20)


DRILL = StuckRollout
