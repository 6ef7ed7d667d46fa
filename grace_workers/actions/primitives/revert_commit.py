"""Take one commit of a branch back, as a new commit; later commits stay."""

from grace_workers.actions.params import RevisionName
from grace_workers.actions.return_to import ALL_PATHS, ReturnTo, Wanted
from grace_workers.actions.roles.revisions import Revisions
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class RevertCommitParams(Document):
    """`commit` is the id of a commit of the branch's history, or at least seven characters of its beginning."""

    commit: RevisionName


class RevertCommit(ReturnTo[RevertCommitParams]):
    """Take one commit of a branch back, as a new commit; later commits stay."""

    params = RevertCommitParams

    def chosen(self, branch: Revisions, params: RevertCommitParams) -> Wanted:
        """Return the head's content without that commit."""
        taken = branch.revision(params.commit)
        return Wanted(branch.without(taken.id), f"Revert {taken.id[:12]} ({taken.subject[:60]})", taken.id)


DEFINITION = RevertCommit().primitive(
    "revert_commit",
    "Take one commit of a branch back, as a new commit; later commits stay.",
    aspect=Aspect.CODE,
    risk=0.4,
    worst=ALL_PATHS,
)
