"""Make a target what it was when a safe point was taken."""

from grace_workers.actions.act import Act
from grace_workers.actions.params import Name, PartHash, PartKey
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done, unchanged
from grace_workers.actions.roles.safe_points import UNDOES, SafePoints
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import uuid7

_SHOWN = 20


class PartParams(Document):
    """`part` is the target's part of the safe point `point`, and `sha256` what it must be."""

    point: Name
    part: PartKey
    sha256: PartHash


class PartBefore(Document):
    """The part that holds what the target was like before."""

    part: str
    sha256: str


class RestoreSafePoint(Act[SafePoints, PartParams, PartBefore]):
    """Make a target what it was when a safe point was taken."""

    role = SafePoints
    params = PartParams
    kept = PartBefore

    def preview(self, target: SafePoints, params: PartParams) -> Preview:
        """Name what would change, the first twenty one by one."""
        found = target.differences(params.part, params.sha256)
        changes = [f"put {params.point} back: {one}" for one in found[:_SHOWN]]
        if len(found) > _SHOWN:
            changes.append(f"and {len(found) - _SHOWN} more")
        blast = BlastRadius(count=1, unit="part", share=1.0)
        return Preview(changes=tuple(changes or [f"leave it, because it is as in {params.point}"]), blast=blast)

    def snapshot(self, target: SafePoints, params: PartParams) -> PartBefore:
        """Keep what the target is like now, after a look whether the part can be used."""
        target.differences(params.part, params.sha256)
        kept = target.keep(f"{UNDOES}{uuid7().hex}")
        return PartBefore(part=kept.key, sha256=kept.sha256)

    def apply(self, target: SafePoints, params: PartParams, before: PartBefore) -> Outcome:
        """Put the part back, unless others have changed the target since the snapshot."""
        count = target.put_back(params.part, params.sha256, since=(before.part, before.sha256))
        if count == 0:
            return unchanged(f"it is as in safe point {params.point}")
        return done(f"as in safe point {params.point} again; items changed: {count}", items=count)

    def restore(self, target: SafePoints, params: PartParams, before: PartBefore) -> Outcome:
        """Put back what it was like before, unless others have changed it since."""
        count = target.put_back(before.part, before.sha256, since=(params.part, params.sha256))
        if count == 0:
            return unchanged("it is as before the restore")
        return done(f"as before the restore again; items changed: {count}", items=count)

    def restored(self, target: SafePoints, params: PartParams, before: PartBefore) -> bool:
        """Return whether it is as before."""
        del params
        return not target.differences(before.part, before.sha256)


DEFINITION = RestoreSafePoint().primitive(
    "restore_safe_point",
    "Make a target what it was when a safe point was taken.",
    aspect=Aspect.DATA,
    risk=0.6,
    worst=BlastRadius(count=1, unit="part", share=1.0),
)
