"""A commit makes the service fail, which serves what the branch holds."""

from tests.drills.grounds.branches import ServedBranch


class BadRevision(ServedBranch):
    """The red herring is a new revision with which the service works."""

    signal = "ErrorsAfterDeployment"
    words = "errors since the deployment"

    def break_it(self) -> None:
        self.commit("answer 500", status="500")

    def mislead(self) -> None:
        self.commit("another page", page="a harmless page")


DRILL = BadRevision
