"""Kinds of error lines that are new, or more frequent than the log's own history says is usual."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from grace_workers.actions import RECENT, ErrorLog, LoggedError
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene
from grace_workers.signals import line_kinds

_WINDOW = timedelta(days=1)
_LINES = 20_000
_TIMES = 3.0
# A handful of lines shows no rate.
_FEWEST = 5


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return the kinds of error lines of the last minutes, those that are unusual first."""
    lines = scene.role(ErrorLog).logged(_WINDOW, _LINES)
    facts = compared(lines, scene.now)
    return facts or [DiagnosticFact(name="error_lines", value=0, unit=f"in {_minutes(RECENT)}")]


def compared(lines: Sequence[LoggedError], now: datetime) -> Sequence[DiagnosticFact]:
    """Return how often each kind of line was written lately, with how often before."""
    kinds = line_kinds([one.line for one in lines])
    recent = Counter(kind for one, kind in zip(lines, kinds, strict=True) if one.at > now - RECENT)
    before = [one for one in lines if one.at <= now - RECENT]
    earlier = Counter(kind for one, kind in zip(lines, kinds, strict=True) if one.at <= now - RECENT)
    # A log that begins only now cannot say what is usual.
    spans = (now - RECENT - min(one.at for one in before)) / RECENT if before else 0.0
    facts = [_fact(kind, count, earlier[kind], spans) for kind, count in recent.most_common(5 * MOST)]
    return sorted(facts, key=lambda one: not one.notable)[:MOST]


def _fact(kind: str, count: int, earlier: int, spans: float) -> DiagnosticFact:
    usual = earlier / max(spans, 1.0)
    if not spans:
        note, notable = "the log has no earlier errors to compare with", False
    elif not earlier:
        note, notable = f"new: not once in the {_minutes(spans * RECENT)} before", True
    else:
        notable = count >= _FEWEST and count > _TIMES * usual
        note = f"{'more than usual' if notable else 'usual'}: {usual:.3g} in as long before"
    return DiagnosticFact(
        name="error_lines",
        value=count,
        unit=f"in {_minutes(RECENT)}",
        about=kind[:200],
        note=note,
        notable=notable,
    )


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.0f} min"


DEFINITION = Diagnostic(
    name="log_templates",
    summary="Kinds of error lines that are new or more frequent than usual.",
    look=look,
    role=ErrorLog,
)
