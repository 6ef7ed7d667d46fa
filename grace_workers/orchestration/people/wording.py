"""What people read: what is wrong, what was tried, why it was not enough, and a command that is ready to use."""

from collections.abc import Sequence

from grace_workers.foundation.redaction import redacted
from grace_workers.governance import ApprovalRequest, Brake
from grace_workers.orchestration import questions
from grace_workers.orchestration.dossier import Dossier
from grace_workers.orchestration.handover import Handover
from grace_workers.orchestration.people.links import link
from grace_workers.orchestration.people.roster import GLASS, NoticeKind, People, PeopleNotice
from grace_workers.orchestration.stores.notices import NoticeRow
from grace_workers.playbooks import Plan, promise, proviso
from grace_workers.signals import IncidentState

_MOST, _LONGEST = 5, 400


def notice_of(  # noqa: PLR0913 - each is one part of the notice
    row: NoticeRow,
    dossier: Dossier,
    asked: ApprovalRequest | None,
    people: People,
    *,
    folded: int = 0,
    taker: str = "",
    given: Handover | None = None,
) -> PeopleNotice:
    """Return the notice about an incident. `folded` is how many others it stands for."""
    incident, kind = dossier.incident, NoticeKind(row.kind)
    glass = next((one for one in asked.answers if one.breaks_glass), None) if asked is not None else None
    waits = kind is NoticeKind.NEEDED and incident.state is IncidentState.AWAITING_APPROVAL and asked is not None
    question = asked if waits else None
    told = [*_what(dossier), *_tried(dossier), *_why(dossier), *_others(folded)]
    lines = [*told, *_by_hand(given, kind), *_command(dossier, kind, question)]
    title = f"{_verb(dossier, kind)}: {incident.title}"
    if row.key.endswith(GLASS) and glass is not None:
        title = f"{glass.by} broke the glass: {incident.title}"
        lines.insert(0, f"{glass.by} ({glass.role}) approved it alone: {glass.reason}")
    if taker:
        lines.append(f"{taker} looks after it")
    return PeopleNotice(
        subject=row.subject,
        key=row.key,
        kind=kind,
        title=_line(title),
        lines=tuple(_line(one) for one in lines),
        severity=incident.severity.value,
        link=f"{people.address}/dashboard/incidents/{incident.id}" if people.address else None,
        approval=None if question is None else str(question.id),
        digest=None if question is None else question.plan_digest,
        answers={} if question is None else _answers(people, question),
    )


def brake_notice(row: NoticeRow, brake: Brake | None, people: People) -> PeopleNotice:
    """Return the notice about a brake; None if it was lifted."""
    scope = row.subject.partition(":")[2]
    if brake is None:
        title, lines = f"Automatic runs in {scope} may begin again", ["a person lifted the brake"]
    else:
        command = f"look first, then: grace storm lift {scope} --reason '…'"
        title, lines = f"Automatic runs in {scope} are stopped", [brake.why, command]
    return PeopleNotice(
        subject=row.subject,
        key=row.key,
        kind=NoticeKind(row.kind),
        title=_line(title),
        lines=tuple(_line(one) for one in lines),
        severity="critical",
        link=people.address or None,
    )


def _answers(people: People, asked: ApprovalRequest) -> dict[str, str]:
    links = {
        one.email: link(people, asked, one) for one in people.persons if one.email and one.role.includes(asked.role)
    }
    return {email: found for email, found in links.items() if found is not None}


def _verb(dossier: Dossier, kind: NoticeKind) -> str:
    if kind is NoticeKind.OVER:
        closing = dossier.closing
        return "Over" if closing is None else closing.value.capitalize()
    if kind is NoticeKind.REPORT:
        return "Healed"
    return {
        IncidentState.AWAITING_APPROVAL: "Asks for approval",
        IncidentState.SNAPSHOTTED: "Asks a question",
        IncidentState.REFUSED: "Refused",
        IncidentState.ESCALATED: "Needs a person",
    }.get(dossier.incident.state, "Moves on")


def _what(dossier: Dossier) -> list[str]:
    incident, diagnosis = dossier.incident, dossier.diagnosis
    found = [f"{incident.severity.value} on {incident.target or 'no declared target'}: {incident.title}"]
    if diagnosis is not None and diagnosis.hypotheses:
        best = diagnosis.hypotheses[0]
        found.append(f"cause: {best.cause} of {best.subject} (confidence {best.confidence:.2f}): {best.reasoning}")
    return found


def _tried(dossier: Dossier) -> list[str]:
    plan = dossier.plan
    if plan is None:
        return []
    return [f"plan: {plan.playbook}", *_steps(plan), f"plan digest: {plan.digest[:16]}"]


def _steps(plan: Plan) -> list[str]:
    steps = [
        f"step {one.id}: {one.primitive} on {one.target} {dict(one.params) or ''}{proviso(one)}" for one in plan.steps
    ]
    return [*steps[:_MOST], *(f"must hold afterwards: {promise(one)}" for one in plan.expectations[:_MOST])]


def _why(dossier: Dossier) -> list[str]:
    return [f"why: {reason}" for reason in dossier.reasons[:_MOST]]


def _others(folded: int) -> list[str]:
    return [f"{folded} other incidents need a person too; `grace incident list` shows them"] if folded else []


def _by_hand(given: Handover | None, kind: NoticeKind) -> list[str]:
    if given is None or kind is not NoticeKind.NEEDED:
        return []
    lines = []
    for number, one in enumerate(given.instructions[:_MOST], 1):
        lines.append(f"by hand {number}: {one.do}")
        # Half a command may do something else than the whole.
        if one.run is not None and _line(f"run: {one.run}") == f"run: {one.run}":
            lines.append(f"run: {one.run}")
    return lines


def _command(dossier: Dossier, kind: NoticeKind, asked: ApprovalRequest | None) -> Sequence[str]:
    if kind is not NoticeKind.NEEDED:
        return ()
    if asked is not None:
        until = f"{asked.expires_at:%H:%M} UTC"
        return (
            f"{asked.quorum} of role {asked.role} or above must agree until {until}; no answer is a no",
            *(f"asked because: {reason}" for reason in asked.reasons[:_MOST]),
            f"answer: grace approve {asked.id} --reason '…', or grace reject {asked.id} --reason '…'",
        )
    open_question = questions.asked(dossier)
    if open_question is not None:
        waits, ask = open_question
        fields = " ".join(f"{name}=…" for name in ask.answer)
        return (
            f"asked of an {ask.role} until {waits.expires_at:%H:%M} UTC, else the run stops: {ask.words}",
            f"answer: grace incident answer {dossier.incident.id} {fields}",
        )
    return (f"look: grace incident show {dossier.incident.id}; then: grace incident retry {dossier.incident.id}",)


def _line(text: str) -> str:
    return redacted(" ".join(text.split()))[:_LONGEST]
