"""Keep what a target holds as its part of a safe point."""

from grace_workers.actions.act import Act
from grace_workers.actions.params import PartKey
from grace_workers.actions.primitive import BlastRadius, Outcome, Preview, done
from grace_workers.actions.roles.safe_points import SafePoints
from grace_workers.actions.target import Aspect
from grace_workers.foundation.document import Document
from grace_workers.foundation.errors import ConflictError
from grace_workers.foundation.ids import uuid7


class KeepParams(Document):
    """`part` is the name of the part; without one, a new name is made. The outcome says it, with its SHA-256."""

    part: PartKey | None = None


class PartName(Document):
    """The name under which the part is kept."""

    part: str


class KeepSafePoint(Act[SafePoints, KeepParams, PartName]):
    """Keep what a target holds as its part of a safe point."""

    role = SafePoints
    params = KeepParams
    kept = PartName
    keeps_copy = True

    def preview(self, target: SafePoints, params: KeepParams) -> Preview:
        """Say under which name it is kept; the target stays as it is."""
        _free(target, params.part)
        words = f"keep what it holds as part {params.part or 'with a new name'}"
        return Preview(changes=(words,), blast=BlastRadius(count=1, unit="part", share=0.0))

    def snapshot(self, target: SafePoints, params: KeepParams) -> PartName:
        """Choose the name."""
        _free(target, params.part)
        return PartName(part=params.part or f"point-{uuid7().hex}")

    def apply(self, target: SafePoints, params: KeepParams, before: PartName) -> Outcome:
        """Keep it."""
        del params
        part = target.keep(before.part)
        words = f"kept as part {part.key}; items: {part.items}; kept until {part.until:%Y-%m-%d}; SHA-256 {part.sha256}"
        until = part.until.isoformat(timespec="seconds")
        return done(words, part=part.key, sha256=part.sha256, bytes=part.size, items=part.items, until=until)

    def restore(self, target: SafePoints, params: KeepParams, before: PartName) -> Outcome:
        """Drop the part."""
        del params
        target.forget(before.part)
        return done(f"part {before.part} is dropped")

    def restored(self, target: SafePoints, params: KeepParams, before: PartName) -> bool:
        """Return whether the part is gone."""
        del params
        return target.kept(before.part) is None


def _free(target: SafePoints, part: str | None) -> None:
    if part is not None and target.kept(part) is not None:
        raise ConflictError(f"a part {part!r} of this target is kept already; choose another name")


DEFINITION = KeepSafePoint().primitive(
    "keep_safe_point",
    "Keep what a target holds as its part of a safe point.",
    # It only reads the target, and its copy is as closed as the data directory.
    aspect=Aspect.PERFORMANCE,
    risk=0.05,
    worst=BlastRadius(count=1, unit="part", share=0.0),
)
