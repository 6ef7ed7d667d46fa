"""A new version names an image that no registry has."""

from tests.drills.grounds.rollouts import RolledDeployment
from tests.kubernetes_rollouts import Template, template
from tests.waiting import until


class MissingImage(RolledDeployment):
    """The red herring is a new version whose image is there."""

    signal = "KubeContainerWaiting"
    words = "web-7d9f waits: ImagePullBackOff"
    playbook = "undo_stuck_rollout"
    cause = "image_missing"

    def fails(self, of: Template) -> str | None:
        return "ImagePullBackOff" if "ghost" in str(of) else None

    def break_it(self) -> None:
        self.roll_out(template("ghost:2"))
        until(lambda: not self.well(), within=20)

    def mislead(self) -> None:
        self.roll_out(template("web:2"))
        until(self.well, within=20)


DRILL = MissingImage
