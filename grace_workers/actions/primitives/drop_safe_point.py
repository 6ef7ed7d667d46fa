"""Drop a target's part of a safe point before its time is over."""

from grace_workers.actions.act import Irrevocable
from grace_workers.actions.params import Name, PartHash, PartKey
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.safe_points import KeptPart, SafePoints
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import IntegrityError, NotFoundError


class DropParams(Document):
    """`part` is the target's part of the safe point `point`, and `sha256` what it must be."""

    point: Name
    part: PartKey
    sha256: PartHash


class PartWas(Document):
    """The bytes of the part, which a restore does not bring back."""

    size: int


class DropSafePoint(Irrevocable[SafePoints, DropParams, PartWas]):
    """Drop a target's part of a safe point before its time is over."""

    role = SafePoints
    params = DropParams
    kept = PartWas
    cannot = "a part that was dropped does not come back"

    def preview(self, target: SafePoints, params: DropParams) -> Preview:
        """Say what would be lost."""
        part = _found(target, params)
        held = f"items: {part.items}; bytes: {part.size}; kept until {part.until:%Y-%m-%d}"
        words = f"drop part {part.key} of {params.point}: {held}"
        return Preview(changes=(words,), blast=BlastRadius(count=1, unit="part", share=0.0))

    def snapshot(self, target: SafePoints, params: DropParams) -> PartWas:
        """Check that the part is here and is what was kept; another node may have it, so a missing part is an error."""
        return PartWas(size=_found(target, params).size)

    def apply(self, target: SafePoints, params: DropParams, before: PartWas) -> Outcome:
        """Drop it."""
        target.forget(params.part)
        return done(f"part {params.part} is dropped", part=params.part, bytes=before.size)

    def answers(self, target: SafePoints, params: DropParams) -> bool:
        """Return whether the parts of the target can be looked at."""
        target.kept(params.part)
        return True


def _found(target: SafePoints, params: DropParams) -> KeptPart:
    part = target.kept(params.part)
    if part is None:
        raise NotFoundError(
            f"part {params.part!r} is not kept here; its time is over, it was dropped, or it lies on the node that "
            f"took the safe point"
        )
    if part.sha256 != params.sha256:
        raise IntegrityError(f"part {params.part!r} is not what was kept; look at it, and remove it by hand")
    return part


DEFINITION = DropSafePoint().primitive(
    "drop_safe_point",
    "Drop a target's part of a safe point before its time is over.",
    # The target itself stays as it is, but what could have been put back is lost.
    aspect=Aspect.DATA,
    risk=0.3,
    worst=BlastRadius(count=1, unit="part", share=0.0),
    irreversible="A part that was dropped does not come back; the target stays as it is.",
)
