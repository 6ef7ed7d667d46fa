"""What was learned from outcomes, and how to undo it."""

from datetime import timedelta
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from grace_workers.coding import hunted_source
from grace_workers.diagnosis import load_cause
from grace_workers.entrypoints.api.access import Admin, Operator, Run, Viewer
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import CauseOrder, ReasonOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.submission import IdempotencyKey, Room, planned_request, submit
from grace_workers.entrypoints.api.views.learning import (
    LearnedCauseView,
    LearningSummaryView,
    ModelVersionView,
    OutcomeDayView,
    PrecedentView,
    RecommendationView,
    ReliabilityView,
    RunRecordView,
    SharedLearningView,
    UnexplainedView,
)
from grace_workers.entrypoints.api.views.practice import PractisedView
from grace_workers.entrypoints.api.views.task import TaskView
from grace_workers.foundation.ids import PlanId
from grace_workers.orchestration import learned, learned_causes
from grace_workers.orchestration import outcomes as record
from grace_workers.orchestration.practice import practice
from grace_workers.orchestration.shared_learning import shared_learning
from grace_workers.orchestration.unexplained import unexplained
from grace_workers.orchestration.work.wishes import PlanTask

router = APIRouter(prefix="/api/v1/learning", tags=["learning"])

_READING = responses(401, 422, 429, 503)
_CHANGE = responses(400, 401, 403, 404, 409, 415, 422, 429, 503)
_PLANNED = responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)


@router.get("/summary", summary="What was learned in a period", responses=_READING)
def summary(runtime: Run, _caller: Viewer, *, days: Annotated[float, Query(gt=0, le=366)] = 7.0) -> LearningSummaryView:
    """Return how runs ended by playbook, whether problems stayed healed, which causes were healed, and the models."""
    found = learned.summary(runtime.ledger, runtime.clock, timedelta(days=days))
    return LearningSummaryView.of_summary(found)


@router.get("/shared", summary="What both agents learned", responses=_READING)
def shared(runtime: Run, _caller: Viewer, *, limit: Annotated[int, Query(ge=0, le=1_000)] = 100) -> SharedLearningView:
    """Return the newest runs of healing and coding, each agent's record and load, and what patches changed.

    Records are over the newest thousand runs, however many are listed.
    """
    limits = runtime.settings.limits.slots
    found = shared_learning(runtime.ledger, runtime.line.targets, limits, runtime.clock.now())
    return SharedLearningView.of_learning(found, limit)


@router.get("/outcomes", summary="How incidents and runs came out, by day", responses=_READING)
def outcomes(runtime: Run, _caller: Viewer, *, days: Annotated[int, Query(ge=1, le=366)] = 30) -> list[OutcomeDayView]:
    """Return the days (UTC) on which something ended, oldest first."""
    return [OutcomeDayView.of(one) for one in record.outcomes(runtime.ledger, runtime.clock, timedelta(days=days))]


@router.get("/runs", summary="How runs ended, by cause and by playbook", responses=_READING)
def runs(runtime: Run, _caller: Viewer, *, days: Annotated[int, Query(ge=1, le=366)] = 30) -> RunRecordView:
    """Return verdicts, restores and the time to heal of the newest runs, for each cause and each playbook."""
    return RunRecordView.of_record(record.run_record(runtime.ledger, runtime.clock, timedelta(days=days)))


@router.get("/practice", summary="What was practised, by cause and kind of target", responses=responses(401, 429, 503))
def practised(runtime: Run, _caller: Viewer) -> list[PractisedView]:
    """Return every cause that a declared target can have and a playbook acts on, with its newest runs of a year."""
    return [PractisedView.of_practised(one) for one in practice(runtime.line)]


@router.get("/calibration", summary="The reliability curve of diagnosis", responses=_READING)
def calibration(
    runtime: Run, _caller: Viewer, *, engine: Annotated[str | None, Query(max_length=40)] = None
) -> ReliabilityView:
    """Return whether diagnoses were right as often as stated, for one engine or for all."""
    return ReliabilityView.of_curve(learned.calibration(runtime.ledger, engine=engine))


