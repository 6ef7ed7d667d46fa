"""What another run has cured ends by itself, without a run of its own and without people."""

from collections.abc import Sequence
from dataclasses import replace

from grace_workers.diagnosis import neighbourhood
from grace_workers.learning import Ending, Episode
from grace_workers.orchestration.dossier import Closing, Dossier
from grace_workers.orchestration.line.moves import Move, Write
from grace_workers.orchestration.line.parts import Line
from grace_workers.signals import IncidentState


def cure_since_opened(line: Line, dossier: Dossier) -> Episode | None:
    """Return the newest verified run near the target, of another incident, that ended after this one was opened."""
    incident = dossier.incident
    near = {subject.name for subject in neighbourhood(incident.target, line.subjects)}
    with line.ledger.transaction() as tx:
        ended = tx.records.episodes(since=incident.opened_at, targets=near)
    return next((one for one in ended if _cures(one, dossier)), None)


def cured(dossier: Dossier, cure: Episode, readings: Sequence[str], writes: tuple[Write, ...] = ()) -> Move:
    """Return the move that closes the incident because of another's cure; `readings` are the words for what is well."""
    reason = (
        f"{cure.playbook} of incident {cure.incident} healed {cure.target} at {cure.at:%H:%M:%S} UTC, after this one "
        f"was opened, and nothing is wrong any more: {'; '.join(readings)}"
    )
    return Move(
        dossier=replace(dossier, closing=Closing.RESOLVED, reasons=(reason,)),
        state=IncidentState.CLOSED,
        headline=reason,
        outcome="resolved",
        data={"cured_by": str(cure.incident)},
        writes=writes,
    )


def _cures(episode: Episode, dossier: Dossier) -> bool:
    later = episode.at >= dossier.incident.opened_at
    return episode.ending is Ending.VERIFIED and later and episode.incident != dossier.incident.id
