"""Take back the newest patch that Grace has made since the last good revision, as a new commit; later commits stay."""

from grace_workers.actions.return_to import ALL_PATHS, ReturnTo, Wanted
from grace_workers.actions.roles.revisions import Revisions, standing_patches
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import NotFoundError


class TakeBackPatchParams(Document):
    """There is nothing to choose."""


class TakeBackPatch(ReturnTo[TakeBackPatchParams]):
    """Take back the newest patch that Grace has made since the last good revision, as a new commit."""

    params = TakeBackPatchParams

    def chosen(self, branch: Revisions, params: TakeBackPatchParams) -> Wanted:
        """Return the head's content without that patch. Raises NotFoundError where no such patch stands."""
        del params
        patches = standing_patches(branch)
        if not patches:
            raise NotFoundError("no patch of Grace stands since the last good revision; nothing can be taken back")
        newest = patches[0]
        return Wanted(branch.without(newest.id), f"Take back {newest.id[:12]} ({newest.subject[:60]})", newest.id)


DEFINITION = TakeBackPatch().primitive(
    "take_back_patch",
    "Take back the newest patch that Grace has made since the last good revision, as a new commit; later commits stay.",
    aspect=Aspect.CODE,
    risk=0.4,
    worst=ALL_PATHS,
)
