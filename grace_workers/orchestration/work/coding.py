"""Coding tasks: each is one durable job of the coding pool, whose result is a plan that governance judges."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from grace_workers.actions import Codebase, PullRequests, Restartable, Target
from grace_workers.audit import Entry
from grace_workers.coding import (
    Bench,
    CodingWork,
    Reason,
    TaskMode,
    Workshop,
    patch_of,
    related_causes,
    settled,
    task_of,
    undertake,
)
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId, TargetName, uuid7
from grace_workers.foundation.tracing import span
from grace_workers.governance import Involvement, Proposer
from grace_workers.orchestration.dossier import Request
from grace_workers.orchestration.job import (
    Claim,
    Ending,
    FencedError,
    JobFailed,
    JobRequest,
    Pool,
    Priority,
    Succeeded,
    senders,
)
from grace_workers.orchestration.line.advance import advance
from grace_workers.orchestration.line.handing_over import CODE
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.resuming import note, resume
from grace_workers.orchestration.work.coding_plan import ProposalFacts, branch_of, plan_of
from grace_workers.orchestration.work.coding_wishes import CodePayload, CodeTask
from grace_workers.orchestration.work.model_use import within_the_day
from grace_workers.orchestration.work.requests import asked_for, opened_once
from grace_workers.playbooks import Plan, bind_ready
from grace_workers.signals import IncidentState

_LABEL = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Done:
    """A task that is done: the claim it was done under, what came of it, and where."""

    line: Line
    claim: Claim
    order: CodePayload
    work: CodingWork
    mode: TaskMode
    level: str
    base: str

    @property
    def about(self) -> IncidentId | None:
        """The incident that the task is about."""
        return None if self.order.incident is None else IncidentId(self.order.incident)

    def told(self) -> dict[str, JsonValue]:
        """Return what is recorded of it, without the patch."""
        order, work = self.order, self.work
        files: list[JsonValue] = [*sorted(work.files)]
        return {
            "task": order.task.value,
            "target": order.target,
            "mode": self.mode.value,
            "sandbox": self.level,
            "base": self.base,
            "files": files,
            "patch_digest": sha256(patch_of(work).encode()).hexdigest() if work.files else None,
            "candidates": work.candidates,
            "likelihood": work.likelihood,
            "refused": None if work.reason is None else work.reason.message,
            "story": [*work.story],
        }


def code_request(task: CodeTask, *, by: str) -> JobRequest:
    """Return the job of a coding task. Raises InputError when its arguments do not fit."""
    checked = task_of(task.task.value)
    checked.arguments.read(dict(task.arguments), f"arguments of {task.task.value}")
    kept = {"task", "target", "reason", "mode", "arguments", "acceptance", "seconds", "auto_merge"}
    return JobRequest(
        name=CODE,
        pool=Pool.CODING,
        payload={**task.model_dump(mode="json", include=kept), "by": by},
        priority=Priority(task.priority),
        dedupe_key=senders(task.dedupe_key),
        max_attempts=3,
        by=by,
    )


def run_coding(line: Line, workshop: Workshop, claim: Claim) -> Ending:
    """Do a coding task: work in copies of the code, then hand the patch to governance as a plan.

    Until then nothing outside the agent's own folder is touched, so a second run repeats the work and is harmless.

    Raises:
        InputError: the payload does not fit, or the target is no code that may be worked on.
    """
    order = CodePayload.read(dict(claim.job.payload), "coding task")
    target = the_code(order.target, line.targets)
    place = line.world.role(target, Codebase).place()
    with span("code read", **{"grace.branch": place.branch}):
        repository = workshop.open_branch(place.repository, place.branch)
    bench = Bench(
        workshop=within_the_day(workshop, line.ledger, line.clock),
        repository=repository,
        command=(str(place.python), "-m", "pytest", *place.pytest),
        seconds=order.seconds,
        label=f"{'incident' if order.incident else 'task'}_{(order.incident or claim.job.id).hex[-_LABEL:]}",
        knowledge=lambda text: related_causes(text, line.causes()),
    )
    with span(f"code {order.task.value}", **{"grace.seconds": order.seconds}):
        work = undertake(order.task.value, order.arguments, bench)
    done = _Done(
        line=line,
        claim=claim,
        order=order.model_copy(update={"target": target}),
        work=work,
        mode=settled(order.mode, work),
        level=workshop.sandbox.level,
        base=repository.head(),
    )
    _enter(done)
    if work.reason is not None:
        return _refused(done, work.reason)
    if work.answer is not None:
        return Succeeded(result={**done.told(), "answer": dict(work.answer)})
    if done.mode is TaskMode.SANDBOX:
        return Succeeded(result={**done.told(), "patch": patch_of(work)})
    return _hand_on(done)


def the_code(name: str | None, targets: Mapping[TargetName, Target]) -> TargetName:
    """Return the target of that name, or the only one there is, whose code may be worked on. Raises InputError."""
    found = sorted(one.name for one in targets.values() if Codebase.__name__ in (one.roles or ()))
    known = ", ".join(found) or "none; declare a target of kind git with `python`"
    if name is None and len(found) == 1:
        return found[0]
    if name is None:
        raise InputError(f"name the target whose code is to be worked on; such targets: {known}")
    if name not in found:
        raise InputError(f"target {name[:80]!r} is no code that the agent may work on; such targets: {known}")
    return TargetName(name)


def _enter(done: _Done) -> None:
    """Write the audit entry of the work: which sandbox held it, what was tried, and which patch came of it."""
    entry = Entry(
        at=done.line.clock.now(),
        actor=f"instance:{done.line.instance}",
        action="code.worked",
        subject=f"target:{done.order.target}",
        incident=done.about,
        outcome="ok" if done.work.reason is None else "refused",
        data={**done.told(), "job": str(done.claim.job.id), "by": done.order.by},
    )
    with done.line.ledger.transaction() as tx:
        tx.jobs.hold(done.claim)
        tx.audit.append(entry)


def _refused(done: _Done, reason: Reason) -> Ending:
    words = f"the coding agent made no patch: {reason.message}"
    if done.about is not None:
        with done.line.ledger.transaction() as tx:
            tx.jobs.hold(done.claim)
            note(tx, done.about, words, done.line.clock.now())
    return JobFailed(error=words)


def _hand_on(done: _Done) -> Ending:
    """Give the patch to the line: as the plan of the incident it is about if it is to be merged, else of its own."""
    line, order = done.line, done.order
    given = ProposalFacts(
        base=done.base,
        key=str(done.claim.job.id),
        at=line.clock.now(),
        level=done.level,
        restarts=_service_of(done),
        requests=PullRequests.__name__ in (line.targets[TargetName(order.target or "")].roles or ()),
    )
    ready = plan_of(order, done.work, done.mode, given)
    resumed = done.about if done.mode is TaskMode.LIVE else None
    incident = resumed or IncidentId(uuid7())
    bound = bind_ready(ready, line.primitives, line.checks, line.targets, incident=incident, proposer=order.by)
    # A test that fails without the patch and passes with it is a reading, not a word.
    plan = replace(bound, measured=True)
    result: dict[str, JsonValue] = {**done.told(), "branch": branch_of(order, given)}
    if resumed is not None:
        return _resumed(done, plan, result)
    opened = _opened(done, plan, branch_of(order, given))
    ending = advance(line, done.claim, opened)
    return Succeeded(result={"incident": str(opened), "work": result}) if isinstance(ending, Succeeded) else ending


def _resumed(done: _Done, plan: Plan, result: Mapping[str, JsonValue]) -> Ending:
    headline = f"the coding agent has a verified patch: {done.work.subject}"
    try:
        with done.line.ledger.transaction() as tx:
            tx.jobs.hold(done.claim)
            resume(tx, plan.incident, plan, headline, done.line.clock.now())
    except FencedError:
        raise
    except ConflictError as error:
        return JobFailed(error=str(error))
    return Succeeded(result={"incident": str(plan.incident), "work": dict(result)})


def _opened(done: _Done, plan: Plan, branch: str) -> IncidentId:
    """Open the incident that carries the plan, once however often the job runs; the one it is about stays as it is."""
    line, claim, order = done.line, done.claim, done.order
    asked = asked_for(line, claim, what=plan.playbook, target=plan.target, reason=plan.reason, by=order.by)
    incident = replace(asked.incident, id=plan.incident, state=IncidentState.PLANNED)
    wish = Request(playbook=plan.playbook, params={}, by=order.by, plan=plan)
    with line.ledger.transaction() as tx:
        tx.jobs.hold(claim)
        opened = opened_once(tx, replace(asked, incident=incident, request=wish, plan=plan))
        if done.about is not None and opened == plan.incident:
            note(tx, done.about, f"the coding agent proposes {branch} in incident {opened}", line.clock.now())
        for by in dict.fromkeys((order.by, *claim.job.asked_by)):
            tx.approvals.involve([opened], Proposer(by=by, part=Involvement.REQUEST, at=claim.job.submitted_at))
    return opened


def _service_of(done: _Done) -> str | None:
    """Return the service that complained and can be restarted, because it runs the old code until then."""
    name = None if done.order.service is None else TargetName(done.order.service)
    if done.about is not None:
        with done.line.ledger.transaction() as tx:
            name = tx.incidents.load(done.about).incident.target
    known = done.line.targets
    if name is None or name not in known:
        return None
    return name if Restartable.__name__ in (known[name].roles or ()) else None
