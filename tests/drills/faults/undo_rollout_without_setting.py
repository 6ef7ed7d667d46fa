"""A new version reads a setting that its namespace does not have."""

from tests.drills.grounds.rollouts import RolledDeployment
from tests.kubernetes_rollouts import Template, template
from tests.waiting import until


class MissingSetting(RolledDeployment):
    """The red herring is a new version that has what it needs."""

    signal = "KubeContainerWaiting"
    words = "web-7d9f waits: CreateContainerConfigError: couldn't find key SHOP_TAX in ConfigMap shop/web"
    playbook = "undo_stuck_rollout"
    cause = "missing_setting"

    def fails(self, of: Template) -> str | None:
        return "CreateContainerConfigError" if "bare" in str(of) else None

    def break_it(self) -> None:
        self.roll_out(template("bare:2"))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2"))
        until(self.well, within=20)


DRILL = MissingSetting
