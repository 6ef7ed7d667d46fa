"""What changed since the last look, and whether so much is gone that nothing is dropped. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from grace_workers.foundation.ids import TargetName
from grace_workers.orchestration.discovery.sighting import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A sighting that was admitted, since when its name means this very thing, and since when it is not seen."""

    discovery: str
    sighting: Sighting
    since: datetime
    missing_since: datetime | None = None

    @property
    def name(self) -> TargetName:
        """Its name as a target."""
        return TargetName(self.sighting.name)

    @property
    def incarnation(self) -> str:
        """What tells it from another thing of the same name."""
        return f"{self.since.isoformat()} {self.sighting.identity}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The targets after a look, and what became of which. `kept`: why what is gone was not dropped, or None."""

    targets: tuple[Discovered, ...]
    appeared: tuple[TargetName, ...] = ()
    replaced: tuple[TargetName, ...] = ()
    changed: tuple[TargetName, ...] = ()
    vanished: tuple[TargetName, ...] = ()
    kept: str | None = None

    @property
    def news(self) -> Mapping[str, Sequence[TargetName]]:
        """The names by what became of them, without what became of none."""
        found = {"appeared": self.appeared, "replaced": self.replaced, "changed": self.changed}
        return {word: names for word, names in {**found, "vanished": self.vanished}.items() if names}


def compare(
    discovery: str,
    known: Sequence[Discovered],
    seen: Sequence[Sighting],
    now: datetime,
    *,
    keep_share: float,
    accept: bool = False,
) -> Comparison:
    """Return the targets after a look that saw `seen`. With `accept` what is gone is dropped however much it is."""
    before, present = {one.name: one for one in known}, {TargetName(one.name): one for one in seen}
    gone = [name for name in before if name not in present]
    left = len(before) - len(gone)
    kept = None
    if gone and not accept and (not present or left < keep_share * len(before)):
        kept = (
            f"only {left} of {len(before)} known targets are still seen, and that may be a fault of the place; "
            f"the others are kept. If they are really gone, run `grace discovery run {discovery} --accept`"
        )
    after = [_after(discovery, before.get(name), one, now) for name, one in present.items()]
    missing = [_missing(before[name], now) for name in gone] if kept is not None else []
    both = [(before[name], one) for name, one in present.items() if name in before]
    return Comparison(
        targets=tuple(sorted((*after, *missing), key=lambda one: one.name)),
        appeared=tuple(sorted(name for name in present if name not in before)),
        replaced=tuple(old.name for old, new in both if old.sighting.identity != new.identity),
        changed=tuple(old.name for old, new in both if old.sighting.identity == new.identity and old.sighting != new),
        vanished=tuple(sorted(gone)) if kept is None else (),
        kept=kept,
    )


def _after(discovery: str, before: Discovered | None, seen: Sighting, now: datetime) -> Discovered:
    same = before is not None and before.sighting.identity == seen.identity
    since = before.since if before is not None and same else now
    return Discovered(discovery=discovery, sighting=seen, since=since)


def _missing(one: Discovered, now: datetime) -> Discovered:
    return replace(one, missing_since=one.missing_since or now)
