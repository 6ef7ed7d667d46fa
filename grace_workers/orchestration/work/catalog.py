"""All jobs: those of `work/jobs`, those of outside authors, and every cycle."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import cache

from grace_workers.cycles import declared_cycles
from grace_workers.foundation.catalog import Catalog, discover
from grace_workers.foundation.errors import InputError
from grace_workers.orchestration.work import jobs
from grace_workers.orchestration.work.cycles import cycle_job
from grace_workers.orchestration.work.definition import JobDefinition
from grace_workers.orchestration.work.schedule import ScheduleEntry


@cache
def declared_jobs() -> Catalog[JobDefinition]:
    """Return all jobs, by their files' names. Raises CatalogError for a faulty definition."""
    known = [*discover(jobs, JobDefinition, label="job"), *map(cycle_job, declared_cycles())]
    return Catalog("job", {one.name: one for one in known})


@cache
def job_at(address: str) -> JobDefinition | None:
    """Return the job of an address such as `grace.heal`; None if there is none."""
    return next((one for one in declared_jobs() if one.address == address), None)


def scheduled(
    cadences: Mapping[str, timedelta], declares: Callable[[str], bool] = lambda _setting: True
) -> Sequence[ScheduleEntry]:
    """Return the schedule: every job with a cadence, at the one that `cadences` gives or else its own.

    `declares` says of a setting whether it has content; a job that is useless without it is left out.

    Raises:
        InputError: there is no such cycle, or its cadence is shorter than a second.
    """
    recurring = {one.rhythm: one for one in declared_jobs() if one.cadence is not None}
    unknown = sorted(cadences.keys() - recurring.keys())
    if unknown:
        raise InputError(f"unknown cycle {unknown[0][:80]!r}; known: {', '.join(recurring)}")
    wanted = {name: one for name, one in recurring.items() if one.only_with is None or declares(one.only_with)}
    return [one.entry(cadences.get(name, one.cadence)) for name, one in wanted.items() if one.cadence is not None]
