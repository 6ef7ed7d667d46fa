"""The pods of a new version end shortly after each start."""

from tests.drills.grounds.rollouts import RolledDeployment
from tests.kubernetes_rollouts import CRASH, Template, template
from tests.waiting import until


class CrashingRollout(RolledDeployment):
    """The red herring is a new version that comes up."""

    signal = "KubePodCrashLooping"
    cause = "crash_loop"

    def fails(self, of: Template) -> str | None:
        return CRASH if "bad" in str(of) else None

    def break_it(self) -> None:
        self.roll_out(template("bad:2"))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2"))
        until(self.well, within=20)


DRILL = CrashingRollout
