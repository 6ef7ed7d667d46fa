"""What a name in signals means: a declared target, as proposals teach it. Pure."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256

from pydantic import Field

from grace_workers.cycles.fleet_change import FleetChange
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import TargetName
from grace_workers.signals import Signal

ALIAS = "alias"
LONGEST_VALUE = 200
_DIGITS = 8


class TargetAlias(Document):
    """A signal whose label has this value is about the target, if it names none itself."""

    label: str = Field(max_length=64)
    value: str = Field(min_length=1, max_length=LONGEST_VALUE)
    target: str = Field(max_length=LONGEST_VALUE)

    @property
    def subject(self) -> str:
        """What it is about; the value comes from outside, so only its hash is part of a name."""
        return f"{self.target}.{sha256(f'{self.label}={self.value}'.encode()).hexdigest()[:_DIGITS]}"

    @property
    def words(self) -> str:
        """Return it in words."""
        return f"{self.label}={self.value} means {self.target}"


def aliased(
    signals: Sequence[Signal], changes: Iterable[FleetChange], targets: Collection[TargetName]
) -> Sequence[Signal]:
    """Return the signals, each without a target with the declared one that an alias in force gives it."""
    known = [TargetAlias.read(dict(one.content), f"change {one.key}") for one in changes]
    meant = {(one.label, one.value): TargetName(one.target) for one in known if one.target in targets}
    return [_named(one, meant) if one.target is None else one for one in signals]


def _named(signal: Signal, meant: dict[tuple[str, str], TargetName]) -> Signal:
    found = next((meant[pair] for pair in signal.labels.items() if pair in meant), None)
    return signal if found is None else replace(signal, target=found)
