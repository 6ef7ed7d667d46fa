"""Apply a patch to a branch, as one new commit; a restore is a commit that takes it back."""

from grace_workers.actions.params import Name, Patch
from grace_workers.actions.return_to import ALL_PATHS, ReturnTo, Wanted
from grace_workers.actions.roles.revisions import Revisions
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document


class ApplyPatchParams(Document):
    """`patch` is a unified diff as Git writes it, and `subject` the commit's subject."""

    patch: Patch
    subject: Name


class ApplyPatch(ReturnTo[ApplyPatchParams]):
    """Apply a patch to a branch, as one new commit; a restore is a commit that takes it back."""

    params = ApplyPatchParams

    def chosen(self, branch: Revisions, params: ApplyPatchParams) -> Wanted:
        """Return the head's content with the patch."""
        return Wanted(branch.patched(params.patch), params.subject)


DEFINITION = ApplyPatch().primitive(
    "apply_patch",
    "Apply a patch to a branch, as one new commit.",
    aspect=Aspect.CODE,
    # One commit that a restore takes back; whether a person reads it first is decided by the gate `auto_merge`.
    risk=0.2,
    worst=ALL_PATHS,
)
