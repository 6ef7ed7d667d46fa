"""`JobDefinition`: what is fixed about a kind of job. One file each in `work/jobs`, and one for each cycle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from pydantic import ConfigDict

from grace_workers.coding import Workshop
from grace_workers.cycles import Missed
from grace_workers.diagnosis import Terms
from grace_workers.foundation.aside import Aside
from grace_workers.foundation.catalog import Catalog
from grace_workers.foundation.document import Document, JsonValue
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.audit_archive import AuditArchive
from grace_workers.orchestration.discovery.looking import Discoveries
from grace_workers.orchestration.job import NORMAL, Claim, Ending, JobRequest, Pool, Priority, asking
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.work.intake import Intake
from grace_workers.orchestration.work.schedule import ScheduleEntry
from grace_workers.orchestration.work.snapshot_parts import KeptFiles
from grace_workers.signals import Trigger

SHORTEST = timedelta(seconds=1)


class JobCatalogs(Protocol):
    """The catalogs that jobs work with."""

    @property
    def triggers(self) -> Catalog[Trigger]:
        """The triggers."""

    @property
    def terms(self) -> Terms:
        """The names that causes may use."""


class JobParts(Protocol):
    """What a job works with: the parts of the process that runs it."""

    @property
    def line(self) -> Line:
        """The line."""

    @property
    def intake(self) -> Intake:
        """Where signals are accepted."""

    @property
    def workshop(self) -> Callable[[], Workshop]:
        """What opens the coding agent's workshop, which tries the sandbox once."""

    @property
    def aside(self) -> Aside:
        """What computes for seconds in a process of its own."""

    @property
    def cadences(self) -> Mapping[str, timedelta]:
        """The cadences that the settings give, by cycle."""

    @property
    def settings(self) -> KeptFiles:
        """The settings, as far as jobs read them."""

    @property
    def audit(self) -> Callable[[], AuditArchive]:
        """What opens the audit log for reading."""

    @property
    def catalogs(self) -> JobCatalogs:
        """The catalogs of definitions."""

    @property
    def discoveries(self) -> Discoveries:
        """The declared discoveries."""


class Anything(Document):
    """A payload that the job does not read."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobDefinition:
    """A kind of job. `name` is the file's stem; see `address` for the name that everyone else uses.

    It runs in the first of `pools`, or in another of them that a request names. An attempt that takes longer than
    `time_limit` loses its claim and is retried; after `attempts` the job is dead. With a `cadence`, beat starts one
    job for each slot, and `missed` says what happens to slots that passed without a leader. `only_with` is a setting,
    such as `people.ways`, without which it would find nothing to do, so that beat starts none while that is empty.

    `orderable`: an operator may start it by name. `submittable`: so may any Celery application through
    `grace.submit`, although its identity is unproven. `ends_with_incident`: it leads to an incident and its task
    ends with that.
    """

    name: str
    summary: str
    pools: tuple[Pool, ...]
    run: Callable[[JobParts, Claim], Ending]
    time_limit: timedelta
    payload: type[Document] = Anything
    attempts: int = 5
    audited: bool = True
    cadence: timedelta | None = None
    missed: Missed = Missed.LAST
    only_with: str | None = None
    orderable: bool = False
    submittable: bool = False
    ends_with_incident: bool = False

    @property
    def address(self) -> str:
        """The name in requests, rows and messages: with a dot for the first underscore, such as `grace.heal`."""
        return self.name.replace("_", ".", 1)

    @property
    def asked_for(self) -> bool:
        """Whether people and programs may request one, so that it is shown as a task."""
        return self.orderable or self.submittable or self.ends_with_incident

    @property
    def rhythm(self) -> str:
        """The name of its cadence in the setting `cycles`."""
        return self.name.removeprefix("cycle_")

    def request(
        self,
        payload: Mapping[str, JsonValue],
        *,
        priority: Priority = NORMAL,
        dedupe_key: str | None = None,
        by: str = "grace",
    ) -> JobRequest:
        """Return a request for one job of this kind; what people and programs request is always audited."""
        return JobRequest(
            name=self.address,
            pool=self.pools[0],
            payload=payload,
            priority=priority,
            dedupe_key=dedupe_key,
            max_attempts=self.attempts,
            audited=self.audited or bool(asking(by)),
            by=by,
        )

    def entry(self, every: timedelta) -> ScheduleEntry:
        """Return the entry of the schedule that starts it once per `every`.

        Raises:
            InputError: that is more often than once a second.
        """
        if every < SHORTEST:
            raise InputError(f"cycle {self.rhythm!r}: cadence {every.total_seconds():g} s; the shortest is 1 s")
        return ScheduleEntry(
            name=self.rhythm,
            every=every,
            job=self.address,
            pool=self.pools[0],
            missed=self.missed,
            audited=self.audited,
        )
