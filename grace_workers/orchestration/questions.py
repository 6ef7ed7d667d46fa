"""People's answers to the questions of steps: checked against what was asked, and kept with the incident."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from grace_workers.foundation.clock import Clock
from grace_workers.foundation.document import JsonValue
from grace_workers.foundation.errors import ConflictError, InputError
from grace_workers.foundation.ids import IncidentId
from grace_workers.governance import Role
from grace_workers.orchestration.dossier import Dossier, Happening, OpenQuestion
from grace_workers.orchestration.job import Pool
from grace_workers.orchestration.line.transition import advance_request, record, urgency
from grace_workers.orchestration.stores import LineLedger
from grace_workers.playbooks import Question, fill
from grace_workers.signals import IncidentState


@dataclass(frozen=True, slots=True, kw_only=True)
class StepAnswer:
    """What a person answers, and as whom."""

    by: str
    role: Role
    fields: Mapping[str, JsonValue]


def asked(dossier: Dossier) -> tuple[OpenQuestion, Question] | None:
    """Return the question that the incident waits for, or None."""
    found, plan = dossier.question, dossier.plan
    if found is None or plan is None or dossier.incident.state is not IncidentState.SNAPSHOTTED:
        return None
    ask = next((step.ask for step in plan.steps if step.id == found.step), None)
    return None if ask is None else (found, ask)


def answer_question(ledger: LineLedger, clock: Clock, incident: IncidentId, given: StepAnswer) -> Dossier:
    """Keep a person's answer, and let the run go on.

    Raises:
        NotFoundError: no such incident.
        ConflictError: it waits for no answer, the time is over, or the role may not answer.
        InputError: a field is missing or unknown, or a value does not fit.
    """
    now = clock.now()
    with ledger.transaction() as tx:
        before = tx.incidents.load(incident)
        found = asked(before)
        if found is None:
            raise ConflictError(f"incident {incident} waits for no answer; it is {before.incident.state}")
        question, ask = found
        if now >= question.expires_at:
            raise ConflictError(f"the question expired at {question.expires_at:%Y-%m-%d %H:%M:%S} UTC; the run stops")
        if not given.role.includes(Role(ask.role)):
            raise ConflictError(f"{given.by} is {given.role}; this question needs at least {ask.role}")
        values = _checked(ask, given.fields)
        answers = {**before.answers, question.step: values}
        # A new version, so that a job that looks at the same moment does not take the question for unanswered.
        moved = replace(before.incident, version=before.incident.version + 1)
        after = replace(before, incident=moved, answers=answers, question=None)
        tx.incidents.save(after, expected_version=before.incident.version)
        told = ", ".join(f"{name} = {value}" for name, value in values.items())
        state = moved.state.value
        headline = f"{given.by} answered {question.step}: {told}"
        happening = Happening(at=now, stage="question", state=state, headline=headline, took=0.0, data=dict(values))
        record(tx, after, happening, actor=given.by, outcome="answered")
        tx.jobs.submit([advance_request(after, Pool.HEALING, urgency(moved.severity))])
    return after


def _checked(ask: Question, given: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    try:
        found = fill(ask.answer, given, {})
    except InputError as error:
        raise InputError(f"the answer does not fit: {error}") from error
    missing = [name for name, value in found.items() if value is None]
    if missing:
        raise InputError(f"the answer lacks {', '.join(missing)}; give each as name=value")
    return found