@router.get("/recommendations", summary="What to expect of playbooks for a signature", responses=_READING)
def recommendations(
    runtime: Run, _caller: Viewer, *, signature: Annotated[str, Query(min_length=1, max_length=500)]
) -> list[RecommendationView]:
    """Return the playbooks that ran on the signature or on others of its family, most promising first."""
    return [RecommendationView.of(one) for one in learned.recommend(runtime.ledger, signature)]


@router.get("/precedents", summary="The newest precedents", responses=_READING)
def precedents(
    runtime: Run, _caller: Viewer, *, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[PrecedentView]:
    """Return the ended runs from which diagnosis learns, the latest change first."""
    return [PrecedentView.of_precedent(one) for one in learned.precedents(runtime.ledger, limit=limit)]


@router.post(
    "/precedents/{plan}/forget", summary="Forget a run", openapi_extra=described(ReasonOrder), responses=_CHANGE
)
def forget(
    plan: UUID, runtime: Run, caller: Admin, order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))]
) -> PrecedentView:
    """Remove what a run taught, as when its outcome was wrong; the run stays in the history and the audit log."""
    done = learned.forget_run(runtime.ledger, runtime.clock, PlanId(plan), by=caller.name, reason=order.reason)
    return PrecedentView.of_precedent(done)


@router.get("/clusters", summary="Clusters of problems without a known cause", responses=_READING)
def clusters(runtime: Run, _caller: Viewer) -> list[UnexplainedView]:
    """Return what the newest incidents without a cause have in common, each with a cause's file for a person to take.

    Nothing is learned by itself: a cause is in force once it was accepted, or its file is in a folder of causes.
    """
    return [UnexplainedView.of_cluster(one) for one in unexplained(runtime.line)]


@router.get("/causes", summary="Causes that people proposed or accepted", responses=_READING)
def causes(runtime: Run, _caller: Viewer) -> list[LearnedCauseView]:
    """Return every version of their files, by name, the newest of each first; of a name one at most is in force."""
    return [LearnedCauseView.of(one) for one in learned_causes.learned_causes(runtime.line)]


@router.post(
    "/causes",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(CauseOrder),
    summary="Accept a cause",
    responses=_PLANNED,
)
def accept(
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[CauseOrder, Depends(read_as(CauseOrder))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan that puts a cause's file into force on every node; another person has to approve it."""
    plan = learned_causes.accepting(
        runtime.line,
        learned_causes.clustered(runtime.line, order.name) if order.file is None else order.file,
        order.name,
        order.reason,
        by=caller.name,
        read=partial(load_cause, terms=runtime.catalogs.terms, inspect=hunted_source),
    )
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), key)


@router.post(
    "/causes/{name}/withdraw",
    status_code=202,
    response_model=TaskView,
    openapi_extra=described(ReasonOrder),
    summary="Withdraw an accepted cause",
    responses=_PLANNED,
)
def withdraw(
    name: str,
    runtime: Run,
    caller: Operator,
    _room: Room,
    order: Annotated[ReasonOrder, Depends(read_as(ReasonOrder))],
    key: IdempotencyKey,
) -> JSONResponse:
    """Submit the plan after which the cause is not in force; another person has to approve it."""
    plan = learned_causes.withdrawing(runtime.line, name, order.reason)
    return submit(runtime, caller, planned_request(runtime, caller, PlanTask(plan=plan)), key)


@router.get("/models", summary="The versions of the models of diagnosis and texts", responses=_READING)
def models(runtime: Run, _caller: Viewer) -> list[ModelVersionView]:
    """Return the stored versions, newest first of each name; the newest of a name with intact content is in use."""
    return [ModelVersionView.of(one) for one in learned.models(runtime.ledger)]


@router.post("/models/{version}/restore", summary="Put an earlier model into use again", responses=_CHANGE)
def restore(version: int, runtime: Run, caller: Admin) -> ModelVersionView:
    """Make a stored version of the model of diagnosis the newest, so that it is in use."""
    done = learned.restore_model(runtime.ledger, runtime.clock, version, by=caller.name)
    return ModelVersionView.of(done)
