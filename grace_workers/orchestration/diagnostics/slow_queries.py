"""Statements that run for long now, and those that took most time."""

from collections.abc import Sequence
from datetime import timedelta

from grace_workers.actions import DatabaseActivity
from grace_workers.orchestration.diagnostics.diagnostic import MOST, Diagnostic, DiagnosticFact, DiagnosticScene

_LONG = timedelta(seconds=30)


def look(scene: DiagnosticScene) -> Sequence[DiagnosticFact]:
    """Return statements without their values."""
    database = scene.role(DatabaseActivity)
    running = [
        DiagnosticFact(
            name="runs_for",
            value=round(one.age.total_seconds(), 3),
            unit="s",
            about=one.statement,
            note=", ".join(part for part in (one.application, one.waits_for and f"waits for {one.waits_for}") if part),
            notable=one.age >= _LONG,
        )
        for one in database.running(MOST)
    ]
    costly = database.costly(MOST)
    if costly is None:
        note = "the server does not count statements; create the extension pg_stat_statements"
        return [*running, DiagnosticFact(name="mean_time", value=None, note=note)]
    return [
        *running,
        *(
            DiagnosticFact(
                name="mean_time",
                value=round(one.mean.total_seconds() * 1000, 3),
                unit="ms",
                about=one.statement,
                note=f"{one.calls} calls, {one.total.total_seconds():.1f} s in all",
            )
            for one in costly
        ),
    ]


DEFINITION = Diagnostic(
    name="slow_queries",
    summary="Statements that run now, longest first, and those that took most time.",
    look=look,
    role=DatabaseActivity,
)
