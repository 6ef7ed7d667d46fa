"""Discoveries of a test: what is seen is a list that the test changes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from grace_workers import drivers
from grace_workers.actions import Driver
from grace_workers.foundation.catalog import discover
from grace_workers.foundation.errors import TransientError
from grace_workers.foundation.ids import TargetKind, TargetName
from grace_workers.orchestration.discovery.looking import Discoveries, Looked, look
from grace_workers.orchestration.discovery.sighting import DiscoveryRule, Sighting
from tests.builders import Ward

DRIVERS = discover(drivers, Driver, label="driver", lazy=True)


def thing(name: str, *, at: str = "10.0.0.1:80", **more: Any) -> Sighting:
    """Return something seen under that name at that address."""
    return Sighting(**{"name": name, "identity": at, "values": {"address": at}, **more})


@dataclass
class Place:
    """A place, and the rule for it. `broken` is why it cannot be read, if it cannot."""

    seen: list[Sighting] = field(default_factory=list)
    broken: str | None = None

    def look(self) -> Sequence[Sighting]:
        """Return what is there."""
        if self.broken is not None:
            raise TransientError(self.broken)
        return list(self.seen)

    def rule(self, name: str = "web", **more: Any) -> DiscoveryRule:
        """Return the rule, with `more` of it given."""
        said = {"kinds": (TargetKind("http"),), "connection": {"url": "http://{address}"}, **more}
        return DiscoveryRule(name=name, kind="file_sd", look=self.look, **said)


def known(*rules: DiscoveryRule, declared: Sequence[str] = ()) -> Discoveries:
    """Return these discoveries, beside targets that are declared by hand."""
    names = [TargetName(one) for one in declared]
    return Discoveries(rules={one.name: one for one in rules}, drivers=DRIVERS, declared=names)


def looked(ward: Ward, found: Discoveries, name: str = "web", *, accept: bool = False) -> Looked:
    """Look once, a while later than before."""
    ward.clock.advance(timedelta(seconds=30))
    return look(ward.ledger, ward.clock, found, name, by="ada", accept=accept)
