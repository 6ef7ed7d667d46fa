"""`Line`: everything the stages work with, built once by bootstrap."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from grace_workers.actions import AnyPrimitive, Target, World
from grace_workers.checks import AnyCheck
from grace_workers.diagnosis import Causes, Engine, Subject
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.clock import Clock
from grace_workers.foundation.ids import InstanceName, TargetName
from grace_workers.governance import Gate, Policy
from grace_workers.orchestration.line.fairness import Shares
from grace_workers.orchestration.line.reading_threads import ReadingThreads
from grace_workers.orchestration.line.recollection import Recollection
from grace_workers.orchestration.people.roster import People
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import Library


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The parts of the line.

    `library` and `causes` return the current playbooks and causes; `pause` waits that many seconds; `patience` is
    how long a plan waits for a cooldown or a busy target before it is refused; `shares` limits what one sender and
    one target may have at once. `recollection` is what this process remembers of outcomes; `people`
    are those who are told; `readers` take readings side by side.
    """

    ledger: LineLedger
    world: World
    clock: Clock
    pause: Callable[[float], None]
    instance: InstanceName
    targets: Mapping[TargetName, Target]
    subjects: Mapping[TargetName, Subject]
    primitives: Catalog[AnyPrimitive]
    checks: Catalog[AnyCheck]
    engines: Catalog[Engine]
    gates: Catalog[Gate]
    policy: Policy
    causes: Callable[[], Causes]
    library: Callable[[], Library]
    busy_wait: timedelta = timedelta(milliseconds=500)
    patience: timedelta = timedelta(minutes=15)
    environment: str | None = None
    shares: Shares = field(default_factory=Shares)
    recollection: Recollection = field(default_factory=Recollection)
    people: People = field(default_factory=People)
    readers: ReadingThreads = field(default_factory=ReadingThreads)
