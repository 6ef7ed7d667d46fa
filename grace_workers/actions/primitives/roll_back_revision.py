"""Give a branch the content of its last good revision, as a new commit."""

from grace_workers.actions.params import RevisionName
from grace_workers.actions.return_to import ALL_PATHS, ReturnTo, Wanted
from grace_workers.actions.roles.revisions import Revisions
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class RollBackParams(Document):
    """`to` is the id of a revision of the branch; without it, the newest that is marked as good."""

    to: RevisionName | None = None


class RollBack(ReturnTo[RollBackParams]):
    """Give a branch the content of its last good revision, as a new commit."""

    params = RollBackParams

    def chosen(self, branch: Revisions, params: RollBackParams) -> Wanted:
        """Return the content of that revision."""
        to = branch.last_good() if params.to is None else branch.revision(params.to)
        return Wanted(to.content, f"Roll back to {to.id[:12]} ({to.subject[:60]})")


DEFINITION = RollBack().primitive(
    "roll_back_revision",
    "Give a branch the content of its last good revision, as a new commit.",
    aspect=Aspect.CODE,
    risk=0.45,
    worst=ALL_PATHS,
)
