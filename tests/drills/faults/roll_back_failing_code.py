"""A commit makes the service answer with server errors."""

from grace_workers.governance import Role
from tests.drills.grounds.branches import ServedBranch


class FailingCode(ServedBranch):
    """The red herring is a new revision with which the service works."""

    subject = "shop"
    signal = "HighErrorRate"
    cause = "server_errors"
    asks = Role.OPERATOR

    def break_it(self) -> None:
        self.commit("answer 500", status="500")

    def mislead(self) -> None:
        self.commit("another page", page="a harmless page")


DRILL = FailingCode
