"""Which function runs which job."""

from collections.abc import Mapping
from typing import Any

from grace_workers.entrypoints.tasks.edge import JobFunction
from grace_workers.orchestration.work.catalog import declared_jobs


def job_functions() -> Mapping[str, JobFunction[Any]]:
    """Return the function of every job, by the name that messages use."""
    return {one.address: one.run for one in declared_jobs()}
