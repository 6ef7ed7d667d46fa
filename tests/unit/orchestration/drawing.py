"""The state machine as a picture and as tables, drawn from the arrows themselves."""

from grace_workers.orchestration.line.arrows import ARROWS, MEANINGS, Mover
from grace_workers.orchestration.line.line import stage_of
from grace_workers.signals import IncidentState


def diagram() -> str:
    """Return the states and arrows as a Mermaid state diagram, without the arrows that only the rescue may take."""
    lines = ["stateDiagram-v2", "    [*] --> open: a signal, or a request", "    [*] --> planned: a ready plan"]
    for before in IncidentState:
        for after in IncidentState:
            label = _label(before, after)
            if label is not None:
                lines.append(f"    {before} --> {after}: {label}" if label else f"    {before} --> {after}")
    return "\n".join([*lines, "    closed --> [*]"])


def state_table() -> str:
    """Return every state with its meaning, the stage that continues from it, and that stage's pool."""
    rows = ["| State | Meaning | Taken on by | Pool |", "|---|---|---|---|"]
    for state in IncidentState:
        stage = stage_of(state)
        who = ("people", "") if state in {IncidentState.REFUSED, IncidentState.ESCALATED} else ("", "")
        name, pool = (stage.name, stage.pool.value) if stage is not None else who
        rows.append(f"| `{state}` | {MEANINGS[state]} | {name} | {pool} |")
    return "\n".join(rows)


def arrow_table() -> str:
    """Return every arrow with all who may take it."""
    rows = ["| From | To | Who |", "|---|---|---|"]
    for before in IncidentState:
        for after in IncidentState:
            movers = _movers(before, after)
            if movers:
                rows.append(f"| `{before}` | `{after}` | {', '.join(movers)} |")
    return "\n".join(rows)


def _movers(before: IncidentState, after: IncidentState) -> list[Mover]:
    return [one.mover for one in ARROWS if (one.before, one.after) == (before, after)]


def _label(before: IncidentState, after: IncidentState) -> str | None:
    """Return who takes an arrow besides the line; empty for the line itself, None if there is no arrow to draw."""
    movers = [mover for mover in _movers(before, after) if mover is not Mover.RESCUE]
    if not movers:
        return None
    return ", ".join(mover for mover in movers if mover is not Mover.STAGE)
