"""How a boot looks on a terminal: what is in progress is always visible."""

import io

from rich.console import Console

from grace_workers.entrypoints.cli.boot_view import LiveTable, line_of
from grace_workers.fleet import Phase
from grace_workers.node.progress import Progress


def shown(height: int, *told: Progress) -> str:
    """Return what remains visible on a terminal of that height."""
    out = io.StringIO()
    view = LiveTable(Console(file=out, force_terminal=True, width=100, height=height, color_system=None))
    view.begin()
    for progress in told:
        view.tell(progress)
    view.ended()
    return out.getvalue().rpartition("1 preflight")[2]


STEPS = [
    Progress(stage=Phase.PREFLIGHT, state="started", phase=Phase.PREFLIGHT),
    Progress(stage="broker", state="ready", took=0.1, note="it answers", phase=Phase.PREFLIGHT),
    Progress(stage=Phase.PREFLIGHT, state="done", took=0.2, phase=Phase.PREFLIGHT),
    Progress(stage=Phase.AGENTS, state="started", phase=Phase.AGENTS),
    Progress(stage="api", state="starting", phase=Phase.AGENTS),
]


def test_the_steps_of_what_is_done_are_shown_while_there_is_room():
    assert "it answers" in shown(40, *STEPS)


def test_where_there_is_no_room_they_give_way_to_what_is_under_way():
    seen = shown(9, *STEPS)
    assert "it answers" not in seen
    assert "api" in seen


def test_what_failed_keeps_its_steps_and_says_why():
    failed = Progress(stage="broker", state="failed", note="nobody answers", phase=Phase.PREFLIGHT)
    phase = Progress(stage=Phase.PREFLIGHT, state="failed", note="nobody answers", phase=Phase.PREFLIGHT)
    assert shown(9, STEPS[0], failed, phase).count("nobody answers") == 2


def test_a_line_for_a_file_has_mark_name_state_span_and_note():
    assert line_of(STEPS[1]).split() == ["✓", "broker", "ready", "0.10", "s", "it", "answers"]
