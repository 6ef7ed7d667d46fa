"""A commit makes the service end at each start."""

from grace_workers.governance import Role
from tests.drills.grounds.branches import ServedBranch
from tests.waiting import until


class CrashingCode(ServedBranch):
    """The red herring is a new revision with which the service was started anew, and runs."""

    subject = "shop"
    signal = "SystemdServiceCrashLooping"
    playbook = "roll_back_failing_code"
    cause = "crash_loop"
    asks = Role.OPERATOR

    def break_it(self) -> None:
        self.commit("crash", crash="yes")
        self.shop.kill()

    def revert(self) -> None:
        super().revert()
        self._start()

    def mislead(self) -> None:
        self.commit("another page", page="a harmless page")
        self.shop.kill()
        self._start()

    def _start(self) -> None:
        self.stage.start("shop")
        until(self.well, within=20)

    def clear(self) -> None:
        super().revert()


DRILL = CrashingCode
