"""Errors of declared code that come back: the coding agent is asked for a patch.

They end each time, because a playbook heals them or they pass, so the line never asks for one. The replay is the
agent's own: it writes a test that raises the error again, or makes no patch.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from pydantic import Field

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_rate
from grace_workers.cycles.improvements.offers import CodingOrder
from grace_workers.cycles.improvements.plans import LONGEST_REASON, plan_name
from grace_workers.cycles.weak_spot import PastMonth, PastProblem, RaisedError
from grace_workers.cycles.weak_spots.recurring_errors import recurring_errors
from grace_workers.foundation.document import Document
from grace_workers.foundation.ids import IncidentId, JobId, TargetName, uuid7
from grace_workers.playbooks import ReadyPlan

CODING_TASK = "coding_task"
LEFT_OVER = 0.1
"""The share of such incidents that is predicted to come in spite of the patch."""

_DAY, _DIGITS = timedelta(days=1), 8


class RepairedError(Document):
    """An error to repair: the code's target, the error's key, the incident that shows it, and the repair's job.

    `service` runs the code, so it is restarted after a merge. `commit` is the merged patch, once there is one.
    """

    code: str = Field(max_length=200)
    error: str
    incident: UUID
    service: str | None = None
    job: UUID
    commit: str = ""

    @property
    def subject(self) -> str:
        """What it is about; the key comes from outside, so only its hash is part of a name."""
        return f"{self.code}.{sha256(self.error.encode()).hexdigest()[:_DIGITS]}"


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return each error that came back often, unless the line itself has given it to the coding agent."""
    del readers
    return [
        _proposal(seen, month)
        for seen in recurring_errors(month).values()
        if not any(error.handed for _, error in seen)
    ]


def offer(one: Improvement) -> None:
    """Return nothing: the job that is put into force is all there is."""
    del one


def putting(one: Improvement) -> CodingOrder:
    """Return the work. Its patch is a plan, which a person approves unless the policy allows merges of this code."""
    wanted = RepairedError.read(one.content, one.key)
    return CodingOrder(
        job=JobId(wanted.job),
        code=TargetName(wanted.code),
        incident=IncidentId(wanted.incident),
        reason=one.why,
        service=None if wanted.service is None else TargetName(wanted.service),
    )


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan that takes the patch back by a commit of its own, and restarts the service that runs the code."""
    wanted = RepairedError.read(one.content, one.key)
    commit, service = {"commit": wanted.commit}, wanted.service
    stands = _expected("is_reverted", "commit_stands", 0, within="30s", params=commit)
    return ReadyPlan.read(
        {
            "name": plan_name(f"take_back_patch_{one.subject}"),
            "target": wanted.code,
            "reason": reason[:LONGEST_REASON],
            "aspect": "code",
            "steps": [
                {"id": "revert", "primitive": "revert_commit", "params": commit},
                *([{"id": "restart", "primitive": "restart_service", "target": service}] if service else []),
            ],
            "expectations": [
                stands,
                *([_expected("runs", "alive", 1, within="60s", target=service, proves=False)] if service else []),
            ],
        },
        "plan of a cycle",
    )


def _expected(name: str, check: str, bound: int, **more: object) -> Mapping[str, object]:
    return {"id": name, "check": check, "operator": "==", "bound": bound, **more}


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Compare how often the error comes since the patch is merged with before."""
    wanted = RepairedError.read(one.content, one.key)
    since = max(one.in_force_at or month.now, month.whole_since or one.proposed_at)
    count = sum(
        problem.at >= since
        and problem.error is not None
        and (problem.error.code, problem.error.key) == (wanted.code, wanted.error)
        for problem in month.problems
    )
    return measured_rate(one, count, since, month.now, what="incidents came")


def _proposal(seen: Sequence[tuple[PastProblem, RaisedError]], month: PastMonth) -> Improvement:
    _, error = seen[0]
    job = uuid7()
    wanted = RepairedError(code=error.code, error=error.key, incident=error.incident, service=error.service, job=job)
    by_itself = sum(problem.by_itself for problem, _ in seen)
    days = max((month.now - seen[-1][0].at) / _DAY, 1.0)
    before = round(len(seen) / days, 2)
    why = (
        f"{error.exception} at {error.place} of {error.code} came {len(seen)} times in seven days: {by_itself} passed, "
        f"and {len(seen) - by_itself} were ended, but the code stayed as it is"
    )
    return Improvement(
        kind=CODING_TASK, subject=wanted.subject, change=f"a patch for {error.exception} at {error.place}",
        content=wanted.model_dump(mode="json"), version=str(job), why=why, before=before,
        predicted=round(before * LEFT_OVER, 2), replayed=len(seen), avoided=len(seen), lost=0, proposed_at=month.now,
        moved_at=month.now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=CODING_TASK,
    summary="An error of declared code that comes back, and that the line only ends each time, gets a patch.",
    measures="incidents of the error a day",
    find=find,
    offer=offer,
    putting=putting,
    back=back,
    measure=measure,
)
