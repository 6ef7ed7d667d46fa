"""A new version starts a program that its image does not have."""

from tests.drills.grounds.rollouts import RolledDeployment
from tests.kubernetes_rollouts import Template, template
from tests.waiting import until


class MissingProgram(RolledDeployment):
    """The red herring is a new version that has what it needs."""

    signal = "KubeContainerWaiting"
    words = 'web-7d9f waits: RunContainerError: exec: "shop": executable file not found in $PATH'
    playbook = "undo_stuck_rollout"
    cause = "program_missing"

    def fails(self, of: Template) -> str | None:
        return "RunContainerError" if "bare" in str(of) else None

    def break_it(self) -> None:
        self.roll_out(template("bare:2"))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2"))
        until(self.well, within=20)


DRILL = MissingProgram
