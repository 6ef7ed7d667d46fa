"""Playbooks: the list, what each does, and dry runs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request

from grace_workers.actions import undeclared
from grace_workers.bootstrap.runtime import Runtime
from grace_workers.entrypoints.api.access import Operator, Run, Viewer, charge
from grace_workers.entrypoints.api.body import described, read_as
from grace_workers.entrypoints.api.orders import DryRunOrder
from grace_workers.entrypoints.api.problems import responses
from grace_workers.entrypoints.api.views.playbook import (
    DryRunView,
    ExplainedView,
    PlaybookLineView,
    PlaybooksView,
    PlaybookVersionLineView,
    PlaybookVersionView,
    PlaybookView,
    SectionView,
)
from grace_workers.entrypoints.api.views.practice import PlaybookCourseView
from grace_workers.entrypoints.api.views.replay import PlaybookReplayView, ReplayedView
from grace_workers.foundation.errors import GraceError, InputError, NotFoundError
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.orchestration.case import cases_since
from grace_workers.orchestration.line.execution import previews
from grace_workers.orchestration.outcomes import playbook_course
from grace_workers.orchestration.replaying import replay, rules_of
from grace_workers.orchestration.stores.playbook_versions import PlaybookVersionStore
from grace_workers.playbooks import Duration, Occasion, Plan, Section, bind, dry_run, explain

router = APIRouter(prefix="/api/v1/playbooks", tags=["playbooks"])

_ONE = responses(401, 404, 429, 503)
_MONTH = timedelta(days=30)
_REPLAYED, _REPLAY_UNITS = 50, 5
_REPLAY = responses(401, 403, 404, 422, 429, 503)
_COURSE = responses(401, 404, 422, 429, 503)


@router.get("", summary="All playbooks", responses=responses(401, 429, 503))
def playbooks(runtime: Run, _caller: Viewer) -> PlaybooksView:
    """Return the playbooks in force, and the faults of refused files."""
    return PlaybooksView(
        playbooks=[PlaybookLineView.of_playbook(one) for one in runtime.line.library()],
        faults=[str(fault) for fault in runtime.shelf.faults],
    )


@router.get("/{name}", summary="One playbook as its file defines it", responses=_ONE)
def playbook(name: str, runtime: Run, _caller: Viewer) -> PlaybookView:
    """Return the playbook with its digest."""
    return PlaybookView.of_playbook(runtime.line.library()[name])


@router.get("/{name}/versions", summary="The versions that plans were made of", responses=_ONE)
def versions(name: str, runtime: Run, _caller: Viewer) -> list[PlaybookVersionLineView]:
    """Return the newest fifty versions, newest first; one that was never planned with is not among them."""
    with runtime.ledger.reading() as tx:
        found = tx[PlaybookVersionStore].of(name.replace("\x00", ""))
    return [PlaybookVersionLineView.of(one) for one in found]


@router.get("/{name}/versions/{digest}", summary="One version of a playbook", responses=_ONE)
def version(name: str, digest: str, runtime: Run, _caller: Viewer) -> PlaybookVersionView:
    """Return the playbook as it was when plans were made of it."""
    with runtime.ledger.reading() as tx:
        found = tx[PlaybookVersionStore].find(digest.replace("\x00", ""))
    if found is None or found.playbook != name:
        raise NotFoundError(f"no plan was made of playbook {name[:80]!r} with the digest {digest[:80]!r}")
    return PlaybookVersionView.of(found)


@router.get("/{name}/course", summary="How one playbook did over time", responses=_COURSE)
def course(
    name: str, runtime: Run, _caller: Viewer, *, days: Annotated[int, Query(ge=1, le=366)] = 90
) -> PlaybookCourseView:
    """Return its days with runs, its newest runs, and whether diagnosis was right as often as stated."""
    known = runtime.line.library()[name].name
    return PlaybookCourseView.of_course(playbook_course(runtime.ledger, runtime.clock, known, timedelta(days=days)))


@router.get("/{name}/explain", summary="One playbook in words", responses=_ONE)
def explained(name: str, runtime: Run, _caller: Viewer) -> ExplainedView:
    """Return the playbook's purpose, steps, expectations and guards."""
    library = runtime.line.library()
    return ExplainedView(name=name, sections=_sections(explain(library[name], library.primitives)))


@router.get("/{name}/replay", summary="A playbook on earlier incidents", responses=_REPLAY)
def replayed(
    request: Request,
    name: str,
    runtime: Run,
    _caller: Operator,
    *,
    since: Annotated[Duration, Query(description="how far back, such as 6h or 30d; 31d at most")] = _MONTH,
) -> PlaybookReplayView:
    """Return what the rules in force would make of the newest 50 incidents, as far as this playbook fires in them."""
    charge(request, _REPLAY_UNITS)
    line = runtime.line
    known, rules = line.library()[name].name, rules_of(line)
    page = cases_since(line, runtime.clock.now() - since, before=None, limit=_REPLAYED)
    found = [replay(one, rules) for one in page.cases]
    mine = [one for one in found if known in {one.now.playbook, one.case.happened.playbook}]
    return PlaybookReplayView(
        playbook=known,
        replayed=len(found),
        complete=page.next is None,
        incidents=[ReplayedView.of_replayed(one) for one in mine],
    )


@router.post(
    "/{name}/dry-run",
    summary="A dry run of a playbook",
    openapi_extra=described(DryRunOrder),
    responses=responses(400, 401, 403, 404, 415, 422, 429, 503),
)
def dry_ran(
    name: str, runtime: Run, caller: Operator, order: Annotated[DryRunOrder, Depends(read_as(DryRunOrder))]
) -> DryRunView:
    """Bind the playbook to the target and preview every step. Touches nothing."""
    if order.target not in runtime.line.targets:
        raise InputError(undeclared(order.target, runtime.line.targets))
    occasion = Occasion(
        incident=IncidentId(uuid7()),
        subject=TargetName(order.target),
        proposer=caller.name,
        reason="a dry run",
        params=order.params,
        trial=True,
    )
    plan = bind(runtime.line.library(), name, occasion, runtime.line.targets)
    looked = {step.id: _preview(runtime, plan, step.index) for step in plan.steps}
    return DryRunView(name=name, plan_digest=plan.digest, sections=_sections(dry_run(plan, looked)))


def _sections(found: Sequence[Section]) -> list[SectionView]:
    return [SectionView.of(one) for one in found]


def _preview(runtime: Runtime, plan: Plan, index: int) -> Any:
    try:
        return previews(runtime.line, plan.steps[index : index + 1])[0]
    except GraceError as error:
        return str(error)
