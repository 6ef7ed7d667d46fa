"""Incidents without a cause that show almost the same get one: the file that their cluster proposes.

A person approves exactly that file, or accepts one with better words instead (`grace learn accept`).
"""

from collections.abc import Sequence

from pydantic import Field

from grace_workers.cycles.cycle import Readers
from grace_workers.cycles.improvements.improvement import Improvement
from grace_workers.cycles.improvements.kind import ProposalKind
from grace_workers.cycles.improvements.measuring import MeasuredChange, measured_share, share
from grace_workers.cycles.improvements.offers import OfferedCause
from grace_workers.cycles.improvements.plans import LONGEST_REASON, plan_name
from grace_workers.cycles.lever import FLEET
from grace_workers.cycles.weak_spot import PastMonth, PastProblem, UnexplainedProblem
from grace_workers.cycles.weak_spots.unexplained import often_unexplained
from grace_workers.foundation.document import Document
from grace_workers.learning import Ending
from grace_workers.playbooks import Mode, ReadyPlan

CAUSE = "cause"
OFF = "off"
"""The variant of a cause that is not in force."""

LONGEST_FILE = 20_000
MOST_BESIDE, MOST = 0.2, 0.9
_IN_VAIN = {Ending.FAILED, Ending.INEFFECTIVE}


class LearnedFile(Document):
    """A cause's file, and the alerts that it goes by."""

    name: str = Field(max_length=64)
    alerts: tuple[str, ...]
    file: str = Field(max_length=LONGEST_FILE)


def switching_plan(
    cause: str, version: str, reason: str, *, instead_of: str | None = None, mode: Mode | None = Mode.REVIEW
) -> ReadyPlan:
    """Return the plan that switches the version of a learned cause, or switches it off, maybe only one version.

    By the mode `review` a person other than its proposer approves it.
    """
    flag = {"flag": cause, "variant": version}
    switched = flag if instead_of is None else {**flag, "instead_of": instead_of}
    return ReadyPlan.read(
        {
            "name": plan_name(f"{'withdraw' if version == OFF else 'accept'}_{cause}"),
            "target": FLEET,
            "reason": reason[:LONGEST_REASON],
            "aspect": "config",
            "mode": mode,
            "steps": [{"id": "switch", "primitive": "toggle_flag", "params": switched}],
            "expectations": [
                {
                    "id": "is_switched",
                    "check": "flag_variant_is",
                    "params": flag,
                    "operator": "==",
                    "bound": 1,
                    "within": "10s",
                }
            ],
        },
        "plan of a learned cause",
    )


def find(readers: Readers, month: PastMonth) -> Sequence[Improvement]:
    """Return the file of each cluster that would name what has no cause, and hardly come beside a cause that is known.

    A name that a cause has already is for people to settle.
    """
    del readers
    return [
        _proposal(one, month)
        for one in often_unexplained(month)
        if one.name not in month.causes and len(one.file) <= LONGEST_FILE and one.named > 0
        if one.beside <= MOST_BESIDE * one.named
    ]


def offer(one: Improvement) -> OfferedCause:
    """Return the file that may be accepted from now on."""
    learned = LearnedFile.read(one.content, one.key)
    return OfferedCause(name=learned.name, file=learned.file)


def putting(one: Improvement) -> ReadyPlan:
    """Return the plan that accepts it. A person approves it, because diagnoses change."""
    return switching_plan(one.subject, one.version, one.why)


def back(one: Improvement, reason: str) -> ReadyPlan:
    """Return the plan after which the cause is not known any more; people need not agree to what was before.

    A version that a person has accepted since stays.
    """
    return switching_plan(one.subject, OFF, reason, instead_of=one.version, mode=None)


def measure(one: Improvement, month: PastMonth) -> MeasuredChange:
    """Compare how many incidents with its alerts have a cause since; a run against it that failed counts against it."""
    learned = LearnedFile.read(one.content, one.key)
    since = one.in_force_at or month.now
    seen = [problem for problem in _alike(month, learned.alerts) if problem.at >= since]
    known = sum(problem.cause is not None for problem in seen)
    wrong = sum(run.cause == one.subject and run.ending in _IN_VAIN and run.at >= since for run in month.episodes)
    return measured_share(
        one, max(known - wrong, 0), len(seen), month.now, what="such incidents had a cause", fewest_at_last=1
    )


def _alike(month: PastMonth, alerts: Sequence[str]) -> Sequence[PastProblem]:
    return [one for one in month.problems if one.name in alerts]


def _proposal(one: UnexplainedProblem, month: PastMonth) -> Improvement:
    alike = _alike(month, one.alerts)
    known = sum(problem.cause is not None for problem in alike)
    predicted = share(known + one.named, max(len(alike), known + one.named)) or 0.0
    content = LearnedFile(name=one.name, alerts=tuple(one.alerts), file=one.file)
    why = (
        f"{one.incidents} incidents without a cause showed almost the same; of those with the same alerts it would "
        f"have named {one.named} without a cause, and come beside the cause of {one.beside}"
    )
    return Improvement(
        kind=CAUSE, subject=one.name, change="a cause for incidents that have none",
        content=content.model_dump(mode="json"), version=one.version, why=why, before=share(known, len(alike)) or 0.0,
        predicted=min(predicted, MOST), replayed=len(alike), avoided=one.named, lost=one.beside, proposed_at=month.now,
        moved_at=month.now,
    )  # fmt: skip


DEFINITION = ProposalKind(
    name=CAUSE,
    summary="Incidents without a cause that show almost the same get one, with the file that their cluster proposes.",
    measures="share of incidents with its alerts that have a cause",
    find=find,
    offer=offer,
    putting=putting,
    back=back,
    measure=measure,
)
