"""The moves that several stages make: look again, refuse, escalate, or close what another run has healed."""

from collections.abc import Sequence
from dataclasses import replace

from grace_workers.diagnosis import neighbourhood
from grace_workers.governance import Refused, Risk
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.line.ending import remember
from grace_workers.orchestration.line.move import Move, Write
from grace_workers.orchestration.line.parts import Line
from grace_workers.orchestration.line.transition import cleared
from grace_workers.signals import IncidentState


def look_again(line: Line, dossier: Dossier, why: str) -> Move:
    """Return the move back to the start, without any findings and permissions so far.

    Another run that holds the target may heal this problem on the way, and an expired permission is not renewed
    without a new look.
    """
    wake_at = line.clock.now() + line.busy_wait
    return Move(
        dossier=cleared(dossier), state=IncidentState.OPEN, headline=(f"{why}; diagnosing again"), wake_at=wake_at
    )


def refuse(dossier: Dossier, refused: Refused) -> Move:
    """Return the move that ends an incident unhealed because governance refused."""
    return Move(
        dossier=replace(dossier, closing=Closing.REFUSED, reasons=(refused.reason,)),
        state=IncidentState.REFUSED,
        headline=f"{refused.gate}: {refused.reason}",
        outcome="refused",
        data={"gate": refused.gate, "reason": refused.reason, "risk": risk_words(refused.risk)},
    )


def escalate(dossier: Dossier, why: str, *, restored: bool | None = None, ending: Ending = Ending.FAILED) -> Move:
    """Return the move that escalates a run in progress to people, and ends the run for learning."""
    return Move(
        dossier=replace(dossier, closing=Closing.ESCALATED, reasons=(*dossier.reasons, why)),
        state=IncidentState.ESCALATED,
        headline=why,
        outcome="escalated",
        writes=remember(dossier, ending, restored=restored),
    )


def cure_since_opened(line: Line, dossier: Dossier) -> Episode | None:
    """Return the newest verified run near the target, of another incident, that ended after this one was opened."""
    incident = dossier.incident
    near = {subject.name for subject in neighbourhood(incident.target, line.subjects)}
    with line.ledger.transaction() as tx:
        ended = tx.records.episodes(since=incident.opened_at, targets=near)
    return next((one for one in ended if _cures(one, dossier)), None)


def cured(dossier: Dossier, cure: Episode, readings: Sequence[str], writes: tuple[Write, ...] = ()) -> Move:
    """Return the move that closes the incident because another run healed it; `readings` say in words what is well."""
    reason = (
        f"{cure.playbook} of incident {cure.incident} healed {cure.target} at {cure.at:%H:%M:%S} UTC, after "
        f"this incident was opened, and nothing is wrong any more: {'; '.join(readings)}"
    )
    return Move(
        dossier=replace(dossier, closing=Closing.RESOLVED, reasons=(reason,)),
        state=IncidentState.CLOSED,
        headline=reason,
        outcome="resolved",
        data={"cured_by": str(cure.incident)},
        writes=writes,
    )


def risk_words(risk: Risk | None) -> str:
    """Return a risk's score and its parts."""
    if risk is None:
        return "unknown"
    return f"{risk.score:.2f} = " + " + ".join(f"{part.name} {part.value:.2f}" for part in risk.parts)


def _cures(episode: Episode, dossier: Dossier) -> bool:
    later = episode.at >= dossier.incident.opened_at
    return episode.ending is Ending.VERIFIED and later and episode.incident != dossier.incident.id
